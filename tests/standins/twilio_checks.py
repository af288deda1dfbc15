"""What the stand-in for Twilio refuses in a message: at once by the API, or later by WhatsApp.

Content types: https://www.twilio.com/docs/content/content-types-overview
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from multidict import MultiDictProxy

from tests.standins.twilio_faults import ApiError

Json = dict[str, Any]

_COMMON = ("To", "From", "Body", "MediaUrl", "ContentSid", "ContentVariables", "StatusCallback", "ValidityPeriod")
_OTHERS = (
    "MessagingServiceSid",
    "PersistentAction",
    "ProvideFeedback",
    "Attempt",
    "SendAt",
    "ScheduleType",
    "RiskCheck",
)
PARAMETERS = frozenset((*_COMMON, *_OTHERS))
_NUMBER = re.compile(r"\+\d{6,15}")
_BUSINESS_SCOPED = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_VARIABLE = re.compile(r"\{\{(\w{1,16})\}\}")
UNAPPROVED = ("twilio/text", "twilio/media", "twilio/quick-reply", "twilio/call-to-action", "twilio/list-picker")
"""What goes out in the 24-hour window without approval; cards and carousels do not."""
WEBP, IMAGES = "image/webp", ("image/jpeg", "image/png")
IMAGE_BYTES = 5 * 1024 * 1024


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def check_request(form: MultiDictProxy[Any], sender: str) -> Json:
    """The message that a request asks for. Raises ApiError."""
    if unknown := set(form) - PARAMETERS:
        raise ApiError(20001, 400, f"parameters that Messages does not have: {sorted(unknown)}")
    if not form.get("From"):
        raise ApiError(21603)
    if not form.get("To"):
        raise ApiError(21604)
    _check_addresses(str(form["From"]), str(form["To"]), sender)
    message: Json = {"from": form["From"], "to": form["To"], "body": form.get("Body", "")}
    message |= {"media": form.getall("MediaUrl", []), "callback": _callback(form.get("StatusCallback"))}
    message |= {"content": form.get("ContentSid"), "variables": _variables(form)}
    if message["content"] and (message["body"] or message["media"]):
        raise ApiError(21656, message="Body and MediaUrl are left out with a ContentSid")
    if not (message["body"] or message["media"] or message["content"]):
        raise ApiError(21602)
    if units(message["body"]) > 1600:
        raise ApiError(21617)
    if len(message["media"]) > 1:
        raise ApiError(21623)
    if not all(urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname for url in message["media"]):
        raise ApiError(21620)
    if not 1 <= int(form.get("ValidityPeriod", 36000)) <= 36000:
        raise ApiError(21616, message="ValidityPeriod is 1 to 36000")
    return message


def _check_addresses(own: str, to: str, sender: str) -> None:
    if own.startswith("whatsapp:") != to.startswith("whatsapp:"):
        raise ApiError(21910)
    if own != sender:
        raise ApiError(63007)
    address = to.removeprefix("whatsapp:")
    if not (_NUMBER.fullmatch(address) or _BUSINESS_SCOPED.fullmatch(address)):
        raise ApiError(21211)


def _callback(url: str | None) -> str | None:
    if url is not None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname or len(url) > 4000:
            raise ApiError(21609)
    return url


def _variables(form: MultiDictProxy[Any]) -> dict[str, str]:
    given = form.get("ContentVariables")
    if given is None:
        return {}
    if not form.get("ContentSid"):
        raise ApiError(21654)
    try:
        values = json.loads(given)
    except ValueError:
        raise ApiError(21656) from None
    if not isinstance(values, dict) or not all(isinstance(value, str) and value for value in values.values()):
        raise ApiError(21656)
    return values


# --- content ----------------------------------------------------------------------------------------------------


def check_content(definition: Json) -> None:
    """A template as it is created. Raises ApiError."""
    for name in ("friendly_name", "language", "types"):
        if not definition.get(name):
            raise ApiError(20001, 400, f"{name} is required")
    for name in definition["types"]:
        if name not in (*UNAPPROVED, "twilio/card", "twilio/carousel", "twilio/location"):
            raise ApiError(20001, 400, f"no such content type: {name}")
    used = set(_VARIABLE.findall(json.dumps(definition["types"])))
    if len(used) > 100 or used - set(definition.get("variables") or {}):
        raise ApiError(20001, 400, "every variable needs a sample")


def filled(definition: Json, variables: Mapping[str, str]) -> tuple[str, Json]:
    """The first type of a template with its variables filled in. Raises ApiError when one is missing."""
    name, shape = next(iter(definition["types"].items()))
    missing = set(_VARIABLE.findall(json.dumps(shape))) - set(variables)
    if missing:
        raise ApiError(21656, message=f"no value for {sorted(missing)}")

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return _VARIABLE.sub(lambda found: variables[found[1]], value)
        if isinstance(value, list):
            return [fill(one) for one in value]
        return {key: fill(one) for key, one in value.items()} if isinstance(value, dict) else value

    return name, fill(shape)


def late_error_of_content(name: str, shape: Json, variables: Mapping[str, str]) -> int | None:
    """The code that WhatsApp refuses filled-in content with."""
    if name not in UNAPPROVED:
        return 63016
    if any(re.search(r"[\n\t]| {4}", value) for value in variables.values()):
        return 63013
    if sum(units(value) for value in variables.values()) > 1024 or units(shape.get("body", "")) > 1024:
        return 63021
    fits = {"twilio/list-picker": _list_fits, "twilio/quick-reply": _choice_fits}.get(name, lambda _: True)
    return None if fits(shape) else 63005


def _list_fits(shape: Json) -> bool:
    items = shape.get("items", [])
    ids = {item.get("id") for item in items}
    return (
        1 <= len(items) <= 10
        and len(ids) == len(items)
        and 1 <= units(shape.get("button", "")) <= 20
        and all(
            1 <= units(item["item"]) <= 24 and 1 <= units(item["id"]) <= 200 and 1 <= units(item["description"]) <= 72
            for item in items
        )
    )


def _choice_fits(shape: Json) -> bool:
    actions = shape.get("actions", [])
    return 1 <= len(actions) <= 3 and all(
        action.get("type") == "QUICK_REPLY" and 1 <= units(action["title"]) <= 20 and 1 <= units(action["id"]) <= 200
        for action in actions
    )


def late_error_of_media(status: int, mime: str, size: int) -> int | None:
    """The code for a picture that WhatsApp does not take."""
    if status != 200:
        return 63019
    if mime not in IMAGES:
        return 63021 if mime == WEBP else 12300
    return 63034 if size > IMAGE_BYTES else None
