"""Any mode that a decoder gives → RGB: depth scaled, transparency on white, CMYK and profiles as sRGB."""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from collections import OrderedDict

import numpy as np
from PIL import Image, ImageCms

PROFILE_MAX = 4 << 20
_TRANSFORMS_KEPT = 16
_WHITE = (255, 255, 255, 255)
_log = logging.getLogger(__name__)


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture in mode RGB, colours as sRGB where its profile can be followed. Decodes it."""
    profile = image.info.get("icc_profile")
    image.load()
    if image.mode in ("RGB", "L", "CMYK") and "transparency" not in image.info:
        turned = _by_profile(image, profile) if profile else None
        if turned is not None:
            return turned
        return image if image.mode == "RGB" else image.convert("RGB")
    flat = _flattened(image)
    turned = _by_profile(flat, profile) if profile else None
    return flat if turned is None else turned


def _flattened(image: Image.Image) -> Image.Image:
    """RGB without depth, palette or transparency."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I;16N", "I", "F"):
        return _deep(image)
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, _WHITE), clear).convert("RGB")
    return image.convert("RGB")


def _deep(image: Image.Image) -> Image.Image:
    """Greys of more than 8 bits. Pillow's own convert() clips them at 255.

    16 bits are scaled as they are; wider integers and floats have no fixed white, so their own highest value is it,
    unless they stay within 8 bits, 16 bits or 0 to 1.
    """
    values = np.asarray(image).astype(np.float32)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    values = np.maximum(values, 0, out=values)
    highest = float(values.max(initial=0.0))
    if image.mode.startswith("I;16"):
        white = 65535.0
    elif image.mode == "F":
        white = 1.0 if highest <= 1 else 255.0 if highest <= 255 else highest
    else:
        white = 255.0 if highest <= 255 else 65535.0 if highest <= 65535 else highest
    grey = (values * (255.0 / white) + 0.5).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


_transforms: OrderedDict[tuple[bytes, str], ImageCms.ImageCmsTransform | None] = OrderedDict()
_transforms_lock = threading.Lock()


def _by_profile(image: Image.Image, profile: object) -> Image.Image | None:
    """The picture in sRGB, or None where its profile is sRGB already, is broken, or is for another mode."""
    if not isinstance(profile, bytes) or len(profile) > PROFILE_MAX or _is_srgb(profile):
        return None
    transform = _transform(profile, image.mode)
    if transform is None:
        return None
    try:
        return ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        _log.debug("a colour profile was passed over: %s", type(error).__name__)
        return None


def _is_srgb(profile: bytes) -> bool:
    """By its name: nearly every profile is sRGB, and turning sRGB into sRGB would cost more than the decoding."""
    return profile[16:20] == b"RGB " and (b"sRGB" in profile or b"s\0R\0G\0B" in profile)


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Kept by the profile's digest: building one takes longer than using it on a small picture."""
    key = hashlib.sha256(profile).digest(), mode
    with _transforms_lock:
        if key in _transforms:
            _transforms.move_to_end(key)
            return _transforms[key]
    transform = _build(profile, mode)
    with _transforms_lock:
        _transforms[key] = transform
        while len(_transforms) > _TRANSFORMS_KEPT:
            _transforms.popitem(last=False)
    return transform


_SPACES = {"RGB": b"RGB ", "L": b"GRAY", "CMYK": b"CMYK"}


def _build(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    if profile[16:20] != _SPACES.get(mode):
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        _log.debug("a colour profile was passed over: %s", type(error).__name__)
        return None
