"""The page about faults shows the figures that were measured, and a run that broke a promise is not among them."""

from __future__ import annotations

import json

from tests.faults.kinds import IN_SHORT, KINDS
from tests.faults.report import KEPT, PAGE, with_figures


def test_the_page_shows_the_figures_that_were_kept() -> None:
    page = PAGE.read_text()
    assert with_figures(page, json.loads(KEPT.read_text())) == page


def test_nearly_every_fault_that_we_know_hit_something_and_no_photo_was_lost() -> None:
    measured = json.loads(KEPT.read_text())["measured"]
    assert (measured["lost"], measured["broken promises"]) == (0, 0)
    assert set(measured["faults by kind"]) <= set(KINDS)
    assert len(measured["faults by kind"]) >= len(KINDS) - 2
    assert sum(measured[end] for end in ("answered", "apologised", "dead", "unknown")) == measured["photos"]


def test_the_short_run_tries_faults_that_there_are() -> None:
    assert set(IN_SHORT) <= set(KINDS)
