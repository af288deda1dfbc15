"""A stand-in for Viber's REST bot API and its media host on loopback: it takes what the real one would, no more.

    async with ViberServer() as viber:
        bot = viber.add_bot()
        settings = Settings(viber_token=bot.token, viber_api=viber.url, media_hosts=(viber.host,), ...)
        bot.webhook = ...                              # or the bot's own set_webhook
        await viber.people().photo(user, jpeg())       # a shopper sends a photo
        viber.fail("send_message", status=12)          # and Viber does this
        ... bot.messages[user]                         # what the shopper sees

What it checks in a message stands in `viber_checks.py`, rates in `viber_rates.py`, faults in `viber_faults.py`, the
shopper's side and the pushing of events in `viber_people.py`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.standins.gone import nobody_listens
from tests.standins.viber_checks import REQUEST_BYTES, check_message
from tests.standins.viber_faults import Fault, Refusal, faulty
from tests.standins.viber_people import People
from tests.standins.viber_rates import Rates

Json = dict[str, Any]
MEDIA_S = 3600.0
"""How long a shopper's photo lies at its address."""


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    body: Mapping[str, Any]
    size: int
    at: float


@dataclass
class User:
    """Somebody with the app, as Viber knows them."""

    id: str
    api_version: int = 10
    language: str = "en"
    subscribed: bool = False
    has_device: bool = True
    refuses: str | None = None
    """Messages of this type (or with a `keyboard`) the phone refuses afterwards."""

    def profile(self) -> Json:
        shown = {"id": self.id, "name": "A", "country": "UA", "language": self.language}
        return shown | {"api_version": self.api_version}


@dataclass
class Bot:
    """One bot and everything that its users see."""

    token: str
    uri: str = "shelfbot"
    messages: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))
    """By user, as sent; the answer to an opened conversation too."""
    users: dict[str, User] = field(default_factory=dict)
    webhook: str = ""
    events: tuple[str, ...] = ()
    standing: int = 0
    """A status that every message is refused with (7: blocked ...)."""
    receipts: bool = False
    """Tell of `delivered` and `seen`."""
    rates: Rates = field(default_factory=Rates)

    def user(self, user: str, **known: Any) -> User:
        """Somebody who may be written to."""
        return self.users.setdefault(user, User(user, **({"subscribed": True} | known)))

    def takes(self, event: str) -> bool:
        """`message`, subscriptions and `webhook` always come."""
        return event in ("message", "subscribed", "unsubscribed", "webhook") or event in self.events


