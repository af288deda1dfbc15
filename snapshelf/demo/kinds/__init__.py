"""The families of products, one module each."""

from __future__ import annotations

from snapshelf.demo.designs import Kind
from snapshelf.demo.kinds import accessories, bags, clothing, decor, footwear, leisure, lighting, seating, tableware

FAMILIES = (footwear, bags, clothing, accessories, lighting, seating, decor, tableware, leisure)
ALL: tuple[Kind, ...] = tuple(kind for family in FAMILIES for kind in family.KINDS)
