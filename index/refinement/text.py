"""Words of any script, made comparable: tokens, keys without case, accents and script, singular forms and stems.

Nothing here raises for any text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

LONGEST_TEXT = 1_000
LONGEST_WORD = 60
LONGEST_NUMBER = 12
STEM = 4
"""Letters that a stem keeps: shorter words would all become one."""

Kind = Literal["word", "number", "currency", "sign", "dash", "stop"]

# Marks that belong to the letter before them, in the scripts where they are letters of their own in Unicode.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f"
    "\u0981-\u0983\u09bc-\u09cd\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u200c\u200d"
)
_LETTER = f"[^\\W\\d_{_MARKS}]"
_INNER = f"[^\\W_]|[{_MARKS}]"
_CURRENCY = "$¢£¤¥€₴₽₹₺₩₪₫₱₸₼₾"
_SCANNER = re.compile(
    rf"(?P<number>\d{{1,3}}(?:[ \u00a0\u202f'’]\d{{3}})+(?:[.,]\d{{1,2}})?(?![\d])|\d+(?:[.,]\d+)*)"
    rf"(?P<tail>(?:{_INNER})*)"
    rf"|(?P<word>{_LETTER}(?:{_INNER})*(?:['’ʼ`´](?:{_INNER})+)*)"
    rf"|(?P<currency>[{re.escape(_CURRENCY)}])"
    r"|(?P<sign>[<>]=?|[≤≥+&])"
    r"|(?P<dash>[-–—‑−~])"
    r"|(?P<stop>[^\w\s])"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text; `stop` is punctuation, at which a phrase ends."""

    kind: Kind
    text: str
    key: str
    value: Decimal | None = None
    joined: bool = False
    """Written in one with the piece before it (`T-shirt`)."""


def tokens(text: str) -> list[Token]:
    """The pieces of a text, in order; of a very long one the beginning."""
    found: list[Token] = []
    end = -1
    for match in _SCANNER.finditer(unicodedata.normalize("NFC", text[:LONGEST_TEXT])):
        joined, end = match.start() == end, match.end()
        found += _of(match, joined)
    return found


def _of(match: re.Match[str], joined: bool) -> list[Token]:
    kind: Kind = match.lastgroup if match.lastgroup in ("word", "currency", "sign", "dash", "stop") else "number"  # type: ignore[assignment]
    text = match.group()[:LONGEST_WORD]
    if kind != "number":
        return [Token(kind, text, key(text) or text, joined=joined)]
    digits, tail = match["number"], match["tail"]
    amount = value_of(digits)
    if amount is None or (tail and key(tail) not in _GLUED):
        return [Token("word", text, key(text) or text, joined=joined)]
    number = Token("number", digits, digits, amount, joined)
    return [number, Token("word", tail, key(tail), joined=True)] if tail else [number]


_GLUED = frozenset(
    [
        "eur",
        "euro",
        "euros",
        "usd",
        "dollar",
        "dollars",
        "gbp",
        "uah",
        "grn",
        "hrn",
        "rsd",
        "din",
        "kn",
        "hrk",
        "chf",
        "pln",
        "czk",
    ]
)
"""What stands behind a number without a space and is a word of its own: `50eur`."""


def value_of(digits: str) -> Decimal | None:
    """`1.299,90`, `1,299.90`, `1 299`, `49,9` → the amount; None for what is no amount."""
    plain = re.sub(r"[ \u00a0\u202f'’]", "", digits)
    if len(plain) > LONGEST_NUMBER:
        return None
    marks = [sign for sign in plain if sign in ".,"]
    if not marks:
        return Decimal(int(plain))
    whole, _, rest = plain.rpartition(marks[-1])
    # A single mark before exactly three digits groups them, unless the number begins with 0.
    grouped = len(rest) == 3 and (len(set(marks)) == 1) and not whole.startswith("0")
    if grouped or (len(set(marks)) == 1 and len(marks) > 1):
        return Decimal(int(re.sub(r"[.,]", "", plain)))
    return Decimal(f"{int(re.sub(r'[.,]', '', whole))}.{''.join(str(int(sign)) for sign in rest)}")


# --- comparable words ----------------------------------------------------------------------------------------------

_LATIN = str.maketrans(
    {"đ": "dj", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
    | dict(zip("абвгґдежзиіјйклмнопрстћуфхцчшќѓѕыэ", "abvggdezziijjklmnoprstcufhccskgzie", strict=True))
    | {"є": "je", "ї": "ji", "ю": "ju", "я": "ja", "щ": "sc", "ђ": "dj", "љ": "lj", "њ": "nj", "џ": "dz", "ё": "e"}
    | dict.fromkeys("ьъ'’ʼ`´\u200c\u200d", "")
)


@lru_cache(maxsize=65_536)
def key(word: str) -> str:
    """Case, accents, apostrophes and Cyrillic or Latin do not count: `Плава` and `plava` have one key."""
    # Decompose, but not й and ї: they are letters, not accented ones.
    latin = unicodedata.normalize("NFC", word.casefold()).translate(_LATIN)
    return "".join(sign for sign in unicodedata.normalize("NFKD", latin) if not unicodedata.combining(sign))


_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "kids": "kid", "shelves": "shelf", "knives": "knife",
    "scarves": "scarf", "leaves": "leaf", "feet": "foot", "wolves": "wolf", "loaves": "loaf", "jewelry": "jewellery",
}  # fmt: skip
IRREGULAR_FORMS: dict[str, list[str]] = {}
for _plural, _singular in _IRREGULAR.items():
    IRREGULAR_FORMS.setdefault(_singular, [_singular]).append(_plural)


@lru_cache(maxsize=65_536)
def singular(word_key: str) -> str:
    """A key without the plural of English and Spanish: `dresses` → `dress`, `accessories` → `accessory`."""
    if word_key in _IRREGULAR:
        return _IRREGULAR[word_key]
    if len(word_key) > 4 and word_key.endswith(("ies", "ie")):
        return f"{word_key.removesuffix('s')[:-2]}y"  # one form for accessory, accessories, hoodie, hoodies
    if len(word_key) > 4 and word_key.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word_key[:-2]
    if len(word_key) > 2 and word_key.endswith("s") and not word_key.endswith(("ss", "us", "is")):
        return _IRREGULAR.get(word_key[:-1], word_key[:-1])
    return word_key


_ENDINGS: tuple[str, ...] = ("ovima", "evima", "jama", "jami", "ama", "ima", "ami", "jiv", "jah")
_ENDINGS += ("ov", "iv", "ih", "im", "om", "em", "en", "og", "oj", "ah", "ij", "es")


@lru_cache(maxsize=65_536)
def stem(word_key: str) -> str:
    """A key without the endings of our six languages, at least STEM letters of it: `haljine`, `haljinu` → `haljin`."""
    word = singular(word_key)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= STEM:
            word = word[: -len(ending)]
            break
    while len(word) > STEM and word[-1] in "aeiouj":
        word = word[:-1]
    return word


def squash(words: list[str] | tuple[str, ...]) -> str:
    """Singular keys written in one: `T-Shirts`, `t shirt` and `tshirt` are the same."""
    return "".join(singular(word) for word in words)


def words_of(text: str) -> tuple[str, ...]:
    """The keys of the words and numbers of a label."""
    return tuple(token.key for token in tokens(text) if token.kind in ("word", "number"))
