"""A stand-in for Twilio's WhatsApp on loopback: accepts only what the real one would, and fails when told to.

    async with TwilioServer() as twilio:
        settings = Settings(**twilio.settings(), ...)
        ann = twilio.person("+4915112345678")
        await ann.photo(jpeg())                        # a shopper sends a photo
        twilio.fail("messages", code=20429, times=3)   # and Twilio does this
        twilio.fail_later(63019, to=ann.address)       # or WhatsApp that, told by callback
        ... twilio.seen_by(ann.address)                # what the shopper sees

API and CDN are two servers, so that a redirect changes the origin. `public_url` is what webhooks are signed for and
pictures are named by; `service` is where that is really reached. Faults stand in `twilio_faults.py`, the checks of what
is sent in `twilio_checks.py`, limits in `twilio_rates.py`, people and webhooks in `twilio_people.py`.
"""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.standins.gone import nobody_listens
from tests.standins.twilio_checks import (
    Json,
    check_content,
    check_request,
    filled,
    late_error_of_content,
    late_error_of_media,
)
from tests.standins.twilio_faults import ApiError, Fault, faulty
from tests.standins.twilio_people import Courier, Person, sid
from tests.standins.twilio_rates import CONCURRENT, Rates

WINDOW_S = 24 * 3600
OVERRIDES = "#rc=2&rp=all&rt=4500&tt=15000"


Answer = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class LateFailure:
    """A message that is accepted and then fails."""

    code: int | None
    to: str | None = None
    times: int = 1
    only: str | None = None
    """`media`, `content` or `body`: messages that have one."""
    holding: str = ""
    """Messages whose body has this in it."""


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    name: str
    params: Json
    authorised: bool


