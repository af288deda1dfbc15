"""One product picture's row as the rest of the index sees it, made from the texts that a reader found."""

from __future__ import annotations

import datetime
import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from core.errors import SnapshelfError
from index.feed.prices import NoPrice, parse_price

TITLE_MAX = 500
DESCRIPTION_MAX = 5_000
TEXT_MAX = 200
ID_MAX = 200
LINK_MAX = 2_000
IMAGES_MAX = 20

Fields = Mapping[str, Sequence[str]]
"""Canonical name → the texts found under it, in order."""


class FeedError(SnapshelfError):
    """The feed as a whole can't be read; the text says why and where."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be indexed. Texts are free of control and direction characters."""

    line: int
    """Where it begins in the feed, from 1."""
    id: str
    title: str
    images: tuple[str, ...]
    """References as written: image_link first, then the additional ones, none twice."""
    link: str | None = None
    """http or https, or None."""
    price: Decimal | None = None
    """What the shopper pays: the sale price where it is lower and holds now."""
    currency: str | None = None
    """ISO 4217; None without a price."""
    brand: str | None = None
    category: str | None = None
    """`A > B > C`."""
    colour: str | None = None
    in_stock: bool = True
    description: str | None = None
    item_group: str | None = None
    notes: tuple[str, ...] = ()
    """What was dropped or mended, a short sentence each."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row, or a picture of one, that did not make it."""

    line: int
    id: str
    """Empty when the row has none."""
    reason: str


def build_row(
    fields: Fields, line: int, *, currency: str = "USD", now: datetime.datetime | None = None
) -> Row | Skipped:
    """A Row, or what is wrong with it. `currency` is for prices that name none."""
    notes: list[str] = []
    product = clean(_first(fields, "id"))
    if not product:
        return Skipped(line, "", "it has no id")
    if len(product) > ID_MAX:
        return Skipped(line, product[:ID_MAX], f"its id is longer than {ID_MAX} characters")
    title = _cut(_text(fields, "title"), TITLE_MAX, "title", notes)
    if not title:
        return Skipped(line, product, "it has no title")
    images = _images(fields, notes)
    if not images:
        return Skipped(line, product, "it has no image_link")
    price, unit = _price(fields, currency, now, notes)
    return Row(
        line=line,
        id=product,
        title=title,
        images=images,
        link=_link(clean(_first(fields, "link")), notes),
        price=price,
        currency=unit,
        brand=_text(fields, "brand")[:TEXT_MAX] or None,
        category=_category(fields),
        colour=_text(fields, "color")[:TEXT_MAX] or None,
        in_stock=_in_stock(_first(fields, "availability"), notes),
        description=_without_tags(_first(fields, "description"))[:DESCRIPTION_MAX] or None,
        item_group=clean(_first(fields, "item_group_id"))[:TEXT_MAX] or None,
        notes=tuple(notes),
    )


# Cc control, Cs surrogate, Cn and Co no character for anyone else; of Cf only what turns the direction of text or
# hides in it: joiners (U+200C, U+200D) belong to Persian, Hindi and emoji.
_DIRECTION = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u2060\u200b\u00ad"
)
_BAD_KINDS = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})


def clean(text: str) -> str:
    """One line of text: NFC, no control or direction characters, single spaces."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (
        " " if unicodedata.category(sign) in _BAD_KINDS else sign
        for sign in unicodedata.normalize("NFC", text)
        if sign not in _DIRECTION
    )
    return " ".join("".join(kept).split())


def _first(fields: Fields, name: str) -> str:
    return next((value for value in fields.get(name, ()) if value.strip()), "")


def _text(fields: Fields, name: str) -> str:
    """Shop systems often escape a title once too often: `Tom &amp; Jerry`."""
    value = _first(fields, name)
    return clean(_unescaped(value))


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    try:
        return html.unescape(text)
    except (
        ValueError
    ):  # a sign by a number of more than 4,300 digits, which Python does not read: the text stays as it is
        return text


_TAG = re.compile(r"<[^<>]{0,1000}>")


def _without_tags(text: str) -> str:
    text = _unescaped(text[: 4 * DESCRIPTION_MAX])
    return clean(_TAG.sub(" ", text) if "<" in text else text)


def _cut(text: str, longest: int, name: str, notes: list[str]) -> str:
    if len(text) <= longest:
        return text
    notes.append(f"its {name} was cut at {longest} characters")
    return text[:longest].rstrip()


def _link(text: str, notes: list[str]) -> str | None:
    """http(s) with a host and nobody's password; else dropped and noted. The text never enters the note."""
    if not text:
        return None
    text = text.replace(" ", "%20")
    scheme, colon, rest = text.partition(":")
    text = scheme.lower() + colon + rest
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        fine = fine and len(text) <= LINK_MAX and not any(sign in text for sign in '<>"\\`')
    except ValueError:
        fine = False
    if not fine:
        notes.append("its link was dropped: it is not an http or https address")
        return None
    return text


