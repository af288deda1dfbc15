"""Which pictures a step sees: by the shares of their sets, half of them in groups of one kind, so that telling products
apart takes more than telling kinds apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.pictures import Prepared

GROUP = 6
GROUPED = 0.5


@dataclass(frozen=True)
class Batch:
    """`numbers` count through all sets; labels too, -1 unknown."""

    pictures: list[npt.NDArray[np.uint8]]
    backgrounds: list[npt.NDArray[np.uint8]]
    numbers: npt.NDArray[np.int64]
    identity: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    colour: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]
    """The set that each is of."""


class Draw:
    """All prepared sets as one."""

    def __init__(self, sets: Sequence[Prepared], seed: int) -> None:
        self.sets, self._dice = sets, np.random.default_rng(seed)
        self._first = np.cumsum([0, *(len(one.pixels) for one in sets)])
        kinds = np.cumsum([0, *(one.kinds for one in sets)])
        colours = np.cumsum([0, *(one.colours for one in sets)])
        self.kinds, self.colours = int(kinds[-1]), int(colours[-1])
        self.kind = np.concatenate([np.where(s.kind < 0, -1, s.kind + k) for s, k in zip(sets, kinds, strict=False)])
        self.colour = np.concatenate(
            [np.where(s.colour < 0, -1, s.colour + c) for s, c in zip(sets, colours, strict=False)]
        )
        names: dict[str, int] = {}
        self.identity = np.array([names.setdefault(i, len(names)) for s in sets for i in s.ids], np.int64)
        self.source_of_kind = np.repeat(np.arange(len(sets)), [one.kinds for one in sets])
        """`[kinds]`: the set that each kind is of."""
        self._groups = [np.flatnonzero(self.kind == kind) for kind in range(self.kinds)]
        self._groups = [group for group in self._groups if len(group) >= GROUP]
        self.weigh({})

    def weigh(self, shares: Mapping[str, float]) -> None:
        """How often pictures of the sets are drawn from now on; those that are not named as their set says."""
        weight = np.concatenate([np.full(len(one.pixels), shares.get(one.name, one.share)) for one in self.sets])
        self._chance = np.cumsum(weight / weight.sum())
        sizes = np.array([np.sqrt(len(group)) * weight[group[0]] for group in self._groups])
        self._group_chance = sizes / sizes.sum() if len(sizes) else sizes

    def batch(self, size: int) -> Batch:
        """`size` pictures, none twice."""
        drawn: list[int] = []
        while len(drawn) < size:
            if self._groups and self._dice.random() < GROUPED / (GROUPED + (1 - GROUPED) * GROUP):
                group = self._groups[self._dice.choice(len(self._groups), p=self._group_chance)]
                drawn += self._dice.choice(group, GROUP, replace=False).tolist()
            else:
                drawn.append(self._any())
        numbers = np.array(list(dict.fromkeys(drawn))[:size], np.int64)
        behind = [self.picture(self._any()) for _ in numbers]
        pictures = [self.picture(int(number)) for number in numbers]
        source = np.searchsorted(self._first, numbers, "right") - 1
        return Batch(
            pictures, behind, numbers, self.identity[numbers], self.kind[numbers], self.colour[numbers], source
        )

    def picture(self, number: int) -> npt.NDArray[np.uint8]:
        """`[side, side, 3]`."""
        at = int(np.searchsorted(self._first, number, "right")) - 1
        return np.asarray(self.sets[at].pixels[number - self._first[at]])

    def state(self) -> dict[str, object]:
        """For a checkpoint."""
        return dict(self._dice.bit_generator.state)

    def restore(self, state: dict[str, object]) -> None:
        self._dice.bit_generator.state = state

    def _any(self) -> int:
        return min(int(np.searchsorted(self._chance, self._dice.random())), len(self._chance) - 1)
