"""What a shopper sees on Telegram, drawn from what the stand-in for Telegram received.

    python -m tests.pictures.telegram [FILE]

Runs the demo shop with the real model, lets somebody send a photo and say what it should be, and writes a picture of
both answers (docs/channels/telegram.webp). Needs Chromium and locks/browser.txt.
"""

from __future__ import annotations

import asyncio
import html
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.settings import load_settings
from snapshelf.commands.demo import prepare_demo
from tests.paths import ROOT
from tests.pictures.drawing import PHOTO, answering, data_uri, draw, with_signs
from tests.redis_server import RedisServer
from tests.standins.service import SECRET, set_webhook
from tests.standins.telegram import TelegramServer

Json = dict[str, Any]
SIZE = (820, 1080)
CHAT = 7001
REFINED = "cheaper"
STYLE = """
* { box-sizing: border-box; margin: 0 }
body { font: 14px/1.36 'DejaVu Sans', system-ui, sans-serif; width: 820px; background: #fff; display: flex; gap: 20px }
.phone { width: 400px; height: 1080px; background: #d4e0cf; border-radius: 22px; overflow: hidden; display: flex;
  border: 1px solid #bccab6; flex-direction: column }
.top { background: #fff; padding: 14px 18px; font-weight: 600; flex: none; border-bottom: 1px solid #0002 }
.top small { display: block; font-weight: 400; color: #707579; font-size: 12px }
.chat { flex: 1; overflow: hidden; display: flex; flex-direction: column; justify-content: flex-end; padding: 12px;
  gap: 7px }
.m { background: #fff; border-radius: 12px; padding: 7px 10px; width: fit-content; max-width: 92%; font-size: 13px;
  overflow-wrap: anywhere; white-space: pre-line; box-shadow: 0 1px 1px #0002 }
.own { background: #e3fec8; align-self: flex-end }
.own img { display: block; width: 140px; border-radius: 8px }
.album { display: grid; grid-template-columns: repeat(6, 1fr); gap: 2px; padding: 3px; width: 340px; background: #fff;
  border-radius: 12px; overflow: hidden; flex: none }
.album img { width: 100%; height: 100%; object-fit: cover; grid-column: span 2; aspect-ratio: 1 }
.album img:nth-child(-n+2) { grid-column: span 3 }
.keys { display: grid; grid-template-columns: repeat(6, 1fr); gap: 4px; width: 340px; flex: none; margin-top: -3px }
.key { background: #8ba784; color: #fff; border-radius: 8px; min-height: 32px; display: flex; align-items: center;
  justify-content: center; font-size: 12.5px; padding: 2px 6px; text-align: center }
.write { flex: none; background: #fff; color: #a0a5a9; padding: 12px 18px }
"""


async def conversation(folder: Path, server: RedisServer) -> str:
    """The page: one phone after the photo, one after the words."""
    async with TelegramServer() as telegram:
        bot = telegram.add_bot()
        settings = load_settings(
            _env_file=None,
            port=0,
            metrics_port=0,
            redis_url=server.url,
            data_dir=folder,
            shop_name="Corner Shop",
            currency="EUR",
            public_url="http://127.0.0.1",
            telegram_token=bot.token,
            telegram_secret=SECRET,
            telegram_api=telegram.url,
        )
        photo = (prepare_demo(settings) / PHOTO).read_bytes()
        async with answering(settings) as address:
            await set_webhook(telegram, bot, address)
            people, messages = telegram.pusher(), bot.messages[CHAT]
            await people.photo(CHAT, photo)
            await telegram.wait_for(lambda: bool(messages) and "reply_markup" in messages[-1])
            first = list(messages)
            await people.text(CHAT, REFINED)
            await telegram.wait_for(lambda: len(messages) > len(first) and "reply_markup" in messages[-1])
            second = messages[len(first) :]
        drawn = f'<div class="m own"><img src="{data_uri(photo)}"></div>'
        words = f'<div class="m own">{html.escape(REFINED)}</div>'
        phones = _phone(drawn + _answer(telegram, first)) + _phone(words + _answer(telegram, second))
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body>{phones}"


def _phone(inside: str) -> str:
    top = '<div class="top">Corner Shop<small>bot</small></div>'
    return f'<div class="phone">{top}<div class="chat">{inside}</div><div class="write">Message</div></div>'


def _answer(telegram: TelegramServer, messages: Sequence[Json]) -> str:
    pictures = [message for message in messages if "photo" in message]
    album = "".join(f'<img src="{data_uri(_picture(telegram, message))}">' for message in pictures)
    texts = [message for message in messages if "text" in message]
    bubbles = "".join(f'<div class="m">{_formatted(message)}</div>' for message in texts)
    rows = messages[-1]["reply_markup"]["inline_keyboard"]
    keys = "".join(_key(button, 6 // len(row)) for row in rows for button in row)
    return f'<div class="album">{album}</div>{bubbles}<div class="keys">{keys}</div>'


def _key(button: Json, columns: int) -> str:
    told = with_signs(html.escape(button["text"])) + (" ↗" if "url" in button else "")
    return f'<div class="key" style="grid-column:span {columns}"><span>{told}</span></div>'


def _picture(telegram: TelegramServer, message: Json) -> bytes:
    return telegram.files[message["photo"][-1]["file_id"]]


def _formatted(message: Json) -> str:
    """The text with its bold places; their offsets count UTF-16 units."""
    units, out, at = message["text"].encode("utf-16-le"), "", 0
    for place in message.get("entities", ()):
        start, end = 2 * place["offset"], 2 * (place["offset"] + place["length"])
        bold = html.escape(units[start:end].decode("utf-16-le"))
        out += html.escape(units[at:start].decode("utf-16-le")) + f"<b>{bold}</b>"
        at = end
    return with_signs(out + html.escape(units[at:].decode("utf-16-le")))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "channels" / "telegram.webp"
    asyncio.run(draw(conversation, SIZE, target))
