"""Which attention there is to choose from, and what of it a budget allows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import torch

from gam_viz.attention import ATTENTION, build_attention
from gam_viz.cost.network_cost import count
from gam_viz.cost.stages import attention_cost, stages_of
from gam_viz.networks import NetworkConfig


@dataclass(frozen=True)
class Fit:
    """What a budget allows of one family.

    Attributes:
        attention, options, number: of the family.
        reduction: the smallest number that fits, so the largest module; where none fits, the largest number that can
            be built; 0 where none can.
        added: the share of parameters that it adds.
        within: whether it fits.
    """

    attention: str
    options: dict[str, Any]
    number: str
    reduction: int
    added: float
    within: bool


def usual(config: NetworkConfig) -> list[NetworkConfig]:
    """The same network without attention, then with each usual one in the same stages."""
    without = dataclasses.replace(config, attention="none", attention_options={}, attention_stages=())
    others = (
        dataclasses.replace(config, attention=name, attention_options=dict(options))
        for name, spec in ATTENTION.items()
        for options in spec.usual
    )
    return [without, *others]


def families() -> list[tuple[str, dict[str, Any], str]]:
    """Designs that differ in one number alone, which divides the hidden width: attention, the options that stay, and
    the name of that number."""
    return [
        (name, dict(options), spec.reduction.name)
        for name, spec in ATTENTION.items()
        if spec.reduction is not None
        for options in spec.families
    ]


def fits(config: NetworkConfig, side: int, share: float) -> list[Fit]:
    """Of every family the largest design that adds at most `share` (0.05 is 5 %) to the parameters.

    Reductions are powers of two. By the closed forms, in an instant, for the stages that `config` chooses; its own
    attention does not matter.
    """
    without = usual(config)[0]
    base = count(without, side).parameters
    return [_fit(config, side, family, base, share) for family in families()]


def _fit(config: NetworkConfig, side: int, family: tuple[str, dict[str, Any], str], base: int, share: float) -> Fit:
    attention, options, number = family
    carrying = [stage.channels for stage in stages_of(config, side) if stage.carries]
    fit = Fit(attention, options, number, 0, 0.0, False)
    reduction = 1
    while carrying and reduction <= min(carrying) and not fit.within:
        given = {**options, number: reduction}
        if all(_builds(attention, channels, given) for channels in carrying):
            design = dataclasses.replace(config, attention=attention, attention_options=given)
            added = attention_cost(design, side).parameters / base
            fit = Fit(attention, options, number, reduction, added, added <= share)
        reduction *= 2
    return fit


def _builds(attention: str, channels: int, options: dict[str, Any]) -> bool:
    """Whether there is such a module; it is asked for itself, so that its rules stand in one place."""
    try:
        with torch.device("meta"):
            build_attention(attention, channels, **options)
    except ValueError:
        return False
    return True
