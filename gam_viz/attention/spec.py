"""What there is to know of an attention module, in one place: pages, commands and figures draw themselves from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gam_viz.attention.cost import ModuleCost

GREY = "#8a8a8a"  # of no attention, and of modules that have no colour of their own


@dataclass(frozen=True)
class Option:
    """One keyword argument of a module: a whole number, or one of a few words.

    Attributes:
        name: the keyword.
        word: names its control in links (`d-<word>`) and its texts in the catalogue: `design.<word>`,
            `design.<word>_help` and, of words, `design.<word>.<choice>`. Where those are missing the page shows `name`.
        default: the value that a design does not mention.
        lowest, highest, step: of a number.
        choices: of a word; empty for a number.
        reduction: whether it divides the hidden width. A design names it even where it is the default, and the Design
            page looks for the smallest that a budget allows.
        needs: another option that must differ from its default for this one to mean anything; empty for none.
    """

    name: str
    word: str
    default: Any
    lowest: int = 1
    highest: int = 4096
    step: int = 1
    choices: tuple[str, ...] = ()
    reduction: bool = False
    needs: str = ""

    def wrong(self, value: object) -> str:
        """What is wrong with the kind of a value, in words; empty for nothing. The module looks at how large it is."""
        if self.choices:
            kind, fits = f"one of {', '.join(self.choices)}", isinstance(value, str)
        else:
            kind, fits = "a whole number", isinstance(value, Integral) and not isinstance(value, bool)
        return "" if fits else f"{self.name} must be {kind}, got {value!r}"


@dataclass(frozen=True)
class AttentionSpec:
    """One attention module. What is left out here is said on the pages, not guessed.

    Attributes:
        build: the module's class, or a function that makes one; its first argument is the number of channels.
        title: its name where the catalogue has no `attention.<name>`; without either it goes by its registry name.
        options: those that the Design page offers, in that order.
        cost: closed form, called with channels, the side of the map and the options; None where there is none, and the
            module is counted instead.
        formula: names the sentence `design.formula.<formula>` that says the closed form; may hold options in braces.
        first: the module before it, of a chain, by its registry name.
        usual: options of the designs that others are compared with.
        families: options that stay while the reduction is varied to fit a budget; only with an option that is one.
        colour: "#rrggbb", one everywhere; grey where it is left out.
        marker: Plotly's name of its marker, so that no two are told apart by their colour alone.
        walkthrough: how the Inside page takes it apart, a key of `gam_viz.explain.walkthrough.WALKTHROUGHS`; empty
            where it does not.
    """

    build: Callable[..., nn.Module]
    title: str = ""
    options: tuple[Option, ...] = ()
    cost: Callable[..., ModuleCost] | None = None
    formula: str = ""
    first: str = ""
    usual: tuple[Mapping[str, Any], ...] = ({},)
    families: tuple[Mapping[str, Any], ...] = ({},)
    colour: str = GREY
    marker: str = "circle"
    walkthrough: str = ""

    @property
    def reduction(self) -> Option | None:
        """The option that divides the hidden width, if there is one."""
        return next((option for option in self.options if option.reduction), None)

    def filled(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """All options, those that are not given at their defaults."""
        return {option.name: option.default for option in self.options} | dict(options)

    def design(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Those of all options that a design mentions: the reduction, and whatever is not at its default."""
        return {
            option.name: chosen[option.name]
            for option in self.options
            if option.name in chosen and (option.reduction or chosen[option.name] != option.default)
        }


def counted(module: Callable[[], nn.Module], channels: int, side: int) -> ModuleCost:
    """Parameters and multiply-adds of a module on features (channels, side, side), without a weight being stored.

    Args:
        module: makes it; called on the meta device.
        channels, side: C, and H = W.
    """
    with torch.device("meta"):
        made, features = module().eval(), torch.empty(1, channels, side, side)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        made(features)
    return ModuleCost(sum(p.numel() for p in made.parameters()), counter.get_total_flops() // 2)
