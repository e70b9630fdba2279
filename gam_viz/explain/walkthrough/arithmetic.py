"""The arithmetic behind one number of a tensor: which numbers it is made of, and how.

Each kind holds the numbers that went in and computes `result` from them alone, so what a reader is shown can be
checked by hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Moved:
    """The same number, at another place of another tensor: a permutation, a shuffle.

    Attributes:
        value: the number.
        origin: where it was.
    """

    value: float
    origin: Index

    @property
    def result(self) -> float:
        """The number itself."""
        return self.value


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean of many numbers.

    Attributes:
        values: those numbers, in the shape they lie in: (H, W) of a channel, or (C,) at a position.
    """

    values: Array

    @property
    def result(self) -> float:
        """Their mean."""
        return float(self.values.mean())


@dataclass(frozen=True, eq=False)
class Extreme:
    """The largest of many numbers.

    Attributes:
        values: those numbers, in the shape they lie in: (H, W) of a channel, or (C,) at a position.
    """

    values: Array

    @property
    def result(self) -> float:
        """The largest."""
        return float(self.values.max())

    @property
    def place(self) -> Index:
        """Where the largest lies; of equal ones the first."""
        return tuple(int(i) for i in np.unravel_index(int(self.values.argmax()), self.values.shape))


@dataclass(frozen=True, eq=False)
class DotProduct:
    """Weights times inputs, added up, and a bias: a row of a linear layer, or a window of a convolution.

    Attributes:
        weights, inputs: of one shape: (n,) of a linear layer; (c, k, l) of a convolution, whose window reads 0 where it
            reaches beyond the map.
        bias: added at the end; 0 where there is none.
        first: number of the first input that is read: above 0 in the later groups of a grouped convolution.
    """

    weights: Array
    inputs: Array
    bias: float
    first: int = 0

    @property
    def products(self) -> Array:
        """weights * inputs, of their shape."""
        return self.weights * self.inputs

    @property
    def partial(self) -> Array:
        """(n,) or (c,): what each input adds, a convolution's summed over the window."""
        products = self.products
        return products if products.ndim == 1 else products.sum(axis=(1, 2))

    @property
    def result(self) -> float:
        """The sum with the bias."""
        return float(self.products.sum() + self.bias)


@dataclass(frozen=True, eq=False)
class Normalised:
    """A batch norm in eval mode: (value - mean) / sqrt(variance + eps) * weight + bias.

    Attributes:
        value: what is normalised.
        mean, variance: running statistics of the channel, from training.
        eps: keeps the root away from 0.
        weight, bias: learnt.
    """

    value: float
    mean: float
    variance: float
    eps: float
    weight: float
    bias: float

    @property
    def result(self) -> float:
        """The normalised number."""
        return (self.value - self.mean) / math.sqrt(self.variance + self.eps) * self.weight + self.bias


@dataclass(frozen=True, eq=False)
class Function:
    """A function of one number.

    Attributes:
        name: "sigmoid", 1 / (1 + exp(-v)); "relu", max(0, v); or "identity".
        value: v.
    """

    name: Literal["sigmoid", "relu", "identity"]
    value: float

    @property
    def result(self) -> float:
        """What the function makes of it."""
        if self.name == "sigmoid":
            small = math.exp(-abs(self.value))  # whatever the sign, this does not overflow
            return 1 / (1 + small) if self.value >= 0 else small / (1 + small)
        return max(0.0, self.value) if self.name == "relu" else self.value


@dataclass(frozen=True, eq=False)
class Pair:
    """Two numbers, added or multiplied.

    Attributes:
        left, right: the numbers.
        sign: "+" or "×".
    """

    left: float
    right: float
    sign: Literal["+", "×"]

    @property
    def result(self) -> float:
        """Their sum or product."""
        return self.left + self.right if self.sign == "+" else self.left * self.right


Arithmetic = Moved | Mean | Extreme | DotProduct | Normalised | Function | Pair
