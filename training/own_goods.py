"""`snapshelf train`: from an installed model and a catalogue to a better model, or to the certainty that it is none."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from core.cpus import usable_cpus
from core.settings import Settings
from index.model.make import make_of
from index.model.registry import ONLY_PROJECTED
from index.model.runtime import Embedder
from index.model.weights import read_weights
from index.prior import prior_pixels
from training.bank import CHUNK, Bank, row_floats
from training.device import device
from training.finetune import FineTuner, Recipe
from training.folded import remember_statistics, to_network, to_weights
from training.installed import installed_weights
from training.network import Vgg16
from training.plan import Costs, Plan, Size, plan
from training.runs import alone, clear, install, room_for, tidy
from training.shop import Item, Pixels, Progress, Shelf, stand
from training.trial import Outcome, Questions, ask
from training.verdict import Change, Verdict, change, judge
from training.views import Views
from training.whitened import whitened

STATISTICS = CALIBRATION = 256
"""Pictures for the normalisation's statistics, and for the ranges of int8."""
SEARCHED = 20_000
"""Pictures in the search that measures, at most."""
PHOTO_SEED = 4_000_037
FORMAT = 2
"""Of a run's folder: another one is not gone on with."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the shop asks for."""

    feed: Path
    pictures: Path | None
    """Folder where local pictures begin; None for a feed from the web, which has none."""
    items: list[Item]
    photos: list[tuple[Path, str]]
    settings: Settings
    weights: Path | None = None
    """Start from this file instead of the installed model's own weights."""
    minutes: float | None = None
    recipe: Recipe = field(default_factory=Recipe)


@dataclass(frozen=True, slots=True)
class Result:
    """What came out."""

    verdict: Verdict
    at_1: Change
    at_5: Change
    category: Change | None
    shoppers: Change | None
    """The photos that shoppers sent of held-out products, alone: right product first."""
    products: int
    held_out: int
    pictures: int
    photos: int
    model: str | None
    """The name that MODEL may be set to; None where the old one stays."""
    seconds: float

    def public(self) -> dict[str, Any]:
        return asdict(self)


