"""Doctor: finds what is wrong, says how to mend it, and never shows a secret."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner
from PIL import Image
from pydantic import SecretStr
from redis.asyncio import Redis

from core.connection import client
from core.embedded import EmbeddedRedis, find_server
from core.keys import Keys
from core.presence import Presence, announce
from core.settings import PREFIX, Settings
from index.model import library
from index.model.contract import ModelFileError
from index.model.fake import FakeEmbedder
from index.model.runtime import Embedder
from index.reindex import reindex
from snapshelf.commands.doctor import doctor
from snapshelf.doctor.catalogue import agreement_checks, index_check
from snapshelf.doctor.check import Check, State
from snapshelf.doctor.machine import address_checks, admins_check, disk_check, host_checks
from snapshelf.doctor.redis_ import embedded_check, info_checks, redis_checks
from snapshelf.doctor.sources import setting_checks, shown
from snapshelf.doctor.telegram import telegram_checks
from tests.paths import ROOT
from tests.redis_server import RedisServer, valkey_binary

TOKEN = "123456789:AAF-this_is_no_real_token_but_looks"
BAD, WARN, OK = State.BAD, State.WARN, State.OK
GOOD_INFO = {"redis_version": "7.2.4", "maxmemory_policy": "noeviction", "aof_enabled": 1, "maxmemory": 0}


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def states(checks: list[Check]) -> dict[str, State]:
    return {check.name: check.state for check in checks}


def settings_with(tmp_path: Path, **values: Any) -> Settings:
    return Settings(data_dir=tmp_path / "data", **values)


# --- settings ---------------------------------------------------------------------------------------------------


def test_each_setting_is_shown_with_its_source_and_secrets_only_as_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("SNAPSHELF_SHOP_NAME=Corner Shoes\nSNAPSHELF_REDIS_URL=overruled\n")
    (tmp_path / "secret").write_text("redis://:pw@host")
    monkeypatch.setenv("SNAPSHELF_REDIS_URL_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("SNAPSHELF_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("SNAPSHELF_HITS", "7")
    texts = {check.name: check.text for check in setting_checks(Settings())}
    assert set(texts) == {name.upper() for name in Settings.model_fields}
    assert texts["SHOP_NAME"] == "Corner Shoes (.env)"
    assert texts["REDIS_URL"] == "set, not shown (file)"
    assert texts["TELEGRAM_TOKEN"] == "set, not shown (environment)"
    assert texts["HITS"] == "7 (environment)"
    assert texts["PORT"] == "8080 (default)"
    assert texts["TELEGRAM_SECRET"] == "empty (default)"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("telegram_token", SecretStr(TOKEN), "set, not shown"),
        ("feed", "https://user:pw@shop.example/feed.xml?key=secret#x", "https://shop.example/feed.xml"),
        ("feed", "feeds/feed.tsv", "feeds/feed.tsv"),
        ("admins", ("telegram:4711", "viber:abc"), "2 users"),
        ("admins", (), "empty"),
        ("whatsapp_from", "whatsapp:+4915112345678", "[removed]"),
        ("otlp_endpoint", "http://[broken", "an address that cannot be read"),
        ("feed_hosts", ("a.example", "b.example:80"), "a.example, b.example:80"),
        ("spool_dir", None, "empty"),
    ],
)
def test_no_value_shows_a_secret_or_a_person(name: str, value: object, text: str) -> None:
    assert shown(name, value) == text


# --- Redis ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "found"),
    [
        ({}, {}),
        ({"redis_version": "6.2.0"}, {}),
        ({"redis_version": "6.0.16"}, {"Redis": BAD}),
        ({"redis_version": "5.0.7"}, {"Redis": BAD}),
        ({"server_name": "valkey", "valkey_version": "8.1.8"}, {}),
        ({"maxmemory_policy": "allkeys-lru"}, {"Redis eviction": BAD}),
        ({"maxmemory_policy": "volatile-ttl"}, {"Redis eviction": BAD}),
        ({"aof_enabled": 0}, {"Redis on disk": WARN}),
        ({"maxmemory": 100, "used_memory": 69}, {}),
        ({"maxmemory": 100, "used_memory": 71}, {"Redis memory": BAD}),
        ({"cluster_enabled": 1}, {"Redis cluster": BAD}),
    ],
)
def test_what_redis_says_of_itself_is_judged(info: dict[str, Any], found: dict[str, State]) -> None:
    checks = info_checks(GOOD_INFO | info, prefix="snapshelf:")
    assert {check.name: check.state for check in checks if check.state is not OK} == found
    assert all(check.mend for check in checks if check.state is not OK)


def test_a_cluster_with_braces_in_the_prefix_is_fine() -> None:
    assert "Redis cluster" not in states(info_checks(GOOD_INFO | {"cluster_enabled": 1}, prefix="{shop}:"))


async def test_a_redis_as_it_should_be_is_ok(redis_url: str, tmp_path: Path) -> None:
    prefix = f"{{{tmp_path.name}}}:"
    found = await redis_checks(settings_with(tmp_path, redis_url=redis_url, redis_prefix=prefix))
    assert set(states(found).values()) == {OK}


async def test_the_oldest_server_that_we_promise_is_ok(oldest_server: RedisServer, tmp_path: Path) -> None:
    prefix = f"{{{tmp_path.name}}}:"  # other tests leave dead letters on that server
    found = await redis_checks(settings_with(tmp_path, redis_url=oldest_server.url, redis_prefix=prefix))
    assert set(states(found).values()) == {OK}


async def test_workers_that_cannot_answer_are_bad_with_what_to_do(
    redis: Redis, keys: Keys, redis_url: str, tmp_path: Path
) -> None:
    await announce(redis, keys, "worker", Presence("a", "g1"))
    await announce(redis, keys, "worker", Presence("b", None, "Set MODEL to what it was."))
    [found] = [one for one in await redis_checks(settings_with(tmp_path, redis_url=redis_url)) if one.name == "Workers"]
    assert (found.state, found.text, found.mend) == (
        BAD,
        "1 of 2 at work cannot answer.",
        "Set MODEL to what it was.",
    )


async def test_a_redis_that_evicts_and_forgets_is_bad_and_what_was_given_up_is_told(tmp_path: Path) -> None:
    binary = valkey_binary()
    assert binary is not None
    server = RedisServer(binary, "--maxmemory-policy", "allkeys-lru", "--appendonly", "no")
    try:
        redis = client(server.url)
        await redis.xadd(Keys().dead, {"reason": "test"})
        await redis.aclose()
        found = states(await redis_checks(settings_with(tmp_path, redis_url=server.url)))
    finally:
        server.close()
    assert found == {"Redis": OK, "Redis eviction": BAD, "Redis on disk": WARN, "Queue": WARN}


async def test_a_redis_that_does_not_answer_is_bad_and_its_password_stays_secret(tmp_path: Path) -> None:
    (check,) = await redis_checks(settings_with(tmp_path, redis_url="redis://user:pass-word@127.0.0.1:1/0"))
    assert (check.name, check.state) == ("Redis", BAD)
    assert "pass-word" not in str(check)


async def test_the_embedded_server_that_runs_is_looked_at(tmp_path: Path) -> None:
    settings = settings_with(tmp_path)
    server = EmbeddedRedis(settings.data_dir / "redis")
    await server.start()
    try:
        found = await redis_checks(settings)
    finally:
        await server.stop()
    assert set(states(found).values()) == {OK}
    assert "Redis eviction" in states(found)


async def test_without_a_running_server_doctor_says_which_would_start_and_starts_none(tmp_path: Path) -> None:
    (check,) = await redis_checks(settings_with(tmp_path))
    assert check.state is OK
    assert find_server().label in check.text
    assert list_of(tmp_path) == []


def list_of(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_data_of_a_newer_server_are_told_before_the_start_fails(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"name": find_server().name, "version": [99, 0]}))
    check = embedded_check(tmp_path)
    assert check.state is BAD
    assert "99.0" in check.text


# --- index ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A tiny shop, indexed with a stand-in for the model."""
    folder = tmp_path_factory.mktemp("shop")
    rows = ["id\ttitle\timage_link"]
    for number in range(6):
        picture = Image.new("RGB", (64, 64), (number * 40, 255 - number * 40, 90))
        out = io.BytesIO()
        picture.save(out, "JPEG")
        (folder / f"{number}.jpg").write_bytes(out.getvalue())
        rows.append(f"p{number}\tProduct {number}\t{number}.jpg")
    (folder / "feed.tsv").write_text("\n".join([*rows, ""]))
    settings = Settings(data_dir=folder / "data")
    reindex(settings, folder / "feed.tsv", embedder=FakeEmbedder())
    return settings


