"""Which models are there, and what one of them is like on this machine: for `model list`, `show` and `doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from index.model.card import ModelCard, probes_of, read_sidecar
from index.model.contract import ModelFileError
from index.model.probes import ADMITTED, Reference, builtin_probes, sign_disagreement
from index.model.runtime import BUILTIN, Embedder, builtin_card, builtin_path, describe_cpu


@dataclass(frozen=True, slots=True)
class Entry:
    """A model on this disk."""

    name: str
    """What MODEL may be set to."""
    path: Path
    variant: str
    input_size: int
    outputs: tuple[str, ...]
    fingerprint: str
    terms: str


def models_in(folder: Path) -> list[Entry]:
    """The built-in model and those exported into a folder, by name. Files without a readable card are left out."""
    entries = [_entry(BUILTIN, builtin_path(), builtin_card())]
    for path in sorted(folder.glob("*.onnx")):
        try:
            entries.append(_entry(path.stem, path, read_sidecar(path)))
        except ModelFileError:
            continue  # not ours, or without its sidecar: loading it by path tells what is wrong
    return entries


def agreement(embedder: Embedder) -> float | None:
    """Share of code bits that are as the fp32 reference has them; None for an fp32 model without probes."""
    path = builtin_probes() if embedder.file == builtin_path() else probes_of(embedder.file)
    if embedder.file != builtin_path() and embedder.variant == "fp32":
        return None
    return 1.0 - sign_disagreement(embedder, Reference.read(path))


def describe(name: str, folder: Path) -> dict[str, str | int | float | bool | None]:
    """Load a model and say what it is and how it runs here. Raises `ModelFileError`."""
    embedder = Embedder.load(name, models=folder)
    share = agreement(embedder)
    return {
        "name": name,
        "path": str(embedder.file),
        "variant": embedder.variant,
        "input_size": embedder.input_size,
        "parts": ", ".join(f"{part.name} {part.size} x {part.weight:g}" for part in embedder.parts),
        "fingerprint": embedder.fingerprint,
        "terms": embedder.terms,
        "processor": describe_cpu(),
        "computes": embedder.path_description,
        "threads": embedder.threads,
        "bits_as_fp32": None if share is None else round(share, 4),
        "right": share is None or share >= 1.0 - ADMITTED,
    }


def _entry(name: str, path: Path, card: ModelCard) -> Entry:
    return Entry(name, path, card.variant, card.input_size, card.outputs, card.fingerprint, card.terms)
