"""The tables and plots of search at scale, from its figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.plot import Points, curves

GOALS_MS = {"240,000": ("median_ms", 1.0), "1,000,000": ("median_ms", 2.5), "20,000,000": ("p99_ms", 60.0)}
ANONYMOUS_GOAL_MB = 60
START_GOAL_S = 3.0


def scale_section(measured: Mapping[str, Any], folder: Path) -> str:
    """Markdown of all sizes; the plots are written beside the figures."""
    neighbours = measured["flipped bits of real neighbours"]
    pieces = [
        (
            f"Drawn from {measured['drawn from']}, where a picture and its nearest neighbour differ in "
            f"{_flips(neighbours)}. Real photos that are in no catalogue ask for the ten nearest; one core, one "
            "thread, each question by the median of its rounds; *fastest* is the median over each question's fastest "
            "round, what the same core gives when nobody else wants it. *Processor* leaves out the time in which "
            "others had the core. *Recall* counts rows among the exact ten: of cosines of the float descriptors, and "
            "of the weighted long codes (there, equally near ones too)."
        )
    ]
    for size in sorted((name for name in measured if name[0].isdigit()), key=lambda name: int(name.replace(",", ""))):
        pieces += _size(size, measured[size], folder)
    return "\n\n".join(pieces)


def _flips(told: Mapping[str, Mapping[str, float]]) -> str:
    return f"{told['short']['median']:.1%} of the bits of the short code and {told['long']['median']:.1%} of the long"


def _size(size: str, told: Mapping[str, Any], folder: Path) -> list[str]:
    searches = told["searches"]
    pieces = [
        f"### {size} products",
        f"A drawn product and its picture differ in {_flips(told['flipped bits'])} one. {_goals(size, told)}",
        _table(searches, size),
    ]
    missing = [f"{name}: {one['missing']}." for name, one in searches.items() if "missing" in one]
    pieces += [" ".join(missing)] if missing else []
    against = "recall_of_float" if _has(searches, "recall_of_float") else "recall_of_long"
    of = "exact float search" if against == "recall_of_float" else "the exact order of long codes"
    lines = {
        f"{name} ({one['memory_mb']['anonymous']:,.0f} MB)": _points(one, against)
        for name, one in searches.items()
        if "settings" in one
    }
    picture = folder / f"scale-{size.replace(',', '')}.svg"
    title = f"{size} products: time and quality (anonymous memory)"
    picture.write_text(curves(title, "ms a question (median)", f"recall at 10 of {of}", lines), encoding="utf-8")
    pieces.append(f"![{title}]({folder.name}/{picture.name})")
    if "filters" in told:
        pieces += ["Filters, timed from the filter to the hits:", _filters(told["filters"])]
    if "start" in told:
        pieces.append(_start(told["start"]))
    return pieces


def _goals(size: str, told: Mapping[str, Any]) -> str:
    if size not in GOALS_MS:
        return ""
    which, goal = GOALS_MS[size]
    ours = told["searches"]["two-phase"]
    at = ours["settings"][str(ours["default"])]
    figure = at[which]
    name = "median" if which == "median_ms" else "p99"
    word = "kept" if figure <= goal else "missed"
    each = ours["memory_mb"]["anonymous"] / (int(size.replace(",", "")) / 1e6)
    return (
        f"Goal {name} {goal:g} ms: {figure:.2f} ms, {word} (p99 of processor time {at['p99_processor_ms']:.2f} ms). "
        f"Goal {ANONYMOUS_GOAL_MB} MB of anonymous memory per million: {each:.0f} MB, "
        f"{'kept' if each <= ANONYMOUS_GOAL_MB else 'missed'}. The first time that each question is asked, when the "
        f"checksums of long codes are looked at: median {ours['first_pass']['median_ms']:.1f} ms, p99 "
        f"{ours['first_pass']['p99_ms']:.1f} ms."
    )


def _has(searches: Mapping[str, Any], figure: str) -> bool:
    return any(figure in setting for one in searches.values() for setting in one.get("settings", {}).values())


def _points(one: Mapping[str, Any], against: str) -> Points:
    return [(setting["median_ms"], setting[against]) for setting in one["settings"].values() if against in setting]


def _table(searches: Mapping[str, Any], size: str) -> str:
    head = "| search | what it is | ms median | p99 | fastest | p99 of processor | recall of float | "
    head += "recall of long codes | anonymous MB | mapped MB | opens in s | built in s |"
    rows = [head, "| --- " * 12 + "|"]
    for name, one in searches.items():
        if "missing" in one:
            continue
        at = one["settings"][str(one["default"])]
        cells = [
            f"**{name}**" if name == "two-phase" else name,
            one["told"],
            f"{at['median_ms']:.2f}",
            f"{at['p99_ms']:.2f}",
            f"{at['fastest_ms']:.2f}" if "fastest_ms" in at else "",
            f"{at['p99_processor_ms']:.2f}",
            f"{at['recall_of_float']:.3f}" if "recall_of_float" in at else "",
            f"{at['recall_of_long']:.3f}",
            f"{one['memory_mb']['anonymous']:.0f}",
            f"{one['memory_mb']['mapped']:.0f}",
            f"{one['open_s']:.1f}",
            f"{one['build_s']:.0f}",
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _filters(told: Mapping[str, Any]) -> str:
    rows = ["| filter | rows left | ms median | p99 | times the unfiltered | again | fewest hits (owed) |"]
    rows.append("| --- " * 7 + "|")
    rows += [
        f"| {name} | {one['rows']:,} | {one['median_ms']:.2f} | {one['p99_ms']:.2f} | "
        f"{one['ratio']:.2f} | {one['ratio_again']:.2f} | {one['fewest_hits']} ({one['hits_owed']}) |"
        for name, one in told.items()
    ]
    return "\n".join(rows)


def _start(told: Mapping[str, Any]) -> str:
    word = "kept" if told["whole_s"] <= START_GOAL_S else "missed"
    steps = ", ".join(
        f"{name.removesuffix('_s')} {told[name]} s" for name in told if name not in {"whole_s", "anonymous_mb"}
    )
    return (
        f"A worker's process from its start to its first answer: {told['whole_s']} s (goal {START_GOAL_S:g} s: {word}; "
        f"{steps}), with {told['anonymous_mb']} MB of anonymous memory, the model's included."
    )
