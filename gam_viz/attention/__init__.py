"""Attention modules that multiply features by gates, and the gate itself."""

from gam_viz.attention.cbam import CBAM
from gam_viz.attention.chain import AttentionChain
from gam_viz.attention.errors import OptionError
from gam_viz.attention.gam import GAM
from gam_viz.attention.gate import Branch, Gate, Watcher, show, watch, watched
from gam_viz.attention.registry import ATTENTION, build_attention
from gam_viz.attention.se import SE

__all__ = [
    "ATTENTION",
    "CBAM",
    "GAM",
    "SE",
    "AttentionChain",
    "Branch",
    "Gate",
    "OptionError",
    "Watcher",
    "build_attention",
    "show",
    "watch",
    "watched",
]
