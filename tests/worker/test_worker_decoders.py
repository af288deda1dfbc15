"""A codec that crashes, hangs or fills the memory costs one photo; the worker goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import SENTENCES, Reason, Refused
from core.messages import Box
from core.metrics import DECODERS_ENDED
from core.settings import Settings
from index.decoding import Decoders
from index.pictures import decode_to_pixels
from tests.standins.shop import Counter, GatedEmbedder, jpeg, photo_of, working

FRAGILE = (sys.executable, str(Path(__file__).with_name("fragile_decoder.py")))
CRASH, HANG, FILL = (jpeg(Image.new("RGB", (64, 64), colour)) for colour in ("red", "lime", "blue"))


@pytest.fixture
def fragile() -> Iterator[Decoders]:
    with Decoders(FRAGILE, answer_s=20.0) as decoders:
        yield decoders


def ended() -> float:
    return float(DECODERS_ENDED._value.get())


@pytest.mark.parametrize("box", [None, Box(0.25, 0.5, 0.5, 0.25)])
def test_another_process_decodes_to_the_same_pixels(box: Box | None) -> None:
    with Decoders() as decoders:
        for size in (32, 224):
            for photo in (photo_of(3), photo_of(4)):
                assert (decoders.decode(photo, size, box) == decode_to_pixels(photo, size, box)).all()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no picture", Reason.NOT_A_PICTURE),
        (photo_of(1)[:900], Reason.BROKEN_PICTURE),
        (jpeg(Image.new("RGB", (400, 9))), Reason.TOO_SMALL),
        (bytes(20 * 1024 * 1024 + 1), Reason.TOO_LARGE),
    ],
)
def test_what_it_refuses_is_refused_with_its_reason_and_it_stays(data: bytes, reason: Reason) -> None:
    with Decoders() as decoders:
        decoders.warm()
        before = ended()
        with pytest.raises(Refused) as refused:
            decoders.decode(data, 32)
        assert refused.value.reason is reason
        assert str(refused.value) == SENTENCES[reason]
        decoders.decode(photo_of(1), 32)
        assert ended() == before


def test_a_photo_that_crashes_a_codec_is_refused_and_the_next_one_is_decoded(fragile: Decoders) -> None:
    before = ended()
    with pytest.raises(Refused) as refused:
        fragile.decode(CRASH, 32)
    assert refused.value.reason is Reason.BROKEN_PICTURE
    assert ended() == before + 2
    assert (fragile.decode(photo_of(2), 32) == decode_to_pixels(photo_of(2), 32)).all()


def test_a_photo_whose_decoding_never_ends_is_given_up() -> None:
    with Decoders(FRAGILE, answer_s=0.3) as fragile:
        with contextlib.suppress(Refused):  # on a busy machine even the start takes longer than that
            fragile.decode(photo_of(2), 32)
        with pytest.raises(Refused) as refused:
            fragile.decode(HANG, 32)
    assert refused.value.reason is Reason.BROKEN_PICTURE


def test_a_photo_that_fills_the_memory_is_refused(fragile: Decoders) -> None:
    with pytest.raises(Refused) as refused:
        fragile.decode(FILL, 32)
    assert refused.value.reason is Reason.BROKEN_PICTURE
    fragile.decode(photo_of(2), 32)


def test_a_decoder_ended_by_somebody_else_costs_no_photo() -> None:
    with Decoders() as decoders:
        decoders.warm()
        os.kill(pid_of(decoders), signal.SIGKILL)
        assert (decoders.decode(photo_of(2), 32) == decode_to_pixels(photo_of(2), 32)).all()


def pid_of(decoders: Decoders) -> int:
    [pid] = decoders.pids()
    return pid


def test_signals_for_the_workers_group_do_not_end_it() -> None:
    with Decoders() as decoders:
        decoders.decode(photo_of(2), 32)
        pid = pid_of(decoders)
        for signalled in (signal.SIGTERM, signal.SIGINT):
            os.kill(pid, signalled)
        decoders.decode(photo_of(3), 32)
        assert pid_of(decoders) == pid


def test_it_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPSHELF_TELEGRAM_TOKEN", "123:secret")
    with Decoders() as decoders:
        decoders.warm()
        assert b"secret" not in Path(f"/proc/{pid_of(decoders)}/environ").read_bytes()


def test_the_kernel_ends_it_before_the_worker_where_memory_runs_out() -> None:
    with Decoders() as decoders:
        decoders.decode(photo_of(2), 32)
        assert Path(f"/proc/{pid_of(decoders)}/oom_score_adj").read_text().strip() == "1000"


def test_it_leaves_when_the_pipe_ends() -> None:
    decoders = Decoders()
    decoders.warm()
    pid = pid_of(decoders)
    decoders.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_many_threads_decode_at_once_and_each_gets_its_own() -> None:
    expected = [decode_to_pixels(photo_of(number), 48) for number in range(8)]
    together = threading.Barrier(2)

    def decode(number: int) -> bool:
        if number < 2:
            together.wait(20)
        return bool(np.array_equal(decoders.decode(photo_of(number % 8), 48), expected[number % 8]))

    with Decoders() as decoders, ThreadPoolExecutor(2) as pool:
        assert all(pool.map(decode, range(40)))


async def test_a_worker_answers_the_others_and_refuses_the_photo_that_crashes_a_codec(
    settings: Settings, counter: Counter, embedder: GatedEmbedder, fragile: Decoders
) -> None:
    async with working(settings, embedder, decoders=fragile):
        searches = [await counter.ask(photo) for photo in (photo_of(1), CRASH, photo_of(2), CRASH, photo_of(3))]
        replies = await asyncio.gather(*[counter.reply(search) for search in searches])
    assert [reply.outcome for reply in replies] == ["hits", "refused", "hits", "refused", "hits"]
    assert {reply.message for reply in replies if reply.outcome == "refused"} == {SENTENCES[Reason.BROKEN_PICTURE]}
    assert await counter.redis.xlen(counter.keys.dead) == 0
