"""The attention modules, each with all that pages and commands draw themselves from. Adding one: an entry here.

`ATTENTION["name"] = AttentionSpec(...)` does it at run time, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import nn

from gam_viz.attention.bam import BAM, bam_cost
from gam_viz.attention.cbam import CBAM, cbam_cost
from gam_viz.attention.chain import AttentionChain
from gam_viz.attention.coordinate import CoordinateAttention, coordinate_cost
from gam_viz.attention.cost import ModuleCost
from gam_viz.attention.eca import ECA, eca_cost
from gam_viz.attention.gam import GAM, gam_cost
from gam_viz.attention.se import SE, se_cost
from gam_viz.attention.simam import SimAM, simam_cost
from gam_viz.attention.spec import AttentionSpec, Option, counted
from gam_viz.attention.triplet import TripletAttention, triplet_cost

RATIO = Option("reduction_ratio", "ratio", 16, reduction=True)
KERNEL = Option("kernel_size", "kernel", 7, highest=31, step=2)
RATE = Option("rate", "rate", 4, reduction=True)
FORM = Option("spatial", "form", "full", choices=("full", "factorised", "depthwise"))
GROUPS = Option("groups", "groups", 1, highest=64)
SHUFFLE = Option("shuffle", "shuffle", "between", choices=("between", "last", "none"), needs="groups")
CHANNEL_GATE = Option("channel_gate", "gate", "none", choices=("none", "sigmoid"))


def _se_then(second: Callable[..., nn.Module], channels: int, /, *, residual: bool = True, **options: Any) -> nn.Module:
    return AttentionChain(SE(channels), second(channels, **options), residual=residual)


def _cost_after_se(
    second: Callable[..., ModuleCost], channels: int, side: int, /, *, residual: bool = True, **options: Any
) -> ModuleCost:
    return se_cost(channels, side) + second(channels, side, **options)


_CBAM_OPTIONS = (RATIO, KERNEL)
_GAM_OPTIONS = (RATE, FORM, GROUPS, SHUFFLE, CHANNEL_GATE)
#: After timm's convention: the first positional argument of every module is its number of channels. Colours have 3:1
#: on light and on dark pages; where colour-blind eyes take two for one, markers tell them apart.
ATTENTION: dict[str, AttentionSpec] = {
    "se": AttentionSpec(
        SE,
        options=(RATIO,),
        cost=se_cost,
        formula="se",
        usual=({"reduction_ratio": 16},),
        colour="#1b9e77",
        marker="triangle-down",
        walkthrough="se",
    ),
    "cbam": AttentionSpec(
        CBAM,
        options=_CBAM_OPTIONS,
        cost=cbam_cost,
        formula="cbam",
        usual=({"reduction_ratio": 16},),
        colour="#2f7fc1",
        marker="square",
        walkthrough="cbam",
    ),
    "gam": AttentionSpec(
        GAM,
        options=_GAM_OPTIONS,
        cost=gam_cost,
        formula="{spatial}",
        usual=(
            {"rate": 16, "spatial": "factorised"},
            {"rate": 16, "spatial": "depthwise"},
            {"rate": 4, "spatial": "depthwise"},
            {"rate": 4, "spatial": "factorised"},
            {"rate": 16},
            {"rate": 4, "groups": 4},
            {"rate": 4},  # as the tutorial prints it
        ),
        families=({"spatial": "factorised"}, {"spatial": "depthwise"}, {"groups": 4}, {}),
        colour="#c77700",
        marker="diamond",
        walkthrough="gam",
    ),
    "gam_sigmoid": AttentionSpec(
        partial(GAM, channel_gate="sigmoid"),
        options=(RATE, FORM, GROUPS, SHUFFLE),
        cost=gam_cost,
        formula="{spatial}",
        usual=(),
        families=(),
        colour="#b0508f",
        marker="triangle-up",
    ),
    "se_cbam": AttentionSpec(
        partial(_se_then, CBAM),
        options=_CBAM_OPTIONS,
        cost=partial(_cost_after_se, cbam_cost),
        formula="cbam",
        first="se",
        usual=(),
        families=(),
        colour="#1894b4",
        marker="star",
    ),
    "se_gam": AttentionSpec(
        partial(_se_then, GAM),
        options=_GAM_OPTIONS,
        cost=partial(_cost_after_se, gam_cost),
        formula="{spatial}",
        first="se",
        usual=(),
        families=(),
        colour="#d55e00",
        marker="cross",
    ),
    "eca": AttentionSpec(
        ECA,
        options=(Option("k_size", "neighbours", 3, highest=31, step=2),),
        cost=eca_cost,
        formula="eca",
        colour="#7d45ec",
        marker="x",
    ),
    "simam": AttentionSpec(SimAM, cost=simam_cost, formula="simam", colour="#687040", marker="bowtie"),
    "triplet": AttentionSpec(
        TripletAttention,
        options=(KERNEL,),
        cost=triplet_cost,
        formula="triplet",
        colour="#00767f",
        marker="star-diamond",
    ),
    "coordinate": AttentionSpec(
        CoordinateAttention,
        options=(Option("reduction_ratio", "squeeze", 32, reduction=True),),
        cost=coordinate_cost,
        formula="coordinate",
        usual=({"reduction_ratio": 32},),
        colour="#b94700",
        marker="hexagon",
    ),
    "bam": AttentionSpec(
        BAM,
        options=(
            RATIO,
            Option("dilation", "dilation", 4, highest=16),
            Option("combine", "combine", "sum", choices=("sum", "product")),
        ),
        cost=bam_cost,
        formula="bam",
        usual=({"reduction_ratio": 16},),
        colour="#b516ad",
        marker="pentagon",
    ),
}


def build_attention(name: str, channels: int, /, **options: Any) -> nn.Module:
    """Build an attention module by name; "none" is the identity.

    Args:
        name: a key of `ATTENTION`, or "none".
        channels: C of the features (B, C, H, W) it will work on.
        options: passed on to the module.

    Raises:
        ValueError: the name is unknown, or an option does not fit; the sentence says what is known.
    """
    if name == "none":
        if options:
            raise ValueError(f"attention 'none' takes no options, got {', '.join(sorted(options))}")
        return nn.Identity()
    spec = _known(name)
    offered = {option.name: option for option in spec.options}
    wrong = [offered[key].wrong(value) for key, value in options.items() if key in offered]
    try:
        if not any(wrong):
            return spec.build(channels, **options)
    except TypeError as error:
        others = [repr(key) for key in options if key not in offered]
        wrong = [f"{', '.join(others)}; it takes {', '.join(offered) or 'none'}" if others else str(error)]
    raise ValueError(f"attention {name!r} does not take these options: {'; '.join(filter(None, wrong))}")


def module_cost(name: str, channels: int, side: int, options: Mapping[str, Any] | None = None) -> ModuleCost:
    """Parameters and multiply-adds of one module on features (channels, side, side): by its closed form, else counted.

    Args:
        name: a key of `ATTENTION`, or "none".
        channels, side: C, and H = W.
        options: the module's; closed forms do not check whether they fit together.

    Raises:
        ValueError: the name is unknown, or a module without a closed form cannot be built.
    """
    given = dict(options or {})
    if name == "none":
        return ModuleCost(0, 0)
    closed_form = _known(name).cost
    if closed_form is not None:
        return closed_form(channels, side, **given)
    return counted(partial(build_attention, name, channels, **given), channels, side)


def spec_of(module: nn.Module) -> AttentionSpec | None:
    """The entry whose class a module is of; None where there is none."""
    return next((spec for spec in ATTENTION.values() if spec.build is type(module)), None)


def _known(name: str) -> AttentionSpec:
    if name not in ATTENTION:
        raise ValueError(f"unknown attention {name!r}; known are none, {', '.join(ATTENTION)}")
    return ATTENTION[name]
