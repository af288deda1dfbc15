"""The figures of some rounds, for people and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.ground import RESULTS, machine
from tests.faults.account import ENDS
from tests.faults.rounds import Told
from tests.paths import ROOT

KEPT, PAGE = RESULTS / "faults.json", ROOT / "docs" / "faults.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def figures(told: Sequence[Told]) -> dict[str, Any]:
    """All rounds as one."""
    tried: Counter[str] = sum((one.tried for one in told), Counter())
    ends: Counter[str] = sum((one.account.ends for one in told), Counter())
    reasons: Counter[str] = sum((one.account.reasons for one in told), Counter())
    providers: Counter[str] = sum((one.providers for one in told), Counter())
    return {
        "faults tried": sum(tried.values()),
        "photos": sum(one.account.photos for one in told),
        **{end: ends[end] for end in ENDS},
        "lost": ends["lost"],
        "unknown, and not seen whole": sum(len(one.account.unseen) for one in told),
        "parts sent once more, as the service counts": sum(one.account.tally.get("repeated", 0) for one in told),
        "parts that a shopper saw twice": sum(len(one.account.twice) for one in told),
        "broken promises": sum(len(one.account.problems) for one in told),
        "never taken in": sum(one.account.never_taken for one in told),
        "by channel": _by_channel(told),
        "faults of providers": dict(sorted(providers.items())),
        "faults by kind": dict(sorted(tried.items())),
        "reasons of dead letters": dict(reasons.most_common()),
    }


def _by_channel(told: Sequence[Told]) -> dict[str, dict[str, int]]:
    """Channel → photos and what became of them."""
    sums: dict[str, Counter[str]] = {}
    for one in told:
        for channel, counts in one.account.by_channel.items():
            sums[channel] = sums.get(channel, Counter()) + counts
    return {
        channel: {name: counts[name] for name in ("photos", *ENDS, "lost", "never taken in")}
        for channel, counts in sorted(sums.items())
    }


def together(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Two runs as one: numbers are added, and so are those by kind or reason."""
    both = dict(before)
    for name, value in now.items():
        earlier = both.get(name, {} if isinstance(value, dict) else 0)
        both[name] = together(earlier, value) if isinstance(value, dict) else earlier + value
    return both


def report(told: Sequence[Told]) -> None:
    """Print what they came to."""
    measured = figures(told)
    for name, value in measured.items():
        print(f"{name}: {value}")
    for one in told:
        print(f"seed {one.seed}: {one.seconds:.0f} s, the last {one.drained_s} of them draining; {one.account.tally}")
        print(f"  seen twice at {', '.join(one.account.twice[:40]) or 'no time'}")
        for unseen in one.account.unseen:
            print(f"  unknown and not seen whole: {unseen}")
        for problem in one.account.problems:
            print(f"  BROKEN PROMISE: {problem}")
        for sentence, times in one.account.sentences.most_common():
            print(f"  shoppers read {times} times: {sentence}")
        for error, times in one.errors.most_common():
            print(f"  logged {times} times: {error}")


def keep(told: Sequence[Told], parameters: Mapping[str, Any], *, beside: Mapping[str, Any] | None) -> None:
    """Write benchmarks/results/faults.json and the page about it; `beside`: an earlier result that counts too."""
    asked, measured = dict(parameters), figures(told)
    if beside is not None:
        measured = together(beside["measured"], measured)
        for name in ("minutes", "seeds"):
            asked[name] = beside["parameters"][name] + asked[name]
    result = {"benchmark": "faults", "machine": machine(), "parameters": asked, "measured": measured}
    KEPT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(with_figures(PAGE.read_text(), result))


def with_figures(page: str, result: Mapping[str, Any]) -> str:
    """The page with these figures in it."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{BEGIN}\n{_table(result)}\n{end}{after}"


def _ranges(seeds: Sequence[int]) -> str:
    """`1 to 3, 7`."""
    starts = [seed for seed in seeds if seed - 1 not in seeds]
    ends = [seed for seed in seeds if seed + 1 not in seeds]
    return ", ".join(f"{a} to {b}" if a != b else f"{a}" for a, b in zip(starts, ends, strict=True))


def _table(result: Mapping[str, Any]) -> str:
    """What was run, the figures, and how often each fault hit."""
    asked, measured = result["parameters"], dict(result["measured"])
    by_kind, reasons = measured.pop("faults by kind"), measured.pop("reasons of dead letters")
    by_channel, providers = measured.pop("by channel", {}), measured.pop("faults of providers", {})
    seeds = asked["seeds"]
    lines = [
        (
            f"{asked['minutes']:g} minutes of faults in {len(seeds)} rounds (seeds {_ranges(seeds)}), "
            f"{asked['photos_per_s']:g} photos/s, {asked['workers']} workers, full disks by {asked['full disks']}, on "
            f"{result['machine']['cpus']} cores ({result['machine']['processor']}) that were not ours alone."
        ),
        "",
        "| what | how many |",
        "| --- | --- |",
        *(f"| {name} | {value:,} |" for name, value in measured.items()),
        *_channels(by_channel, providers),
        "",
        "| fault | hit something |",
        "| --- | --- |",
        *(f"| {kind} | {times} |" for kind, times in by_kind.items()),
    ]
    if reasons:
        lines += ["", "Why letters were dead: " + "; ".join(f"{why} ({times})" for why, times in reasons.items()) + "."]
    return "\n".join(lines)


def _channels(by_channel: Mapping[str, Mapping[str, int]], providers: Mapping[str, int]) -> list[str]:
    """What became of the photos of each channel, and how often its provider failed."""
    if not by_channel:
        return []
    names = list(next(iter(by_channel.values())))
    rows = [
        " | ".join([f"| {channel}", *(f"{counts[name]:,}" for name in names), f"{providers.get(channel, 0)} |"])
        for channel, counts in by_channel.items()
    ]
    head = "| channel | " + " | ".join(names) + " | faults of its provider |"
    return ["", head, "| --- " * (len(names) + 2) + "|", *rows]
