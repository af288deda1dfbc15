"""Colour words of six languages and what they mean, so that “blau” finds what the catalogue calls “Navy Blue”."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ENDING = 3
"""Letters that a word may have behind its stem: blau-es, roj-as, чорн-ого, crven-ima."""

# Stems in en, de, es, uk, hr, sr (Latin script is read like hr). A leading `=` asks for the whole word.
STEMS: dict[str, tuple[str, ...]] = {
    "black": ("=black", "schwarz", "negro", "negra", "чорн", "crn", "црн"),
    "white": ("=white", "weiß", "weiss", "blanc", "біл", "bijel", "bel", "бел"),
    "grey": ("=grey", "=gray", "grau", "=gris", "=grises", "сір", "siv", "сив"),
    "silver": ("=silver", "silber", "platead", "срібн", "srebr", "сребр"),
    "gold": ("=gold", "=golden", "golden", "dorad", "золот", "zlat", "злат"),
    "red": (
        "=red",
        "=rot",
        "=rote",
        "=roter",
        "=rotes",
        "=roten",
        "=rotem",
        "rojo",
        "roja",
        "червон",
        "crven",
        "црвен",
    ),
    "burgundy": ("burgund", "=maroon", "=wine", "bordeaux", "weinrot", "granate", "бордов", "bordo", "бордо"),
    "pink": ("=pink", "=rosa", "=rosafarben", "rosad", "рожев", "ružičast", "roze", "розе", "ружичаст"),
    "orange": ("=orange", "orang", "naranja", "помаранчев", "оранжев", "narančast", "narandžast", "наранџаст"),
    "yellow": ("=yellow", "gelb", "amarill", "жовт", "žut", "жут"),
    "green": ("=green", "grün", "verde", "зелен", "zelen"),
    "olive": ("=olive", "oliv", "оливков", "maslinast", "маслинаст"),
    "turquoise": ("turquoise", "=teal", "türkis", "turques", "бірюзов", "tirkizn", "тиркизн"),
    "blue": ("=blue", "blau", "azul", "синій", "синя", "синє", "сині", "синю", "голуб", "блакитн", "plav", "плав"),
    "navy": ("=navy", "marineblau", "=marino", "темно-синій", "mornaričk"),
    "purple": ("=purple", "=violet", "=lavender", "lila", "violett", "morad", "фіолетов", "ljubičast", "љубичаст"),
    "brown": ("=brown", "=tan", "braun", "marrón", "marron", "коричнев", "smeđ", "smedj", "braon", "смеђ", "браон"),
    "beige": ("=beige", "=cream", "=nude", "beig", "creme", "crema", "бежев", "bež", "беж"),
    "multi": ("=multi", "multicolo", "=mehrfarbig", "bunt", "multicolor", "різнокольоров", "šaren", "шарен"),
}
IMPLIED = {"navy": "blue", "burgundy": "red", "olive": "green"}
_WORD = re.compile(r"[\w-]+")
_COMPOUND = ("blau", "rot", "grün", "gelb", "grau", "braun", "weiß", "rosa", "lila", "beige")
"""German writes dunkelblau in one word."""


@lru_cache(maxsize=4096)
def meaning(text: str) -> frozenset[str]:
    """The colours that a text names: `Navy Blue` → navy, blue; empty where it names none."""
    found = {name for word in _WORD.findall(simple(text)) for name in _of_word(word)}
    return frozenset(found | {IMPLIED[name] for name in found & set(IMPLIED)})


def simple(text: str) -> str:
    """As words are compared: one form of each letter, no capitals."""
    return unicodedata.normalize("NFKC", text).casefold()


def _of_word(word: str) -> set[str]:
    found = {name for name, stems in STEMS.items() if any(_fits(word, simple(stem)) for stem in stems)}
    for tail in _COMPOUND:
        if word.endswith(simple(tail)) and len(word) > len(tail) + 2:
            found |= _of_word(simple(tail))
    return found


def _fits(word: str, stem: str) -> bool:
    if stem.startswith("="):
        return word == stem[1:]
    return word.startswith(stem) and len(word) - len(stem) <= ENDING