def test_an_index_that_fits_the_model_is_ok_with_its_counts(shop: Settings) -> None:
    check = index_check(shop, FakeEmbedder().fingerprint)
    assert check.state is OK
    assert "6 products, 6 pictures, 0 rows skipped" in check.text


def test_an_index_of_another_model_is_bad(shop: Settings) -> None:
    check = index_check(shop, "0" * 64)
    assert check.state is BAD
    assert "reindex" in check.mend


def test_no_index_is_bad_and_says_what_to_run(tmp_path: Path) -> None:
    check = index_check(settings_with(tmp_path), "0" * 64)
    assert check.state is BAD
    assert "snapshelf reindex" in check.mend


@pytest.mark.parametrize(
    ("share", "found"),
    [(0.995, [OK]), (0.98, [OK]), (0.9, [BAD]), (None, []), (ModelFileError("no probes: export it again."), [WARN])],
)
def test_a_processor_that_computes_other_codes_than_the_model_means_is_told(
    share: float | ModelFileError | None, found: list[State], monkeypatch: pytest.MonkeyPatch
) -> None:
    def agreement(embedder: Embedder) -> float | None:
        if isinstance(share, ModelFileError):
            raise share
        return share

    monkeypatch.setattr(library, "agreement", agreement)
    assert [check.state for check in agreement_checks(Embedder.load(threads=1))] == found


