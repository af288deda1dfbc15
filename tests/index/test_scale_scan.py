"""The pass over short codes gives what sorting all distances gives, whatever the codes, the mask and the size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from index import hamming, scan
from index.faiss_ import faiss
from index.hamming import Codes
from index.search import Compared, distinct
from index.selection import Selection
from index.shortcodes import Kind, ShortCodes

WIDTH = 32


def sorted_shortlist(
    query: Codes, codes: Codes, size: int, mask: npt.NDArray[np.bool_] | None
) -> list[tuple[int, int]]:
    """The reference: every allowed row by (distance, row), up to the last distance of `size`, at most twice `size`."""
    near = hamming.distances(query, codes).tolist()
    allowed = range(len(codes)) if mask is None else np.flatnonzero(mask).tolist()
    ordered = sorted((near[row], row) for row in allowed)
    last = ordered[min(size, len(ordered)) - 1][0] if ordered else 0
    return [pair for pair in ordered if pair[0] <= last][: 2 * size]


def crowd(rows: int, *, kinds: int, flips: float, seed: int) -> Codes:
    """Codes in crowds; without flips all of a crowd are the same."""
    generator = np.random.default_rng(seed)
    centres = generator.random((kinds, 8 * WIDTH)) > 0.5
    return hamming.pack(centres[generator.integers(0, kinds, rows)] ^ (generator.random((rows, 8 * WIDTH)) < flips))


def told(found: tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]) -> list[tuple[int, int]]:
    return list(zip(found[1].tolist(), found[0].tolist(), strict=True))


CROWDS = {
    "spread": crowd(12_000, kinds=50, flips=0.15, seed=1),
    "many ties": crowd(12_000, kinds=4, flips=0.002, seed=2),
    "all the same": crowd(9_000, kinds=1, flips=0.0, seed=3),
    "strangers": crowd(9_000, kinds=9_000, flips=0.0, seed=4),
    "one": crowd(1, kinds=1, flips=0.0, seed=5),
    # the nearest stand where an evenly spread sample never looks
    "sorted": np.sort(crowd(70_000, kinds=3, flips=0.1, seed=6).view(np.uint64), axis=0).view(np.uint8),
}


@pytest.mark.parametrize("name", CROWDS)
@pytest.mark.parametrize("size", [1, 700, 2560, 50_000])
@pytest.mark.parametrize("share", [None, 0.001, 0.1, 0.5])
def test_a_pass_gives_what_sorting_gives(name: str, size: int, share: float | None) -> None:
    codes = CROWDS[name]
    generator = np.random.default_rng(7)
    mask = None if share is None else generator.random(len(codes)) < share
    for row in generator.integers(0, len(codes), 2):
        found = scan.shortlist(codes[row], codes, size, None if mask is None else Selection.of(mask))
        assert told(found) == sorted_shortlist(codes[row], codes, size, mask)


def test_a_mask_of_one_stretch_is_kept_to() -> None:
    codes = crowd(200_000, kinds=50, flips=0.15, seed=8)
    mask = np.zeros(len(codes), np.bool_)
    mask[70_000:140_000] = True
    assert told(scan.shortlist(codes[3], codes, 500, Selection.of(mask))) == sorted_shortlist(
        codes[3], codes, 500, mask
    )


def test_a_guess_that_lets_too_few_through_costs_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_likely_bar", lambda *_: 3)
    codes = CROWDS["spread"]
    assert told(scan.shortlist(codes[9], codes, 700)) == sorted_shortlist(codes[9], codes, 700, None)


def test_no_codes_give_no_rows() -> None:
    rows, near = scan.shortlist(np.zeros(WIDTH, np.uint8), np.empty((0, WIDTH), np.uint8), 10)
    assert len(rows) == len(near) == 0


def test_an_empty_stretch_of_codes_has_no_distances() -> None:
    assert len(scan.distances(np.zeros(WIDTH, np.uint8), np.empty((0, WIDTH), np.uint8))) == 0


@pytest.mark.parametrize("want", [1, 5, 40])
@pytest.mark.parametrize("pictures_each", [1, 7, 400])
def test_sorting_only_the_nearest_gives_the_first_products(want: int, pictures_each: int) -> None:
    generator = np.random.default_rng(want)
    rows = generator.permutation(5000)[:3000]
    compared = Compared(
        rows,
        generator.integers(0, 60, 3000) / 4,
        generator.integers(0, 9, 3000).astype(np.int32),
        generator.integers(0, 9, (3000, 3)).astype(np.int32),
    )
    products = (np.arange(5000) // pictures_each).astype(np.uint32)
    assert compared.first(products, want) == distinct(compared.ranked(products), products, want)


def test_parts_are_counted_as_their_bits_say() -> None:
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 256, (300, 56), dtype=np.uint8)
    query = ~codes[0]
    counted = hamming.part_distances(query, codes, np.array([0, 1, 3]))
    bits = np.unpackbits(codes ^ query, axis=1)
    expected = np.stack([bits[:, :64].sum(1), bits[:, 64:192].sum(1), bits[:, 192:].sum(1)], axis=1)
    assert counted.tolist() == expected.tolist()
    assert counted[0].tolist() == [64, 128, 256]


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
@pytest.mark.parametrize("rows", [0, 1, 500])
def test_what_was_saved_is_a_faiss_index_and_is_read_back(kind: Kind, rows: int, tmp_path: Path) -> None:
    codes = crowd(max(rows, 1), kinds=9, flips=0.1, seed=9)[:rows]
    path = tmp_path / "short.faiss"
    ShortCodes.build(codes, kind).save(path)
    assert faiss.read_index_binary(str(path)).ntotal == rows
    read = ShortCodes.load(path)
    assert (read.kind, len(read)) == (kind, rows)
    assert np.array_equal(read.codes, codes)


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
@pytest.mark.parametrize("left", [0, 3, 20, 33, 100, -1])
def test_a_torn_file_of_short_codes_is_refused(kind: Kind, left: int, tmp_path: Path) -> None:
    path = tmp_path / "short.faiss"
    ShortCodes.build(crowd(300, kinds=9, flips=0.1, seed=9), kind).save(path)
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(ValueError, match="cannot be read"):
        ShortCodes.load(path)
