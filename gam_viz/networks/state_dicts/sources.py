"""Where each weight of a network of this project comes from in a file that was written by other code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gam_viz.networks.weights import Shape

#: Of ITU-R 601, by which Pillow and torchvision make a picture grey.
LUMINANCE = (0.299, 0.587, 0.114)
EPS = 1e-5  # of a batch norm

#: What is done with a weight: "" nothing; "shaped", a 1x1 convolution is a linear layer; "swapped", the mean's and the
#: maximum's places are exchanged; "grey", a convolution on one channel becomes one on the luminance of three; and, of
#: weights that the file does not have, what stands in their place.
Change = Literal["", "shaped", "swapped", "grey", "zeros", "ones", "unit variance"]


@dataclass(frozen=True)
class WeightSource:
    """One weight.

    Attributes:
        key: in the file; empty for a constant.
        shape: of the result.
        change: see `Change`.
    """

    key: str
    shape: Shape
    change: Change = ""

    def made(self, numbers: Mapping[str, Tensor]) -> Tensor:
        """It, from the file's numbers; float32 where it is computed."""
        match self.change:
            case "zeros":
                return torch.zeros(self.shape)
            case "ones":
                return torch.ones(self.shape)
            case "unit variance":  # with which an untrained batch norm changes nothing
                return torch.full(self.shape, 1 - EPS)
            case "shaped":
                return numbers[self.key].reshape(self.shape)
            case "swapped":  # (1, 2, k, k)
                return numbers[self.key].flip(1)
            case "grey":  # (C, 1, k, k) -> (C, 3, k, k)
                return numbers[self.key].float() * torch.tensor(LUMINANCE)[None, :, None, None]
        return numbers[self.key]


def constant(shape: Shape, change: Change) -> WeightSource:
    """A weight that the file does not have."""
    return WeightSource("", shape, change)
