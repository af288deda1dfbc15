"""A bots process: the web server, long polling, the conversation, the senders, the clock, the spool."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web
from redis.asyncio import Redis

from bots.channel import Channel, Channels
from bots.console.channel import ConsoleChannel
from bots.conversation import Conversation
from bots.delivery import Delivery
from bots.outbox import Outbox
from bots.server import build_runner
from bots.services import Services
from bots.watch import watch
from bots.web.channel import ApiChannel, WebChannel
from core.blobs import Blobs
from core.connection import connect
from core.errors import SettingsError
from core.keys import CONVERSATION, SENDERS, Keys
from core.pace import Pace
from core.presence import process_name
from core.settings import Settings
from core.spool import Spool
from core.streams import PartitionConsumer, Promoter, Streams
from core.tasks import together
from core.telemetry import get_logger

log = get_logger(__name__)

_Part = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


async def run_bots(
    settings: Settings,
    stop: asyncio.Event,
    *,
    intake_only: bool = False,
    on_ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Work until `stop`, then finish what is in hand. `on_ready` gets the address once the server answers.

    `intake_only`: conversing and sending are left to another process, and do not keep a webhook waiting.

    Raises Unavailable when Redis does not answer at the start, SettingsError for a taken port.
    """
    redis = await connect(settings)
    spool = Spool(settings.spool)
    try:
        services = build_services(settings, redis, spool)
        await services.streams.prepare()
        for channel in services.channels.by_name.values():
            await channel.start()
        try:
            await _work(services, stop, intake_only, on_ready)
        finally:
            for channel in services.channels.by_name.values():
                await channel.close()
    finally:
        spool.close()
        await redis.aclose()


def build_services(settings: Settings, redis: Redis, spool: Spool) -> Services:
    """Everything that the parts share; a channel is on when its token is set."""
    keys = Keys(settings.redis_prefix)
    streams = Streams(redis, keys)
    blobs = Blobs(redis, keys, settings.blob_budget_mb)
    channels: dict[str, Channel] = {
        "web": WebChannel(redis, keys, blobs),
        "api": ApiChannel(redis, keys),
        "console": ConsoleChannel(redis, keys, blobs),
    }
    if settings.telegram_on:
        from bots.telegram.channel import TelegramChannel

        channels["telegram"] = TelegramChannel(settings, redis, keys)
    if settings.viber_on:
        from bots.viber.channel import ViberChannel

        channels["viber"] = ViberChannel(settings, redis, keys)
    if settings.whatsapp_on:
        from bots.whatsapp.channel import WhatsAppChannel

        channels["whatsapp"] = WhatsAppChannel(settings, redis, keys)
    return Services(settings, redis, keys, streams, blobs, Channels(channels), Delivery(streams, spool))


async def _work(services: Services, stop: asyncio.Event, intake_only: bool, on_ready: Callable[[str], None]) -> None:
    streams, conversation, pace = services.streams, Conversation(services), Pace()
    runner = build_runner(services)
    await runner.setup()
    parts: list[_Part] = [Promoter(streams).run, services.delivery.run, lambda stopping: watch(services, stopping)]
    if not intake_only:
        parts += _consumers(services, conversation, pace)
    if services.settings.telegram_on and not services.settings.public_url:
        from bots.telegram.polling import Polling

        parts.append(Polling(services).run)
    try:
        address = await _listen(runner, services.settings)
        log.info("bots ready", address=address, channels=sorted(services.channels.by_name), intake_only=intake_only)
        on_ready(address)
        await together([part(stop) for part in parts], beside=[] if intake_only else [pace.run()], stop=stop)
    finally:
        await runner.cleanup()
        await conversation.close()
    log.info("bots left")


def _consumers(services: Services, conversation: Conversation, pace: Pace) -> list[_Part]:
    streams, name = services.streams, f"{process_name()}-{secrets.token_hex(2)}"
    inbox = PartitionConsumer(
        streams, kind="inbox", group=CONVERSATION, name=name, handle=conversation.handle, pace=pace
    )
    replies = PartitionConsumer(
        streams, kind="replies", group=SENDERS, name=name, handle=Outbox(services).handle, pace=pace
    )
    return [inbox.run, replies.run]


async def _listen(runner: web.AppRunner, settings: Settings) -> str:
    site = web.TCPSite(runner, settings.host, settings.port)
    try:
        await site.start()
    except OSError as error:
        raise SettingsError(
            f"Port {settings.port} of {settings.host} cannot be used ({error.strerror}): set SNAPSHELF_PORT to another."
        ) from None
    host, port = runner.addresses[0][:2]
    return f"http://{'[' + host + ']' if ':' in host else host}:{port}"
