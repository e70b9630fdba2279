"""Which architecture of timm's or torchvision's the weights in a file are, if any: tried, not guessed."""

from __future__ import annotations

import re

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.named import fits
from gam_viz.networks.state_dicts.file import WeightsFile

NARROWEST = 16  # channels of a first convolution
MOST_TRIED = 8  # each is built once, without memory for weights: some tenths of a second

#: What only a family's weights are called -> its members, the usual ones first.
_FAMILIES = (
    (r"layer1\.0\.se\.fc1\.weight", "timm:seresnet{18,34,50} timm:seresnext{50_32x4d,101_32x8d,26d_32x4d}"),
    (r"layer1\.0\.se_module\.fc1\.weight", "timm:legacy_seresnet{18,34,50,101,152} timm:legacy_seresnext50_32x4d"),
    (r"layer1\.0\.se\.conv\.weight", "timm:ecaresnet{50d,26t,50t,101d,light,269d}"),
    (r"layer1\.0\.conv1\.weight", "torchvision:resnet{18,34,50,101,152} torchvision:resnext50_32x4d"),
    (r"layer1\.0\.conv1\.weight", "torchvision:wide_resnet50_2 timm:resnet{26,50d,26d,18d,34d}"),
    (r"features\.\d+\.block\.\d\.fc1\.weight", "torchvision:mobilenet_v3_{small,large}"),
    (r"features\.\d+\.\d+\.block\.\d\.fc1\.weight", "torchvision:efficientnet_{b0,b1,b2,b3,b4,v2_s,v2_m,b5}"),
    (r"trunk_output\..*\.se\.fc1\.weight", "torchvision:regnet_y_{400mf,800mf,1_6gf,3_2gf,8gf}"),
    (r"features\.\d+\.conv\.0\.0\.weight", "torchvision:mobilenet_v2"),
    (r"blocks\.\d+\.\d+\.se\.conv_reduce\.weight", "timm:efficientnet_{b0,b1,b2,b3,b4}"),
    (r"blocks\.\d+\.\d+\.se\.conv_reduce\.weight", "timm:mobilenetv3_{large_100,small_100,small_050}"),
    (r"blocks\.\d+\.\d+\.ghost1\..*weight", "timm:ghostnet{_100,v2_100}"),
    (r"s1\.b1\.se\.fc1\.weight", "timm:regnety_{002,004,006,008,016,032}"),
    (r"blocks\.0\.attn\.qkv\.weight", "timm:vit_{tiny,small,base}_patch16_224 timm:deit_tiny_patch16_224"),
    (r"layers\.0\.blocks\.0\.attn\.qkv\.weight", "timm:swin_{tiny,small,base}_patch4_window7_224"),
    (r"stages\.0\.blocks\.0\.conv_dw\.weight", "timm:convnext_{atto,nano,tiny,small,base}"),
)


def likely_architecture(file: WeightsFile) -> str | None:
    """A name that `build_named` takes and whose weights these are; None where none is found."""
    if next((shape[0] for shape in file.shapes.values() if len(shape) == 4), 0) < NARROWEST:
        return None
    keys = "\n".join(file.shapes)
    tried = 0
    for pattern, members in _FAMILIES:
        if not re.search(rf"(^|\.){pattern}$", keys, re.M):
            continue
        for name in _expanded(members):
            tried += 1
            if tried > MOST_TRIED:
                return None
            try:
                if fits(name, file):
                    return name
            except CheckpointError:  # timm is not installed
                continue
    return None


def _expanded(members: str) -> list[str]:
    """ "a{1,2} b" -> "a1", "a2", "b"."""
    names = []
    for member in members.split():
        front, _, rest = member.partition("{")
        middle, _, back = rest.partition("}")
        names += [f"{front}{part}{back}" for part in middle.split(",")]
    return names
