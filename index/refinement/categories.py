"""Category paths: which words name a step, and which paths a filter keeps (pure). Paths and filters are folded."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from index.refinement.text import squash, tokens, words_of

ANY = "… "
"""Before a name: every step that answers to it, wherever it stands (`… chair`: Chair and Swivel chair)."""
_PARTS = re.compile(r"[,/&+|;()]|\b(?:and|und|oder|or|y|e|і|та|й|i)\b", re.IGNORECASE)
_AFTER = frozenset(
    [
        "with",
        "for",
        "of",
        "from",
        "in",
        "on",
        "mit",
        "fur",
        "aus",
        "con",
        "para",
        "de",
        "del",
        "za",
        "s",
        "sa",
        "z",
        "iz",
        "na",
        "od",
        "do",
    ]
)
"""What follows describes the thing and does not name it: a `Box with lid` is no lid."""


def category_path(text: str) -> str:
    """`Shoes>Boots`, `shoes > boots ` → `shoes > boots`."""
    return " > ".join(" ".join(step.casefold().split()) for step in text.split(">") if step.strip())


def steps_of(path: str) -> list[str]:
    """The steps of `A > B > C`."""
    return [" ".join(step.split()) for step in path.split(">") if step.strip()]


@lru_cache(maxsize=65_536)
def names_of(step: str) -> frozenset[str]:
    """Squashed names that a step answers to: its own, those of its parts, and of the thing at the end of each.

    `Hoodies & Sweatshirts` → hoodie, sweatshirt (and both in one); `Swivel chair` → swivelchair, chair.
    """
    found = {squash(words_of(step))}
    for part in _PARTS.split(step):
        words = _head(part)
        # A letter before the last word belongs to it: a T-shirt is no shirt.
        found |= {squash(words[at:]) for at in range(len(words)) if at == 0 or len(words[at - 1]) > 1}
    return frozenset(found - {""})


def _head(part: str) -> tuple[str, ...]:
    words: list[str] = []
    for token in tokens(part):
        if token.kind in ("word", "number"):
            if words and token.key in _AFTER:
                break
            words.append(token.key)
    return tuple(words)


def within(wanted: str, paths: Iterable[str]) -> frozenset[str]:
    """The paths that a filter keeps: those that begin with its steps; where none does, those that have them further in.

    With ANY before a name: those with a step that answers to it, under the steps before it if there are any.
    """
    paths = list(paths)
    before, found, name = wanted.rpartition(ANY)
    if found:
        named = squash(words_of(name))
        under = within(before.rstrip("> "), paths) if before.strip("> ") else paths
        return frozenset(path for path in under if any(named in names_of(step) for step in steps_of(path)))
    begin = frozenset(path for path in paths if f"{path} > ".startswith(f"{wanted} > "))
    return begin or frozenset(path for path in paths if f" > {wanted} > " in f" > {path} > ")


def filter_for(chosen: Collection[str], paths: Sequence[str], name: str, before: str = "") -> str | None:
    """The shortest filter that keeps exactly the paths `chosen`: of their own steps, else any step of this name.

    None where no filter says so.

    `before` is a filter that they keep to already: what it says is said again.
    """
    kept = frozenset(chosen)
    if not kept:
        return None
    steps = [steps_of(path) for path in sorted(kept)]
    first, wanted, said = steps[0], squash(words_of(name)), before.rpartition(" > ")[2]
    ends = [at for at, step in enumerate(first, start=1) if step == said or wanted in names_of(step)] or [len(first)]
    candidates = [" > ".join(first[at:end]) for end in ends for at in range(end)]
    candidates.sort(key=lambda text: (_unsaid(text, said, wanted), text.count(">")))
    common = _common(steps)
    under = f"{common} > {ANY}{name}" if common else ""
    for candidate in (*candidates, f"{ANY}{name}", under, before):
        if candidate and within(candidate, paths) == kept:
            return candidate
    return None


def _unsaid(text: str, said: str, wanted: str) -> int:
    """How much of what the shopper said a filter does not say."""
    steps = text.split(" > ")
    return int(bool(said) and said not in steps) + int(not any(wanted in names_of(step) for step in steps))


def _common(steps: Sequence[Sequence[str]]) -> str:
    shared = []
    for column in zip(*steps, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return " > ".join(shared)
