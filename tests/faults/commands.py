"""The operator's side: a feed in which something changed, and commands over it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from tests.faults.processes import go_with_parent
from tests.standins.shop import PRODUCTS

COMMAND_S = 240.0


async def run(folder: Path, env: Mapping[str, str], *arguments: str, kill_after_s: float | None = None) -> int | None:
    """`snapshelf ‹arguments›`, with what it says in `folder/commands.log`; None when it took too long."""
    with (folder / "commands.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "snapshelf", *arguments, cwd=folder, env=env, stdout=log, stderr=log,
            stdin=asyncio.subprocess.DEVNULL, preexec_fn=go_with_parent,
        )  # fmt: skip
        try:
            async with asyncio.timeout(kill_after_s or COMMAND_S):
                return await process.wait()
        except TimeoutError:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def write_feed(feed: Path, dice: random.Random, leaving_out: Collection[int] = ()) -> None:
    """Other prices than before; replaced at once, as whoever reads it may be half-way."""
    rows = [
        f"p{n}\tProduct {n} in wool\timages/{n}.jpg\t{dice.randint(1, 999)}.00 EUR"
        for n in range(PRODUCTS)
        if n not in leaving_out
    ]
    draft = feed.with_name(f"draft-{dice.getrandbits(40)}.tsv")
    draft.write_text("\n".join(["id\ttitle\timage_link\tprice", *rows, ""]))
    draft.replace(feed)
