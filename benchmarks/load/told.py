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
    words = (
        "Sustained, the service and the bare model in turn on the same processors. Shoppers and stand-in run on them "
        "too; *counted* is what the processor time of the service alone comes to, with all processors busy and nobody "
        "else on them; *worker alone*: the model's part of what a worker spends."
    )
    goal = _goal(told["webhook"]["share"] >= SHARE_GOAL)
    return "\n\n".join(["### Throughput", f"{words} {goal}", _shares(_ways(told))])


def _apart(told: Mapping[str, Any]) -> str:
    words = (
        f"A worker on {told['processors']} of {told['of']} processors, everything else (bots, Redis, shoppers, the "
        "stand-in) on the others; the bare model's rate is that of the worker's processors."
    )
    goal = _goal(max(one["share"] for one in _ways(told).values()) >= SHARE_GOAL)
    return "\n\n".join(["### Workers on processors of their own", f"{words} {goal}", _shares(_ways(told))])


def _models(told: Mapping[str, Any]) -> str:
    words = (
        "The same with models that take longer, by the webhook, everybody on the same processors: what a photo costs "
        "beside its model stays the same."
    )
    goal = _goal(max(one["share"] for one in told.values()) >= SHARE_GOAL)
    return "\n\n".join(["### Throughput with other models", f"{words} {goal}", _shares(told)])


def _ways(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"webhook to cards": told["webhook"], "`/api/search`": told["api"]}


def _shares(told: Mapping[str, Any]) -> str:
    rows = [
        (
            "| | photos/s | bare model, pictures/s | share | processor ms a photo: bots + worker + Redis + stand-in | "
            "bare model, ms | counted: without the stand-in | counted: share | counted: worker alone |"
        ),
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, one in told.items():
        spent = one["processor_ms"]
        cells = [
            name,
            f"{one['per_s']}",
            f"{one['raw_per_s']}",
            f"{one['share']:.0%}",
            " + ".join(f"{spent[part]:.1f}" for part in ("bots", "worker", "redis", "standin")),
            f"{spent['raw']:.1f}",
            f"{one['counted_per_s_without_standin']}/s",
            f"{one['counted_share_without_standin']:.0%}",
            f"{one['counted_share_of_worker']:.0%}",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _webhook(told: Mapping[str, Any]) -> str:
    words = (
        "Photos by a schedule of 200 a second, from a process of its own; workers at nice 10, more coming in than the "
        "machine can answer. *Intake apart*: `snapshelf bots --intake` takes in, another bots process, at nice 5, "
        f"converses and sends. {_goal(told['intake apart']['p99_ms'] <= P99_GOAL_MS)}"
    )
    names = ("median_ms", "p95_ms", "p99_ms", "p999_ms", "max_ms")
    rows = [
        (
            f"| bots | webhooks | without their 200 | {' | '.join(name.removesuffix('_ms') for name in names)} | "
            "p99 of each round | photos answered meanwhile |"
        ),
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for layout, one in told.items():
        times = " | ".join(f"{one[name]} ms" for name in names)
        rows.append(
            f"| {layout} | {one['requests']:,} | {one['wrong']} | {times} | {_list(one['p99_ms_of_each_round'])} | "
            f"{one['answered_per_s']}/s |"
        )
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


_PARTS = {
    "throughput": _throughput,
    "apart": _apart,
    "models": _models,
    "webhook": _webhook,
    "drain": _drain,
    "workers": _workers,
    "full": _full,
}
