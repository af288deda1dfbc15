"""The families of products, one module each."""

from __future__ import annotations

from snapshelf.demo.designs import Kind
from snapshelf.demo.kinds import bags, footwear, tableware

ALL: tuple[Kind, ...] = (*footwear.KINDS, *bags.KINDS, *tableware.KINDS)
