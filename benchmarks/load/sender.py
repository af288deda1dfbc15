"""A messenger in a hurry, in a process of its own: webhooks by a schedule, whatever became of those before.

python -m benchmarks.load.sender PLAN: a JSON file with `host`, `port`, `secret`, `per_s`, `updates` (bodies). Prints a
JSON list: milliseconds of each from the time at which it was due, and its status (0: no answer). A connection is used
for one request at a time and kept, as Telegram's are; no library stands between the clock and the socket.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bots.telegram.channel import SECRET_HEADER

CONNECTIONS = 40
"""Telegram's `max_connections`, as we ask for it."""
ANSWER_S = 30.0
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Plan:
    """What to send, and when."""

    host: str
    port: int
    secret: str
    per_s: float
    updates: Sequence[str]


def request_of(plan: Plan, body: str) -> bytes:
    """A webhook's request as Telegram sends it."""
    data = body.encode()
    head = [
        "POST /telegram/webhook HTTP/1.1",
        f"Host: {plan.host}:{plan.port}",
        f"{SECRET_HEADER}: {plan.secret}",
        "Content-Type: application/json",
        f"Content-Length: {len(data)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + data


async def send_all(plan: Plan) -> list[tuple[float, int]]:
    """Each at its time; gives (ms from then, status) in order."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection(plan.host, plan.port))
    requests = [request_of(plan, update) for update in plan.updates]
    loop = asyncio.get_running_loop()
    begin = loop.time() + 0.1

    async def one(number: int) -> tuple[float, int]:
        due = begin + number / plan.per_s
        await asyncio.sleep(due - loop.time())
        status = await _post(plan, free, requests[number])
        return round((loop.time() - due) * 1000, 2), status

    answers = await asyncio.gather(*(one(number) for number in range(len(requests))))
    while not free.empty():
        _, writer = free.get_nowait()
        writer.close()
        await writer.wait_closed()
    return list(answers)


async def _post(plan: Plan, free: asyncio.Queue[Connection], request: bytes) -> int:
    reader, writer = await free.get()
    try:
        async with asyncio.timeout(ANSWER_S):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
    except (OSError, EOFError, TimeoutError):
        writer.close()
        free.put_nowait(await asyncio.open_connection(plan.host, plan.port))
        return 0
    free.put_nowait((reader, writer))
    return int(head.split(b" ", 2)[1])


def main() -> None:
    """Read the plan, send, print."""
    plan = Plan(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(json.dumps(asyncio.run(send_all(plan))))


if __name__ == "__main__":
    main()
