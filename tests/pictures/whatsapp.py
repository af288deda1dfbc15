"""What a shopper sees on WhatsApp, drawn from the forms that the stand-in for Twilio received.

    python -m tests.pictures.whatsapp [FILE]

Runs the demo shop with the real model, lets somebody send a photo and choose from the list, and writes a picture of
their phone (docs/channels/whatsapp.webp). Needs Chromium and locks/browser.txt.
"""

from __future__ import annotations

import asyncio
import html
import re
import sys
from pathlib import Path
from typing import Any

from core.settings import load_settings
from snapshelf.commands.demo import prepare_demo
from tests.paths import ROOT
from tests.pictures.drawing import PHOTO, answering, data_uri, draw, with_signs
from tests.redis_server import RedisServer
from tests.standins.twilio import TwilioServer

Json = dict[str, Any]
SIZE = (820, 1180)
STYLE = """
* { box-sizing: border-box; margin: 0 }
body { font: 14px/1.36 'DejaVu Sans', system-ui, sans-serif; width: 820px; background: #fff; display: flex; gap: 20px }
.phone { width: 400px; height: 1180px; background: #efeae2; border-radius: 22px; overflow: hidden; position: relative;
  border: 1px solid #cfc8bd; display: flex; flex-direction: column }
.top { background: #075e54; color: #fff; padding: 14px 18px; font-weight: 600; flex: none }
.top small { display: block; font-weight: 400; opacity: .8; font-size: 12px }
.chat { flex: 1; overflow: hidden; display: flex; flex-direction: column; justify-content: flex-end; padding: 12px;
  gap: 7px }
.m { background: #fff; border-radius: 9px; padding: 6px 9px; max-width: 82%; align-self: flex-start;
  overflow-wrap: anywhere; white-space: pre-line; box-shadow: 0 1px 1px #0002; font-size: 13.5px }
.own { background: #d9fdd3; align-self: flex-end }
.m img { display: block; width: 144px; border-radius: 6px; margin-bottom: 4px }
.m .open { display: block; border-top: 1px solid #0001; margin: 6px -9px -6px; padding: 8px; text-align: center;
  color: #027eb5; white-space: nowrap }
a { color: #027eb5 }
.sheet { position: absolute; inset: 90px 0 0 0; background: #fff; border-radius: 18px 18px 0 0; padding: 18px 20px;
  box-shadow: 0 -4px 20px #0003 }
.sheet h1 { font-size: 16px; margin-bottom: 10px; text-align: center }
.row { display: flex; justify-content: space-between; padding: 11px 0; border-bottom: 1px solid #0001; gap: 12px }
.row b { font-weight: 500; display: block }
.row small { color: #667781 }
.row i { flex: none; width: 20px; height: 20px; border: 2px solid #8696a0; border-radius: 50%; margin-top: 8px }
.shade { position: absolute; inset: 0; background: #0005 }
"""


async def conversation(folder: Path, server: RedisServer) -> str:
    """The page."""
    async with TwilioServer() as twilio:
        values = twilio.settings() | {"port": 0, "metrics_port": 0, "redis_url": server.url, "data_dir": folder}
        settings = load_settings(_env_file=None, currency="EUR", shop_name="Corner Shop", hits=3, **values)
        photo = (prepare_demo(settings) / PHOTO).read_bytes()
        async with answering(settings) as address:
            twilio.service = address
            return page(await _talk(twilio, photo))


async def _talk(twilio: TwilioServer, photo: bytes) -> list[Json]:
    ann = twilio.person("+14155550100")

    async def answered(count: int) -> list[Json]:
        await twilio.wait_for(lambda: sum(one["type"] is not None for one in twilio.seen_by(ann.address)) >= count)
        return twilio.seen_by(ann.address)

    await ann.photo(photo)
    first = list(await answered(1))
    return [{"own": True, "picture": photo, "body": ""}, *first]


def page(messages: list[Json]) -> str:
    """Two phones: the conversation, and the list that its last button opens."""
    shape = messages[-1]["shape"]
    chat = f'<div class="chat">{"".join(map(bubble, messages))}</div>'
    rows = "".join(
        f'<div class="row"><span><b>{shown(item["item"])}</b><small>{shown(item["description"])}</small>'
        "</span><i></i></div>"
        for item in shape["items"]
    )
    sheet = f'<div class="shade"></div><div class="sheet"><h1>{html.escape(shape["button"])}</h1>{rows}</div>'
    top = '<div class="top">Corner Shop<small>business account</small></div>'
    phones = f'<div class="phone">{top}{chat}</div><div class="phone">{top}{chat}{sheet}</div>'
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body>{phones}"


def shown(text: str) -> str:
    """A text with its links, and the signs that no font here has."""
    linked = re.sub(r"(https?://\S+)", r"<a>\1</a>", html.escape(text))
    return with_signs(linked)


def bubble(message: Json) -> str:
    """One message as WhatsApp shows it."""
    picture = message.get("picture")
    image = f'<img src="{data_uri(picture)}">' if picture else ""
    shape = message.get("shape") or {}
    text = shown(shape.get("body") or message["body"])
    opener = f'<span class="open">☰ {html.escape(shape["button"])}</span>' if "button" in shape else ""
    opener += "".join(f'<span class="open">↩ {html.escape(one["title"])}</span>' for one in shape.get("actions", ()))
    return f'<div class="m {"own" if message.get("own") else ""}">{image}{text}{opener}</div>'


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "channels" / "whatsapp.webp"
    asyncio.run(draw(conversation, SIZE, target))
