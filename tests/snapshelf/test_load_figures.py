"""What the load programs make of what they saw: figures from made-up samples."""

from __future__ import annotations

import asyncio
import json
import math
import os
from pathlib import Path

import pytest

from benchmarks.load import PARTS, drain, throughput, webhook
from benchmarks.load.drain import Sample
from benchmarks.load.raw import Raw
from benchmarks.load.sender import CONNECTIONS, Plan, request_of, send_all
from benchmarks.load.spent import memory_mb, processor_s
from benchmarks.load.throughput import Round
from benchmarks.load.told import load_section

ROUNDS = [
    Round(Raw(per_s, 4.0), per_s / 2, {"bots": 8.0, "worker": 6.0, "redis": 2.0, "standin": 4.0})
    for per_s in (100.0, 400.0, 200.0)
]


def test_a_share_is_of_the_rate_of_its_own_round() -> None:
    told = throughput.told(ROUNDS, cpus=2)
    assert (told["per_s"], told["raw_per_s"], told["share"]) == (100.0, 200.0, 0.5)


def test_what_is_counted_leaves_the_stand_in_out() -> None:
    told = throughput.told(ROUNDS, cpus=2)
    assert told["counted_per_s_without_standin"] == 125.0
    assert told["counted_share_without_standin"] == 0.25
    assert told["counted_share_of_worker"] == pytest.approx(0.667)


def test_percentiles_are_of_all_requests() -> None:
    told = webhook.latencies([(float(ms), 200) for ms in range(1, 1001)])
    assert (told["median_ms"], told["p99_ms"], told["p999_ms"], told["max_ms"]) == (500, 990, 999, 1000)
    assert told["wrong"] == 0


def test_a_request_without_its_200_is_infinitely_late() -> None:
    told = webhook.latencies([(1.0, 200)] * 98 + [(1.0, 503), (1.0, 0)])
    assert (told["wrong"], told["p95_ms"], told["p99_ms"]) == (2, 1.0, math.inf)


def test_a_drain_grows_by_what_its_end_has_more_than_its_third_tenth() -> None:
    samples = [
        Sample(float(at), at * 100, {"worker": 200.0 + (50 if at < 2 else 0) + at / 10, "redis": at * 1.0}, at / 2)
        for at in range(101)
    ]
    told = drain.told(samples)
    assert told["memory_mb"]["worker"] == {"early": 202.5, "late": 209.5, "most": 250.1, "grows_mb": 7.0}
    assert told["redis_kb_a_photo"] == 10.0
    assert told["photos_in_redis_mb_most"] == 50.0
    assert told["per_s"] == pytest.approx(101.0)


def test_a_request_is_one_of_telegrams() -> None:
    request = request_of(Plan("127.0.0.1", 8080, "secret", 200, ()), '{"update_id": 1, "text": "Ærø"}')
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /telegram/webhook HTTP/1.1\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body) == {"update_id": 1, "text": "Ærø"}


async def test_requests_go_out_by_their_schedule_however_long_answers_take() -> None:
    came: list[float] = []
    left, everyone = asyncio.Semaphore(0), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(10_000):
            assert head.startswith(b"POST")
            came.append(loop.time())
            if len(came) == 10:
                everyone.set()
            if len(came) == 1:  # the first is answered last
                await everyone.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()
        await writer.wait_closed()
        left.release()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answers = await send_all(Plan("127.0.0.1", port, "s", 100.0, ["{}"] * 10))
    for _ in range(CONNECTIONS):
        await left.acquire()
    server.close()
    await server.wait_closed()
    assert [status for _, status in answers] == [200] * 10
    assert answers[0][0] >= 80
    assert came[-1] - came[0] >= 0.04


def test_what_this_process_used_is_found() -> None:
    used = os.times()
    assert processor_s(os.getpid()) >= used.user + used.system - 1
    assert 10 < memory_mb(os.getpid()) < 10_000
    assert memory_mb(2**22 + 1) == 0


def test_each_part_has_its_table() -> None:
    by_both = dict.fromkeys(("webhook", "api"), throughput.told(ROUNDS, 2))
    answered = webhook.latencies([(10.0, 200)] * 100) | {"p99_ms_of_each_round": [9.0, 10.0], "answered_per_s": 40.0}
    figures = {
        "throughput": {"raw": "2 of 1 threads"} | by_both,
        "apart": {"processors": 1, "of": 2} | by_both,
        "models": {"float, 96 px": throughput.told(ROUNDS, 2)},
        "webhook": dict.fromkeys(("in one process", "intake apart"), answered),
        "drain": drain.told([Sample(float(at), at, {"bots": 1.0, "worker": 1.0, "redis": 1.0}, 1.0) for at in range(9)])
        | {
            "photos": dict.fromkeys(("accepted", "answered", "apologised", "dead", "unknown", "repeated"), 0),
            "left_in_queues": 0,
            "budget_mb": 64,
        },
        "workers": {"one worker of 2 threads": {"per_s": 100.0, "share_of_raw": 0.5}},
        "full": {
            "sent_until_closed": 900, "used_mb_when_closed": 45.0, "told_to_wait": 20, "limit_mb": 64,
            "at_the_hard_limit": {"answered": 50}, "afterwards": {"answered": 50}, "webhooks": {"200": 1000},
            "ends": dict.fromkeys(("accepted", "answered", "apologised", "dead", "unknown"), 0), "lost": 0,
        },
    }  # fmt: skip
    assert set(figures) == set(PARTS)
    page = load_section(figures, Path())
    assert page.count("### ") == len(PARTS)
    assert "50%" in page
    assert "lost: 0" in page
