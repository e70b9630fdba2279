"""Which network a state dict belongs to, told from the names and shapes of its weights alone.

What is inferred is a guess until names and shapes of the network it describes are compared with those given, which is
done afterwards. Three things leave no trace in the weights and must be asked for: whether GAM's channel gate ends in a
sigmoid, the stride of a 3x3 stem, and whether a chain of two attention modules has a way around it. Nor do BAM's
dilation and the way it joins its branches, or SimAM, which has no weights: such networks need a card.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gam_viz.attention.coordinate import squeezed_channels
from gam_viz.attention.se import hidden_channels
from gam_viz.networks import ARCHITECTURES, NetworkConfig
from gam_viz.networks.state_dicts.unknown import UnknownError
from gam_viz.networks.weights import Shape
from gam_viz.text.refusal import Phrase

Shapes = Mapping[str, Shape]

#: Questions that weights do not answer.
CHANNEL_SIGMOID, STEM, RESIDUAL = "channel_sigmoid", "stem", "residual"


def infer(shapes: Shapes) -> tuple[NetworkConfig, tuple[str, ...]]:
    """The configuration, with the tutorial's answers to what weights do not tell, and which questions those are.

    Raises:
        UnknownError: it is not one of this project's architectures.
        ValueError: no network can be built so.
    """
    width, _, kernel, _ = _axes(shapes, "conv1.weight", 4)
    classes, _ = _axes(shapes, "fc.weight", 2)
    bottleneck = "layer1.0.conv3.weight" in shapes
    depths = _depths(shapes)
    architecture = _architecture(depths, bottleneck, "layer1.0.conv1.bias" in shapes)
    if kernel not in (3, 7):
        raise UnknownError("stem", kernel=kernel)

    blocks: list[list[Shapes]] = [
        [_part(shapes, f"layer{stage + 1}.{block}.attention.") for block in range(depth)]
        for stage, depth in enumerate(depths)
    ]
    carrying = tuple(any(stage) for stage in blocks)
    attention, options, questions = "none", dict[str, Any](), list[str]()
    if any(carrying):
        for number, stage in enumerate(blocks):
            if any(stage) and not all(stage):
                raise UnknownError("some_blocks", stage=number + 1)
        expansion = 4 if bottleneck else 1
        modules = [(width * 2**i * expansion, block) for i, stage in enumerate(blocks) for block in stage if block]
        attention, options, questions = _attention(modules)
    stem = "imagenet" if kernel == 7 else "cifar"
    config = NetworkConfig(
        architecture=architecture,
        num_classes=classes,
        width=width,
        attention=attention,
        attention_options=options,
        attention_stages=() if all(carrying) or not any(carrying) else carrying,
        stem=stem,
    )
    return config, (*questions, *([STEM] if kernel == 3 else []))


def _depths(shapes: Shapes) -> tuple[int, ...]:
    depths: list[int] = []
    while f"layer{len(depths) + 1}.0.conv1.weight" in shapes:
        stage, depth = len(depths) + 1, 1
        while f"layer{stage}.{depth}.conv1.weight" in shapes:
            depth += 1
        depths.append(depth)
    return tuple(depths)


def _architecture(depths: tuple[int, ...], bottleneck: bool, biased: bool) -> str:
    for architecture, expected in ARCHITECTURES.items():
        if (depths, bottleneck, biased) == (expected, architecture == "resnet50", architecture == "gam_net"):
            return architecture
    raise UnknownError(
        "blocks",
        blocks="-".join(map(str, depths)) or 0,
        kind=Phrase(f"checkpoints.kind.{'bottleneck' if bottleneck else 'basic'}"),
        biases=Phrase(f"checkpoints.biases.{'with' if biased else 'without'}"),
    )


def _attention(modules: list[tuple[int, Shapes]]) -> tuple[str, dict[str, Any], list[str]]:
    """Name, options and open questions of the attention modules, each given as its channels and shapes."""
    first = modules[0][1]
    if "first.mlp.0.weight" in first:
        second = [(channels, _part(shapes, "second.")) for channels, shapes in modules]
        name, options, questions = _attention(second)
        return f"se_{name}", options, [*questions, RESIDUAL]
    if "channel_attention.0.weight" in first:
        return "gam", _gam_options(modules), [CHANNEL_SIGMOID]
    if "mlp.0.weight" in first:
        ratio = _ratio(modules, "mlp.0.weight", 16, hidden_channels)
        options = {} if ratio == 16 else {"reduction_ratio": ratio}
        if "conv.weight" not in first:
            return "se", options, []
        kernel = _axes(first, "conv.weight", 4)[2]
        return "cbam", options if kernel == 7 else {**options, "kernel_size": kernel}, []
    if "squeeze.weight" in first and "columns.weight" in first:
        ratio = _ratio(modules, "squeeze.weight", 32, squeezed_channels)
        return "coordinate", {} if ratio == 32 else {"reduction_ratio": ratio}, []
    if "rows_columns.conv.weight" in first:
        kernel = _axes(first, "rows_columns.conv.weight", 4)[2]
        return "triplet", {} if kernel == 7 else {"kernel_size": kernel}, []
    if set(first) == {"conv.weight"}:
        neighbours = _axes(first, "conv.weight", 3)[2]
        return "eca", {} if neighbours == 3 else {"k_size": neighbours}, []
    if "channel.0.weight" in first and "spatial.0.weight" in first:
        raise UnknownError("bam")
    raise UnknownError("module", weights=", ".join(sorted(first)[:3]))


def _gam_options(modules: list[tuple[int, Shapes]]) -> dict[str, Any]:
    channels, first = modules[0]
    rate = _ratio(modules, "channel_attention.0.weight", 4, lambda channels, r: channels // r)
    options: dict[str, Any] = {} if rate == 4 else {"rate": rate}
    per_group, kernel = _axes(first, "spatial_attention.0.weight", 4)[1:3]
    if kernel == 1:
        return {**options, "spatial": "factorised"}
    if len(first.get("spatial_attention.1.weight", ())) == 4:
        return {**options, "spatial": "depthwise"}
    groups = channels // max(1, per_group)
    return options if groups == 1 else {**options, "groups": groups}


def _ratio(modules: list[tuple[int, Shapes]], key: str, usual: int, hidden: Callable[[int, int], int]) -> int:
    """The reduction ratio that gives all modules their hidden widths.

    Narrow networks leave several that do, and make the same network: the usual one is taken, else a power of two.
    """
    widths = [(channels, shapes[key][0]) for channels, shapes in modules]
    channels, width = max(widths)
    # channels // r == width only for r from channels // (width + 1) + 1 to channels // width.
    possible = range(channels // (width + 1) + 1, channels // max(1, width) + 1)
    for ratio in (usual, *sorted(possible, key=lambda r: (r & (r - 1) != 0, r))):
        if all(hidden(c, ratio) == w for c, w in widths):
            return ratio
    raise UnknownError("ratio", hidden=width, channels=channels)


def _part(shapes: Shapes, prefix: str) -> Shapes:
    return {key.removeprefix(prefix): shape for key, shape in shapes.items() if key.startswith(prefix)}


def _axes(shapes: Shapes, key: str, count: int) -> Shape:
    shape = shapes.get(key, ())
    if len(shape) != count:
        raise UnknownError("missing", weight=repr(key))
    return shape
