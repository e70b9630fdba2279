"""A residual network's weights under the names that other code gave them, found again under this project's.

Known are the tutorial's names, torchvision's and timm's, the CBAM authors', transformers', and those of widespread
ResNets for CIFAR; a network that was cut into a Sequential; and any names at all for the attention modules and the
head, which are told by their shapes (see `roles`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.state_dicts.roles import Given, as_here, by_shape, mean_first
from gam_viz.networks.state_dicts.sources import WeightSource, constant
from gam_viz.networks.state_dicts.unknown import UnknownError
from gam_viz.networks.weights import Shape

POOLED = "pooled"  # whether CBAM's spatial convolution sees the maximum first: its weights do not tell

_RENAMED = (
    (r"\.gam\.", ".attention."),  # the tutorial's blocks
    (r"\.(downsample|identity_downsample|skip)\.", ".shortcut."),  # torchvision's, and the CBAM authors'
    # MODELS/cbam.py of the CBAM authors: the same computation under longer names.
    (r"\.cbam\.ChannelGate\.mlp\.1\.", ".attention.mlp.0."),
    (r"\.cbam\.ChannelGate\.mlp\.3\.", ".attention.mlp.2."),
    (r"\.cbam\.SpatialGate\.spatial\.", ".attention."),
    # A stem that is a Sequential, or a part of a module.
    (r"(^|\.)(stem|conv1|layer0)\.0\.", r"\1conv1."),
    (r"(^|\.)(stem|conv1|layer0)\.1\.", r"\1bn1."),
    (r"(^|\.)(stem|layer0)\.(conv1|bn1)\.", r"\1\3."),
    # transformers' ResNet
    (r"embedder\.embedder\.convolution\.", "conv1."),
    (r"embedder\.embedder\.normalization\.", "bn1."),
    (r"\.shortcut\.convolution\.", ".shortcut.0."),
    (r"\.shortcut\.normalization\.", ".shortcut.1."),
)
_PARTS = {"0": "conv1.", "1": "bn1.", "3": "conv2.", "4": "bn2.", "6": "conv3.", "7": "bn3."}  # ReLUs between them
#: Stages and blocks that are counted otherwise: transformers' ResNet, conv2_x to conv5_x, and a Sequential of a
#: ResNet's children.
_STAGED: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"encoder\.stages\.(\d+)\.layers\.(\d+)\.", lambda m: f"layer{int(m[1]) + 1}.{m[2]}."),
    (r"(?<=\.)layer\.(\d)\.convolution\.", lambda m: f"conv{int(m[1]) + 1}."),
    (r"(?<=\.)layer\.(\d)\.normalization\.", lambda m: f"bn{int(m[1]) + 1}."),
    (r"conv([2-5])_x\.(\d+)\.", lambda m: f"layer{int(m[1]) - 1}.{m[2]}."),
    (r"residual_function\.([013467])\.", lambda m: _PARTS[m[1]]),
    (r"(?<![^.])([4-7])\.(\d+)\.(?=[a-z])", lambda m: f"layer{int(m[1]) - 3}.{m[2]}."),
)
#: A weight that every residual network has: what stands before it stands before the whole network.
_ANCHOR = "layer1.0.conv1.weight"
#: What scripts leave among a network's weights: a loss's own, and the counts of the profiler "thop".
_BESIDE = re.compile(r"^(criterion|\w*loss\w*)\.|(^|\.)total_(ops|params)$")
_BLOCK = re.compile(r"(layer\d+\.\d+)\.(.+)")
_PLAIN = re.compile(r"(conv[123]|bn[123]|shortcut\.[01])\.\w+")


@dataclass(frozen=True)
class Renamed:
    """A network's weights under this project's names.

    Attributes:
        sources: where each comes from.
        questions: `POOLED`, where that is not told.
        mean_first: the likely answer.
        left_over: weights of the file that lie beside the network.
    """

    sources: Mapping[str, WeightSource]
    questions: tuple[str, ...] = ()
    mean_first: bool = False
    left_over: tuple[str, ...] = ()


def renamed(shapes: Mapping[str, Shape], name: str) -> Renamed:
    """This project's name for each weight of a residual network; what lies beside the network is left out.

    Raises:
        CheckpointError: two names become one.
        UnknownError: a block's attention is of no kind that is told by its shapes, or attention stands outside of all
            blocks.
    """
    kept = [key for key in shapes if not _BESIDE.search(key)]
    names = {_rename(key): key for key in kept}
    if len(names) != len(kept):
        raise CheckpointError("checkpoints.other.twice", name=name)
    roots = [key.removesuffix(_ANCHOR) for key in names if key.endswith(_ANCHOR)]
    roots = [root for root in roots if not root or root.endswith(".")]
    if not roots:
        return Renamed({key: WeightSource(theirs, shapes[theirs]) for key, theirs in names.items()})
    root = min(roots, key=len)
    inside = {key.removeprefix(root): theirs for key, theirs in names.items() if key.startswith(root)}
    if root and "conv1.weight" not in inside and "0.weight" in inside:  # a Sequential of its children
        inside |= {re.sub(r"^([01])\.", lambda m: ("conv1.", "bn1.")[int(m[1])], k): v for k, v in inside.items()}
        inside = {key: theirs for key, theirs in inside.items() if not re.match(r"[01]\.", key)}
    outside = {key: theirs for key, theirs in names.items() if not key.startswith(root)}
    found: dict[str, WeightSource] = {}
    extras: dict[str, dict[str, tuple[str, Shape]]] = {}
    for key, theirs in inside.items():
        block = _BLOCK.fullmatch(key)
        if block and not _PLAIN.fullmatch(block[2]):
            extras.setdefault(block[1], {})[block[2]] = theirs, shapes[theirs]
        else:
            found[key] = WeightSource(theirs, shapes[theirs])
    mask = next((key for key, source in found.items() if _is_mask(key, source.shape)), None)
    if mask is not None:
        raise UnknownError("outside", weight=mask)
    pooled = _put_attention(found, extras)
    _put_head(found, {key: (theirs, shapes[theirs]) for key, theirs in outside.items()})
    _put_stem(found)
    used = {source.key for source in found.values()}
    left_over = tuple(key for key in shapes if key not in used)
    return Renamed(found, (POOLED,) if pooled is not None else (), bool(pooled), left_over)


def _is_mask(key: str, shape: Shape) -> bool:
    """Whether it is CBAM's spatial convolution, outside of all blocks."""
    return not _BLOCK.match(key) and len(shape) == 4 and shape[:2] == (1, 2) and shape[2] > 1


