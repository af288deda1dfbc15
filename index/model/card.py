"""What a model file says of itself (in its ONNX metadata), and the checksum that lies beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from index.model.contract import ModelFileError, Part

FORMAT = "1"
VARIANTS = ("fp32", "int8")


@dataclass(frozen=True, slots=True)
class NamedSize:
    """A part as the file lists it: the offset follows from the order."""

    name: str
    size: int
    weight: float


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The metadata of one model file."""

    name: str
    fingerprint: str
    """64 hex digits of the family; see `export.fingerprint`."""
    input_size: int
    outputs: tuple[str, ...]
    parts: tuple[NamedSize, ...]
    variant: str
    """`fp32` or `int8`."""
    terms: str

    def to_metadata(self) -> dict[str, str]:
        """Flat texts under `snapshelf.`, as ONNX metadata want them."""
        return {
            "snapshelf.format": FORMAT,
            "snapshelf.name": self.name,
            "snapshelf.fingerprint": self.fingerprint,
            "snapshelf.input_size": str(self.input_size),
            "snapshelf.outputs": json.dumps(self.outputs),
            "snapshelf.parts": json.dumps([asdict(part) for part in self.parts]),
            "snapshelf.variant": self.variant,
            "snapshelf.terms": self.terms,
        }

    def contract_parts(self) -> tuple[Part, ...]:
        """The parts with their offsets."""
        found: list[Part] = []
        offset = 0
        for part in self.parts:
            found.append(Part(part.name, offset, part.size, part.weight))
            offset += part.size
        return tuple(found)


def card_from_metadata(metadata: Mapping[str, str], path: Path) -> ModelCard:
    """The card of a loaded file. Raises `ModelFileError` for a model that was not exported by us."""
    try:
        if metadata["snapshelf.format"] != FORMAT:
            raise ModelFileError(f"{path} was exported by another version of Snapshelf: export it again with this one.")
        card = ModelCard(
            name=metadata["snapshelf.name"],
            fingerprint=metadata["snapshelf.fingerprint"],
            input_size=int(metadata["snapshelf.input_size"]),
            outputs=tuple(json.loads(metadata["snapshelf.outputs"])),
            parts=tuple(NamedSize(**part) for part in json.loads(metadata["snapshelf.parts"])),
            variant=metadata["snapshelf.variant"],
            terms=metadata["snapshelf.terms"],
        )
    except (KeyError, ValueError, TypeError):
        raise ModelFileError(
            f"{path} does not say what it describes: make it with `snapshelf model export WEIGHTS -o FILE`."
        ) from None
    if card.variant not in VARIANTS:
        raise ModelFileError(f"{path} is of an unknown variant: export it again with this version of Snapshelf.")
    return card


def sidecar_of(path: Path) -> Path:
    """`model.onnx` -> `model.onnx.json`."""
    return path.with_name(path.name + ".json")


def probes_of(path: Path) -> Path:
    """`model.onnx` -> `model.onnx.probes.npz`, beside an int8 model: see `probes.Reference`."""
    return path.with_name(path.name + ".probes.npz")


def write_sidecar(path: Path, sha256: str, card: ModelCard) -> None:
    """Write down what the file's bytes must hash to, and the card, so that a list need not load the model."""
    temporary = path.with_name(f".{path.name}.json.part")
    temporary.write_text(
        json.dumps({"file": path.name, "sha256": sha256} | card.to_metadata(), indent=1) + "\n", encoding="utf-8"
    )
    temporary.replace(sidecar_of(path))


def read_verified(path: Path, sha256: str | None = None) -> bytes:
    """The file's bytes, if they hash to `sha256` (default: what its sidecar says).

    The bytes that were hashed are the bytes returned. Raises `ModelFileError`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"{path} can't be read ({error.strerror}): set MODEL to `builtin`, a name from `snapshelf model list`, "
            "or the path of an exported model."
        ) from None
    if hashlib.sha256(data).hexdigest() != (sha256 or _recorded(path)):
        raise ModelFileError(
            f"{path} is not the file that was recorded (its SHA-256 differs): export or install it again."
        )
    return data


def read_sidecar(path: Path) -> ModelCard:
    """The card that lies beside a model, believed without a look into the model. Raises `ModelFileError`."""
    return card_from_metadata(_record(path), path)


def _recorded(path: Path) -> str:
    return str(_record(path).get("sha256"))


def _record(path: Path) -> dict[str, str]:
    try:
        return {str(key): str(value) for key, value in dict(json.loads(sidecar_of(path).read_text())).items()}
    except (OSError, ValueError, TypeError):
        raise ModelFileError(
            f"{sidecar_of(path)} is missing or broken: copy it along with the model, or export the model again."
        ) from None
