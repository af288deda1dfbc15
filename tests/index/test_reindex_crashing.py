"""A picture of the feed that crashes a codec, hangs it or fills the memory costs its row, and no other."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from core.errors import Reason, Refused
from index.decoding import Crashed, Decoders
from index.embedding import CRASHING
from index.generation import SKIPPED
from index.pictures import Prepared, prepare
from index.reindex import reindex
from tests.index.shop import Shop, picture

FRAGILE = (sys.executable, str(Path(__file__).parent.parent / "worker" / "fragile_decoder.py"))


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "PNG")
    return out.getvalue()


CRASH, HANG, FILL = (png(colour) for colour in ("red", "lime", "blue"))


@pytest.fixture
def fragile() -> Iterator[Decoders]:
    with Decoders(FRAGILE, answer_s=5.0, most=2) as decoders:
        yield decoders


def outcome(told: Prepared | Refused) -> Reason | None:
    return told.reason if isinstance(told, Refused) else None


def test_several_are_prepared_as_each_by_itself() -> None:
    data = [picture("a"), b"no picture", picture("b", shade=20), picture("c")[:200]]
    with Decoders() as decoders:
        told = decoders.prepare(data, 48)
    assert [outcome(one) for one in told] == [None, Reason.NOT_A_PICTURE, None, Reason.BROKEN_PICTURE]
    for one, by_itself in ((told[0], prepare(data[0], 48)), (told[2], prepare(data[2], 48))):
        assert isinstance(one, Prepared)
        assert one.jpeg == by_itself.jpeg
        assert (one.pixels == by_itself.pixels).all()


def test_many_more_than_have_room_at_once_and_one_too_large_all_get_their_answer() -> None:
    photos = [picture(str(number)) for number in range(30)]
    with Decoders() as decoders:
        told = decoders.prepare([*photos, bytes(20 * 1024 * 1024 + 1), photos[0]], 224)
        assert decoders.prepare([], 224) == []
    assert [outcome(one) for one in told] == [*[None] * 30, Reason.TOO_LARGE, None]


def test_one_that_crashes_a_codec_costs_those_beside_it_nothing(fragile: Decoders) -> None:
    told = fragile.prepare([picture("a"), CRASH, picture("b"), FILL], 32)
    assert [outcome(one) for one in told] == [None, Reason.BROKEN_PICTURE, None, Reason.BROKEN_PICTURE]
    assert isinstance(told[1], Crashed)


def test_no_more_decoders_are_started_than_may_be(fragile: Decoders) -> None:
    for _ in range(3):
        fragile.prepare([CRASH], 32)
    fragile.prepare([picture("a")], 32)
    assert len(fragile.pids()) == 1


def test_a_decoder_that_cannot_be_started_takes_no_place() -> None:
    with Decoders(("/nowhere/decoder",), most=1) as decoders:
        for _ in range(2):
            with pytest.raises(FileNotFoundError):
                decoders.prepare([picture("a")], 32)


def test_a_row_whose_picture_crashes_or_hangs_its_decoder_is_listed_and_the_rest_is_indexed(
    shop: Shop, fragile: Decoders
) -> None:
    good = len(shop.rows)
    for name, data in (("crashes", CRASH), ("hangs", HANG)):
        shop.add(name, 3)
        (shop.folder / "images" / f"{name}.png").write_bytes(data)
    account = reindex(shop.settings, shop.feed, embedder=shop.embedder, decoders=fragile)
    assert (account.products, account.skipped, account.pictures_failed) == (good, 2, 2)
    listed = (shop.settings.index_dir / account.generation / SKIPPED).read_text().splitlines()[1:]
    assert listed == [f"{good + 2}\tcrashes\t{CRASHING}", f"{good + 3}\thangs\t{CRASHING}"]


def test_by_default_pictures_are_decoded_elsewhere(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Decoders.__init__, "__defaults__", (FRAGILE,))
    shop.add("crashes", 3)
    (shop.folder / "images" / "crashes.png").write_bytes(CRASH)
    account = reindex(shop.settings, shop.feed, embedder=shop.embedder)
    assert account.skipped == 1
