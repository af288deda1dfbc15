"""What to send when Telegram does not take a part as it is (pure). Every step leaves less to refuse, so it ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from bots.channel import Degrade, Drop, Part
from bots.telegram.errors import Kind, Verdict


def instead_of(  # noqa: PLR0911 - a table, one line a case
    part: Part, verdict: Verdict, keep: Sequence[Mapping[str, Any]] | None = None
) -> Degrade | Drop:
    """Another form of the part, or Drop when there is none. `keep`: the items of an album that can still be sent."""
    match verdict.kind:
        case Kind.FILE if _has_pictures(part) and not part.payload.get("fresh"):
            return _to(part, verdict, fresh=True)
        case Kind.ITEM if _has_pictures(part) and not part.payload.get("fresh"):
            return _to(part, verdict, fresh=True)  # its file id may be what is wrong: upload once
        case Kind.ITEM if verdict.item is not None and 0 <= verdict.item < len(_items(part)):
            return _with_items(part, verdict, [item for at, item in enumerate(_items(part)) if at != verdict.item])
        case Kind.PICTURES if keep is not None:
            return _with_items(part, verdict, keep)
        case Kind.PICTURES | Kind.ITEM | Kind.FILE if part.kind == "album":
            return Degrade(tuple(_single(part, item) for item in _items(part)), verdict.reason)
        case Kind.PICTURES | Kind.ITEM | Kind.FILE | Kind.NO_PICTURES if part.kind == "photo":
            return _in_words(part, verdict)
        case Kind.THREAD if not part.payload.get("no_thread"):
            return _to(part, verdict, no_thread=True)
        case Kind.MARKUP if not part.payload.get("plain"):
            return _plain(part, verdict)
        case Kind.LINKS if any("url" in button for row in _keyboard(part) for button in row):
            return _without_links(part, verdict)
        case Kind.TARGET if part.kind == "progress" and not part.payload.get("anew"):
            return _to(part, verdict, anew=True)
        case _:
            return Drop(verdict.reason)


def _items(part: Part) -> Sequence[Mapping[str, Any]]:
    items: Sequence[Mapping[str, Any]] = part.payload.get("items", ())
    return items


def _keyboard(part: Part) -> Sequence[Sequence[Mapping[str, str]]]:
    rows: Sequence[Sequence[Mapping[str, str]]] = part.payload.get("keyboard", ())
    return rows


def _has_pictures(part: Part) -> bool:
    return part.kind in ("photo", "album")


def _to(part: Part, verdict: Verdict, **changed: object) -> Degrade:
    return Degrade((dataclasses.replace(part, payload=dict(part.payload) | changed),), verdict.reason)


def _with_items(part: Part, verdict: Verdict, items: Sequence[Mapping[str, Any]]) -> Degrade | Drop:
    """The pictures that are left; a card whose picture is not there stands in the list below, or is said in words."""
    if not items:
        return _in_words(part, verdict)
    kind = "album" if len(items) > 1 else "photo"
    payload = dict(part.payload) | {"items": list(items)}
    return Degrade((dataclasses.replace(part, kind=kind, payload=payload, weight=len(items)),), verdict.reason)


def _single(part: Part, item: Mapping[str, Any]) -> Part:
    return dataclasses.replace(part, kind="photo", payload=dict(part.payload) | {"items": [item]}, weight=1)


def _in_words(part: Part, verdict: Verdict) -> Degrade | Drop:
    """One photo with its buttons becomes one message with them; pictures above a list are left out."""
    if not _keyboard(part):
        return Drop(verdict.reason)
    item = _items(part)[0]
    kept = {name: value for name, value in part.payload.items() if name not in ("items", "fresh")}
    payload = kept | {"text": item["text"], "entities": item["entities"]}
    return Degrade((dataclasses.replace(part, kind="text", payload=payload, weight=1),), verdict.reason)


def _plain(part: Part, verdict: Verdict) -> Degrade:
    items = [dict(item) | {"plain": True} for item in _items(part)]
    return _to(part, verdict, plain=True, **({"items": items} if items else {}))


def _without_links(part: Part, verdict: Verdict) -> Degrade:
    rows = [[button for button in row if "url" not in button] for row in _keyboard(part)]
    return _to(part, verdict, keyboard=[row for row in rows if row])
