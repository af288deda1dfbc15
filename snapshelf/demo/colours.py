"""The names that titles use for colours, and what they look like (RGB, 0 to 1)."""

from __future__ import annotations

Colour = tuple[float, float, float]


def rgb(code: str) -> Colour:
    """A colour from six hex digits."""
    return (int(code[0:2], 16) / 255, int(code[2:4], 16) / 255, int(code[4:6], 16) / 255)


COLOURS: dict[str, Colour] = {
    name: rgb(code)
    for name, code in {
        "black": "26262a", "charcoal": "4a4d54", "grey": "9a9da3", "silver": "c9ccd1", "white": "f4f3ef",
        "cream": "efe3c8", "beige": "d9c3a0", "camel": "c1925a", "cognac": "a4622f", "brown": "6d4630",
        "burgundy": "7a1f33", "red": "cf2b2f", "coral": "f0705c", "orange": "ee8226", "mustard": "dca32a",
        "yellow": "f5cf3a", "lime": "a9cc3f", "olive": "77793f", "green": "3d9a52", "forest": "23553c",
        "mint": "a5dcc2", "teal": "16807f", "turquoise": "35b9c0", "sky blue": "86bfe8", "blue": "2f66c8",
        "navy": "24345e", "lilac": "b9a3dd", "purple": "6f3d93", "fuchsia": "cf3286", "pink": "f3a9bd",
        "blush": "ecc9c0",
    }.items()
}  # fmt: skip

VIVID = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "fuchsia", "turquoise", "coral", "lime",
         "mustard", "pink", "navy", "sky blue", "mint", "lilac", "black", "white", "burgundy")  # fmt: skip
LEATHER = ("cognac", "black", "brown", "burgundy", "camel", "navy", "red", "forest", "cream", "grey", "mustard",
           "teal", "blush", "olive", "pink", "white")  # fmt: skip
HOME = ("teal", "mustard", "coral", "navy", "cream", "forest", "grey", "blush", "burgundy", "turquoise", "white",
        "olive", "charcoal", "sky blue", "orange", "lilac", "red", "mint", "beige", "black")  # fmt: skip
WOODS: dict[str, Colour] = {"oak": rgb("c99a63"), "walnut": rgb("6f4a2f"), "beech": rgb("dfbd8c"),
                            "black": rgb("2b2a2b"), "white": rgb("eceae4")}  # fmt: skip
METALS: dict[str, Colour] = {"brass": rgb("c9a24a"), "steel": rgb("b3b8bf"), "copper": rgb("c27a54"),
                             "black": rgb("2e2e31"), "white": rgb("e9e9e6")}  # fmt: skip


def mixed(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with this share of `b` in it."""
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def darker(colour: Colour, share: float) -> Colour:
    """The colour with black in it."""
    return mixed(colour, (0.0, 0.0, 0.0), share)


def lighter(colour: Colour, share: float) -> Colour:
    """The colour with white in it."""
    return mixed(colour, (1.0, 1.0, 1.0), share)


def bright(colour: Colour) -> float:
    """How bright it looks, 0 to 1 (Rec. 601 luma)."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