def _images(fields: Fields, notes: list[str]) -> tuple[str, ...]:
    found = [clean(_first(fields, "image_link"))]
    for value in fields.get("additional_image_link", ()):
        found.extend(_split_references(value))
    unique = tuple(dict.fromkeys(reference for reference in found if reference))
    if not found[0]:
        return ()
    if len(unique) > IMAGES_MAX:
        notes.append(f"only its first {IMAGES_MAX} pictures were taken")
    return unique[:IMAGES_MAX]


_COMMA_BEFORE_URL = re.compile(r",(?=\s*https?://)", re.I)


def _split_references(value: str) -> list[str]:
    """At each comma; but where URLs stand, only at a comma before the next URL: a URL may hold commas itself."""
    text = clean(value)
    parts = _COMMA_BEFORE_URL.split(text) if text[:8].lower().startswith(("http://", "https://")) else text.split(",")
    return [part.strip().rstrip(",") for part in parts if part.strip()]


def _price(
    fields: Fields, currency: str, now: datetime.datetime | None, notes: list[str]
) -> tuple[Decimal | None, str | None]:
    price = _one_price(_first(fields, "price"), currency, "price", notes)
    sale = _one_price(_first(fields, "sale_price"), currency, "sale_price", notes)
    if sale is not None and not _holds_now(_first(fields, "sale_price_effective_date"), now, notes):
        sale = None
    if price is None:
        return sale or (None, None)
    if sale is not None and sale[1] == price[1] and sale[0] < price[0]:
        return sale
    return price


def _one_price(text: str, currency: str, name: str, notes: list[str]) -> tuple[Decimal, str] | None:
    if not text.strip():
        return None
    try:
        return parse_price(text, currency)
    except NoPrice:
        notes.append(f"its {name} can't be read: {clean(text)[:40]}")
        return None


def _holds_now(period: str, now: datetime.datetime | None, notes: list[str]) -> bool:
    """`2026-11-01T00:00-0800/2026-12-01T00:00-0800`, as Google has it; no period holds always."""
    if not period.strip():
        return True
    now = now or datetime.datetime.now(datetime.UTC)
    try:
        start, end = (datetime.datetime.fromisoformat(part.strip()) for part in period.split("/"))
    except ValueError:
        notes.append("its sale_price was left out: sale_price_effective_date can't be read")
        return False
    return _aware(start) <= now <= _aware(end)


def _aware(time: datetime.datetime) -> datetime.datetime:
    return time if time.tzinfo is not None else time.replace(tzinfo=datetime.UTC)


_IN_STOCK = frozenset(
    ["instock", "available", "yes", "true", "1", "y", "limitedavailability", "instoreonly", "onlineonly"]
)
_OUT = frozenset(["outofstock", "soldout", "unavailable", "notavailable", "no", "false", "0", "n", "discontinued"])
_LATER = frozenset(["preorder", "backorder", "presale", "reserved"])


def _in_stock(text: str, notes: list[str]) -> bool:
    """Whether it can be had now: a preorder or backorder can't. Unsaid means yes."""
    said = re.sub(r"[\W_]+", "", text.lower().rstrip("/").rpartition("/")[2])
    if not said or said in _IN_STOCK:
        return True
    if said not in _OUT | _LATER:
        notes.append(f"its availability can't be read: {clean(text)[:40]}")
        return True
    return False


_STEP = re.compile(r"\s*[>›»]\s*")


def _category(fields: Fields) -> str | None:
    """product_type before google_product_category, whose numbers alone say nothing."""
    for name in ("product_type", "google_product_category"):
        text = _text(fields, name)
        if text and not text.isdigit():
            steps = [step[:TEXT_MAX] for step in _STEP.split(text) if step]
            return " > ".join(steps[:10]) or None
    return None