def test_the_built_in_model_computes_rightly_on_this_processor() -> None:
    [check] = agreement_checks(Embedder.load(threads=1))
    assert (check.state, "as the reference" in check.text) == (OK, True)


BOTS_ALONE = """
import sys
for name in ("numpy", "PIL", "faiss", "onnx"):
    sys.modules[name] = None
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "onnxruntime" else find(name, *rest)
from snapshelf.cli import cli
cli(["doctor"])
"""


def test_where_bots_alone_are_installed_it_works_without_numpy(tmp_path: Path) -> None:
    environment = os.environ | {"SNAPSHELF_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", BOTS_ALONE]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "✓ Model: not looked at" in ended.stdout


# --- Telegram ---------------------------------------------------------------------------------------------------

ME = {"id": 1, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}
NO_WEBHOOK = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}


@asynccontextmanager
async def telegram(webhook: dict[str, Any], *, known: bool = True) -> AsyncIterator[str]:
    """Just enough of Telegram: getMe and getWebhookInfo."""

    async def answer(request: web.Request) -> web.Response:
        if not known or request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        result = {"getMe": ME, "getWebhookInfo": webhook}[request.match_info["method"]]
        return web.json_response({"ok": True, "result": result})

    app = web.Application()
    app.router.add_post("/bot{token}/{method}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


WEBHOOKS: list[tuple[str, dict[str, Any], dict[str, State]]] = [
    ("", {}, {"Telegram": OK, "Telegram webhook": OK}),
    ("", {"url": "https://old.example/hook/secret-path"}, {"Telegram": OK, "Telegram webhook": BAD}),
    ("https://s.example", {}, {"Telegram": OK, "Telegram webhook": BAD}),
    ("https://s.example", {"url": "https://s.example/telegram/webhook"}, {"Telegram": OK, "Telegram webhook": OK}),
    ("https://s.example", {"url": "https://o.example/telegram/secret-path"}, {"Telegram": OK, "Telegram webhook": BAD}),
    (
        "https://s.example",
        {
            "url": "https://s.example/telegram/webhook",
            "pending_update_count": 500,
            "last_error_date": 1_790_000_000,
            "last_error_message": f"Wrong response: 502 Bad Gateway ({TOKEN})",
        },
        {"Telegram": OK, "Telegram webhook": OK, "Telegram delivery": WARN, "Telegram queue": WARN},
    ),
]


@pytest.mark.parametrize(("public_url", "webhook", "found"), WEBHOOKS)
async def test_the_webhook_must_fit_the_settings(
    public_url: str, webhook: dict[str, Any], found: dict[str, State], tmp_path: Path
) -> None:
    async with telegram(NO_WEBHOOK | webhook) as api:
        checks = await telegram_checks(
            settings_with(tmp_path, telegram_token=TOKEN, telegram_secret="s3", telegram_api=api, public_url=public_url)
        )
    assert states(checks) == found
    assert TOKEN not in str(checks)
    assert "secret-path" not in str(checks)


async def test_a_token_that_telegram_does_not_know_is_bad_and_not_shown(tmp_path: Path) -> None:
    async with telegram(NO_WEBHOOK, known=False) as api:
        (check,) = await telegram_checks(settings_with(tmp_path, telegram_token=TOKEN, telegram_api=api))
    assert check.state is BAD
    assert TOKEN not in str(check)
    assert "BotFather" in check.mend


async def test_a_telegram_that_is_away_is_bad_and_the_token_is_not_shown(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, telegram_token=TOKEN, telegram_api="http://127.0.0.1:1")
    (check,) = await telegram_checks(settings)
    assert check.state is BAD
    assert TOKEN not in str(check)


async def test_telegram_switched_off_is_no_complaint(tmp_path: Path) -> None:
    assert states(await telegram_checks(settings_with(tmp_path))) == {"Telegram": OK}


# --- the machine ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, [OK]),
        ({"public_url": "https://s.example", "trusted_proxies": ("127.0.0.1",)}, [OK]),
        ({"public_url": "https://s.example", "host": "0.0.0.0"}, [OK]),
        ({"public_url": "https://s.example"}, [OK, WARN]),
        ({"public_url": "http://s.example", "trusted_proxies": ("127.0.0.1",)}, [BAD]),
        ({"public_url": "https://s.example:9000", "host": "::"}, [OK]),
        (
            {
                "public_url": "https://s.example:9000",
                "host": "::",
                "telegram_token": TOKEN,
                "telegram_secret": "s",
            },
            [BAD],
        ),
    ],
)
def test_the_public_address_must_work_for_messengers(
    values: dict[str, Any], found: list[State], tmp_path: Path
) -> None:
    assert [check.state for check in address_checks(settings_with(tmp_path, **values))] == found


