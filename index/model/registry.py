"""The published weights that we know: where they come from, how to recognise them, what their tensors are called.

Everything else in this folder reads these tables; a new published format is a new row here and a reader.
Sources: keras.applications.vgg16 (`keras-team/keras`) and torchvision.models.vgg (`pytorch/vision`).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

DEPTHS = (2, 2, 3, 3, 3)
"""Convolutions in each of VGG16's five blocks (arXiv 1409.1556, configuration D)."""

VGG16_WIDTHS = (64, 128, 256, 512, 512)
"""Channels of each block."""

TAPS = {1: "colour", 3: "texture", 4: "shape", 5: "kind"}
"""Block whose last convolution is pooled -> name of the part."""
ONLY_PROJECTED = {"colour"}
"""Parts that say nothing without a projection: the first block's averages tell how light a picture is before all."""
PART_WEIGHTS = {"colour": 0.65, "texture": 0.5, "shape": 0.75, "kind": 1.0, "fc1": 1.0, "fc2": 1.0}
"""What each part is scaled by before cosines are taken, so that it counts by the square; chosen by measured quality
(docs/model.md)."""

DENSE_WIDTH = 4096
"""Columns of `fc1` and of `fc2`."""


class Channels(enum.StrEnum):
    """The order of colours in which the first convolution was trained."""

    RGB = "RGB"
    """Red first."""
    BGR = "BGR"
    """Blue first, as Caffe had it."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What the network was trained on: `(pixel 0..255 - mean) * scale`, channel by channel."""

    channels: Channels
    mean_rgb: tuple[float, float, float]
    """In units of 0..255, red first whatever `channels` says."""
    scale_rgb: tuple[float, float, float]
    """One factor a channel, red first."""


CAFFE = Preprocessing(Channels.BGR, (123.68, 116.779, 103.939), (1.0, 1.0, 1.0))
"""keras.applications.imagenet_utils, mode `caffe`: BGR, means taken off, not scaled."""

_TORCH_MEAN = (0.485, 0.456, 0.406)
_TORCH_STD = (0.229, 0.224, 0.225)
TORCH = Preprocessing(
    Channels.RGB,
    (255 * _TORCH_MEAN[0], 255 * _TORCH_MEAN[1], 255 * _TORCH_MEAN[2]),
    (1 / (255 * _TORCH_STD[0]), 1 / (255 * _TORCH_STD[1]), 1 / (255 * _TORCH_STD[2])),
)
"""torchvision: RGB in 0..1, mean and deviation of ImageNet."""


@dataclass(frozen=True, slots=True)
class Published:
    """A weights file that its makers publish, as `model pull` gets it."""

    name: str
    url: str
    bytes: int | None
    """Exact size where the makers state it, else None (the checksum decides)."""
    algorithm: str
    """`md5` or `sha256`: what the makers publish. Against accidents, not against forgers, where it is md5."""
    digest: str
    """Hex digits that the file's digest begins with."""
    input_size: int
    """Side of the square it was trained on."""
    outputs: tuple[str, ...]
    licence: str
    """Under which terms the weights are."""


_KERAS_URL = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
_OXFORD = (
    "Weights by the Visual Geometry Group, University of Oxford, under CC BY 4.0; trained on ImageNet, "
    "whose pictures are for non-commercial research"
)
_TORCHVISION = (
    "Weights by the torchvision project (BSD 3-Clause code); trained on ImageNet, "
    "whose pictures are for non-commercial research"
)

PUBLISHED: dict[str, Published] = {
    "keras": Published(
        name="keras",
        url=_KERAS_URL + "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        bytes=58_889_256,
        algorithm="md5",
        digest="6d6bbae143d832006294945121d1f1fc",
        input_size=224,
        outputs=("descriptor",),
        licence=_OXFORD,
    ),
    "keras-full": Published(
        name="keras-full",
        url=_KERAS_URL + "vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        bytes=None,
        algorithm="md5",
        digest="64373286793e3c8b2b4e3219cbf3544b",
        input_size=224,
        outputs=("descriptor", "fc1", "fc2"),
        licence=_OXFORD,
    ),
    "torchvision": Published(
        name="torchvision",
        url="https://download.pytorch.org/models/vgg16-397923af.pth",
        bytes=None,
        algorithm="sha256",
        digest="397923af",
        input_size=224,
        outputs=("descriptor", "fc1", "fc2"),
        licence=_TORCHVISION,
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One layer of VGG16 and its names in each format."""

    layer: str
    """Keras's name, ours too: `block1_conv1` ... `block5_conv3`, `fc1`, `fc2`."""
    torch: str
    """torchvision's prefix: `features.0` ... `classifier.3`; `.weight` and `.bias` follow."""

    @property
    def keras_weights(self) -> tuple[str, ...]:
        """Names of the kernel below the layer's group: of Keras 1, of Keras 2 and 3 (`.weights.h5`)."""
        return (f"{self.layer}_W_1:0", f"{self.layer}/kernel:0", "kernel:0", "vars/0")

    @property
    def keras_biases(self) -> tuple[str, ...]:
        """Names of the bias, in the same order as `keras_weights`."""
        return (f"{self.layer}_b_1:0", f"{self.layer}/bias:0", "bias:0", "vars/1")


def convolutions() -> Iterator[Place]:
    """The 13 convolutions in order; torchvision counts ReLUs (+1) and poolings (+1 a block) in its numbers."""
    position = 0
    for block, depth in enumerate(DEPTHS, start=1):
        for number in range(1, depth + 1):
            yield Place(f"block{block}_conv{number}", f"features.{position}")
            position += 2
        position += 1


CONVOLUTIONS: tuple[Place, ...] = tuple(convolutions())
DENSE: tuple[Place, ...] = (Place("fc1", "classifier.0"), Place("fc2", "classifier.3"))