def _put_attention(found: dict[str, WeightSource], extras: Mapping[str, Given]) -> bool | None:
    """Each block's attention; whether its masks probably see the mean first, None where its names tell."""
    pooled = None
    for block, given in extras.items():
        here = as_here(given)
        if here is None:
            last = next((f"{block}.bn{n}.weight" for n in (3, 2) if f"{block}.bn{n}.weight" in found), "")
            channels = found[last].shape[0] if last and found[last].shape else 0
            here = by_shape(given, channels)
            if "attention.bn.weight" in here:
                pooled = mean_first(given)
        found |= {f"{block}.{key}": source for key, source in here.items()}
    return pooled


def _put_head(found: dict[str, WeightSource], outside: Given) -> None:
    """The last linear layer under the name "fc": alone in a Sequential, under another name, or beside the network."""
    if "fc.weight" in found:
        if "conv1.bias" not in found:  # where all else has biases, it is a damaged file
            found.setdefault("fc.bias", constant(found["fc.weight"].shape[:1], "zeros"))
        return
    beside = {key for key in found if not _BLOCK.match(key) and not key.startswith(("conv1.", "bn1."))}
    within = {key: (found[key].key, found[key].shape) for key in found if key in beside}
    for given in (within, {**within, **outside}):
        linear = [key for key, (_, shape) in given.items() if key.endswith("weight") and len(shape) == 2]
        if len(linear) > 1:
            raise UnknownError("head", weights=", ".join(linear[:4]))
        if linear:
            layer = linear[0].rpartition(".")[0]
            for key in within:
                if key.startswith(f"{layer}."):
                    del found[key]
            theirs, shape = given[linear[0]]
            bias = given.get(f"{layer}.bias" if layer else "bias")
            found["fc.weight"] = WeightSource(theirs, shape)
            found["fc.bias"] = constant(shape[:1], "zeros") if bias is None else WeightSource(*bias)
            return


def _put_stem(found: dict[str, WeightSource]) -> None:
    """A stem that sees one channel sees the luminance of three."""
    stem = found.get("conv1.weight")
    if stem is not None and len(stem.shape) == 4 and stem.shape[1] == 1:
        found["conv1.weight"] = WeightSource(stem.key, (stem.shape[0], 3, *stem.shape[2:]), "grey")


def _rename(key: str) -> str:
    for pattern, replacement in _RENAMED:
        key = re.sub(pattern, replacement, key)
    for pattern, told in _STAGED:
        key = re.sub(pattern, told, key)
    return key