class Run:
    """One training in a folder of its own; the same job goes on where it stopped."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self.job, self.progress = job, progress
        settings = job.settings
        self.embedder = Embedder.load(settings.model, models=settings.models_dir)
        weights, card = installed_weights(self.embedder.file)
        self.weights = read_weights(job.weights) if job.weights is not None else weights
        self.side, self.terms = card.input_size, card.terms
        self.folder = settings.data_dir / "training" / _key(job, self.embedder.fingerprint, self.weights.digest())
        self.device = device()
        torch.set_num_threads(usable_cpus())

    @property
    def result(self) -> dict[str, Any] | None:
        """Of a run that ended."""
        path = self.folder / "result.json"
        return json.loads(path.read_text()) if path.exists() else None

    def again(self) -> None:
        """Forget what was done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, announce: Callable[[Plan, Shelf], None]) -> Result:
        """All of it. `announce` hears what is planned, and how long it takes, before the work begins."""
        started = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        with alone(self.folder):
            tidy(self.folder.parent, self.folder)
            result = self._trained(announce, started)
            (self.folder / "result.json").write_text(json.dumps(result.public(), indent=1))
            clear(self.folder)
            return result

    def _trained(self, announce: Callable[[Plan, Shelf], None], started: float) -> Result:
        job = self.job
        shelf = stand(
            job.items,
            job.photos,
            source=job.pictures,
            side=self.side * 3 // 2,
            folder=self.folder,
            settings=job.settings,
            progress=self.progress,
        )
        net = self._network(shelf)
        chosen = self._plan(shelf, net)
        room_for(self.folder, chosen.views * chosen.pictures * 2 * row_floats(self.side, job.recipe.frozen))
        announce(chosen, shelf)
        tuner = self._tuned(shelf, net, chosen)
        made = self._exported(shelf, tuner)
        questions = questions_of(shelf, self.side, chosen.photos)
        self.progress("measuring", 0, 2)
        before = ask(self.embedder, questions)
        self.progress("measuring", 1, 2)
        after = ask(Embedder.load(made), questions)
        self.progress("measuring", 2, 2)
        return self._judged(before, after, shelf, questions, made, time.monotonic() - started)

    def _network(self, shelf: Shelf) -> Vgg16:
        net = to_network(self.weights)
        shown = np.flatnonzero(~shelf.held_out[shelf.product])
        few = squeezed(shelf.pixels[_spread(shown, STATISTICS)], self.side)
        remember_statistics(net, torch.from_numpy(few).permute(0, 3, 1, 2).float())
        net.freeze(self.job.recipe.frozen)
        return net.to(self.device)

    def _plan(self, shelf: Shelf, net: Vgg16) -> Plan:
        """Written down at the first start; measured before that."""
        path = self.folder / "plan.json"
        if not path.exists():
            size = size_of(shelf, self.side, self.job.recipe.frozen)
            plan(size, self._costs(shelf, net), self.job.minutes).write(path)
        return Plan.read(path)

    def _costs(self, shelf: Shelf, net: Vgg16) -> Costs:
        """A chunk of views, three steps on it, a batch through the installed model."""
        scratch = self.folder / "trial"
        scratch.mkdir(exist_ok=True)
        recipe = self.job.recipe
        bank = Bank(shelf, net, side=self.side, views=3, pictures=CHUNK, folder=scratch, seed=recipe.seed)
        bank.made(0, self.device)  # the first of anything is slow
        views_s = _seconds(lambda: bank.fill(lambda done, total: None, self.device))
        tuner = FineTuner(copy.deepcopy(net), bank, 3, recipe, scratch)
        tuner.one()
        steps_s = _seconds(lambda: (tuner.one(), tuner.one()))
        few = squeezed(shelf.pixels[:CHUNK], self.side)
        ask_s = _seconds(lambda: self.embedder.embed(few))
        shutil.rmtree(scratch)
        return Costs(views_s / len(bank.source), steps_s / 2, ask_s / len(few))

    def _tuned(self, shelf: Shelf, net: Vgg16, chosen: Plan) -> FineTuner:
        recipe = self.job.recipe
        bank = Bank(
            shelf,
            net,
            side=self.side,
            views=chosen.views,
            pictures=chosen.pictures,
            folder=self.folder,
            seed=recipe.seed,
        )
        bank.fill(lambda done, total: self.progress("looking at pictures", done, total), self.device)
        tuner = FineTuner(net, bank, chosen.steps, recipe, self.folder)
        tuner.run(lambda done, total: self.progress("learning", done, total))
        return tuner

    def _exported(self, shelf: Shelf, tuner: FineTuner) -> Path:
        shown = np.flatnonzero(~shelf.held_out[shelf.product])
        own = squeezed(shelf.pixels[_spread(shown, CALIBRATION)], self.side)
        pixels = np.concatenate([own, prior_pixels(self.side)])  # a small shop alone calibrates for too little
        terms = self.terms.rstrip(". ") + "; trained further on the shop's own pictures"
        target = self.folder / "tuned.onnx"
        untouched = {name: layer for name, layer in self.weights.projections.items() if name in ONLY_PROJECTED}
        learned = whitened(tuner.bank, tuner.averaged, self.device)
        tuned = replace(to_weights(tuner.averaged, terms), projections=untouched | learned)
        make_of(tuned, target, size=self.side, pixels=pixels, name="tuned")
        return target

    def _judged(  # noqa: PLR0917 - all that a verdict rests on
        self, before: Outcome, after: Outcome, shelf: Shelf, questions: Questions, made: Path, seconds: float
    ) -> Result:
        product = questions.photo_product
        at_1, at_5 = change(before.at_1, after.at_1, product), change(before.at_5, after.at_5, product)
        category = change(before.category, after.category, before.category_product)
        sent = np.arange(len(product)) >= len(product) - questions.sent
        shoppers = change(before.at_1[sent], after.at_1[sent], product[sent])
        assert at_1 is not None  # noqa: S101 - `stand` refuses a catalogue without test products
        assert at_5 is not None  # noqa: S101
        verdict = judge(at_1, at_5, category)
        model = install(made, self.job.settings.models_dir) if verdict.kept else None
        return Result(
            verdict=verdict,
            at_1=at_1,
            at_5=at_5,
            category=category,
            shoppers=shoppers,
            products=len(shelf.ids),
            held_out=int(shelf.held_out.sum()),
            pictures=len(shelf.pixels),
            photos=len(product),
            model=model,
            seconds=round(seconds, 1),
        )


