"""Closed forms: parameters and multiply-adds of parts of attention modules. Each module's own stands beside it.

A convolution or linear layer has `inputs a group x outputs x kernel (+ outputs, where it has biases)` parameters, and
the same product without the biases, times the positions it is evaluated at, as multiply-adds. A batch norm adds two
parameters a channel and no multiply-adds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModuleCost:
    """Of one module on one picture's features."""

    parameters: int
    macs: int

    def __add__(self, other: ModuleCost) -> ModuleCost:
        return ModuleCost(self.parameters + other.parameters, self.macs + other.macs)

    def __mul__(self, times: int) -> ModuleCost:
        return ModuleCost(self.parameters * times, self.macs * times)


def convolution(inputs: int, outputs: int, taps: int, positions: int, *, groups: int = 1, bias: bool) -> ModuleCost:
    """A convolution of so many taps (49 for 7x7) at so many positions; a linear layer is one of 1 tap."""
    weights = inputs // groups * outputs * taps
    return ModuleCost(weights + outputs * bias, weights * positions)


def bottleneck(channels: int, hidden: int, vectors: int) -> ModuleCost:
    """Two linear layers C -> h -> C with biases, on so many vectors."""
    return convolution(channels, hidden, 1, vectors, bias=True) + convolution(hidden, channels, 1, vectors, bias=True)


def batch_norm(channels: int) -> ModuleCost:
    """Its weights and biases."""
    return ModuleCost(2 * channels, 0)
