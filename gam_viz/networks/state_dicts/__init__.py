"""Own checkpoints: state dicts in `.pt` and `.pth` files, as training scripts save them."""

from gam_viz.networks.state_dicts.convert import HALF, INPUT_SIZES, StateDict, open_state_dict

__all__ = ["HALF", "INPUT_SIZES", "StateDict", "open_state_dict"]
