"""Bytes of any picture → upright RGB, under caps; the model's square; the JPEG that cards show.

Every failure leaves as `Refused` with a reason that a shopper understands; the decoders' own errors never do.
The functions are thread-safe, and the decoders, the resampling and the encoder run without the interpreter's lock.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image, ImageFile

from core import exif, jpeg, picturestore
from core.box import Box
from core.errors import Reason, Refused
from index import colours
from index.repeats import is_endless
from index.sniff import sniff, webp_size

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
# Our own count of pixels stands before every decode; Pillow's warning at 89 megapixels is an error in case it is first.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

RGB = npt.NDArray[np.uint8]
"""uint8 RGB `[height, width, 3]`."""

STORED_SIDE = 1024
STORED_BYTES = 900_000
OVERSIZE = 1.4
"""Measured on the card's protocol: the same figures as at 2, in 0.20 ms instead of 0.34 for a picture of 240 px."""
_QUALITIES = (85, 75, 60, 45, 30)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_UPRIGHT_BY_DECODER = frozenset({"HEIF", "TIFF"})
"""libheif turns by the container's own note, which outranks EXIF (ISO/IEC 23008-12, A.2.1); Pillow turns TIFFs."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may be at most and at least."""

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 50_000_000
    min_side: int = 16


SHOPPER_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A product's picture, decoded once: for the model and for the cards."""

    pixels: RGB
    """`[S, S, 3]`, the model's square."""
    jpeg: bytes
    """JPEG of at most 1,024 px and 900 KB, without metadata, to be kept by `picturestore`."""


def decode(data: bytes, *, limits: Limits = SHOPPER_LIMITS) -> Image.Image:
    """The picture upright in mode RGB, transparency on white, colours as sRGB. Raises Refused."""
    opened = _open(data, limits)
    with _refusing():
        return _turn(colours.to_rgb(opened), _orientation(opened))


def to_pixels(image: Image.Image, size: int, box: Box | None = None) -> RGB:
    """An RGB picture, or the box of it, squeezed to uint8 `[size, size, 3]`. Raises Refused for an empty box."""
    return np.asarray(_squeeze(image, size, _region(image.size, box)))


def decode_to_pixels(data: bytes, size: int, box: Box | None = None, *, limits: Limits = SHOPPER_LIMITS) -> RGB:
    """As `to_pixels(decode(data), size, box)`, quicker: a JPEG is decoded no larger than needed. Raises Refused."""
    opened = _open(data, limits)
    with _refusing():
        turned = _orientation(opened)
        unturned = _unturn(box, turned)
        _draft(opened, size, unturned)
        image = colours.to_rgb(opened)
        small = _squeeze(image, size, _region(image.size, unturned))
        return np.asarray(_turn(small, turned))


def prepare(data: bytes, size: int, *, limits: Limits = SHOPPER_LIMITS) -> Prepared:
    """What reindex needs of a product's picture, with one decode. Raises Refused."""
    fit = _fit_as_it_is(data)
    if fit is not None:
        return Prepared(decode_to_pixels(data, size, limits=limits), fit)
    image = _decode_for_store(data, limits, at_least=size)
    return Prepared(to_pixels(image, size), _encode(image))


def store_jpeg(data: bytes, root: Path, *, limits: Limits = SHOPPER_LIMITS) -> str:
    """Keep the picture under `root` for cards; gives the digest of the kept bytes. Raises Refused.

    JPEG, at most 1,024 px and 900 KB. A JPEG that fits already keeps its bytes, less its metadata. For many pictures
    use `prepare` and `picturestore.PictureWriter`.
    """
    return picturestore.store(root, to_jpeg(data, limits=limits))


def to_jpeg(data: bytes, *, limits: Limits = SHOPPER_LIMITS) -> bytes:
    """The bytes that `store_jpeg` keeps. Raises Refused."""
    fit = _fit_as_it_is(data)
    if fit is None:
        return _encode(_decode_for_store(data, limits, at_least=1))
    decode_to_pixels(data, 16, limits=limits)  # is it whole?
    return fit