class ViberServer:
    """The server; `fail` and the shopper's side (`people`) are for tests."""

    def __init__(self, *, local: bool = True) -> None:
        self.local = local
        """A webhook may be http and anywhere; the real one wants https and a certificate."""
        self.bots: dict[str, Bot] = {}
        self.calls: list[Call] = []
        self.called = asyncio.Condition()
        self.faults: list[Fault] = []
        self.media: dict[str, tuple[bytes, float]] = {}
        """Bytes by name, and when they came."""
        self.media_s = MEDIA_S
        self.url = self.host = ""
        self._tokens = itertools.count(5_741_311_803_571_721_087)
        self._runner: web.AppRunner | None = None
        self._people: dict[str, People] = {}
        self._methods: dict[str, Method] = {
            "set_webhook": self._set_webhook,
            "send_message": self._send_message,
            "get_account_info": self._account,
        }

    async def __aenter__(self) -> ViberServer:
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_post("/pa/{method}", self._api)
        app.router.add_get("/media/{name}", self._media)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.host = f"{host}:{port}"
        self.url = f"http://{self.host}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for fault in self.faults:
            fault.release.set()
        for people in self._people.values():
            await people.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @asynccontextmanager
    async def gone(self) -> AsyncIterator[None]:
        """Neither the API nor the host of media can be reached."""
        assert self._runner is not None
        async with nobody_listens(self._runner):
            yield

    def add_bot(self) -> Bot:
        """A bot with a token of the real shape."""
        bot = Bot("-".join(secrets.token_hex(8) for _ in range(3)))
        self.bots[bot.token] = bot
        self._people[bot.token] = People(self, bot)
        return bot

    def people(self, bot: Bot | None = None) -> People:
        """The shoppers of a bot (of the only one, unless named)."""
        return self._people[(bot or next(iter(self.bots.values()))).token]

    def fail(self, method: str, **how: Any) -> Fault:
        """The next matching call (`media`: of a photo) fails so: see Fault."""
        fault = Fault(method, **how)
        self.faults.append(fault)
        return fault

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def wait_for(self, happened: Callable[[], bool]) -> None:
        """Returns when this is true after some call came or was answered."""
        async with self.called:
            await self.called.wait_for(happened)

    async def tell(self) -> None:
        """Something happened that a test may wait for."""
        async with self.called:
            self.called.notify_all()

    def token(self) -> int:
        """A message token: no double holds it."""
        return next(self._tokens)

    def keep(self, data: bytes, name: str) -> str:
        """A shopper's photo; its address."""
        key = f"{secrets.token_urlsafe(12)}-{name}"
        self.media[key] = (data, time.monotonic())
        return f"{self.url}/media/{key}"

    # --- http -------------------------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        method = request.match_info["method"]
        if method not in self._methods:
            return web.Response(status=404)
        try:
            body = _parsed(request, raw)
            bot = self._bot(request, body)
        except Refusal as refusal:
            return refusal.response()
        self.calls.append(Call(method, body, len(raw), time.monotonic()))
        await self.tell()
        fault = next((f for f in self.faults if f.takes(method, body)), None)
        answer = await faulty(fault, request, lambda: _answer(self._methods[method], bot, body, len(raw)))
        await self.tell()
        return answer

    def _bot(self, request: web.Request, body: Json) -> Bot:
        token = request.headers.get("X-Viber-Auth-Token") or body.get("auth_token")
        if not token:
            raise Refusal(2, "missing_auth_token")
        if token not in self.bots:
            raise Refusal(2)
        return self.bots[str(token)]

    async def _media(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        fault = next((f for f in self.faults if f.takes("media", {})), None)

        async def answer() -> web.Response:
            data, since = self.media.get(name, (b"", 0.0))
            if name not in self.media or time.monotonic() - since > self.media_s:
                return web.Response(status=404)
            return web.Response(body=data, content_type="application/octet-stream")

        return await faulty(fault, request, answer)

    # --- methods ----------------------------------------------------------------------------------------------

    async def _set_webhook(self, bot: Bot, body: Json, _: int) -> Json:
        url = str(body.get("url", ""))
        if url and not (url.startswith("https://") or (self.local and url.startswith("http://"))):
            raise Refusal(1, "webhook url is not https")
        if url and (status := await self.people(bot).knock(url)) != 200:
            why = f"Result[HttpRequest[POST /hook HTTP/1.1], HttpResponse[HTTP/1.1 {status}]]"
            raise Refusal(1, why)
        bot.webhook, bot.events = url, tuple(body.get("event_types") or ())
        return {"event_types": list(bot.events)}

    async def _account(self, bot: Bot, _: Json, __: int) -> Json:
        subscribers = sum(user.subscribed for user in bot.users.values())
        shown = {"id": "pa:5554564", "name": "Shelf", "uri": bot.uri, "webhook": bot.webhook}
        return shown | {"event_types": list(bot.events), "subscribers_count": subscribers}

    async def _send_message(self, bot: Bot, body: Json, size: int) -> Json:
        if size > REQUEST_BYTES:
            raise Refusal(3, "the request is too large")
        if bot.standing:
            raise Refusal(bot.standing)
        if not bot.webhook:
            raise Refusal(10)
        receiver = body.get("receiver")
        if not receiver:
            raise Refusal(4, "receiver is missing")
        user = bot.users.get(str(receiver))
        if user is None:
            raise Refusal(5)
        if not user.subscribed:
            raise Refusal(6)
        if not user.has_device:
            raise Refusal(11)
        check_message(body, user.api_version)
        bot.rates.take(user.id)
        token = self.token()
        refused = user.refuses is not None and (user.refuses == body.get("type") or user.refuses in body)
        if refused:
            await self.people(bot).told(user, "failed", token, desc=f"bad {user.refuses} for receiver {user.id}")
        else:
            bot.messages[user.id].append(body | {"token": str(token)})
            if bot.receipts:
                await self.people(bot).told(user, "delivered", token)
                await self.people(bot).told(user, "seen", token)
        return {"message_token": token, "billing_status": 1}


Method = Callable[[Bot, Json, int], Awaitable[Json]]


async def _answer(method: Method, bot: Bot, body: Json, size: int) -> web.Response:
    try:
        result = await method(bot, body, size)
    except Refusal as refusal:
        return refusal.response()
    return web.json_response({"status": 0, "status_message": "ok", "chat_hostname": "SN-CHAT-05_"} | result)


def _parsed(request: web.Request, raw: bytes) -> Json:
    if request.content_type != "application/json":
        raise Refusal(3, "the body is not JSON")
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refusal(3, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refusal(3, "the body is no object")
    return body
