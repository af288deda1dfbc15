"""What the card of trained weights says, from what was measured. Text alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.recipe import Recipe

COLUMNS = (
    ("garments first / P@10", ("garments first", "garments p10")),
    ("thumbnails kind", ("thumbnails kind", "thumbnails kind p10")),
    ("thumbnails colour", ("thumbnails colour", "thumbnails colour p10")),
    ("groceries at 1 / at 5", ("groceries at 1", "groceries at 5")),
    ("views at 1 / at 5", ("luma-views at 1", "luma-views at 5")),
)
PROTOCOL = """\
**Protocol.** "Plain averages": descriptors are the taps (conv3_3, conv4_3, conv5_3) averaged over the picture, so that
weights are compared and not what is made of them. "As they are searched": each part projected, where the file has
projections, and `colour` (conv1_2) with them. Each part centred by the set's mean, L2-normalised, weighted, joined,
cosine. "First / P@10": share of nearest neighbours of the same kind, at rank 1 and
over the first 10, leave one out. "At 1 / at 5": the right product among all shop pictures of the set, from another
photo of it. None of these pictures was trained on."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    figures: dict[str, float]


def table(rows: Sequence[Row]) -> str:
    """Markdown; a figure that was not measured is a dash."""
    lines = ["| | " + " | ".join(title for title, _ in COLUMNS) + " |", "| --- " * (len(COLUMNS) + 1) + "|"]
    for row in rows:
        cells = [" / ".join(_cell(row.figures.get(key)) for key in keys) for _, keys in COLUMNS]
        lines.append(f"| {row.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def lost(exact: dict[str, float], small: dict[str, float]) -> float:
    """The most that int8 loses against fp32 in one figure, in points of a hundred."""
    return max((100 * (exact[key] - small[key]) for key in exact if key in small), default=0.0)


def card(
    recipe: Recipe, *, counts: dict[str, int], done: Sequence[int], side: int, rows: Sequence[Row], int8: float
) -> str:
    """The whole card. `counts`: pictures by set; `done`: steps of each stage; `int8`: points lost."""
    sets = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    stages = "; ".join(
        f"{steps:,} steps at {stage.side} px, {stage.batch} pictures in two views each, rate {stage.rate:g}, "
        f"{stage.frozen_blocks} blocks frozen"
        for stage, steps in zip(recipe.stages, done, strict=False)
    )
    losses = ", ".join(f"{name} {weight:g}" for name, weight in recipe.weights.items() if weight)
    return f"""\
# Weights: VGG16 with batch normalisation, {side} px

**Training.** Started from `{recipe.start}`; {stages}. Pictures: {sets}. Losses and their weights: {losses}
(`views`: two views of one picture together, other products apart; `teacher`: the pooled features of the teacher;
`kinds`, `kind`, `colour`: labels). Seed {recipe.seed}; weights averaged. `python -m training run` does it again;
`curves.svg` shows how the losses fell.

**Layout.** `weights.npz`: `block{{b}}_conv{{i}}_w` (float16, OIHW, no bias), `..._gamma`, `..._beta`, `..._mean`,
`..._var` (float32, batch normalisation after each convolution, before ReLU; fold with `bn_eps`), `input_mean_rgb`,
`input_scale`; `{{part}}_projection_w`, `..._b` where a projection was learned. `vgg16.onnx`: the same, folded, int8,
{side} px.

**Terms.** As the pictures' own: some are under research-only or unstated terms. Fit for trying and testing; for a shop,
train on its own goods or use the published ImageNet weights.

{PROTOCOL}

{table(rows)}

int8 loses at most {max(int8, 0.0):.1f} points of a hundred against fp32 in any of these figures.
"""