def size_of(shelf: Shelf, side: int, frozen: int) -> Size:
    """For the plan."""
    shown = ~shelf.held_out[shelf.product]
    return Size(
        pictures=int(shown.sum()),
        products=int((~shelf.held_out).sum()),
        shelf=len(shelf.pixels),
        held_out=int(shelf.held_out.sum()),
        row_bytes=2 * row_floats(side, frozen),
    )


def questions_of(shelf: Shelf, side: int, photos: int) -> Questions:
    """The same for the same catalogue, whoever is asked: `photos` augmented ones of each held-out product, and those
    that shoppers sent of them."""
    held = np.flatnonzero(shelf.held_out)
    searched = _searched(shelf)
    dice = np.random.default_rng(PHOTO_SEED)
    shown = {product: np.flatnonzero(shelf.product == product) for product in held}
    source = np.array([dice.choice(shown[product]) for product in held for _ in range(photos)], np.int64)
    behind = dice.integers(0, len(shelf.pixels), len(source))
    views, made = Views(PHOTO_SEED), []
    for at in range(0, len(source), CHUNK):
        pictures = [np.asarray(shelf.pixels[number]) for number in source[at : at + CHUNK]]
        others = [np.asarray(shelf.pixels[number]) for number in behind[at : at + CHUNK]]
        photo = views.shopper(pictures, others, side)
        made.append(photo.byte().permute(0, 2, 3, 1).contiguous().numpy())
    of_shoppers = np.flatnonzero(shelf.held_out[shelf.photo_product]) if len(shelf.photos) else np.empty(0, np.int64)
    return Questions(
        shelf=Squeezed(shelf.pixels, searched, side),
        product=shelf.product[searched],
        category=shelf.category,
        held_out=shelf.held_out,
        photos=np.concatenate([*made, squeezed(shelf.photos[of_shoppers], side)]),
        photo_product=np.concatenate([shelf.product[source], shelf.photo_product[of_shoppers]]),
        sent=len(of_shoppers),
    )


def _searched(shelf: Shelf) -> npt.NDArray[np.int64]:
    """Pictures that are searched: all, or those of held-out products among so many others."""
    asked = shelf.held_out[shelf.product]
    others = _spread(np.flatnonzero(~asked), max(0, SEARCHED - int(asked.sum())))
    return np.sort(np.concatenate([np.flatnonzero(asked), others]))


class Squeezed:
    """Pictures at the model's size, made a batch at a time: all of a large catalogue fill the memory."""

    def __init__(self, pixels: Pixels, numbers: npt.NDArray[np.int64], side: int) -> None:
        self._pixels, self._numbers, self._side = pixels, numbers, side

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, wanted: slice) -> Pixels:
        return squeezed(self._pixels[self._numbers[wanted]], self._side)


def squeezed(pixels: Pixels, side: int) -> Pixels:
    """As `index.pictures` squeezes: `[N, side, side, 3]`."""
    out = np.empty((len(pixels), side, side, 3), np.uint8)
    for at, picture in enumerate(pixels):
        image = Image.fromarray(np.asarray(picture))
        out[at] = np.asarray(image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=1.8))
    return out


def _key(job: Job, fingerprint: str, weights: str) -> str:
    """What makes two runs the same."""
    told = [FORMAT, fingerprint, weights, str(job.feed), asdict(job.recipe), [asdict(item) for item in job.items]]
    told.append([(str(path), product) for path, product in job.photos])
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _spread(numbers: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """At most so many, evenly."""
    return numbers[np.linspace(0, len(numbers) - 1, min(most, len(numbers))).astype(np.int64)]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
