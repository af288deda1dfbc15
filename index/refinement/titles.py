"""A word → what is asked of the full-text index of titles, whatever ending or script the word has there (pure)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

from index.refinement.text import IRREGULAR_FORMS, key, singular, stem, tokens

SHORT = 3
"""Letters of a word that is looked for as it stands, but for its plural."""
ENDING = 4
_CYRILLIC = str.maketrans("abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш")
_DIGRAPHS = (("lj", "љ"), ("nj", "њ"), ("dž", "џ"), ("dj", "ђ"))

Terms = Callable[[str], Iterable[str]]
"""The words of all titles that begin so, as the index writes them."""


def expression(word: str, terms: Terms) -> str:
    """What FTS5 is asked: any form of the word; for `T-shirt` the words in a row, or in one. Empty: nothing has it."""
    pieces = [piece.text for piece in tokens(word) if piece.kind in ("word", "number")]
    if not pieces:
        return ""
    asked = [_quoted(form) for form in forms("".join(pieces), terms)]
    if len(pieces) > 1:
        before = " ".join(pieces[:-1])
        asked += [_quoted(f"{before} {form}") for form in forms(pieces[-1], terms)]
    return " OR ".join(dict.fromkeys(asked))


def forms(word: str, terms: Terms) -> list[str]:
    """The words of titles that are this one but for ending and script."""
    wanted = stem(key(word))
    found = [term for start in _beginnings(word) for term in terms(start) if stem(key(term)) == wanted]
    return list(dict.fromkeys(found))


def _beginnings(word: str) -> list[str]:
    written = {as_indexed(word), key(word), _in_cyrillic(word.casefold())}
    written.update(IRREGULAR_FORMS.get(singular(key(word)), ()))
    return sorted({_beginning(one) for one in written if one})


def _beginning(word: str) -> str:
    if len(word) <= SHORT or any(sign.isdigit() for sign in word):
        return word
    return word[: max(SHORT, len(word) - ENDING)]


def as_indexed(word: str) -> str:
    """As FTS5's unicode61 writes a word: lower case, Latin letters without their marks."""
    pieces = (unicodedata.normalize("NFD", sign)[0] if sign < "\u0250" else sign for sign in word.lower())
    return "".join(pieces)


def _in_cyrillic(word: str) -> str:
    """As Serbian writes it, for titles in the other script."""
    for pair, one in _DIGRAPHS:
        word = word.replace(pair, one)
    return word.translate(_CYRILLIC)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
