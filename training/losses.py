"""What the network is asked for: two views of a product together, the teacher's features, kinds and colours."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from index.model.registry import PART_WEIGHTS
from training.network import DIMENSIONS

TRAINED = ("texture", "shape", "kind")
"""The first block keeps its weights: `colour` is projected alone."""
TEMPERATURE = 0.07
CENTRE_RATE = 0.02
NOT_ASKED = -1e4
SMOOTHING = 0.1
"""Share of a label's weight that is spread evenly over all that are asked."""


class Centres(nn.Module):
    """Running means of the normalised parts: searching centres them by the catalogue's own mean."""

    def __init__(self) -> None:
        super().__init__()
        for name in TRAINED:
            self.register_buffer(name, torch.zeros(DIMENSIONS[name]))

    def forward(self, parts: dict[str, Tensor]) -> dict[str, Tensor]:
        """Parts normalised, centred, normalised again."""
        out = {}
        for name in TRAINED:
            unit, centre = functional.normalize(parts[name]), getattr(self, name)
            if self.training:
                centre += CENTRE_RATE * (unit.detach().mean(0) - centre)
            out[name] = functional.normalize(unit - centre)
        return out


def likeness(left: dict[str, Tensor], right: dict[str, Tensor]) -> Tensor:
    """`[B, B]`: weighted mean of the parts' cosines, as a search weighs them."""
    counts = {name: PART_WEIGHTS[name] ** 2 for name in TRAINED}
    total = sum(counts.values())
    return torch.stack([count / total * left[name] @ right[name].T for name, count in counts.items()]).sum(0)


def views_loss(alike: Tensor, identity: Tensor) -> Tensor:
    """NT-Xent (Chen et al. 2020) in both directions; pictures of one identity are no negatives of each other."""
    same = identity[:, None] == identity[None]
    same.fill_diagonal_(False)
    logits = (alike / TEMPERATURE).masked_fill(same, NOT_ASKED)
    target = torch.arange(len(alike), device=alike.device)
    return (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)) / 2


def kinds_loss(alike: Tensor, kind: Tensor, source: Tensor | None = None) -> Tensor:
    """Supervised contrast (Khosla et al. 2020): views of one kind nearer than the rest; -1 is unlabelled.

    `source` `[B]`: the set that each picture is of. Kinds of two sets are not told apart: both may know a shirt.
    """
    labelled = kind >= 0
    same = (kind[:, None] == kind[None]) & labelled[:, None]
    logits = alike / (2 * TEMPERATURE)
    if source is not None:
        logits = logits.masked_fill(source[:, None] != source[None], NOT_ASKED)
    log = functional.log_softmax(logits, 1)
    per = (log * same).sum(1) / same.sum(1).clamp(min=1)
    return -(per * labelled).sum() / labelled.sum().clamp(min=1)


def teacher_loss(guess: Tensor, taught: Tensor) -> Tensor:
    """Smooth L1 and cosine on standardised features."""
    return functional.smooth_l1_loss(guess, taught) + (1 - functional.cosine_similarity(guess, taught)).mean()


def levelled(values: Tensor) -> Tensor:
    """Each column with mean 0 and deviation 1 over the batch: averages after ReLU are too small for a head to learn."""
    return functional.batch_norm(values, None, None, training=True)


def labels_loss(logits: Tensor, labels: Tensor, asked: Tensor | None = None) -> Tensor:
    """Cross-entropy over what is labelled; 0 where nothing is.

    `asked` `[B, L]`: which labels each picture's set knows at all; the others are no wrong answers.
    """
    known = labels >= 0
    if not known.any():
        return logits.sum() * 0
    logits, labels = logits[known], labels[known]
    asked = torch.ones_like(logits, dtype=torch.bool) if asked is None else asked[known]
    log = functional.log_softmax(logits.masked_fill(~asked, NOT_ASKED), 1)
    even = -(log * asked).sum(1) / asked.sum(1)
    right = functional.nll_loss(log, labels, reduction="none")
    return ((1 - SMOOTHING) * right + SMOOTHING * even).mean()
