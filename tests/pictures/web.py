"""What a visitor sees in the web chat, photographed in Chromium.

    python -m tests.pictures.web [FILE]

Runs the demo shop with the real model, drops a photo on the page and writes a picture of the answer
(docs/pictures/web-chat.webp). Needs Chromium and locks/browser.txt.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright

from core.settings import load_settings
from snapshelf.commands.demo import prepare_demo
from tests.browser.conftest import FLAGS
from tests.paths import ROOT
from tests.pictures.drawing import PHOTO, answering
from tests.redis_server import RedisServer, oldest_binary, valkey_binary

SIZE = (1180, 1060)


async def main(file: Path) -> None:
    binary = valkey_binary() or oldest_binary()
    assert binary is not None
    server = RedisServer(binary)
    try:
        with tempfile.TemporaryDirectory(prefix="snapshelf-pictures-") as folder:
            settings = load_settings(
                _env_file=None,
                port=0,
                metrics_port=0,
                redis_url=server.url,
                data_dir=folder,
                shop_name="Corner Shop",
                currency="EUR",
            )
            photo = prepare_demo(settings) / PHOTO
            async with answering(settings) as address:
                await photograph(address, photo, file)
    finally:
        server.close()


async def photograph(address: str, photo: Path, file: Path) -> None:
    """Ask by the photo, wait for the cards, take the picture."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, locale="en-GB")
        await page.goto(address)
        await page.locator("body[data-ready=yes]").wait_for()
        await page.locator("#file").set_input_files(str(photo))
        await page.locator("#go").click()
        await page.locator("li.card img").first.wait_for()
        await page.wait_for_timeout(800)  # the page scrolls smoothly
        png = await page.screenshot()
        await browser.close()
    Image.open(io.BytesIO(png)).save(file, "WEBP", quality=84, method=6)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures" / "web-chat.webp"))
