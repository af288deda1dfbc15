"""What makes one product differ from another of its kind, and how a range of them is spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from snapshelf.demo import patterns
from snapshelf.demo.canvas import Canvas, Fill
from snapshelf.demo.colours import COLOURS, Colour, bright, darker, lighter
from snapshelf.demo.dice import Dice

GOLDEN = 0.6180339887  # steps of the golden ratio fill a range evenly, whatever the count


@dataclass(frozen=True)
class Look:
    """All that a drawing depends on: a style of its kind, colours, a pattern, proportions (0 to 1)."""

    style: str
    pattern: str
    main_name: str
    second_name: str
    third_name: str
    a: float
    b: float
    c: float
    seed: str

    @property
    def main(self) -> Colour:
        """The colour that the product is sold as."""
        return COLOURS[self.main_name]

    @property
    def second(self) -> Colour:
        """The colour of its pattern or of its other parts."""
        return COLOURS[self.second_name]

    @property
    def third(self) -> Colour:
        """A colour for small parts."""
        return COLOURS[self.third_name]

    @property
    def line(self) -> Colour:
        """A colour for seams that shows on the main one."""
        return lighter(self.main, 0.3) if bright(self.main) < 0.25 else darker(self.main, 0.35)

    def fill(self, scale: float = 1.0, *, top: float = 150, bottom: float = 850) -> Fill:
        """The pattern in the look's colours, `scale` times its usual size; top and bottom bound gradients."""
        a, b, c, p = self.main, self.second, self.third, 80 * scale * (0.75 + 0.6 * self.c)
        made: dict[str, Callable[[], Fill]] = {
            "plain": lambda: patterns.plain(a),
            "stripes": lambda: patterns.stripes(a, b, p * 1.15),
            "pinstripes": lambda: patterns.stripes(a, b, p * 0.8, 90, 0.16),
            "upright": lambda: patterns.stripes(a, b, p * 1.15, 90),
            "diagonal": lambda: patterns.stripes(a, b, p * 1.2, 38),
            "dots": lambda: patterns.dots(a, b, p * 1.1),
            "checks": lambda: patterns.checks(a, b, p * 1.1),
            "squares": lambda: patterns.squares(a, b, p * 0.8),
            "plaid": lambda: patterns.plaid(a, b, c, p * 1.9),
            "zigzag": lambda: patterns.zigzag(a, b, p * 1.25),
            "gradient": lambda: patterns.gradient(a, b, top, bottom),
            "block": lambda: patterns.block(a, b, (top + bottom) / 2000 + 0.12 * (self.b - 0.5)),
            "halves": lambda: patterns.block(a, b, 0.5, -90),
            "camo": lambda: patterns.blobs(a, b, p * 2.2, 0.5, self.a),
            "flowers": lambda: patterns.flowers(a, b, c, p * 1.75),
            "speckles": lambda: patterns.speckles(a, b, p * 0.8, self.seed),
        }
        return made[self.pattern]()


# how titles speak of a pattern
PATTERN_WORDS = {
    "plain": "", "stripes": "Striped", "pinstripes": "Pinstriped", "upright": "Candy-striped",
    "diagonal": "Diagonal-striped",
    "dots": "Polka-dot", "checks": "Gingham", "squares": "Chequered", "plaid": "Tartan", "zigzag": "Zigzag",
    "gradient": "Ombré", "block": "Colour-block", "halves": "Two-tone", "camo": "Camouflage", "flowers": "Floral",
    "speckles": "Speckled",
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of product: what it is called and costs, how its looks vary, and the function that draws it."""

    name: str
    product_type: str
    draw: Callable[[Canvas, Look], None]
    styles: dict[str, str]  # style: noun for titles
    patterns: Sequence[str]
    palette: Sequence[str]
    materials: Sequence[str]
    brands: Sequence[str]
    price: tuple[float, float]
    second: Sequence[str] = ()  # colours for patterns and other parts; the palette where empty
    lies_flat: bool = False  # photographed from above: its shadow lies all round
    hangs: bool = False  # photographed on a wall or hanger: no shadow on the ground
    plain_styles: Sequence[str] = ()  # styles whose drawing has no room for a pattern


def spread(kind: Kind, count: int) -> list[Look]:
    """`count` looks of a kind, far apart: styles, patterns and colours take turns, proportions fill 0 to 1."""
    dice = Dice(f"looks/{kind.name}")
    styles = dice.shuffled(list(kind.styles))
    pattern_turns = dice.shuffled(kind.patterns)
    colours = dice.shuffled(kind.palette)
    start = dice.unit()
    looks: list[Look] = []
    used: Counter[tuple[str, ...]] = Counter()
    for i in range(count):
        style = styles[i % len(styles)]
        turns = ["plain"] if style in kind.plain_styles else pattern_turns
        pattern = min(turns, key=lambda p: (used[style, p], used[p,]))
        main = min(colours, key=lambda m: (used[style, pattern, m], used[style, m] + used[pattern, m], used[m,]))
        used.update([(style, pattern), (pattern,), (style, pattern, main), (style, main), (pattern, main), (main,)])
        second = _contrast(dice, main, kind.second or kind.palette)
        third = _contrast(dice, second, [n for n in (*kind.palette, "white", "mustard") if n != main])
        a = (start + i * GOLDEN) % 1
        looks.append(Look(style, pattern, main, second, third, a, dice.unit(), dice.unit(), f"{kind.name}/{i}"))
    return looks


def _contrast(dice: Dice, name: str, choice: Sequence[str]) -> str:
    base = COLOURS[name]

    def apart(other: str) -> float:
        return sum(abs(p - q) for p, q in zip(base, COLOURS[other], strict=True))

    far = [c for c in dict.fromkeys(choice) if apart(c) > 0.75]
    return dice.pick(far) if far else max(choice, key=apart)
