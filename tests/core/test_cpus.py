"""How many processors we may use, by the numbers that Linux gives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.cpus import cgroup_quota, quota_of_v1, quota_of_v2, usable_cpus


@pytest.mark.parametrize(
    ("text", "quota"),
    [
        ("150000 100000\n", 1.5),
        ("50000 100000", 0.5),
        ("max 100000\n", None),
        ("", None),
        ("100000", None),
        ("100000 0", None),
        ("0 100000", None),
        ("-1 100000", None),
        ("one two", None),
    ],
)
def test_a_quota_is_read_as_processors(text: str, quota: float | None) -> None:
    assert quota_of_v2(text) == quota


def test_the_older_kind_of_group_says_minus_one_for_no_limit() -> None:
    assert quota_of_v1("-1\n", "100000\n") is None
    assert quota_of_v1("250000\n", "100000\n") == 2.5


def test_the_narrowest_group_above_us_counts(tmp_path: Path) -> None:
    own = tmp_path / "shop.slice" / "worker.scope"
    own.mkdir(parents=True)
    (own / "cpu.max").write_text("max 100000\n")
    (own.parent / "cpu.max").write_text("200000 100000\n")
    membership = tmp_path / "membership"
    membership.write_text("0::/shop.slice/worker.scope\n")
    assert cgroup_quota(tmp_path, tmp_path / "none", membership) == 2.0


def test_inside_a_container_the_root_is_our_group(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("70000 100000\n")
    membership = tmp_path / "membership"
    membership.write_text("0::/../../somewhere/else\n")
    assert cgroup_quota(tmp_path, tmp_path / "none", membership) == 0.7


def test_without_groups_nothing_limits(tmp_path: Path) -> None:
    assert cgroup_quota(tmp_path / "no", tmp_path / "none", tmp_path / "nothing") is None


def test_we_use_at_least_one_and_never_more_than_our_share(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= usable_cpus() <= (os.cpu_count() or 1)
    for quota, wanted in ((0.2, 1), (1.5, 2), (64.0, 4), (None, 4)):
        monkeypatch.setattr("core.cpus.cgroup_quota", lambda quota=quota: quota)
        monkeypatch.setattr("core.cpus._by_affinity", lambda: 4)
        assert usable_cpus() == wanted
