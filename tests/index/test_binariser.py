from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.binariser import SHORT_BITS, Binariser, fit
from index.codes import CodeLayout, CodePart
from index.hamming import distances, pack, part_distances
from index.model.contract import Descriptors
from index.model.fake import FakeEmbedder
from tests.index.shop import PARTS


def described(count: int, seed: int = 0) -> Descriptors:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    return FakeEmbedder(parts=PARTS).embed(pixels)


def test_the_same_descriptors_give_the_same_bytes() -> None:
    descriptors = described(300)
    assert fit(descriptors, PARTS).to_bytes() == fit(descriptors.copy(), PARTS).to_bytes()


def test_a_code_does_not_depend_on_the_batch_it_came_in() -> None:
    descriptors = described(200)
    binariser = fit(descriptors, PARTS)
    short, long = binariser.codes(descriptors, batch=64)
    for row in range(0, 200, 17):
        one = descriptors[row : row + 1]
        assert np.array_equal(binariser.short(one)[0], short[row])
        assert np.array_equal(binariser.long(one)[0], long[row])


def test_a_descriptor_and_its_float16_copy_have_the_same_code() -> None:
    descriptors = described(100)
    binariser = fit(descriptors, PARTS)
    assert np.array_equal(binariser.long(descriptors), binariser.long(descriptors.astype(np.float16)))


def test_the_manifest_can_list_the_parts() -> None:
    layout = fit(described(50), PARTS).layout
    assert layout.names == ("texture", "shape", "kind")
    assert [part.offset_bytes for part in layout.parts] == [0, 64, 192]
    assert layout.bytes == 448
    assert layout.furthest == pytest.approx(1.0, abs=1e-3)


def test_a_file_gives_back_what_was_fitted(tmp_path: Path) -> None:
    descriptors = described(64)
    binariser = fit(descriptors, PARTS)
    (tmp_path / "b.npz").write_bytes(binariser.to_bytes())
    loaded = Binariser.load(tmp_path / "b.npz")
    assert loaded.layout == binariser.layout
    assert loaded.parts == binariser.parts
    assert np.array_equal(loaded.long(descriptors), binariser.long(descriptors))


@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_small_catalogue_is_fitted_together_with_the_prior(count: int) -> None:
    prior = described(128, seed=1)
    descriptors = described(count, seed=2)
    binariser = fit(descriptors, PARTS, prior)
    others = binariser.long(described(64, seed=3))
    bits = 8 * binariser.layout.bytes
    apart = [distances(code, others).mean() / bits for code in binariser.long(descriptors)]
    assert np.mean(apart) == pytest.approx(0.5, abs=0.1)


def test_nothing_to_fit_on_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fit(np.empty((0, 128), np.float32), PARTS)


def test_near_pictures_have_near_codes() -> None:
    generator = np.random.default_rng(5)
    pixels = generator.integers(0, 200, (200, 32, 32, 3), dtype=np.uint8)
    embedder = FakeEmbedder(parts=PARTS)
    binariser = fit(embedder.embed(pixels), PARTS)
    moved = np.clip(pixels[:50].astype(np.int16) + generator.integers(-6, 7, pixels[:50].shape), 0, 255)
    codes = binariser.long(embedder.embed(pixels))
    for row, code in enumerate(binariser.long(embedder.embed(moved.astype(np.uint8)))):
        assert np.argmin(distances(code, codes)) == row


def test_distances_are_counted_bit_by_bit() -> None:
    generator = np.random.default_rng(0)
    signs = generator.random((20, 192)) > 0.5
    codes = pack(signs)
    by_hand = (signs[0] != signs).sum(axis=1)
    assert np.array_equal(distances(codes[0], codes), by_hand)
    starts = np.array([0, 1], dtype=np.intp)
    parts = part_distances(codes[0], codes, starts)
    assert np.array_equal(parts[:, 0], (signs[0, :64] != signs[:, :64]).sum(axis=1))
    assert np.array_equal(parts.sum(axis=1), by_hand)


def test_equal_differences_weigh_the_same_however_many_rows_are_asked() -> None:
    layout = CodeLayout.of([("a", 8, 0.1), ("b", 16, 0.7), ("c", 8, 0.2)])
    by_part = np.random.default_rng(0).integers(0, 64, (1000, 3)).astype(np.int32)
    together = layout.weighted(by_part)
    assert all(together[row] == layout.weighted(by_part[row : row + 1])[0] for row in range(1000))


@pytest.mark.parametrize(
    "parts", [(CodePart("a", 8, 8, 1.0),), (CodePart("a", 0, 7, 1.0),), (CodePart("a", 0, 0, 1.0),)]
)
def test_parts_that_leave_gaps_or_split_words_are_refused(parts: tuple[CodePart, ...]) -> None:
    with pytest.raises(ValueError, match="not aligned"):
        CodeLayout(parts)


def test_a_short_code_has_256_bits() -> None:
    binariser = fit(described(40), PARTS)
    assert binariser.short(described(3)).shape == (3, SHORT_BITS // 8)