class _refusing:  # noqa: N801 - reads as a statement
    """Every error of a decoder means one thing here: the file is broken. They raise nearly any class there is."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Refused) or not isinstance(error, Exception):
            return
        if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
            raise Refused(Reason.TOO_MANY_PIXELS) from None
        raise Refused(Reason.BROKEN_PICTURE) from error


def _open(data: bytes, limits: Limits) -> ImageFile.ImageFile:
    """The file opened, nothing decoded, its size within the limits."""
    if len(data) > limits.max_bytes:
        raise Refused(Reason.TOO_LARGE)
    name = sniff(data)
    if name == "WEBP" and (size := webp_size(data)) is not None:
        _check_size(size, limits)
    if is_endless(name, data):
        raise Refused(Reason.BROKEN_PICTURE)
    with _refusing():
        opened = Image.open(io.BytesIO(data), formats=[name])
        _check_size(opened.size, limits)
    return opened


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        raise Refused(Reason.TOO_MANY_PIXELS)
    if min(width, height) < limits.min_side:
        raise Refused(Reason.TOO_SMALL)


def _orientation(opened: ImageFile.ImageFile) -> int:
    if opened.format in _UPRIGHT_BY_DECODER:
        return 1
    block = opened.info.get("exif")
    return exif.orientation(block) if isinstance(block, bytes) else 1


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    method = _TURNS.get(orientation)
    return image if method is None else image.transpose(method)


def _unturn(box: Box | None, orientation: int) -> Box | None:
    """The box of the upright picture as a box of the picture as it lies in the file."""
    if box is None or orientation == 1:
        return box
    left, top, right, bottom = box.x, box.y, box.x + box.width, box.y + box.height
    if orientation in (2, 3, 6, 7):  # what is right in the upright picture comes from a low coordinate
        left, right = 1 - right, 1 - left
    if orientation in (3, 4, 7, 8):
        top, bottom = 1 - bottom, 1 - top
    if orientation >= 5:
        left, top, right, bottom = top, left, bottom, right
    return Box(max(left, 0.0), max(top, 0.0), right - left, bottom - top)


def _region(size: tuple[int, int], box: Box | None) -> tuple[float, float, float, float]:
    """Pixels of the box: at least one, inside the picture."""
    width, height = size
    if box is None:
        return 0, 0, width, height
    left, top = min(box.x * width, width - 1), min(box.y * height, height - 1)
    right = min(max((box.x + box.width) * width, left + 1), width)
    bottom = min(max((box.y + box.height) * height, top + 1), height)
    return left, top, right, bottom


def _draft(opened: ImageFile.ImageFile, size: int, box: Box | None) -> None:
    """Let libjpeg scale while it decodes, down to OVERSIZE times the size that is needed."""
    if opened.format not in ("JPEG", "MPO"):
        return
    share_x, share_y = (box.width, box.height) if box is not None else (1.0, 1.0)
    opened.draft("RGB", (round(OVERSIZE * size / share_x), round(OVERSIZE * size / share_y)))


def _squeeze(image: Image.Image, size: int, region: tuple[float, float, float, float]) -> Image.Image:
    # 1.8 and not more: a fifth less time for a picture of 240 px, and the same quality on the card's protocol
    return image.resize((size, size), Image.Resampling.BICUBIC, box=region, reducing_gap=1.8)


def _fit_as_it_is(data: bytes) -> bytes | None:
    """The JPEG's own bytes without metadata, when browsers and messengers can show just these; else None."""
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    try:
        told = jpeg.header(data)
        usual = told.frame in jpeg.DISPLAYABLE and told.precision == 8 and told.components in (1, 3)
        if not usual or told.orientation != 1 or max(told.width, told.height) > STORED_SIDE:
            return None
        kept = jpeg.without_metadata(data, keep_orientation=False)
    except jpeg.NoJpeg:
        return None
    return kept if len(kept) <= STORED_BYTES else None


def _decode_for_store(data: bytes, limits: Limits, *, at_least: int) -> Image.Image:
    """Upright RGB of at most 1,024 px on its longer side (and no smaller than the model wants)."""
    opened = _open(data, limits)
    with _refusing():
        side = max(STORED_SIDE, at_least)
        if opened.format in ("JPEG", "MPO"):
            opened.draft("RGB", _within(opened.size, side))
        image = colours.to_rgb(opened)
        target = _within(image.size, side)
        if target != image.size:
            image = image.resize(target, Image.Resampling.BICUBIC, reducing_gap=3.0)
        return _turn(image, _orientation(opened))


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The size scaled down, where needed, so that the longer side is `side`."""
    scale = side / max(size)
    return size if scale >= 1 else (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))


def _encode(image: Image.Image) -> bytes:
    """JPEG within 1,024 px and 900 KB."""
    side = STORED_SIDE
    while True:
        if max(image.size) > side:
            image = image.resize(_within(image.size, side), Image.Resampling.BICUBIC, reducing_gap=3.0)
        for quality in _QUALITIES:
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality, comment=b"")  # Pillow would write the original's again
            if out.tell() <= STORED_BYTES:
                return out.getvalue()
        side //= 2
