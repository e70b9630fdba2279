"""Weights in files, as training scripts save them: read as they are, and made into checkpoints."""

from gam_viz.networks.state_dicts.convert import HALF, IMAGENET, INPUT_SIZES, StateDict, open_state_dict
from gam_viz.networks.state_dicts.file import WeightsFile, open_weights, read_weights
from gam_viz.networks.state_dicts.fit import load_weights

__all__ = [
    "HALF",
    "IMAGENET",
    "INPUT_SIZES",
    "StateDict",
    "WeightsFile",
    "load_weights",
    "open_state_dict",
    "open_weights",
    "read_weights",
]
