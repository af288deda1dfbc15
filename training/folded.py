"""Between weights as a model file has them (a convolution with its bias) and the network that is trained (a convolution
with batch normalisation)."""

from __future__ import annotations

import numpy as np
import torch

from index.model.graph import folded_first
from index.model.registry import Channels, Preprocessing
from index.model.weights import Layer, Weights, as_floats
from training.network import Vgg16, normed

SCALE = 1 / 58
"""What the network multiplies pixels with; the first convolution takes the rest."""


def to_network(weights: Weights) -> Vgg16:
    """The network that gives the same; its normalisation does nothing until `remember_statistics`."""
    net = Vgg16()
    net.mean.copy_(torch.tensor(weights.preprocessing.mean_rgb))
    net.scale.fill_(SCALE)
    for number, ((_, conv, norm), layer) in enumerate(zip(normed(net), weights.convolutions, strict=True)):
        weight = folded_first(layer.weight, weights.preprocessing) / np.float32(SCALE) if number == 0 else layer.weight
        conv.weight.data = torch.from_numpy(as_floats(weight))
        norm.running_mean.zero_()
        norm.running_var.fill_(1.0 - norm.eps)
        norm.weight.data.fill_(1.0)
        norm.bias.data = torch.from_numpy(as_floats(layer.bias))
    return net.to(memory_format=torch.channels_last).eval()


def remember_statistics(net: Vgg16, pixels: torch.Tensor) -> None:
    """Give each normalisation the mean and variance that its input has over `pixels`, and undo both in its gain and
    offset: the network gives the same, and a step of training changes each channel by a share of its own size."""
    values = (pixels - net.mean[None, :, None, None]) * net.scale[None, :, None, None]
    with torch.no_grad():
        for number, block in enumerate(net.blocks):
            for layer in block:
                if isinstance(layer, torch.nn.BatchNorm2d):
                    _remember(layer, values)
                values = layer(values)
            values = net.pool(values) if number + 1 < len(net.blocks) else values


def _remember(norm: torch.nn.BatchNorm2d, values: torch.Tensor) -> None:
    mean, var = values.mean((0, 2, 3)), values.var((0, 2, 3), unbiased=False)
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    offset = norm.bias - norm.running_mean * factor
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(var)
    norm.weight.data = factor * torch.sqrt(var + norm.eps)
    norm.bias.data = offset + mean * factor


def to_weights(net: Vgg16, terms: str) -> Weights:
    """For `index.model.make`: the normalisation folded in, in double precision."""
    layers = []
    for _, conv, norm in normed(net):
        factor = (norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)).detach().cpu()
        weight = conv.weight.detach().cpu().double() * factor[:, None, None, None]
        bias = norm.bias.detach().cpu().double() - norm.running_mean.cpu().double() * factor
        layers.append(Layer(as_floats(weight.contiguous().numpy()), as_floats(bias.numpy())))
    red, green, blue = (float(value) for value in net.mean.cpu())
    scale = [float(value) for value in net.scale.cpu()]
    preprocessing = Preprocessing(Channels.RGB, (red, green, blue), (scale[0], scale[1], scale[2]))
    return Weights("npz", tuple(layers), (), preprocessing, terms)
