"""Run by a test and killed by it: trains on drawn goods in a folder, says `kept` after each checkpoint, then `done`.

python -m tests.training.resumed FOLDER
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import torch

from tests.training.goods import drawn_shelf
from training import finetune
from training.bank import Bank
from training.network import Vgg16

STEPS = 5


def network() -> Vgg16:
    """Always the same numbers."""
    torch.manual_seed(1)
    net = Vgg16()
    net.eval()
    net.scale.fill_(1 / 58)
    net.freeze(4)
    return net


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    finetune.CHECKPOINT_S = 0.0  # after every step
    net = network()
    bank = Bank(drawn_shelf(), net, side=32, views=3, pictures=1000, folder=folder, seed=7)
    bank.fill(lambda done, total: print("looked", flush=True), "cpu")
    tuner = finetune.FineTuner(net, bank, STEPS, finetune.Recipe(batch=8), folder)
    print(f"begins at {tuner.step}", flush=True)
    keep = tuner.keep

    def kept() -> None:
        keep()
        print("kept", flush=True)

    tuner.keep = kept  # type: ignore[method-assign]
    tuner.run(lambda done, total: None)
    total = hashlib.sha256()
    for parameter in tuner.averaged.parameters():
        total.update(parameter.detach().numpy().tobytes())
    print(f"done {total.hexdigest()}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
