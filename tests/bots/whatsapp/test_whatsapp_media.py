"""Photos come from Twilio and nowhere else, and our credentials go to our own account's path and nowhere else."""

from __future__ import annotations

import pytest
from aiohttp import web
from redis.asyncio import Redis

from bots.whatsapp import media
from bots.whatsapp.api import TwilioApi
from bots.whatsapp.channel import WhatsAppChannel
from bots.whatsapp.media import CDN, Media
from core.errors import Reason, Refused, Unavailable
from core.fetch import FetchRefused, check_url
from core.keys import Keys
from core.settings import Settings
from tests.standins.telegram_checks import jpeg
from tests.standins.twilio import TwilioServer

PHOTO = jpeg()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "NOT_THERE_YET_S", (0.01, 0.03))


async def expect_refused(channel: WhatsAppChannel, url: str) -> None:
    with pytest.raises(Refused) as refused:
        await channel.fetch(url)
    assert refused.value.reason is Reason.PHOTO_EXPIRED


async def test_credentials_go_to_the_api_and_not_to_the_cdn(channel: WhatsAppChannel, twilio: TwilioServer) -> None:
    assert await channel.fetch(twilio.keep_media("MM1", PHOTO)) == PHOTO
    assert [(call.name, call.authorised) for call in twilio.calls] == [("media", True), ("cdn", False)]


async def test_a_photo_that_is_not_there_yet_is_waited_for_twice(
    channel: WhatsAppChannel, twilio: TwilioServer
) -> None:
    url = twilio.keep_media("MM1", PHOTO)
    twilio.not_there_yet[url.rpartition("/")[2]] = 2
    assert await channel.fetch(url) == PHOTO
    assert [call.authorised for call in twilio.calls_of("media")] == [True] * 3


def test_it_is_waited_one_and_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert tuple(media.NOT_THERE_YET_S) == (1.0, 3.0)


async def test_a_photo_that_never_comes_is_refused_and_the_shopper_told(
    channel: WhatsAppChannel, twilio: TwilioServer
) -> None:
    url = twilio.keep_media("MM1", PHOTO)
    twilio.not_there_yet[url.rpartition("/")[2]] = 9
    await expect_refused(channel, url)
    assert len(twilio.calls_of("media")) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda url, twilio: url.replace(twilio.account, "AC" + "0" * 32),
        lambda url, twilio: url.replace(twilio.url, "https://api.twilio.com.evil.example"),
        lambda url, twilio: url.replace(twilio.url, "https://169.254.169.254"),
        lambda url, twilio: url.replace("http://", "http://user:word@"),
        lambda url, twilio: url + "/../../../../Accounts.json",
        lambda url, twilio: url + "?a=b",
        lambda url, twilio: url.replace("/Media/", "/Media/%2e%2e/"),
        lambda url, twilio: "file:///etc/passwd",
        lambda url, twilio: "http://[broken",
        lambda url, twilio: "",
    ],
)
async def test_only_media_of_our_own_account_are_asked_for(
    channel: WhatsAppChannel, twilio: TwilioServer, change: object
) -> None:
    assert callable(change)
    await expect_refused(channel, change(twilio.keep_media("MM1", PHOTO), twilio))
    assert not twilio.calls


@pytest.mark.parametrize(
    "where",
    [
        "http://127.0.0.1:1/x",
        "https://127.0.0.1/x",
        "https://10.0.0.1/x",
        "http://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://evil.example/x",
        "https://mms.twiliocdn.com.evil.example/x",
        "http://mms.twiliocdn.com/x",
        "file:///etc/passwd",
        "https://user:word@mms.twiliocdn.com/x",
    ],
)
async def test_a_redirect_elsewhere_is_not_followed(channel: WhatsAppChannel, twilio: TwilioServer, where: str) -> None:
    twilio.redirect_to = where
    await expect_refused(channel, twilio.keep_media("MM1", PHOTO))
    assert [call.name for call in twilio.calls] == ["media"]


async def test_a_redirect_that_changes_to_a_private_server_reaches_nobody(
    channel: WhatsAppChannel, twilio: TwilioServer
) -> None:
    visits: list[web.Request] = []

    async def inside(request: web.Request) -> web.Response:
        visits.append(request)
        return web.Response(body=b"secret")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", inside)
    address = await twilio._serve(app)
    url = twilio.keep_media("MM1", PHOTO)
    assert await channel.fetch(url) == PHOTO
    twilio.redirect_to = f"{address}/admin"
    await expect_refused(channel, url)
    assert not visits


async def test_a_redirect_to_another_path_of_the_api_carries_no_credentials(
    channel: WhatsAppChannel, twilio: TwilioServer
) -> None:
    twilio.redirect_to = f"/2010-04-01/Accounts/AC{'0' * 32}/Messages/MM1/Media/ME1"
    with pytest.raises(Unavailable):
        await channel.fetch(twilio.keep_media("MM1", PHOTO))
    assert [call.authorised for call in twilio.calls] == [True, False]


async def test_a_loop_of_redirects_ends(channel: WhatsAppChannel, twilio: TwilioServer) -> None:
    url = twilio.keep_media("MM1", PHOTO)
    twilio.redirect_to = url
    await expect_refused(channel, url)
    assert len(twilio.calls) == 4


@pytest.mark.parametrize(
    ("call", "how"),
    [
        ("media", {"code": 20500}),
        ("media", {"code": 20429}),
        ("media", {"kind": "html", "status": 502}),
        ("media", {"code": 20003}),
        ("cdn", {"kind": "html", "status": 503}),
        ("cdn", {"kind": "truncated"}),
    ],
)
async def test_a_photo_that_does_not_come_now_may_later_and_the_token_stays_secret(
    channel: WhatsAppChannel, twilio: TwilioServer, call: str, how: dict[str, object]
) -> None:
    url = twilio.keep_media("MM1", PHOTO)
    twilio.fail(call, **how)
    with pytest.raises(Unavailable) as away:
        await channel.fetch(url)
    assert twilio.token not in str(away.value)
    assert twilio.account not in str(away.value)
    assert away.value.__suppress_context__ or away.value.__context__ is None
    assert await channel.fetch(url) == PHOTO


def test_twilios_own_hosts_are_known_and_must_be_public(redis: Redis, keys: Keys) -> None:
    settings = Settings(
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token="t",
        whatsapp_from="+14155238886",
        public_url="https://shop.example",
        _env_file=None,
    )
    rules = Media(settings, TwilioApi(settings))._rules
    assert CDN == ("*.twiliocdn.com", "s3-external-1.amazonaws.com")
    for host in ("api.twilio.com", "mms.twiliocdn.com", "media.ie1.twiliocdn.com", "s3-external-1.amazonaws.com"):
        assert check_url(f"https://{host}/x", rules)
        with pytest.raises(FetchRefused):
            check_url(f"http://{host}/x", rules)
    for host in ("twiliocdn.com.evil.example", "api.twilio.com.evil.example", "s3.amazonaws.com", "10.0.0.1"):
        with pytest.raises(FetchRefused):
            check_url(f"https://{host}/x", rules)
