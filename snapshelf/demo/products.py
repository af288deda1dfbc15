"""The range of the demo shop: which products there are, what they are called and cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from snapshelf.demo.designs import PATTERN_WORDS, Kind, Look, spread
from snapshelf.demo.dice import Dice
from snapshelf.demo.kinds import ALL

PER_KIND = 16
SHOP = "https://demo.snapshelf.example"


@dataclass(frozen=True)
class Product:
    """One product of the demo shop; `number` counts within its kind, from 1."""

    kind: Kind
    number: int
    look: Look
    title: str
    description: str
    price: str
    brand: str
    available: bool

    @property
    def id(self) -> str:
        """For example `table-lamps-007`."""
        return f"{self.kind.name.lower().replace(' ', '-')}-{self.number:03d}"

    @property
    def link(self) -> str:
        """Its page in the shop, which does not exist."""
        return f"{SHOP}/p/{self.id}"

    @property
    def colour(self) -> str:
        """As feeds write it: `navy/cream` when a pattern shows both."""
        return self.look.main_name if self.look.pattern == "plain" else f"{self.look.main_name}/{self.look.second_name}"

    @property
    def has_second_view(self) -> bool:
        """Every third product is pictured from the other side, too."""
        return self.number % 3 == 0


@cache
def all_products() -> tuple[Product, ...]:
    """The whole range, kind by kind; the same on every call and machine."""
    return tuple(_product(kind, i + 1, look) for kind in ALL for i, look in enumerate(spread(kind, PER_KIND)))


def _product(kind: Kind, number: int, look: Look) -> Product:
    dice = Dice(f"words/{kind.name}/{number}")
    material, brand = dice.pick(kind.materials), dice.pick(kind.brands)
    title = _title(kind, look, material)
    price = round(dice.between(*kind.price)) - dice.pick((0.1, 0.05, 0.01, 0.5))
    text = f"{title}, by {brand}. Drawn for the demo shop; not for sale."
    return Product(kind, number, look, title, text, f"{price:.2f} EUR", brand, dice.chance(0.94))


def _title(kind: Kind, look: Look, material: str) -> str:
    words = [PATTERN_WORDS[look.pattern], material, kind.styles[look.style]]
    name = " ".join(w for w in words if w)
    colours = look.main_name if look.pattern == "plain" else f"{look.main_name} and {look.second_name}"
    return f"{name[0].upper()}{name[1:]}, {colours}"
