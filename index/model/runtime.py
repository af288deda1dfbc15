"""Runs an exported model under ONNX Runtime: pictures in, descriptors out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from platform import machine
from typing import Any

import numpy as np
import onnxruntime as ort

from core.cpus import usable_cpus
from core.errors import SnapshelfError
from index.model.card import ModelCard, card_from_metadata, read_verified
from index.model.contract import Descriptors, Embeds, ModelFileError, Part, Pixels
from index.model.processor import SENTENCES, ComputePath, compute_path, cpu_flags, describe_cpu
from index.model.providers import CUDA, NO_CUDA, Provider, candidates, got

__all__ = ["Embedder", "Embeds", "Part", "builtin_path", "describe_cpu", "find_model"]

BUILTIN = "builtin"
BUILTIN_FOLDER = Path(__file__).parent / "builtin"
_ERRORS_ONLY = 3
"""ONNX Runtime's log level."""
PIECE = 2
"""Pictures that one thread takes at once: with more than four, what the layers hand on no longer fits into its cache
(measured at 96 px: 6.5 ms a picture, with eight 7.3, with sixteen 8.2), and with two the threads end together."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """The same model twice: with all threads for a picture that is alone, with one thread for each share of a batch."""

    together: ort.InferenceSession
    apart: ort.InferenceSession | None = None
    """None on a graphics card, which takes a batch as it is."""


class Embedder:
    """A loaded model. Thread-safe: ONNX Runtime allows concurrent runs of one session.

    Build it with `load`; it holds the sessions' threads until it is garbage.
    """

    def __init__(self, sessions: Sessions, card: ModelCard, path: ComputePath, threads: int, file: Path) -> None:
        self._sessions = sessions
        self._pool = ThreadPoolExecutor(threads, "embed") if threads > 1 else None
        self._outputs = list(card.outputs)
        self.file: Path = file
        self.name: str = card.name
        self.input_size: int = card.input_size
        self.parts: tuple[Part, ...] = card.contract_parts()
        self.dimensions: int = sum(part.size for part in self.parts)
        self.fingerprint: str = card.fingerprint
        self.variant: str = card.variant
        self.terms: str = card.terms
        self.compute_path: ComputePath = path
        self.threads: int = threads
        self.path_description: str = SENTENCES[path]

    @classmethod
    def load(
        cls,
        path_or_name: str | Path = BUILTIN,
        *,
        threads: int | None = None,
        provider: Provider = "auto",
        models: Path | None = None,
        path: ComputePath | None = None,
    ) -> Embedder:
        """Verify a model's checksum and load it.

        `path_or_name`: `builtin`, a file, or a name in the folder `models` (DATA_DIR/models).
        `threads`: default the processors that this process may use. `path`: forces a way of computing (tests).
        Raises `ModelFileError` for a file that is missing, tampered with or not ours, `SnapshelfError` for a
        provider that is not there.
        """
        file = find_model(path_or_name, models)
        data = read_verified(file, _manifest().get("sha256", "") if file == builtin_path() else None)
        threads = threads or usable_cpus()
        sessions, cuda, chosen = _first_that_works(data, file, provider, threads, path)
        card = card_from_metadata(sessions.together.get_modelmeta().custom_metadata_map, file)
        if path is None and card.variant != "int8":  # which only a loaded file tells; its session is the same
            chosen = compute_path(machine(), cpu_flags(), card.variant, cuda=cuda)
        _check_shapes(sessions.together, card, file)
        if file == builtin_path():
            card = replace(card, terms=builtin_card().terms)  # its file was written before its card
        return cls(sessions, card, chosen, threads, file)

    def embed(self, pixels: Pixels) -> Descriptors:
        """Describe a batch: uint8 RGB `[N, S, S, 3]` -> float32 `[N, D]`, each part of length 1.

        Raises `ValueError` for another shape or type.
        """
        side = self.input_size
        if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[1:] != (side, side, 3):
            raise ValueError(
                f"The model takes uint8 pictures of shape [N, {side}, {side}, 3], not {pixels.dtype} {pixels.shape}."
            )
        if not len(pixels):
            return np.empty((0, self.dimensions), dtype=np.float32)
        pixels = np.ascontiguousarray(pixels)
        if self._sessions.apart is None or len(pixels) < self.threads:
            return self._run(pixels, self._sessions.together)
        cut = np.array_split(pixels, shares(len(pixels), self.threads))
        run = partial(self._run, session=self._sessions.apart)
        return np.concatenate(list(self._pool.map(run, cut) if self._pool else map(run, cut)))

    def _run(self, pixels: Pixels, session: ort.InferenceSession) -> Descriptors:
        results = session.run(self._outputs, {"pixels": pixels})
        pieces = [
            result if name == "descriptor" else _of_length_one(result)
            for name, result in zip(self._outputs, results, strict=True)
        ]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)

    def warm(self, batch_sizes: Iterable[int]) -> None:
        """Run once for each batch size, so that the first shopper does not wait for buffers."""
        for count in batch_sizes:
            self.embed(np.zeros((count, self.input_size, self.input_size, 3), dtype=np.uint8))


def shares(count: int, threads: int) -> int:
    """Into how many shares a batch is cut: as many for each thread, none larger than PIECE, none empty."""
    rounds = -(-count // (threads * PIECE))
    return min(count, threads * rounds)


def builtin_path() -> Path:
    """The model that comes with the package."""
    return BUILTIN_FOLDER / "vgg16.onnx"


def find_model(path_or_name: str | Path, models: Path | None = None) -> Path:
    """The file of `builtin`, of a path, or of a name in the folder `models`. Raises `ModelFileError`."""
    if str(path_or_name) == BUILTIN:
        return builtin_path()
    path = Path(path_or_name)
    if path.suffix == ".onnx":
        return path
    named = models / f"{path_or_name}.onnx" if models and path.name == str(path_or_name) else None
    if named is None or not named.is_file():
        raise ModelFileError(
            f"There is no model called {path_or_name}: set MODEL to `builtin`, a name from `snapshelf model list`, "
            "or the path of an exported .onnx file."
        )
    return named


def builtin_card() -> ModelCard:
    """The built-in model's card, as its manifest has it."""
    return card_from_metadata(_manifest(), builtin_path())


