"""What the pictures of the channels share: a shop with the real model behind a stand-in, and a page as a picture."""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright

from core.settings import Settings
from index.model.runtime import Embedder
from tests.browser.conftest import FLAGS
from tests.redis_server import RedisServer, oldest_binary, valkey_binary
from tests.standins.bots import at_the_bots
from tests.standins.shop import working

PHOTO = "012.jpg"
"""Of the demo's shopper photos."""
SCALE = 2
_THUMB = (
    '<svg viewBox="0 0 24 24" style="width:1.15em;height:1.15em;vertical-align:-3px{turn}"><path fill="#f5b82e" '
    'd="M2 10h4v11H2zM8 21V10l5-8c2 0 2.600 1.600 2 3.400L14 9h6c1.600 0 2.300 1.200 2 2.600l-1.800 7.600'
    'c-.3 1.100-1 1.800-2.200 1.800z"/></svg>'
)
"""Headless machines have no font with these signs."""


def with_signs(markup: str) -> str:
    """Thumbs as drawings."""
    up, down = _THUMB.format(turn=""), _THUMB.format(turn=";transform:rotate(180deg)")
    return markup.replace("👍", up).replace("👎", down)


def data_uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


@asynccontextmanager
async def answering(settings: Settings) -> AsyncIterator[str]:
    """A worker with the real model and the bots; gives the address of the web server."""
    embedder = Embedder.load(settings.model, models=settings.models_dir)
    async with working(settings, embedder), at_the_bots(settings) as address:
        yield address


async def draw(document: Callable[[Path, RedisServer], Awaitable[str]], size: tuple[int, int], file: Path) -> None:
    """The page that `document` makes in a folder and with a Redis of its own, as a picture."""
    binary = valkey_binary() or oldest_binary()
    assert binary is not None
    server = RedisServer(binary)
    try:
        with tempfile.TemporaryDirectory(prefix="snapshelf-pictures-") as folder:
            page = await document(Path(folder), server)
    finally:
        server.close()
    await photograph(page, size, file)


async def photograph(page: str, size: tuple[int, int], file: Path) -> None:
    """A page as WebP, `size` in CSS pixels."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        view = await browser.new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=SCALE)
        await view.set_content(page)
        png = await view.screenshot()
        await browser.close()
    Image.open(io.BytesIO(png)).save(file, "WEBP", quality=82, method=6)
