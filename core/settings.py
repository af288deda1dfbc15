"""Every setting: an environment variable `SNAPSHELF_‹NAME›`, a line of `.env`, or for a secret a file (`..._FILE`)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from core.errors import SettingsError

PREFIX = "SNAPSHELF_"
MIB = 1024 * 1024


class _SecretFiles(PydanticBaseSettingsSource):
    """`SNAPSHELF_TELEGRAM_TOKEN_FILE=/run/secrets/token`: the secret is the file's text, without the line's end."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        if not path or SecretStr.__name__ not in str(field.annotation):
            return None, field_name, False
        try:
            return Path(path).read_text().strip(), field_name, False
        except OSError as error:
            raise SettingsError(
                f"{PREFIX}{field_name.upper()}_FILE names a file that cannot be read: {error.strerror}."
            ) from None

    def __call__(self) -> dict[str, Any]:
        found = ((name, self.get_field_value(field, name)[0]) for name, field in self._fields())
        return {name: value for name, value in found if value is not None}

    def _fields(self) -> list[tuple[str, Any]]:
        return list(self.settings_cls.model_fields.items())


Names = Annotated[tuple[str, ...], NoDecode]
"""A list written with commas."""


class Settings(BaseSettings):
    """All settings with their defaults; `description` is the sentence of `docs/settings.md` and `doctor`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(Path("data"), description="Folder of everything kept: index, pictures, Redis, spool.")
    spool_dir: Path | None = Field(
        None, description="Where webhooks write while Redis is away; default `DATA_DIR/spool/‹instance›`."
    )
    host: str = Field("127.0.0.1", description="Address that the web server listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port of the web server; 0 takes a free one.")
    metrics_host: str = Field("127.0.0.1", description="Address of the Prometheus metrics.")
    metrics_port: int = Field(
        9108,
        ge=0,
        le=65534,
        description="Port of the metrics of bots; the worker takes the next one; 0: none.",
    )
    public_url: str = Field("", description="https address of this service as the world sees it; empty: none.")
    trusted_proxies: Names = Field(
        (), description="Addresses or networks of proxies whose X-Forwarded-For is believed."
    )
    redis_url: SecretStr = Field(SecretStr(""), description="redis:// address; empty: the embedded server.")
    redis_prefix: str = Field("{snapshelf}:", description="What every Redis key begins with.")
    shop_name: str = Field("Snapshelf", max_length=28, description="How the shop is called in its answers.")
    currency: str = Field("USD", pattern="^[A-Z]{3}$", description="Currency of prices that name none (ISO 4217).")
    feed: str = Field("", description="The feed that /reindex takes when none is named: a path or https URL.")
    feeds: Names = Field((), description="Further feeds for /reindex by name: `outlet=/feeds/outlet.tsv,...`.")
    feed_hosts: Names = Field((), description="host[:port] that a feed and its pictures may come from over http.")
    media_hosts: Names = Field((), description="host[:port] that shoppers' photos may come from besides a provider's.")
    model: str = Field("builtin", description="The model: `builtin`, a name under DATA_DIR/models or a path.")
    index: Literal["flat", "hnsw"] = Field("flat", description="Short-code index: exact `flat` or `hnsw`.")
    hits: int = Field(5, ge=1, le=10, description="Products in one answer.")
    batch: int = Field(8, ge=1, le=256, description="Photos that a worker embeds at once, at most.")
    batch_ms: int = Field(10, ge=0, le=1000, description="How long a worker waits for a batch to fill.")
    generations_kept: int = Field(3, ge=1, description="Generations of the index kept on disk.")
    max_shrink: float = Field(
        0.5, ge=0, le=1, description="A reindex that loses a greater share of products stops and asks."
    )
    blob_budget_mb: int = Field(512, ge=1, description="Photos waiting in Redis, at most (MiB).")
    body_limit_mb: int = Field(1, ge=1, le=64, description="Largest webhook body (MiB).")
    photos_per_hour: int = Field(60, ge=1, description="Searches that one user or address may ask for in an hour.")
    admins: Names = Field((), description="Users who may administer in the chat: `telegram:123,viber:...`.")
    support_link: str = Field("", description="Link to a person, shown where an answer did not help.")
    count_taps: bool = Field(False, description="Let Open go through a counted redirect.")
    log_format: Literal["auto", "text", "json"] = Field(
        "auto", description="Log lines: text on a terminal, json elsewhere."
    )
    telegram_token: SecretStr = Field(SecretStr(""), description="Token of the Telegram bot; empty: off.")
    telegram_secret: SecretStr = Field(
        SecretStr(""), description="Secret that Telegram sends with a webhook (1 to 256 of A-Za-z0-9_-)."
    )
    viber_token: SecretStr = Field(SecretStr(""), description="Token of the Viber bot; empty: off.")
    twilio_account_sid: str = Field("", description="Account SID of Twilio; empty: WhatsApp off.")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="Auth token of Twilio.")
    whatsapp_from: str = Field("", description="The shop's WhatsApp number: `whatsapp:+14155238886`.")
    otlp_endpoint: str = Field(
        "", description="Where traces go, OTLP over http: `http://127.0.0.1:4318`; empty: nowhere."
    )
    telegram_api: str = Field("https://api.telegram.org", description="Base URL of Telegram's Bot API.")
    viber_api: str = Field("https://chatapi.viber.com", description="Base URL of Viber's API.")
    twilio_api: str = Field("https://api.twilio.com", description="Base URL of Twilio's API.")

    @field_validator("trusted_proxies", "feeds", "feed_hosts", "media_hosts", "admins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("public_url", "telegram_api", "viber_api", "twilio_api")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("redis_url")
    @classmethod
    def _an_address_of_redis(cls, value: SecretStr) -> SecretStr:
        if not _is_redis_address(value.get_secret_value()):
            # without the address: it may hold a password, and a / or # in one is what most often breaks it
            raise ValueError(
                "an address of Redis is written redis://host:6379/0, rediss://:PASSWORD@host:6379/0 or "
                "unix:///path/of/socket, with / and # in a password as %2F and %23"
            )
        return value

    @field_validator("otlp_endpoint")
    @classmethod
    def _an_address_of_a_collector(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^/\s]+(/\S*)?", value):
            raise ValueError("a collector's address is written http://host:4318 or https://host:4318")
        return value

    @field_validator("whatsapp_from")
    @classmethod
    def _with_its_channel(cls, value: str) -> str:
        return f"whatsapp:{value}" if value.startswith("+") else value

    @model_validator(mode="after")
    def _whatsapp_fits_together(self) -> Self:
        if bool(self.twilio_account_sid) != bool(self.twilio_auth_token.get_secret_value()):
            raise ValueError("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN go together")
        if not self.whatsapp_on:
            return self
        if not re.fullmatch(r"AC[0-9a-f]{32}", self.twilio_account_sid):
            raise ValueError("TWILIO_ACCOUNT_SID is AC and 32 hex digits: an API key (SK...) signs no webhooks")
        if not re.fullmatch(r"whatsapp:\+\d{6,15}", self.whatsapp_from):
            raise ValueError("WhatsApp needs WHATSAPP_FROM: the shop's number, written `whatsapp:+14155238886`")
        if not self.public_url:
            raise ValueError("WhatsApp needs PUBLIC_URL: Twilio brings messages there and fetches pictures from it")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        secret = self.telegram_secret.get_secret_value()
        allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
        if secret and (len(secret) > 256 or not set(secret) <= allowed):
            raise ValueError("TELEGRAM_SECRET takes 1 to 256 letters, digits, _ and -")
        if self.telegram_on and self.public_url and not secret:
            raise ValueError("a Telegram webhook (PUBLIC_URL is set) needs TELEGRAM_SECRET")
        if self.viber_on and not self.public_url:
            raise ValueError("Viber needs PUBLIC_URL: it brings messages there and phones fetch pictures from it")
        if not all(re.fullmatch(r"[\w-]{1,32}=.+", feed) for feed in self.feeds):
            raise ValueError("FEEDS is written `name=path or URL`, with commas between")
        if self.public_url and not self.public_url.startswith(("https://", "http://")):
            raise ValueError("PUBLIC_URL begins with https://")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SecretFiles(settings_cls), dotenv_settings

    @property
    def telegram_on(self) -> bool:
        return bool(self.telegram_token.get_secret_value())

    @property
    def viber_on(self) -> bool:
        return bool(self.viber_token.get_secret_value())

    @property
    def whatsapp_on(self) -> bool:
        return bool(self.twilio_account_sid)

    @property
    def feeds_by_name(self) -> dict[str, str]:
        return dict(feed.split("=", 1) for feed in self.feeds)

    @property
    def embedded_redis(self) -> bool:
        return not self.redis_url.get_secret_value()

    @property
    def spool(self) -> Path:
        return self.spool_dir or self.data_dir / "spool"

    @property
    def index_dir(self) -> Path:
        return self.data_dir / "index"

    @property
    def pictures_dir(self) -> Path:
        return self.data_dir / "pictures"

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"


def _is_redis_address(url: str) -> bool:
    """Whether redis-py can make something of it; an empty one is the embedded server."""
    try:
        parts = urlsplit(url)
        where = parts.path or (parts.scheme != "unix" and parts.hostname)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return False
    return not url or (parts.scheme in ("redis", "rediss", "unix") and "://" in url and bool(where))


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process. Raises SettingsError with one sentence that names the setting."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        name = f"{PREFIX}{where.upper()}: " if where else ""
        raise SettingsError(f"{name}{first['msg'].removeprefix('Value error, ')}.") from None
