"""The kept corpus passes through its targets: what fuzzing once found stays mended, without a fuzzer."""

from __future__ import annotations

import pytest

from tests.fuzz.make_corpus import corpus_of, seeds
from tests.fuzz.targets import TARGETS

CASES = [(target, name) for target in TARGETS for name in corpus_of(target)]


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_a_corpus(target: str) -> None:
    assert corpus_of(target)


@pytest.mark.parametrize(("target", "name"), CASES)
def test_what_is_kept_breaks_no_promise(target: str, name: str) -> None:
    TARGETS[target](corpus_of(target)[name])


@pytest.mark.parametrize("data", [b"", b"\0", b"\n", b"{}", b"[]", b"null", b"\xff" * 9, b"[" * 2000, b"9" * 9000])
@pytest.mark.parametrize("target", TARGETS)
def test_short_and_silly_inputs_break_no_promise(target: str, data: bytes) -> None:
    TARGETS[target](data)


def test_the_seeds_can_be_made_anew() -> None:
    for target, made in seeds().items():
        assert {name for name, _ in made} <= set(corpus_of(target))
