"""The model and the index: whether they load, fit each other, and how fast this machine computes."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from core.errors import SnapshelfError
from core.settings import Settings
from snapshelf.doctor.check import Check, bad, ok, warn

if TYPE_CHECKING:
    from index.model.runtime import Embedder


def catalogue_checks(settings: Settings) -> list[Check]:
    """Model first: an index is only right for its model."""
    if importlib.util.find_spec("onnxruntime") is None:
        return [ok("Model", "not looked at: bots alone are installed here, and the workers have the model and index.")]
    from index.model.contract import ModelFileError
    from index.model.processor import ComputePath
    from index.model.runtime import Embedder, describe_cpu

    try:
        embedder = Embedder.load(settings.model, models=settings.models_dir)
    except ModelFileError as error:
        mend = "Set SNAPSHELF_MODEL to `builtin`, to a name from `snapshelf model list`, or to an exported .onnx file."
        return [bad("Model", str(error), mend), index_check(settings, None)]
    text = f"{embedder.name} ({embedder.variant}, {embedder.input_size} px, {embedder.threads} threads)."
    processor = describe_cpu()
    if embedder.path_description not in processor:
        processor += f"; this model: {embedder.path_description}"
    if embedder.compute_path is ComputePath.FLOAT_FROM_INT8:
        mend = "Answers are the same, only slower: a processor with VNNI, or an Arm one, is about four times faster."
        speed = warn("Processor", f"{processor}.", mend)
    else:
        speed = ok("Processor", f"{processor}.")
    return [ok("Model", text), speed, *agreement_checks(embedder), index_check(settings, embedder.fingerprint)]


def agreement_checks(embedder: Embedder) -> list[Check]:
    """Whether what this processor computes is what the model's reference computes: codes are compared bit by bit."""
    from index.model.contract import ModelFileError
    from index.model.library import agreement
    from index.model.probes import ADMITTED

    try:
        share = agreement(embedder)
    except ModelFileError as error:
        return [warn("Model on this processor", str(error), "Until then nobody can tell whether it computes rightly.")]
    if share is None:
        return []  # an fp32 model is its own reference
    text = f"{share:.2%} of the codes' bits are as the reference has them."
    if share >= 1.0 - ADMITTED:
        return [ok("Model on this processor", text)]
    mend = "It computes wrongly here: set SNAPSHELF_MODEL to an fp32 file, and tell us the processor."
    return [bad("Model on this processor", text, mend)]


def index_check(settings: Settings, fingerprint: str | None) -> Check:
    """The generation that answers; `fingerprint` of the model that is set, None where it does not load."""
    from index.store import GenerationStore, NoGeneration

    alarms: list[str] = []
    store = GenerationStore(settings.index_dir, alarm=alarms.append)
    try:
        generation = store.current()
    except NoGeneration:
        return bad("Index", "there is none yet.", "Run `snapshelf reindex FEED` with your shop's feed.")
    except SnapshelfError as error:
        return bad("Index", str(error), "Run `snapshelf reindex FEED` to make a new one.")
    try:
        manifest = generation.manifest
        text = (
            f"{generation.name}: {manifest.products} products, {manifest.pictures} pictures, "
            f"{manifest.skipped} rows skipped."
        )
        if fingerprint is not None and generation.fingerprint != fingerprint:
            return bad(
                "Index",
                f"{text} It was made with another model than the one set.",
                "Run `snapshelf reindex FEED`, or set SNAPSHELF_MODEL back to the model before.",
            )
        if alarms:
            return warn("Index", f"{text} A newer one is broken: {alarms[0]}", "Run `snapshelf reindex FEED`.")
        return ok("Index", text)
    finally:
        store.close()
