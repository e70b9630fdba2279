"""Attention modules that multiply features by gates, and the gate itself."""

from gam_viz.attention.bam import BAM
from gam_viz.attention.cbam import CBAM
from gam_viz.attention.chain import AttentionChain
from gam_viz.attention.coordinate import CoordinateAttention
from gam_viz.attention.cost import ModuleCost
from gam_viz.attention.eca import ECA
from gam_viz.attention.errors import OptionError
from gam_viz.attention.gam import GAM
from gam_viz.attention.gate import SIGMOID, Bounds, Branch, Gate, Watcher, show, watch, watched
from gam_viz.attention.registry import ATTENTION, build_attention, module_cost, spec_of
from gam_viz.attention.se import SE
from gam_viz.attention.simam import SimAM
from gam_viz.attention.spec import AttentionSpec, Option
from gam_viz.attention.triplet import TripletAttention

__all__ = [
    "ATTENTION",
    "BAM",
    "CBAM",
    "ECA",
    "GAM",
    "SE",
    "SIGMOID",
    "AttentionChain",
    "AttentionSpec",
    "Bounds",
    "Branch",
    "CoordinateAttention",
    "Gate",
    "ModuleCost",
    "Option",
    "OptionError",
    "SimAM",
    "TripletAttention",
    "Watcher",
    "build_attention",
    "module_cost",
    "show",
    "spec_of",
    "watch",
    "watched",
]