def test_listed_hosts_are_warned_of(tmp_path: Path) -> None:
    found = host_checks(settings_with(tmp_path, feed_hosts=("10.0.0.5:80",), media_hosts=("cdn.example",)))
    assert states(found) == {"FEED_HOSTS opens": WARN, "MEDIA_HOSTS opens": WARN}
    assert host_checks(settings_with(tmp_path)) == []


@pytest.mark.parametrize(
    ("admins", "state"),
    [((), OK), (("telegram:4711",), OK), (("4711",), BAD), (("telegram:",), BAD), (("icq:4711",), BAD)],
)
def test_admins_are_counted_and_never_shown(admins: tuple[str, ...], state: State, tmp_path: Path) -> None:
    check = admins_check(settings_with(tmp_path, admins=admins))
    assert check.state is state
    assert "4711" not in str(check)


@pytest.mark.parametrize(("free", "state"), [(100 * 2**30, OK), (2**30, WARN), (2**20, BAD)])
def test_a_disk_that_fills_up_is_told(free: int, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert disk_check(tmp_path / "not" / "there" / "yet").state is state


# --- the command ------------------------------------------------------------------------------------------------


def test_it_prints_a_sign_a_line_and_ends_with_1_when_something_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNAPSHELF_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SNAPSHELF_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("SNAPSHELF_TELEGRAM_API", "http://127.0.0.1:1")
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 1, result.output
    assert "✓ Model: " in result.output
    assert "✗ Index: there is none yet.\n    → Run `snapshelf reindex FEED`" in result.output
    assert TOKEN not in result.output


def test_as_json_it_gives_the_same_as_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPSHELF_DATA_DIR", str(tmp_path / "data"))
    result = CliRunner().invoke(doctor, ["--json"])
    told = json.loads(result.stdout)
    assert {tuple(one) for one in told} == {("name", "state", "text", "mend")}
    assert {one["name"] for one in told} >= {"DATA_DIR", "Redis", "Model", "Processor", "Index", "Telegram", "Disk"}


def test_settings_that_contradict_each_other_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPSHELF_TWILIO_ACCOUNT_SID", "AC1")
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 1
    assert result.output.startswith("✗ Settings: ")
    assert "TWILIO_AUTH_TOKEN" in result.output
