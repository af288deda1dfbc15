"""The training loop: resumable at any moment, with a log that can be plotted, and averaged weights as its result."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training import losses, network
from training.draw import Batch, Draw
from training.recipe import Recipe, Stage
from training.views import Views

AVERAGE = 0.995
"""Weights are averaged over some 200 steps (Polyak and Juditsky 1992), over fewer at the beginning."""
CHECKPOINT_S = 300.0
LOGGED_STEPS = 20
WARM_STEPS = 100
DECAY = 0.02


KEPT_STEPS = 120
"""Steps whose views are kept for a stage with `reuse`: 0.75 GB at 112 px with four blocks frozen."""


@dataclass(frozen=True)
class Kept:
    """A step's views, as the frozen blocks gave them."""

    batch: Batch
    values: Tensor
    parts: dict[str, Tensor]


class Trainer:
    """One run in `folder`: `state.pt` to go on from, `log.jsonl`, `weights.npz` (averaged)."""

    def __init__(self, recipe: Recipe, start: Path, draw: Draw, taught: Tensor | None, folder: Path) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.draw, self.folder = recipe, draw, folder
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.net, _ = network.load(start)
        total = sum(network.DIMENSIONS[name] for name in losses.TRAINED)
        self.heads = nn.ModuleDict(
            {
                "teacher": nn.Linear(network.DIMENSIONS["kind"], 1280),
                "kind": nn.Linear(network.DIMENSIONS["kind"] + network.DIMENSIONS["shape"], max(1, draw.kinds)),
                "colour": nn.Linear(total, max(1, draw.colours)),
            }
        )
        self.centres = losses.Centres()
        self.source_of_kind = torch.from_numpy(draw.source_of_kind).to(self.device)
        self.net.to(self.device), self.heads.to(self.device), self.centres.to(self.device)
        self.averaged = copy.deepcopy(self.net).eval()
        self.taught = taught
        if taught is not None:
            sample = taught[torch.randperm(len(taught))[:20000]].float()
            self._mean, self._deviation = sample.mean(0), sample.std(0) + 1e-3
        self.views = Views(recipe.seed)
        self.kept: list[Kept] = []
        self.shelf: Tensor | None = None
        """One block for all that is kept: among what comes and goes it would tear holes into memory."""
        self.places = 0
        groups = [
            {"params": list(self.net.parameters())},
            {"params": self.heads.parameters()},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=1e-4, weight_decay=DECAY)
        self.stage = self.step = self.turn = 0
        if (folder / "state.pt").exists():
            self._restore()

    def run(self, stop_at: float = math.inf, progress: Callable[[int, int, float], None] | None = None) -> bool:
        """Train until the last stage ends (True) or `stop_at` (time.time()) is reached (False)."""
        kept_at = time.time()
        while self.stage < len(self.recipe.stages):
            stage = self.recipe.stages[self.stage]
            self.net.freeze(stage.frozen_blocks)
            self.draw.weigh(stage.shares)
            self.kept.clear()
            self.shelf = None
            while self.step < stage.steps:
                started = time.time()
                told = self._one(stage)
                self.step += 1
                if self.step % LOGGED_STEPS == 0:
                    self._log(stage, told, stage.batch * 2 / (time.time() - started))
                    if progress is not None:
                        progress(self.stage, self.step, told["loss"])
                if time.time() - kept_at > CHECKPOINT_S or time.time() > stop_at:
                    self.keep()
                    kept_at = time.time()
                    if time.time() > stop_at:
                        return False
            self.stage, self.step = self.stage + 1, 0
            self.keep()
        return True

    def _one(self, stage: Stage) -> dict[str, float]:
        self.net.train(), self.heads.train(), self.centres.train()
        for group, times in zip(self.optimiser.param_groups, (1.0, stage.heads_rate), strict=True):
            group["lr"] = self._rate(stage) * times
        with torch.autocast(self.device, dtype=torch.bfloat16):
            kept = self._views(stage)
            parts = self.net.upper(kept.values, kept.parts)
        told = self._losses({name: values.float() for name, values in parts.items()}, kept.batch)
        loss = sum(
            (self.recipe.weights.get(name, 0.0) * value for name, value in told.items()),
            torch.zeros((), device=self.device),
        )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in self.optimiser.param_groups for p in g["params"]], 5.0)
        self.optimiser.step()
        self._average()
        return {name: float(value.detach()) for name, value in told.items()} | {"loss": float(loss.detach())}

    def _views(self, stage: Stage) -> Kept:
        """New views of new pictures, or, `reuse` - 1 times of `reuse`, those of an earlier step."""
        self.turn += 1
        if self.kept and self.turn % stage.reuse:
            return self.kept[int(torch.randint(len(self.kept), ()))]
        batch = self.draw.batch(stage.batch)
        clean = self.views.clean(batch.pictures, stage.side)
        photo = self.views.shopper(batch.pictures, batch.backgrounds, stage.side)
        values, parts = self.net.lower(torch.cat([clean, photo]).to(self.device))
        if stage.reuse == 1:
            return Kept(batch, values, parts)
        if self.shelf is None:
            self.shelf = values.new_empty(KEPT_STEPS, 2 * stage.batch, *values.shape[1:])
        place = self.shelf[self.places % KEPT_STEPS, : len(values)].copy_(values)
        self.places += 1
        made = Kept(batch, place, parts)
        self.kept = [*self.kept[-KEPT_STEPS + 1 :], made]
        return made

    def _losses(self, parts: dict[str, Tensor], batch: Batch) -> dict[str, Tensor]:
        count = len(batch.pictures)
        near = self.centres(parts)
        left = {name: values[:count] for name, values in near.items()}
        right = {name: values[count:] for name, values in near.items()}
        alike = losses.likeness(left, right)
        kind, colour, identity, source = (
            torch.from_numpy(labels).to(self.device)
            for labels in (batch.kind, batch.colour, batch.identity, batch.source)
        )
        told = {"views": losses.views_loss(alike, identity)}
        told["kinds"] = losses.kinds_loss(left["kind"] @ right["kind"].T, kind, source)
        both = torch.cat([parts["kind"], parts["shape"]], 1)
        asked = self.source_of_kind[None] == torch.cat([source, source])[:, None]
        guessed = self.heads["kind"](losses.levelled(both))
        told["kind"] = losses.labels_loss(guessed, torch.cat([kind, kind]), asked)
        every = torch.cat([near[name] for name in losses.TRAINED], 1)
        told["colour"] = losses.labels_loss(self.heads["colour"](losses.levelled(every[:count])), colour)
        if self.taught is not None:
            wanted = (self.taught[torch.from_numpy(batch.numbers)].float() - self._mean) / self._deviation
            wanted = wanted.to(self.device)
            guess = self.heads["teacher"](losses.levelled(parts["kind"]))
            told["teacher"] = losses.teacher_loss(guess[:count], wanted)
            told["teacher"] = (told["teacher"] + 0.5 * losses.teacher_loss(guess[count:], wanted)) / 1.5
        return told

    def _rate(self, stage: Stage) -> float:
        warm = min(1.0, (self.step + 1) / WARM_STEPS)
        return stage.rate * warm * (0.02 + 0.98 * (1 + math.cos(math.pi * self.step / stage.steps)) / 2)

    def _average(self) -> None:
        done = sum(stage.steps for stage in self.recipe.stages[: self.stage]) + self.step
        keep = min(AVERAGE, (done + 1) / (done + 10))
        with torch.no_grad():
            for mean, now in zip(self.averaged.state_dict().values(), self.net.state_dict().values(), strict=True):
                if mean.dtype.is_floating_point:
                    mean.lerp_(now, 1 - keep)
                else:
                    mean.copy_(now)

    def _log(self, stage: Stage, told: dict[str, float], rate: float) -> None:
        line: dict[str, float] = {"at": round(time.time()), "stage": self.stage, "step": self.step, "side": stage.side}
        line |= {name: round(value, 4) for name, value in told.items()} | {"pictures_per_s": round(rate, 1)}
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    def keep(self) -> None:
        """Everything that a run goes on from, written aside and renamed; and the averaged weights."""
        state: dict[str, Any] = {
            "net": self.net.state_dict(),
            "averaged": self.averaged.state_dict(),
            "heads": self.heads.state_dict(),
            "centres": self.centres.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "draw": self.draw.state(),
            "stage": self.stage,
            "step": self.step,
        }
        torch.save(state, self.folder / "state.part")
        (self.folder / "state.part").rename(self.folder / "state.pt")
        network.save(self.averaged, self.folder / "weights.npz")

    def _restore(self) -> None:
        state = torch.load(self.folder / "state.pt", weights_only=False)
        for name in ("net", "averaged", "heads", "centres", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.draw.restore(state["draw"])
        self.stage, self.step = state["stage"], state["step"]
        self.views = Views(self.recipe.seed + 1000 * self.stage + self.step)
