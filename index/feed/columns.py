"""Names of columns and elements as shops write them → the names of Google's product data specification."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

REQUIRED = ("id", "title", "image_link")

_NAMES = (
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "additional_image_link",
    "price",
    "sale_price",
    "sale_price_effective_date",
    "availability",
    "product_type",
    "google_product_category",
    "brand",
    "color",
    "item_group_id",
)
_OTHERS = {
    "colour": "color",
    "additionalimagelinks": "additional_image_link",
    "additionalimages": "additional_image_link",
    "imageurl": "image_link",
    "itemid": "id",
    "saleprice": "sale_price",
    "googlecategory": "google_product_category",
    "category": "product_type",
}
_KNOWN = {name.replace("_", ""): name for name in _NAMES} | _OTHERS
_NOT_A_LETTER = re.compile(r"[\W_]+")


def canonical(name: str) -> str | None:
    """`g:Image Link`, `IMAGE_LINK`, `image-link` → `image_link`; None for a column that we don't read."""
    bare = name.strip().lower().removeprefix("g:").removeprefix("c:")
    return _KNOWN.get(_NOT_A_LETTER.sub("", bare))


def missing(names: Iterable[str | None]) -> list[str]:
    """The required columns that are not among these canonical names."""
    there = set(names)
    return [name for name in REQUIRED if name not in there]


def sentence_for_missing(names: Sequence[str], where: str = "column") -> str:
    """One sentence that names what is missing."""
    listed = " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"
    several = "s" if len(names) > 1 else ""
    return f"The feed has no {where}{several} {listed}: it needs id, title and image_link, all else may be left out."
