"""Whose names a state dict uses: the tutorial's, torchvision's, the CBAM authors', or this project's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.state_dicts.pickles import SAVE_INSTEAD, TensorSpec, short
from gam_viz.text.refusal import Phrase

MAX_NAME = 200  # letters

#: Where training scripts keep the state dict among other things, the likeliest first.
WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "network", "net")
#: What DataParallel, torch.compile and wrapping modules put before every name.
_PREFIXES = ("module.", "_orig_mod.", "model.", "network.", "net.", "backbone.")

_RENAMED = (
    (r"\.gam\.", ".attention."),  # the tutorial's blocks
    (r"\.downsample\.", ".shortcut."),  # torchvision's, and the CBAM authors'
    # MODELS/cbam.py of the CBAM authors: the same computation under longer names.
    (r"\.cbam\.ChannelGate\.mlp\.1\.", ".attention.mlp.0."),
    (r"\.cbam\.ChannelGate\.mlp\.3\.", ".attention.mlp.2."),
    (r"\.cbam\.SpatialGate\.spatial\.", ".attention."),
)


def weights_in(content: Any, name: str) -> dict[str, TensorSpec]:
    """The state dict in what a file describes, under this project's names.

    Raises:
        CheckpointError: there is none, or two of its names become one.
    """
    found = _state_dict(content, name)
    while prefix := next((p for p in _PREFIXES if found and all(key.startswith(p) for key in found)), None):
        found = {key.removeprefix(prefix): spec for key, spec in found.items()}
    renamed = {_rename(key): spec for key, spec in found.items()}
    if len(renamed) != len(found):
        raise CheckpointError("checkpoints.other.twice", name=name)
    return renamed


def _state_dict(content: Any, name: str) -> dict[str, TensorSpec]:
    given = content
    if isinstance(given, Mapping):
        wrapped = next((key for key in WRAPPERS if isinstance(given.get(key), Mapping)), None)
        given = given[wrapped] if wrapped else given
    if not isinstance(given, Mapping) or not given:
        what = short(type(given).__name__) if given else Phrase("checkpoints.nothing")
        raise CheckpointError("checkpoints.more.no_state_dict", name=name, what=what, instead=SAVE_INSTEAD)
    for key, value in given.items():
        if not isinstance(key, str) or not isinstance(value, TensorSpec):
            raise CheckpointError(
                "checkpoints.more.not_a_tensor", name=name, what=short(repr(key)), instead=SAVE_INSTEAD
            )
        if not key.isprintable() or len(key) > MAX_NAME:
            raise CheckpointError("checkpoints.other.weight_name", name=name, weight=short(repr(key)))
    return dict(given)


def _rename(key: str) -> str:
    for pattern, replacement in _RENAMED:
        key = re.sub(pattern, replacement, key)
    return key