def _manifest() -> dict[str, str]:
    try:
        return {str(k): str(v) for k, v in json.loads((BUILTIN_FOLDER / "manifest.json").read_text()).items()}
    except (OSError, ValueError, AttributeError):
        raise ModelFileError("The built-in model's manifest is missing or broken: install Snapshelf again.") from None


def _first_that_works(
    data: bytes, file: Path, wish: Provider, threads: int, path: ComputePath | None
) -> tuple[Sessions, bool, ComputePath]:
    """The sessions, whether they are on a card, how they compute. Raises SnapshelfError where only a card will do."""
    for providers in candidates(wish):
        cuda = providers[0] == CUDA
        chosen = path or compute_path(machine(), cpu_flags(), cuda=cuda)
        session = _session(data, file, providers, threads, chosen)
        if cuda and got(session, providers):
            return Sessions(session), cuda, chosen
        if got(session, providers):
            apart = session if threads == 1 else _session(data, file, providers, 1, chosen)
            return Sessions(session, apart), cuda, chosen
    raise SnapshelfError(NO_CUDA)


def _session(data: bytes, file: Path, providers: list[str], threads: int, path: ComputePath) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if path in (ComputePath.FLOAT_FROM_INT8, ComputePath.CUDA):
        options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        return ort.InferenceSession(data, options, providers=providers)
    except Exception as error:  # ONNX Runtime's own classes share no public base but Exception
        if isinstance(error, MemoryError):
            raise
        raise ModelFileError(f"{file} can't be loaded by ONNX Runtime: export it again.") from None


def _check_shapes(session: ort.InferenceSession, card: ModelCard, file: Path) -> None:
    """The graph must be what its card says: one input of the card's size, the card's outputs and widths."""
    inputs: list[Any] = session.get_inputs()
    widths = {output.name: output.shape[-1] for output in session.get_outputs()}
    right = (
        [(i.name, i.type, i.shape[1:]) for i in inputs]
        == [("pixels", "tensor(uint8)", [card.input_size, card.input_size, 3])]
        and all(name in widths for name in card.outputs)
        and sum(widths[name] for name in card.outputs) == sum(part.size for part in card.parts)
    )
    if not right:
        raise ModelFileError(f"{file} holds another graph than it says: export it again.")


def _of_length_one(rows: Descriptors) -> Descriptors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    normalised: Descriptors = (rows / np.maximum(lengths, 1e-12)).astype(np.float32, copy=False)
    return normalised
