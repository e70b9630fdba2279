"""Small experiments on one attention module: change one place, shuffle the places, build it otherwise."""

from gam_viz.explain.interventions.double_precision import Effect
from gam_viz.explain.interventions.gam_variants import Options, VariantStep, options_of, refusal, steps_of
from gam_viz.explain.interventions.one_place import Spread, move_features, move_pixel
from gam_viz.explain.interventions.patches import Rearranged, Shuffle, grids, shuffle_features, shuffle_picture
from gam_viz.explain.interventions.receptive_field import field, reach, spatial_field, spatial_reach

__all__ = [
    "Effect",
    "Options",
    "Rearranged",
    "Shuffle",
    "Spread",
    "VariantStep",
    "field",
    "grids",
    "move_features",
    "move_pixel",
    "options_of",
    "reach",
    "refusal",
    "shuffle_features",
    "shuffle_picture",
    "spatial_field",
    "spatial_reach",
    "steps_of",
]
