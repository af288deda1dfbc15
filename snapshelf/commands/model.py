"""`snapshelf model`: make, get and list the models that Snapshelf can run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from core.errors import SnapshelfError
from core.settings import load_settings
from index.model.registry import PUBLISHED

WEIGHTS = click.Path(exists=False, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def model() -> None:
    """Make, get and list the models that turn pictures into descriptors."""


@model.command()
@click.argument("weights", type=WEIGHTS)
@click.option("-o", "--output", type=WEIGHTS, required=True, help="The .onnx file to write.")
@click.option("--size", type=int, help="Side of the model's square input in pixels; default 224 (64 for our .npz).")
@click.option(
    "--outputs",
    type=click.Choice(["descriptor", "fc1", "fc2"]),
    multiple=True,
    help="What the model gives; more than once for several (default: descriptor).",
)
@click.option("--int8", is_flag=True, help="Quantise to int8; needs --calibrate.")
@click.option("--calibrate", type=FOLDER, help="Folder with some hundred real pictures, like the shop's own.")
@click.option("--name", help="Name that the file gives itself; default the output's.")
def export(
    *,
    weights: Path,
    output: Path,
    size: int | None,
    outputs: Sequence[str],
    int8: bool,
    calibrate: Path | None,
    name: str | None,
) -> None:
    """Turn published VGG16 weights into an ONNX model.

    WEIGHTS is a Keras .h5 (with or without its top), a torchvision .pth, a .safetensors with torchvision's names, or
    our own .npz. Neither TensorFlow nor torch is needed.
    """
    _make(weights, output, size=size, outputs=outputs, int8=int8, calibrate=calibrate, name=name or output.stem)


@model.command()
@click.argument("which", type=click.Choice(sorted(PUBLISHED)), default="keras")
@click.option("--url", help="Get the file from another address; its checksum must still be the published one.")
@click.option("--size", type=int, help="Side of the model's square input in pixels; default 224.")
@click.option("--int8", is_flag=True, help="Quantise to int8; needs --calibrate.")
@click.option("--calibrate", type=FOLDER, help="Folder with some hundred real pictures, like the shop's own.")
def pull(which: str, url: str | None, size: int | None, int8: bool, calibrate: Path | None) -> None:
    """Download published ImageNet weights, verify them, and export them to DATA_DIR/models."""
    from index.model.download import download

    published = PUBLISHED[which]
    models = load_settings().models_dir
    source = models / "downloads" / published.url.rsplit("/", 1)[-1]
    if int8 and calibrate is None:
        raise click.UsageError("--int8 needs --calibrate FOLDER.")
    with click.progressbar(length=published.bytes or 0, label=f"Downloading {source.name}") as bar:

        def progress(done: int, total: int | None) -> None:
            bar.length = total or done
            bar.update(done - bar.pos)

        asyncio.run(download(published, source, url=url, progress=progress))
    _make(source, models / f"{which}.onnx", size=size, outputs=(), int8=int8, calibrate=calibrate, name=which)
    source.unlink()  # the exported file holds all of it that we use
    click.echo(f"Set SNAPSHELF_MODEL={which} and run `snapshelf reindex` to use it.")


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_(as_json: bool) -> None:
    """List the built-in model, the exported ones in DATA_DIR/models, and what `pull` can get."""
    from index.model.library import models_in

    found = models_in(load_settings().models_dir)
    if as_json:
        click.echo(json.dumps([asdict(entry) | {"path": str(entry.path)} for entry in found]))
        return
    for entry in found:
        click.echo(f"{entry.name}: {entry.variant}, {entry.input_size} px, {', '.join(entry.outputs)}, {entry.path}")
    click.echo(f"`snapshelf model pull` can get: {', '.join(sorted(PUBLISHED))}.")


@model.command()
@click.argument("name", default="builtin")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(name: str, as_json: bool) -> None:
    """Load a model and tell what it is, how this machine computes it, and whether its codes are right."""
    from index.model.library import describe

    facts = describe(name, load_settings().models_dir)
    if as_json:
        click.echo(json.dumps(facts))
        return
    for key, value in facts.items():
        click.echo(f"{key}: {value}")


def _make(
    weights: Path,
    output: Path,
    *,
    size: int | None,
    outputs: Sequence[str],
    int8: bool,
    calibrate: Path | None,
    name: str,
) -> None:
    """Read, export, quantise where asked for, save; prints what was made."""
    if int8 != (calibrate is not None):
        raise click.UsageError("--int8 and --calibrate FOLDER go together.")
    try:
        from index.model.make import make
    except ModuleNotFoundError as missing:
        raise SnapshelfError(
            f"Exporting needs {missing.name}: install Snapshelf with its `export` extra (`make install` does)."
        ) from None
    made = make(weights, output, size=size, outputs=tuple(outputs) or ("descriptor",), calibrate=calibrate, name=name)
    click.echo(f"Wrote {output}: {made.variant}, {made.input_size} px, {', '.join(made.outputs)}; {made.terms}.")
