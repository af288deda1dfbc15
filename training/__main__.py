"""`run` trains, or goes on with a run; `project` learns the projections of weights; `card` exports and measures what it
made; `steady` learns one of them again beside the int8 file; `measure` only measures."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from training import network
from training.allocator import keep_memory
from training.draw import Draw
from training.measure import measure
from training.pictures import Prepared, prepare
from training.projection import BATCH, learn, projections, with_projections
from training.recipe import Recipe, read_recipe
from training.run import Trainer
from training.teacher import taught

RECIPE = Path(__file__).parent / "recipe.toml"


def main() -> None:
    """See `--help`."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="train, or go on with a run that was interrupted")
    run.add_argument("--data", type=Path, action="append", required=True, help="where the recipe's paths begin")
    run.add_argument("--run", type=Path, required=True, help="folder of the run: state, log, weights")
    run.add_argument("--cache", type=Path, required=True, help="folder for decoded pictures and the teacher's features")
    run.add_argument("--recipe", type=Path, default=RECIPE)
    run.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long; go on another time")
    run.set_defaults(do=train)
    how_good = commands.add_parser("measure", help="the card's protocol")
    how_good.add_argument("weights", type=Path, nargs="+")
    how_good.add_argument("--data", type=Path, required=True)
    how_good.add_argument("--cache", type=Path, required=True)
    how_good.add_argument("--side", type=int, nargs="+", default=[96])
    how_good.set_defaults(do=tell)
    onto = commands.add_parser("project", help="learn the projection of each part for weights and an input size")
    onto.set_defaults(do=project)
    sure = commands.add_parser("steady", help="learn colour's projection again, so that int8 and float agree in it")
    sure.add_argument("--int8", type=Path, required=True, help="the file exported from these weights")
    sure.set_defaults(do=hold)
    for learns, pictures in ((onto, 10_000), (sure, 2_500)):
        learns.add_argument("weights", type=Path)
        learns.add_argument("target", type=Path)
        learns.add_argument("--data", type=Path, action="append", required=True)
        learns.add_argument("--cache", type=Path, required=True)
        learns.add_argument("--recipe", type=Path, default=RECIPE)
        learns.add_argument("--side", type=int, default=96)
        learns.add_argument("--pictures", type=int, default=pictures, help="how many are seen in two views each")
    of_run = commands.add_parser("card", help="export the int8 ONNX of a run, measure it, write card and curves")
    of_run.add_argument("--data", type=Path, action="append", required=True)
    of_run.add_argument("--run", type=Path, required=True)
    of_run.add_argument("--cache", type=Path, required=True)
    of_run.add_argument("--recipe", type=Path, default=RECIPE)
    of_run.add_argument("--side", type=int, default=96, help="input size of the exported model")
    of_run.add_argument("--first-side", type=int, default=64, help="input size at which the first weights are best")
    of_run.set_defaults(do=tell_all)
    arguments = parser.parse_args()
    keep_memory()
    arguments.do(arguments)


def train(arguments: argparse.Namespace) -> None:
    """Prepare what is missing, then run."""
    recipe = read_recipe(arguments.recipe)
    stop_at = time.time() + arguments.minutes * 60
    for folder in (arguments.run, arguments.cache):
        folder.mkdir(parents=True, exist_ok=True)

    def find(path: str) -> Path:
        return next((root / path for root in arguments.data if (root / path).exists()), arguments.data[0] / path)

    sets = _sets(recipe, arguments)
    features = None
    if recipe.teacher:
        seen = [taught(one, find(recipe.teacher), arguments.cache) for one in sets]
        features = torch.from_numpy(np.concatenate(seen))
    trainer = Trainer(recipe, find(recipe.start), Draw(sets, recipe.seed), features, arguments.run)
    started = time.time()

    def progress(stage: int, step: int, loss: float) -> None:
        if step % 100 == 0:
            steps = recipe.stages[stage].steps
            print(
                f"{time.time() - started:6.0f} s  stage {stage + 1}  step {step} of {steps}  loss {loss:.3f}",
                flush=True,
            )

    done = trainer.run(stop_at, progress)
    print("done" if done else "interrupted: the same command goes on", flush=True)


def _sets(recipe: Recipe, arguments: argparse.Namespace) -> list[Prepared]:
    sets = []
    for one in recipe.sets:
        root = next((root for root in arguments.data if (root / one.path).exists()), arguments.data[0])
        prepared = prepare(one, root, arguments.cache)
        print(f"{one.name}: {'not there' if prepared is None else len(prepared.pixels)}", flush=True)
        sets += [prepared] if prepared is not None else []
    return sets


def project(arguments: argparse.Namespace) -> None:
    """The weights again, with a projection of each part."""
    recipe = read_recipe(arguments.recipe)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    net, _ = network.load(arguments.weights)

    def progress(done: int) -> None:
        if done // 1000 > (done - BATCH) // 1000:
            print(f"{done} of {arguments.pictures} pictures", flush=True)

    draw = Draw(_sets(recipe, arguments), recipe.seed)
    with_projections(
        arguments.weights, arguments.target, learn(net, draw, arguments.side, arguments.pictures, progress)
    )


def hold(arguments: argparse.Namespace) -> None:
    """The weights again, with a projection of colour that int8 does not disturb."""
    from training.rounding import PART, steady

    recipe = read_recipe(arguments.recipe)
    net, kept = network.load(arguments.weights)
    draw = Draw(_sets(recipe, arguments), recipe.seed)
    layer = steady(net, arguments.int8, draw, arguments.side, arguments.pictures)
    with_projections(arguments.weights, arguments.target, projections(kept) | {PART: layer})


def tell_all(arguments: argparse.Namespace) -> None:
    """`card.md`, `card.json`, `curves.svg` and `vgg16.onnx` in the run's folder."""
    from training.card import Wish, write_card

    recipe = read_recipe(arguments.recipe)

    def find(path: str) -> Path:
        return next((root / path for root in arguments.data if (root / path).exists()), arguments.data[0] / path)

    wish = Wish(
        recipe=recipe,
        run=arguments.run,
        data=arguments.data[0],
        cache=arguments.cache,
        start=find(recipe.start),
        start_side=arguments.first_side,
        teacher=find(recipe.teacher),
        side=arguments.side,
    )
    print(write_card(wish))


def tell(arguments: argparse.Namespace) -> None:
    """One line for each weights and size."""
    for weights in arguments.weights:
        for side in arguments.side:
            figures = measure(weights, arguments.data, arguments.cache, side)
            print(weights, side, figures, flush=True)


if __name__ == "__main__":
    main()
