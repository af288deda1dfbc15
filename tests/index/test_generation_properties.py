"""Publish, roll back, prune, damage and read in any order: readers always have a whole generation, and the right one.

A machine stands in for a writer that is killed now and then and for two readers in processes of their own. Generations
are copies of a real one under names that sort by time, put into place as `publish` does it.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.errors import SnapshelfError
from index.generation import SHORT, Generation
from index.longcodes import BrokenGeneration
from index.store import GenerationStore, NoGeneration
from tests.examples import few
from tests.index.shop import Shop

WHO = st.integers(0, 1)
KEEP = 3


class Reader:
    """A process that searches: what it has open, and what the machine thinks that it has open."""

    def __init__(self, folder: Path) -> None:
        self.alarms: list[str] = []
        self.store = GenerationStore(folder, alarm=self.alarms.append)
        self.held: list[tuple[contextlib.ExitStack, Generation]] = []
        self.target: str | None = None
        self.open: str | None = None
        self.broken: set[str] = set()

    def close(self) -> None:
        while self.held:
            self.held.pop()[0].close()
        self.store.close()


class GenerationsMachine(RuleBasedStateMachine):
    """`base`: a whole generation; `folder`: emptied for each run."""

    def __init__(self, base: Path, folder: Path) -> None:
        super().__init__()
        self.base, self.folder = base, folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.writer = GenerationStore(folder)
        self.readers = [Reader(folder), Reader(folder)]
        self.names: list[str] = []
        self.current: str | None = None
        self.damaged: set[str] = set()
        self._count = 0

    @initialize()
    def nothing_is_there(self) -> None:
        for reader in self.readers:
            with pytest.raises(NoGeneration), reader.store.lease():
                pass
        with pytest.raises(SnapshelfError):
            self.writer.rollback()

    # --- the writer -----------------------------------------------------------------------------------------------

    @rule(killed=st.sampled_from(["", "", "", "copying", "before it points"]))
    def publish(self, killed: str) -> None:
        self._count += 1
        name = f"20260101T{self._count:06}Z-abcdef"
        aside = self.folder / f".new-{name}"
        shutil.copytree(self.base, aside)
        if killed == "copying":
            (aside / SHORT).unlink()
            return
        aside.replace(self.folder / name)
        self.names.append(name)
        if killed:
            return
        self.writer.point(name)
        self.current = name
        self.names = [left for left in self.names if left not in self.writer.prune(KEEP)]
        assert self.names[-KEEP:] == self.writer.names()[-KEEP:]
        self.names = self.writer.names()

    @rule(which=st.none() | st.integers(0, 5))
    def roll_back(self, which: int | None) -> None:
        to = self.names[which % len(self.names)] if which is not None and self.names else None
        earlier = [name for name in self.names if self.current is not None and name < self.current]
        target = to or (earlier[-1] if earlier else None)
        if target is None or target in self.damaged:
            with pytest.raises(SnapshelfError):
                self.writer.rollback(to)
            return
        assert self.writer.rollback(to) == target
        self.current = target

    @rule(which=st.integers(0, 5))
    def damage(self, which: int) -> None:
        """One bit of its short codes: found when it is opened, not where it is open already."""
        if self.names:
            name = self.names[which % len(self.names)]
            path = self.folder / name / SHORT
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            aside = path.with_suffix(".damaged")
            aside.write_bytes(data)
            aside.replace(path)  # readers that have it mapped keep what they have
            self.damaged ^= {name}

    # --- readers --------------------------------------------------------------------------------------------------

    @rule(who=WHO)
    def search(self, who: int) -> None:
        """Take a lease and keep it."""
        reader, stack = self.readers[who], contextlib.ExitStack()
        expected = self._expected(reader)
        if expected is None:
            with pytest.raises((NoGeneration, BrokenGeneration)):
                stack.enter_context(reader.store.lease())
            return
        generation = stack.enter_context(reader.store.lease())
        assert generation.name == expected
        reader.held.append((stack, generation))

    @rule(who=WHO)
    def end_a_search(self, who: int) -> None:
        if self.readers[who].held:
            self.readers[who].held.pop(0)[0].close()

    @rule(who=WHO)
    def restart(self, who: int) -> None:
        self.readers[who].close()
        self.readers[who] = Reader(self.folder)

    def _expected(self, reader: Reader) -> str | None:
        """What `current` names, or the newest before it that can be opened; what was found broken once stays so."""
        if self.current is None:
            return None
        if reader.open is not None and reader.target == self.current:
            return reader.open
        held = {generation.name for _, generation in reader.held}
        for name in [self.current, *reversed([name for name in self.names if name < self.current])]:
            if name in reader.broken:
                continue
            if name in self.damaged and name not in held:
                reader.broken.add(name)
                continue
            reader.target, reader.open = self.current, name
            return name
        return None

    # --- what holds -----------------------------------------------------------------------------------------------

    @invariant()
    def what_is_being_read_stays_whole(self) -> None:
        for reader in self.readers:
            for _, generation in reader.held:
                assert generation.catalogue.find("p001") is not None
                assert generation.like("p001", want=3).hits

    @invariant()
    def current_names_a_generation_that_is_there(self) -> None:
        assert self.writer.current_name() == self.current
        assert self.current is None or (self.folder / self.current / SHORT).exists()
        assert self.writer.names() == self.names

    @invariant()
    def each_broken_one_is_told_once(self) -> None:
        for reader in self.readers:
            assert len(reader.alarms) == len(set(reader.alarms)) == len(reader.broken)

    def teardown(self) -> None:
        for reader in self.readers:
            reader.close()
        self.writer.close()


@pytest.fixture
def base(indexed: Shop) -> Path:
    name = indexed.store.current_name()
    assert name is not None
    return indexed.settings.index_dir / name


def test_properties_of_publishing_rolling_back_and_reading(base: Path, tmp_path: Path) -> None:
    class Machine(GenerationsMachine):
        def __init__(self) -> None:
            super().__init__(base, tmp_path / "index")

    run_state_machine_as_test(Machine, settings=few(10, steps=20, shrink=False))
