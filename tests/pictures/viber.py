"""What a shopper sees on Viber, drawn from the JSON that the stand-in for Viber received.

    python -m tests.pictures.viber [FILE]

Runs the demo shop with the real model, lets somebody send a photo from a phone of today and somebody from an old one,
and writes a picture of both (docs/channels/viber.webp). Needs Chromium and locks/browser.txt.
"""

from __future__ import annotations

import asyncio
import html
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bots.viber.api import ViberApi
from core.picturestore import digest_of_url, path_of
from core.settings import Settings, load_settings
from snapshelf.commands.demo import prepare_demo
from tests.paths import ROOT
from tests.pictures.drawing import PHOTO, answering, data_uri, draw, with_signs
from tests.redis_server import RedisServer
from tests.standins.viber import ViberServer
from tests.standins.viber_checks import blocks_of

Json = dict[str, Any]
TODAY, OLD = "today7890A==", "older7890A=="
SIZE = (820, 1000)
STYLE = """
* { box-sizing: border-box; margin: 0 }
body { font: 14px/1.35 'DejaVu Sans', system-ui, sans-serif; width: 820px; background: #fff; display: flex; gap: 20px }
.phone { width: 400px; height: 1000px; background: #eef0f5; border-radius: 22px; overflow: hidden; display: flex;
  border: 1px solid #cdd0db; flex-direction: column }
.top { background: #665cac; color: #fff; padding: 14px 18px; font-weight: 600; flex: none }
.top small { display: block; font-weight: 400; opacity: .85; font-size: 12px }
.chat { flex: 1; overflow: hidden; display: flex; flex-direction: column; justify-content: flex-end; padding: 12px;
  gap: 8px }
.m { background: #fff; border-radius: 12px; padding: 7px 10px; max-width: 86%; align-self: flex-start; font-size: 13px;
  overflow-wrap: anywhere; white-space: pre-line }
.own { background: #e0dcfb; align-self: flex-end }
.m img { display: block; width: 120px; border-radius: 8px; margin-bottom: 4px }
.own img { width: 170px; margin: 0 }
.cards { display: flex; gap: 8px; margin-right: -12px; flex: none }
.card { flex: none; background: #fff; border-radius: 12px; overflow: hidden; display: grid;
  grid-template-columns: repeat(6, 40px); grid-auto-rows: 40px; border: 1px solid #dcdfe8 }
.cell { overflow: hidden; display: flex; align-items: center; justify-content: center; font-size: 13px; padding: 0 8px;
  text-align: center }
.cell.left { justify-content: flex-start; text-align: left }
.cell img { width: calc(100% + 16px); margin: 0 -8px; height: 100%; object-fit: cover }
.keys { flex: none; background: #dcdfe8; padding: 5px; display: grid; grid-template-columns: repeat(6, 1fr); gap: 5px }
.key { background: #fff; border-radius: 6px; min-height: 38px; display: flex; align-items: center; font-size: 12.5px;
  justify-content: center; text-align: center; padding: 2px 6px }
.write { flex: none; background: #fff; color: #8a8fa3; padding: 10px 16px; border-top: 1px solid #dcdfe8 }
"""


async def conversations(folder: Path, server: RedisServer) -> str:
    """The page: what each phone was sent."""
    async with ViberServer() as viber:
        bot = viber.add_bot()
        settings = load_settings(
            _env_file=None,
            port=0,
            metrics_port=0,
            redis_url=server.url,
            data_dir=folder,
            shop_name="Corner Shop",
            currency="EUR",
            public_url="http://127.0.0.1",
            viber_token=bot.token,
            viber_api=viber.url,
            media_hosts=viber.host,
        )
        photo = (prepare_demo(settings) / PHOTO).read_bytes()
        async with answering(settings) as address:
            async with ViberApi(settings) as api:
                await api.set_webhook(f"{address}/viber/webhook")
            bot.user(OLD, api_version=4)
            await viber.people().open(TODAY)
            await viber.wait_for(lambda: len(bot.messages[TODAY]) == 1)
            for user in (TODAY, OLD):
                await viber.people().photo(user, photo)
            await viber.wait_for(lambda: all("keyboard" in _last(bot.messages[user]) for user in (TODAY, OLD)))
        return page(settings, photo, bot.messages)


def _last(messages: Sequence[Json]) -> Json:
    return messages[-1] if messages else {}


def page(settings: Settings, photo: bytes, sent: Mapping[str, Sequence[Json]]) -> str:
    """Two phones beside each other."""
    own = f'<div class="m own"><img src="{data_uri(photo)}"></div>'
    phones = "".join(_phone(settings, own, sent[user], of) for user, of in ((TODAY, "today"), (OLD, "an old phone")))
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body>{phones}"


def _phone(settings: Settings, own: str, messages: Sequence[Json], of: str) -> str:
    top = f'<div class="top">{html.escape(settings.shop_name)}<small>bot on Viber, {of}</small></div>'
    before = [message for message in messages if "receiver" not in message]  # the welcome
    drawn = [_message(settings, message) for message in before]
    drawn += [own, *(_message(settings, message) for message in messages if message not in before)]
    chat = f'<div class="chat">{"".join(drawn)}</div>'
    keys = _last(messages)["keyboard"]["Buttons"]
    below = "".join(
        f'<div class="key" style="{_span(key)}"><span>{with_signs(key["Text"])}</span></div>' for key in keys
    )
    return f'<div class="phone">{top}{chat}<div class="write">Message …</div><div class="keys">{below}</div></div>'


def _message(settings: Settings, message: Json) -> str:
    match message["type"]:
        case "rich_media":
            blocks = blocks_of(message["rich_media"]["Buttons"], 6, 7)
            cards = "".join(f'<div class="card">{"".join(_cell(settings, c) for c in block)}</div>' for block in blocks)
            return f'<div class="cards">{cards}</div>'
        case "picture":
            return f'<div class="m">{_picture(settings, message["media"])}{html.escape(message["text"])}</div>'
        case _:
            return f'<div class="m">{with_signs(html.escape(message["text"]))}</div>'


def _cell(settings: Settings, cell: Mapping[str, Any]) -> str:
    inside = _picture(settings, cell["Image"]) if "Image" in cell else f"<span>{with_signs(cell['Text'])}</span>"
    look = f"{_span(cell)};grid-row:span {cell['Rows']};background:{cell.get('BgColor', '#fff')}"
    return f'<div class="cell {cell.get("TextHAlign", "")}" style="{look}">{inside}</div>'


def _span(cell: Mapping[str, Any]) -> str:
    return f"grid-column:span {cell['Columns']}"


def _picture(settings: Settings, address: str) -> str:
    digest = digest_of_url(address)
    assert digest is not None, "a picture from elsewhere"
    return f'<img src="{data_uri(path_of(settings.pictures_dir, digest).read_bytes())}">'


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "channels" / "viber.webp"
    asyncio.run(draw(conversations, SIZE, target))