@dataclass
class Sandbox:
    """What happens to statuses on their way."""

    silent: bool = False
    """Bring none."""
    reordered: bool = False
    """Bring the last first."""
    read_only: bool = False
    """`read` without `delivered`, as some phones do."""
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class TwilioServer:
    """The servers; everything else is for tests."""

    def __init__(self, *, public_url: str = "http://shop.test") -> None:
        self.account, self.token = sid("AC"), secrets.token_hex(16)
        self.sender = "whatsapp:+15550006789"
        self.public_url, self.service = public_url, ""
        self.url = self.cdn_url = ""
        self.account_status = "active"
        self.senders: list[Json] = []
        self.messages: list[Json] = []
        self.contents: dict[str, Json] = {}
        self.media: dict[str, tuple[bytes, str]] = {}
        self.not_there_yet: dict[str, int] = {}
        """Media id → how many times it is 404 first."""
        self.redirect_to: str | None = None
        """Where media lead instead of the CDN."""
        self.heard: dict[str, float] = {}
        self.opted_out: set[str] = set()
        self.rates = Rates()
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.late: list[LateFailure] = []
        self.statuses = Sandbox()
        self.courier = Courier(self)
        self.called = asyncio.Condition()
        self._runners: list[web.AppRunner] = []
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> TwilioServer:
        api = web.Application()
        api.router.add_route("*", "/{path:.*}", self._api)
        cdn = web.Application()
        cdn.router.add_get("/{media}", self._cdn)
        self.url, self.cdn_url = [await self._serve(app) for app in (api, cdn)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for fault in self.faults:
            fault.release.set()
        for task in self.statuses.tasks:
            task.cancel()
        await asyncio.gather(*self.statuses.tasks, return_exceptions=True)
        await self.courier.close()
        if self._session is not None:
            await self._session.close()
        for runner in self._runners:
            await runner.cleanup()

    async def _serve(self, app: web.Application) -> str:
        runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    @asynccontextmanager
    async def gone(self) -> AsyncIterator[None]:
        """Neither the API nor the CDN can be reached."""
        async with AsyncExitStack() as stack:
            for runner in self._runners:
                await stack.enter_async_context(nobody_listens(runner))
            yield

    # --- for tests --------------------------------------------------------------------------------------------

    @property
    def webhook(self) -> str:
        """What a person entered in Twilio's console."""
        return f"{self.public_url}/whatsapp/webhook{OVERRIDES}"

    def settings(self) -> Json:
        """The settings that lead here."""
        return {
            "twilio_account_sid": self.account,
            "twilio_auth_token": self.token,
            "twilio_api": self.url,
            "whatsapp_from": self.sender,
            "public_url": self.public_url,
            "media_hosts": (self.cdn_url.removeprefix("http://"),),
        }

    def person(self, number: str, **more: str) -> Person:
        return Person(self, f"whatsapp:{number}", **more)

    def reached(self, url: str) -> str:
        """Where a public address really is."""
        return url.replace(self.public_url, self.service, 1) if self.service else url

    def fail(self, call: str, **how: Any) -> Fault:
        """The next matching call fails so: messages, content, media, cdn, account, senders. See Fault."""
        fault = Fault(call, **how)
        self.faults.append(fault)
        return fault

    def fail_later(self, code: int | None, **how: Any) -> LateFailure:
        """The next matching message is accepted and fails: see LateFailure."""
        self.late.append(LateFailure(code, **how))
        return self.late[-1]

    def keep_media(self, message: str, data: bytes, mime: str = "image/jpeg") -> str:
        """The address of media that came with a message."""
        media = sid("ME")
        self.media[media] = (data, mime)
        return f"{self.url}/2010-04-01/Accounts/{self.account}/Messages/{message}/Media/{media}"

    def seen_by(self, address: str) -> list[Json]:
        """The messages that arrived on this person's phone, in the order of their creation."""
        return [one for one in self.messages if one["to"] == address and one["status"] == "delivered"]

    def calls_of(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.name == name]

    async def tell(self) -> None:
        async with self.called:
            self.called.notify_all()

    async def wait_for(self, happened: Callable[[], bool]) -> None:
        """Returns when this is true after some call, delivery or webhook."""
        async with self.called:
            await self.called.wait_for(happened)

    # --- REST -------------------------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        self.rates.at_once += 1
        try:
            return await self._called(request)
        finally:
            self.rates.at_once -= 1
            await self.tell()

    async def _called(self, request: web.Request) -> web.StreamResponse:
        name, answer = self._route(request)
        authorised = self._authorised(request)
        form = await request.post()
        self.calls.append(Call(name, {key: form.getall(key) for key in form}, authorised))
        if not authorised:
            return ApiError(20003).response()
        if self.rates.at_once > CONCURRENT:
            return ApiError(20429).response()
        to = form.get("To")
        fault = next((one for one in self.faults if one.takes(name, str(to) if to else None)), None)

        async def answered() -> web.Response:
            try:
                return await answer(request)
            except ApiError as error:
                return error.response()

        return await faulty(fault, request, answered)

    def _route(self, request: web.Request) -> tuple[str, Answer]:
        own = f"/2010-04-01/Accounts/{self.account}"
        table: dict[tuple[str, str], tuple[str, Answer]] = {
            ("POST", rf"{own}/Messages\.json"): ("messages", self._create_message),
            ("GET", rf"{own}/Messages/\w+/Media/\w+"): ("media", self._redirect_to_media),
            ("GET", rf"{own}\.json"): ("account", self._account),
            ("POST", "/v1/Content"): ("content", self._create_content),
            ("GET", "/v2/Channels/Senders"): ("senders", self._list_senders),
            ("POST", r"/v2/Channels/Senders/\w+"): ("senders", self._update_sender),
        }
        for (method, path), found in table.items():
            if request.method == method and re.fullmatch(path, request.path):
                return found
        return "unknown", self._not_found

    def _authorised(self, request: web.Request) -> bool:
        wanted = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {wanted}"

    async def _not_found(self, _: web.Request) -> web.Response:
        raise ApiError(20404)

    async def _account(self, _: web.Request) -> web.Response:
        return web.json_response({"sid": self.account, "status": self.account_status, "type": "Full"})

    async def _list_senders(self, _: web.Request) -> web.Response:
        return web.json_response({"senders": self.senders, "meta": {"page": 0}})

    async def _update_sender(self, request: web.Request) -> web.Response:
        sender = next((one for one in self.senders if one["sid"] == request.path.rpartition("/")[2]), None)
        if sender is None:
            raise ApiError(20404)
        if request.content_type != "application/json":
            raise ApiError(20001, 400, "JSON only")
        sender["webhook"] = (await request.json())["webhook"]
        return web.json_response(sender, status=202)

    async def _create_content(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            raise ApiError(20001, 400, "JSON only")
        definition = await request.json()
        check_content(definition)
        made = sid("HX")
        self.contents[made] = definition
        return web.json_response({"sid": made, "account_sid": self.account} | definition, status=201)

    async def _create_message(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            raise ApiError(20001, 400, "form only")
        message = check_request(await request.post(), self.sender)
        if message["to"] in self.opted_out:
            raise ApiError(21610)
        message |= {"sid": sid("MM" if message["media"] else "SM"), "status": "queued", "type": None, "shape": {}}
        if message["content"]:
            if message["content"] not in self.contents:
                raise ApiError(21655)
            message["type"], message["shape"] = filled(self.contents[message["content"]], message["variables"])
        message["fits"] = self.rates.take(message["to"])
        self.messages.append(message)
        task = asyncio.create_task(self._deliver(message))
        self.statuses.tasks.add(task)
        task.add_done_callback(self.statuses.tasks.discard)
        answer = {"sid": message["sid"], "account_sid": self.account, "status": "queued", "to": message["to"]}
        return web.json_response(answer | {"error_code": None, "error_message": None}, status=201)

    # --- delivery ---------------------------------------------------------------------------------------------

    async def _deliver(self, message: Json) -> None:
        code = await self._late_error(message)
        message["error"] = code
        if code is not None:
            told = ["failed" if message["media"] else "undelivered"]
        else:
            told = ["sent", "read"] if self.statuses.read_only else ["sent", "delivered"]
        message["status"] = "failed" if code is not None else "delivered"
        await self.tell()
        if message["callback"] is None or self.statuses.silent or not self.service:
            return
        for state in reversed(told) if self.statuses.reordered else told:
            message["told"] = await self.courier.bring(message["callback"], self._status(message, state, code))

    def _status(self, message: Json, state: str, code: int | None) -> dict[str, str]:
        error = {"ErrorCode": str(code)} if code else {}
        return error | {
            "SmsSid": message["sid"],
            "SmsStatus": state,
            "MessageStatus": state,
            "ChannelToAddress": message["to"].removeprefix("whatsapp:"),
            "To": message["to"],
            "ChannelPrefix": "whatsapp",
            "MessageSid": message["sid"],
            "AccountSid": self.account,
            "From": self.sender,
            "ApiVersion": "2010-04-01",
            "ChannelInstallSid": sid("XE"),
        }

    async def _late_error(self, message: Json) -> int | None:
        ordered = self._ordered(message)
        if ordered is not None:
            return ordered.code or -1
        if not message["fits"]:
            return 63018
        if time.time() - self.heard.get(message["to"], 0) > WINDOW_S:
            return 63016
        if message["type"] is not None:
            return late_error_of_content(message["type"], message["shape"], message["variables"])
        return await self._fetched(message) if message["media"] else None

    def _ordered(self, message: Json) -> LateFailure | None:
        for failure in self.late:
            wanted = failure.holding in message["body"] and (failure.only is None or bool(message[failure.only]))
            if failure.times > 0 and wanted and failure.to in (None, message["to"]):
                failure.times -= 1
                return failure
        return None

    async def _fetched(self, message: Json) -> int | None:
        """Fetch the picture as Twilio does; it is what the shopper sees."""
        self._session = self._session or aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        try:
            async with self._session.get(self.reached(message["media"][0])) as answer:
                data, mime = await answer.read(), answer.content_type
        except aiohttp.ClientError:
            return 63019
        message["picture"] = data
        return late_error_of_media(answer.status, mime, len(data))

    # --- media ------------------------------------------------------------------------------------------------

    async def _redirect_to_media(self, request: web.Request) -> web.Response:
        media = request.path.rpartition("/")[2]
        if self.not_there_yet.get(media, 0) > 0:
            self.not_there_yet[media] -= 1
            raise ApiError(20404)
        if media not in self.media:
            raise ApiError(20404)
        where = self.redirect_to or f"{self.cdn_url}/{media}?Expires=1700000000&Signature=abc"
        return web.Response(status=307, headers={"Location": where})

    async def _cdn(self, request: web.Request) -> web.StreamResponse:
        media = request.match_info["media"]
        self.calls.append(Call("cdn", dict(request.query), "Authorization" in request.headers))
        fault = next((one for one in self.faults if one.takes("cdn", None)), None)

        async def answer() -> web.Response:
            if "Authorization" in request.headers or "Signature" not in request.query:
                return web.Response(status=400, text="Only one auth mechanism allowed")
            data, mime = self.media[media]
            return web.Response(body=data, content_type=mime)

        return await faulty(fault, request, answer)
