"""Names of attention modules. Adding one: a module whose first argument is its number of channels, and a line here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from gam_viz.attention.cbam import CBAM
from gam_viz.attention.chain import AttentionChain
from gam_viz.attention.gam import GAM
from gam_viz.attention.se import SE


def _se_then(second: Callable[..., nn.Module], channels: int, /, *, residual: bool = True, **options: Any) -> nn.Module:
    return AttentionChain(SE(channels), second(channels, **options), residual=residual)


#: After timm's convention: the first positional argument of every module is its number of channels.
ATTENTION: dict[str, Callable[..., nn.Module]] = {
    "se": SE,
    "cbam": CBAM,
    "gam": GAM,
    "gam_sigmoid": partial(GAM, channel_gate="sigmoid"),
    "se_cbam": partial(_se_then, CBAM),
    "se_gam": partial(_se_then, GAM),
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
    if name not in ATTENTION:
        raise ValueError(f"unknown attention {name!r}; known are none, {', '.join(ATTENTION)}")
    try:
        return ATTENTION[name](channels, **options)
    except TypeError as error:
        raise ValueError(f"attention {name!r} does not take these options: {error}") from error
