"""Settings: where they come from, what contradicts, and that secrets stay secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from core.errors import SettingsError
from core.settings import PREFIX, Settings, load_settings

TOKEN = "123456789:AAF-this_is_no_real_token_but_looks_so"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment nor a .env of whoever runs the tests counts."""
    for name in list(os.environ):
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_everything_has_a_default() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.hits) == ("127.0.0.1", 8080, 5)
    assert settings.embedded_redis
    assert not settings.telegram_on


def test_the_environment_counts_over_a_file_and_both_over_dotenv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        "SNAPSHELF_VIBER_TOKEN=from-dotenv",
        "SNAPSHELF_SHOP_NAME=Corner Shoes",
        "SNAPSHELF_PUBLIC_URL=https://a.example",
    ]
    (tmp_path / ".env").write_text("\n".join(lines))
    assert load_settings().viber_token.get_secret_value() == "from-dotenv"
    assert load_settings().shop_name == "Corner Shoes"

    (tmp_path / "secret").write_text("from-file\n")
    monkeypatch.setenv("SNAPSHELF_VIBER_TOKEN_FILE", str(tmp_path / "secret"))
    assert load_settings().viber_token.get_secret_value() == "from-file"

    monkeypatch.setenv("SNAPSHELF_VIBER_TOKEN", "from-environment")
    assert load_settings().viber_token.get_secret_value() == "from-environment"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPSHELF_PORT", "")
    assert load_settings().port == 8080


def test_only_a_secret_comes_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "name").write_text("Another Shop")
    monkeypatch.setenv("SNAPSHELF_SHOP_NAME_FILE", str(tmp_path / "name"))
    assert load_settings().shop_name == "Snapshelf"


def test_a_secret_file_that_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPSHELF_TELEGRAM_TOKEN_FILE", str(tmp_path / "nothing"))
    with pytest.raises(SettingsError, match=r"^SNAPSHELF_TELEGRAM_TOKEN_FILE names a file .*\.$"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("cdn.example", ("cdn.example",)),
        ("cdn.example, 10.0.0.5:8000 ,", ("cdn.example", "10.0.0.5:8000")),
        (" , ", ()),
    ],
)
def test_lists_are_written_with_commas(text: str, hosts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPSHELF_FEED_HOSTS", text)
    assert load_settings().feed_hosts == hosts


TWILIO = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "very-secret-twilio"}

WRONG: list[tuple[dict[str, str], str]] = [
    ({"TELEGRAM_SECRET": "no spaces"}, "TELEGRAM_SECRET"),
    ({"TELEGRAM_SECRET": "x" * 257}, "TELEGRAM_SECRET"),
    ({"TELEGRAM_TOKEN": TOKEN, "PUBLIC_URL": "https://shop.example"}, "TELEGRAM_SECRET"),
    ({"TWILIO_ACCOUNT_SID": "AC1"}, "TWILIO_AUTH_TOKEN"),
    ({"TWILIO_AUTH_TOKEN": "very-secret-twilio"}, "TWILIO_ACCOUNT_SID"),
    (TWILIO | {"PUBLIC_URL": "https://shop.example"}, "WHATSAPP_FROM"),
    (TWILIO | {"PUBLIC_URL": "https://shop.example", "WHATSAPP_FROM": "14155238886"}, "WHATSAPP_FROM"),
    (TWILIO | {"WHATSAPP_FROM": "whatsapp:+14155238886"}, "PUBLIC_URL"),
    (TWILIO | {"TWILIO_ACCOUNT_SID": "SK" + "0" * 32}, "TWILIO_ACCOUNT_SID"),
    ({"PUBLIC_URL": "shop.example"}, "PUBLIC_URL"),
    ({"VIBER_TOKEN": "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3"}, "PUBLIC_URL"),
    ({"PORT": "80000"}, "SNAPSHELF_PORT"),
    ({"PORT": "eighty"}, "SNAPSHELF_PORT"),
    ({"CURRENCY": "euro"}, "SNAPSHELF_CURRENCY"),
    ({"INDEX": "ivf"}, "SNAPSHELF_INDEX"),
    ({"HITS": "0"}, "SNAPSHELF_HITS"),
    ({"HITS": "11"}, "SNAPSHELF_HITS"),
    ({"MAX_SHRINK": "2"}, "SNAPSHELF_MAX_SHRINK"),
    ({"SHOP_NAME": "a name far too long for any chat window"}, "SNAPSHELF_SHOP_NAME"),
]


@pytest.mark.parametrize(("variables", "named"), WRONG, ids=lambda value: str(value)[:40])
def test_what_cannot_work_is_one_sentence_that_names_the_setting_and_shows_no_value(
    variables: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert named in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    for name in ("TELEGRAM_TOKEN", "TELEGRAM_SECRET", "TWILIO_AUTH_TOKEN"):
        assert name not in variables or variables[name] not in sentence
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_secrets_print_in_no_way() -> None:
    overrides: dict[str, Any] = {
        "telegram_token": TOKEN,
        "viber_token": "viber-secret-value",
        "twilio_account_sid": TWILIO["TWILIO_ACCOUNT_SID"],
        "twilio_auth_token": "twilio-secret-value",
        "whatsapp_from": "whatsapp:+14155238886",
        "public_url": "https://shop.example",
        "telegram_secret": "webhook-secret-value",
        "redis_url": "redis://:redis-secret-value@host/0",
    }
    settings = load_settings(**overrides)
    for printed in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "secret-value" not in printed
        assert TOKEN not in printed


def test_settings_do_not_change_while_a_process_runs() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


def test_addresses_lose_the_slash_at_their_end() -> None:
    assert load_settings(public_url="https://shop.example/").public_url == "https://shop.example"


def test_a_number_without_its_channel_gets_it() -> None:
    assert load_settings(whatsapp_from="+14155238886").whatsapp_from == "whatsapp:+14155238886"


def test_folders_follow_from_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    assert settings.index_dir == tmp_path / "index"
    assert settings.spool == tmp_path / "spool"
    assert load_settings(data_dir=tmp_path, spool_dir=tmp_path / "other").spool == tmp_path / "other"
