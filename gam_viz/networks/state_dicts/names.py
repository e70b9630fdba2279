"""Whose names a state dict uses: the tutorial's, torchvision's, the CBAM authors', or this project's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gam_viz.networks.card import CheckpointError

_RENAMED = (
    (r"\.gam\.", ".attention."),  # the tutorial's blocks
    (r"\.downsample\.", ".shortcut."),  # torchvision's, and the CBAM authors'
    # MODELS/cbam.py of the CBAM authors: the same computation under longer names.
    (r"\.cbam\.ChannelGate\.mlp\.1\.", ".attention.mlp.0."),
    (r"\.cbam\.ChannelGate\.mlp\.3\.", ".attention.mlp.2."),
    (r"\.cbam\.SpatialGate\.spatial\.", ".attention."),
)


#: A weight that every residual network has: what stands before it stands before the whole network.
_ANCHOR = "layer1.0.conv1.weight"


def renamed(keys: Iterable[str], name: str) -> dict[str, str]:
    """This project's name for each weight of a residual network -> the file's; what lies beside it is left out.

    Raises:
        CheckpointError: two names become one.
    """
    keys = list(keys)
    root = min((key.removesuffix(_ANCHOR) for key in keys if key.endswith(_ANCHOR)), key=len, default="")
    if root.endswith("."):
        keys = [key for key in keys if key.startswith(root)]
    else:
        root = ""
    found = {_rename(key.removeprefix(root)): key for key in keys}
    if len(found) != len(keys):
        raise CheckpointError("checkpoints.other.twice", name=name)
    return found


def _rename(key: str) -> str:
    for pattern, replacement in _RENAMED:
        key = re.sub(pattern, replacement, key)
    return key
