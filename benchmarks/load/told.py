"""The tables of the service under load, from its figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SHARE_GOAL = 0.75
P99_GOAL_MS = 20.0
QUIET = 0.7
"""Load average of a machine on which figures count."""
FLAT_MB = 16.0
"""What a process may differ by in the course of a drain and still count as flat."""
FLAT_KB_A_PHOTO = 10.0
"""What Redis may keep of a photo that was answered: that it was seen, what its buttons mean."""


def load_section(measured: Mapping[str, Any], folder: Path) -> str:
    """Markdown of the parts that were measured."""
    del folder  # there are no plots
    told = [part(measured[name]) for name, part in _PARTS.items() if name in measured]
    load = measured.get("load_before", 0.0)
    if load > QUIET:
        told.insert(0, f"**Provisional**: the machine was busy with other work (load {load}) before this began.")
    return "\n\n".join(told)


def _throughput(told: Mapping[str, Any]) -> str:
    rows = [
        (
            "| way | photos/s | bare model, pictures/s | share | processor ms a photo: bots + worker + Redis + "
            "stand-in | bare model, ms | counted: without the stand-in | counted: share | counted: worker alone |"
        ),
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, way in (("webhook", "webhook to cards"), ("api", "`/api/search`")):
        one = told[name]
        spent = one["processor_ms"]
        parts = " + ".join(f"{spent[part]:.1f}" for part in ("bots", "worker", "redis", "standin"))
        cells = [
            way,
            f"{one['per_s']}",
            f"{one['raw_per_s']}",
            f"{one['share']:.0%}",
            parts,
            f"{spent['raw']:.1f}",
            f"{one['counted_per_s_without_standin']}/s",
            f"{one['counted_share_without_standin']:.0%}",
            f"{one['counted_share_of_worker']:.0%}",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    words = (
        "Sustained, the service and the bare model in turn on the same processors. Shoppers and stand-in run on them "
        "too; *counted* is what the processor time of the service alone comes to, with all processors busy and nobody "
        "else on them; *worker alone*: the model's part of what a worker spends, the rate that workers reach on "
        "processors of their own."
    )
    return "\n\n".join(["### Throughput", f"{words} {_goal(told['webhook']['share'] >= SHARE_GOAL)}", "\n".join(rows)])


def _webhook(told: Mapping[str, Any]) -> str:
    words = (
        f"{told['requests']:,} photos by a schedule of 200 a second, in a process of its own; workers at nice 10, more "
        f"coming in than the machine can answer. {told['wrong']} webhooks without their 200. "
        f"{_goal(told['p99_ms'] <= P99_GOAL_MS)}"
    )
    names = ("median_ms", "p95_ms", "p99_ms", "p999_ms", "max_ms")
    rows = [
        f"| {' | '.join(name.removesuffix('_ms') for name in names)} | p99 of each round |",
        "| --- | --- | --- | --- | --- | --- |",
        f"| {' | '.join(f'{told[name]} ms' for name in names)} | {_list(told['p99_ms_of_each_round'])} |",
    ]
    return "\n\n".join(["### Webhooks at 200 a second", words, "\n".join(rows)])


def _drain(told: Mapping[str, Any]) -> str:
    ends, memory = told["photos"], told["memory_mb"]
    flat = all(abs(memory[part]["grows_mb"]) <= FLAT_MB for part in ("bots", "worker"))
    flat = flat and told["redis_kb_a_photo"] <= FLAT_KB_A_PHOTO
    words = (
        f"{ends['accepted']:,} photos from the inbox at {told['per_s']}/s, with {told['budget_mb']} MiB for photos in "
        f"Redis: {ends['answered']:,} answered, {ends['apologised']} apologised, {ends['dead']} dead, "
        f"{ends['unknown']} unknown, {ends['repeated']} parts repeated, {told['left_in_queues']} left. Photos in Redis "
        f"took {told['photos_in_redis_mb_most']} MB at most; of an answered photo Redis keeps "
        f"{told['redis_kb_a_photo']} kB (48 hours to 7 days). {_goal(flat)}"
    )
    rows = ["| process | MB in the third tenth | in the last | at most |", "| --- | --- | --- | --- |"]
    rows += [f"| {name} | {one['early']} | {one['late']} | {one['most']} |" for name, one in memory.items()]
    return "\n\n".join(["### A queue of photos drains", words, "\n".join(rows)])


def _workers(told: Mapping[str, Any]) -> str:
    rows = ["| layout | photos/s | share of the bare model |", "| --- | --- | --- |"]
    rows += [f"| {name} | {one['per_s']} | {one['share_of_raw']:.0%} |" for name, one in told.items()]
    one, *several = (one["per_s"] for one in told.values())
    words = (
        "Searches lie ready in Redis; only workers are at work (decoding, embedding, searching, handing on). "
        + _goal(all(per_s >= one for per_s in several))
    )
    return "\n\n".join(["### One worker, or one for each processor", words, "\n".join(rows)])


def _full(told: Mapping[str, Any]) -> str:
    ends, hard, after = told["ends"], told["at_the_hard_limit"], told["afterwards"]
    statuses = ", ".join(f"{count:,} × {status}" for status, count in told["webhooks"].items())
    return "\n\n".join(
        [
            "### Redis fills up",
            (
                f"Redis with {told['limit_mb']} MB and no worker: {told['told_to_wait']} of "
                f"{told['sent_until_closed']:,} shoppers were told to wait, the intake closed at "
                f"{told['used_mb_when_closed']} MB. Then a worker came; at the hard limit {hard['answered']} more were "
                f"spooled and answered afterwards, and so were the {after['answered']} that came then. Webhooks: "
                f"{statuses}. In the end {ends['accepted']:,} accepted = {ends['answered']:,} answered + "
                f"{ends['apologised']} apologised + {ends['dead']} dead + {ends['unknown']} unknown; "
                f"lost: {told['lost']}. {_goal(told['lost'] == 0 and set(told['webhooks']) == {'200'})}"
            ),
        ]
    )


def _goal(reached: bool) -> str:
    return "Goal reached." if reached else "**Goal missed.**"


def _list(values: list[float]) -> str:
    return ", ".join(f"{value} ms" for value in values)


_PARTS = {"throughput": _throughput, "webhook": _webhook, "drain": _drain, "workers": _workers, "full": _full}
