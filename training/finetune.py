"""Fine-tuning of the upper blocks on a shop's own goods: views of one product together, other products apart,
categories as a second task, and not far from where it began."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from training import losses
from training.bank import Bank
from training.device import device, quick_numbers
from training.network import Vgg16

GROUPED = 0.5
"""Share of a batch that comes in groups of one category, so that telling products apart takes more than categories."""
GROUP = 6
CHECKPOINT_S = 60.0
WARM_STEPS = 50
LOGGED_STEPS = 10


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a shop's training is done; chosen by measuring, see docs/training.md."""

    frozen: int = 4
    batch: int = 64
    """Products a step, each in two views."""
    rate: float = 2e-4
    decay: float = 0.02
    average: float = 0.99
    kinds: float = 0.3
    anchor: float = 0.5
    seed: int = 7


class FineTuner:
    """Learns from a filled bank; `tuned.pt` in the folder is what it goes on from."""

    def __init__(self, net: Vgg16, bank: Bank, steps: int, recipe: Recipe, folder: Path) -> None:
        torch.manual_seed(recipe.seed)
        self.device = device()
        self.net, self.bank, self.steps, self.recipe, self.folder = net.to(self.device), bank, steps, recipe, folder
        self.averaged = copy.deepcopy(self.net).eval()
        self.centres = losses.Centres().to(self.device)
        self.optimiser = torch.optim.AdamW(
            [p for p in self.net.parameters() if p.requires_grad], lr=recipe.rate, weight_decay=recipe.decay
        )
        self.step = 0
        view = bank.view
        self._clean, self._photo = _by_product(view.product, ~view.photo), _by_product(view.product, view.photo)
        self._products = np.array(sorted(self._clean.keys() & self._photo.keys()), np.int64)
        category = bank.shelf.category[self._products]
        groups = [self._products[category == one] for one in np.unique(category[category >= 0])]
        self._groups = [group for group in groups if len(group) >= GROUP]
        self.began = self._begin_centres()
        if (folder / "tuned.pt").exists():
            self._restore()

    def run(self, progress: Callable[[int, int], None]) -> None:
        """All steps that are left."""
        kept_at = time.monotonic()
        while self.step < self.steps:
            told = self.one()
            progress(self.step, self.steps)
            if self.step % LOGGED_STEPS == 0:
                self._log(told)
            if time.monotonic() - kept_at > CHECKPOINT_S or self.step == self.steps:
                self.keep()
                kept_at = time.monotonic()

    def one(self) -> dict[str, float]:
        """One step."""
        products, clean, photo = self._draw()
        self.net.eval()  # the statistics stay: batches of one shop are not what it will see
        self.centres.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        values, parts = self.bank.batch(np.concatenate([clean, photo]), self.device)
        with quick_numbers(self.device):
            now = self.net.upper(values, parts)
        told = self._losses({name: part.float() for name, part in now.items()}, parts, products)
        loss = told["views"] + self.recipe.kinds * told["kinds"] + self.recipe.anchor * told["anchor"]
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in self.optimiser.param_groups for p in g["params"]], 5.0)
        self.optimiser.step()
        self._average()
        self.step += 1
        return {name: float(value.detach()) for name, value in told.items()} | {"loss": float(loss.detach())}

    def _losses(
        self, now: dict[str, Tensor], was: dict[str, Tensor], products: npt.NDArray[np.int64]
    ) -> dict[str, Tensor]:
        near = self.centres(now)
        count, shelf = len(products), self.bank.shelf
        left = {name: part[:count] for name, part in near.items()}
        right = {name: part[count:] for name, part in near.items()}
        group, category = (torch.from_numpy(of[products]).to(self.device) for of in (shelf.group, shelf.category))
        told = {"views": losses.views_loss(losses.likeness(left, right), group)}
        told["kinds"] = losses.kinds_loss(left["kind"] @ right["kind"].T, category)
        told["anchor"] = torch.zeros((), device=self.device)
        for name, part in near.items():
            far = nn.functional.normalize(was[name]) - self.began[name]
            told["anchor"] = told["anchor"] + (1 - nn.functional.cosine_similarity(part, far)).mean()
        return told

    def _draw(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Products, a row of each as the shop shows it, a row as a shopper sees it. The step alone decides."""
        dice = np.random.default_rng([self.recipe.seed, self.step])
        size = min(self.recipe.batch, len(self._products))
        drawn: list[int] = []
        while len(drawn) < size * GROUPED and self._groups:
            chance = np.array([math.sqrt(len(group)) for group in self._groups])
            group = self._groups[dice.choice(len(self._groups), p=chance / chance.sum())]
            drawn += dice.choice(group, GROUP, replace=False).tolist()
        drawn += dice.permutation(self._products).tolist()
        products = np.array(list(dict.fromkeys(drawn))[:size], np.int64)
        clean = np.array([dice.choice(self._clean[int(product)]) for product in products], np.int64)
        photo = np.array([dice.choice(self._photo[int(product)]) for product in products], np.int64)
        return products, clean, photo

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / WARM_STEPS)
        return self.recipe.rate * warm * (0.02 + 0.98 * (1 + math.cos(math.pi * self.step / self.steps)) / 2)

    def _average(self) -> None:
        keep = min(self.recipe.average, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for mean, now in zip(self.averaged.parameters(), self.net.parameters(), strict=True):
                if now.requires_grad:
                    mean.lerp_(now, 1 - keep)

    def _begin_centres(self) -> dict[str, Tensor]:
        """The centres begin where the catalogue's own are, and the anchor stays there."""
        rows = np.random.default_rng(self.recipe.seed).permutation(len(self.bank.source))[:512]
        _, parts = self.bank.batch(np.sort(rows), self.device)
        began = {name: nn.functional.normalize(parts[name]).mean(0) for name in losses.TRAINED}
        for name, centre in began.items():
            getattr(self.centres, name).copy_(centre)
        return began

    def _log(self, told: dict[str, float]) -> None:
        with (self.folder / "log.jsonl").open("a") as file:
            line = {"step": self.step} | {name: round(value, 4) for name, value in told.items()}
            file.write(json.dumps(line) + "\n")

    def keep(self) -> None:
        """Written aside and renamed."""
        state = {
            "net": self.net.blocks[self.net.frozen :].state_dict(),
            "averaged": self.averaged.blocks[self.net.frozen :].state_dict(),
            "centres": self.centres.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
        }
        torch.save(state, self.folder / "tuned.part")
        (self.folder / "tuned.part").rename(self.folder / "tuned.pt")

    def _restore(self) -> None:
        state = torch.load(self.folder / "tuned.pt", weights_only=True, map_location=self.device)
        for name, net in (("net", self.net), ("averaged", self.averaged)):
            net.blocks[net.frozen :].load_state_dict(state[name])
        for name in ("centres", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.step = state["step"]


def _by_product(product: npt.NDArray[np.int64], wanted: npt.NDArray[np.bool_]) -> dict[int, npt.NDArray[np.int64]]:
    rows = np.flatnonzero(wanted)
    order = rows[np.argsort(product[rows], kind="stable")]
    numbers, first = np.unique(product[order], return_index=True)
    return {int(number): part for number, part in zip(numbers, np.split(order, first[1:]), strict=True)}
