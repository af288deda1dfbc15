"""Errors that cross a layer: one class for each different reaction of the caller.

Every message is one sentence for the person who meets it and never carries a secret, a user's id or a photo.
"""

from __future__ import annotations

import enum


class SnapshelfError(Exception):
    """Something went wrong that a person can mend; its text says how."""


class SettingsError(SnapshelfError):
    """A setting is missing, malformed or contradicts another one."""


class Unavailable(SnapshelfError):
    """A part that we depend on (Redis, a provider, a disk) does not answer now; try again later."""


class Reason(enum.StrEnum):
    """Why a search was refused. The shopper reads the sentence of it, never the name."""

    TOO_LARGE = "too_large"
    """The file has more bytes than we take (20 MiB)."""
    NOT_A_PICTURE = "not_a_picture"
    """The bytes are no picture at all."""
    BROKEN_PICTURE = "broken_picture"
    """A picture that ends early or cannot be decoded."""
    TOO_MANY_PIXELS = "too_many_pixels"
    """Its header promises more than 50 megapixels."""
    TOO_SMALL = "too_small"
    """Its shorter side is under 16 pixels."""
    UNSUPPORTED_FORMAT = "unsupported_format"
    """A picture in a format that we do not open."""
    PRODUCT_GONE = "product_gone"
    """The product asked for is not in the catalogue (any more)."""
    PHOTO_EXPIRED = "photo_expired"
    """The photo of an earlier search is not kept any more."""
    TOO_MANY_SEARCHES = "too_many_searches"
    """This user or address asked too often; later it works again."""
    BAD_REQUEST = "bad_request"
    """The request itself makes no sense (no photo, an impossible box, a bad number)."""


SENTENCES: dict[Reason, str] = {
    Reason.TOO_LARGE: "That file is too large: please send a picture of at most 20 MB.",
    Reason.NOT_A_PICTURE: "That file is not a picture: please send a photo.",
    Reason.BROKEN_PICTURE: "That picture did not arrive whole: please send it again.",
    Reason.TOO_MANY_PIXELS: "That picture has too many pixels: please send one of at most 50 megapixels.",
    Reason.TOO_SMALL: "That picture is too small to recognise anything: please send a larger one.",
    Reason.UNSUPPORTED_FORMAT: (
        "That kind of picture can't be opened here: please send a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF."
    ),
    Reason.PRODUCT_GONE: "That product is no longer in the shop: please send a photo or pick another one.",
    Reason.PHOTO_EXPIRED: "That photo is no longer kept: please send it again.",
    Reason.TOO_MANY_SEARCHES: "That were many searches in a short time: please try again a little later.",
    Reason.BAD_REQUEST: "That request can't be understood: please send a photo.",
}


class Refused(SnapshelfError):
    """A search that will never work as it was asked; the text is the sentence for the shopper."""

    def __init__(self, reason: Reason, sentence: str | None = None) -> None:
        super().__init__(sentence or SENTENCES[reason])
        self.reason = reason
