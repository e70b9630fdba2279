"""What a step does, in one sentence with its numbers, and what a module leaves out at a station."""

from __future__ import annotations

from gam_viz.app.shared.words import layer_title, prose, text
from gam_viz.explain.walkthrough import STATIONS, Step, Walk
from gam_viz.figures.scales import number

#: Kinds that mean something else where every position has numbers of its own.
TWOFOLD = ("linear", "linear_relu", "rescale", "output")


def sentence(walk: Walk, step: Step) -> str:
    """As Markdown."""
    features = walk.steps[0].values.shape
    return prose(
        f"inside.step.{_key(walk, step)}",
        layer=layer_title(walk.layer),
        channels=features[0],
        height=features[1],
        width=features[2],
        positions=features[1] * features[2],
        numbers=step.values.size,
        units=_units(step),
        low=number(float(step.values.min())),
        high=number(float(step.values.max())),
        negative=float((step.values < 0).mean()),
    )


def nothing(walk: Walk, station: str) -> str:
    """Why a module has no step here, as Markdown."""
    spatial = STATIONS.index(station) >= STATIONS.index("summary")
    what = "spatial" if walk.module == "SE" and spatial else station
    return prose(f"inside.nothing.{walk.module}.{what}", channels=walk.steps[0].values.shape[0])


def axes(step: Step) -> str:
    """The shape with its axes' letters: "(1, 16, 32, 32) = B, C, H, W"."""
    letters = {"channel": "C", "row": "H", "column": "W", "hidden": "C/r"}
    named = ", ".join(["B", *(letters.get(axis, str(n)) for axis, n in zip(step.axes, step.values.shape, strict=True))])
    return text("inside.shape", shape=str(step.shape), letters=named)


def _key(walk: Walk, step: Step) -> str:
    each = step.axes[0] != "mask" and "row" in step.axes
    if step.station == "channel":
        return f"channel_{step.kind}" if step.kind == "identity" else f"channel_{'each' if each else 'pooled'}"
    if step.station == "mask" and step.kind == "sigmoid":
        return "mask_each" if each else "mask_one"
    if step.station == "mask":
        return "shuffle_last"
    if step.kind == "conv" and step.module[1].find("kernel_size=(1, 1)") >= 0:
        return "conv_pointwise"
    if step.kind == "conv" and walk.module == "CBAM":
        return "conv_one"
    if step.kind == "rescale":
        return "rescale_each" if _gate_of(walk, "channel").values.ndim == 3 else "rescale_pooled"
    if step.kind == "output":
        return "output_each" if len(_gate_of(walk, "mask").values) > 1 else "output_one"
    if step.kind in TWOFOLD:
        return f"{step.kind}_{'each' if each else 'pooled'}"
    return step.kind


def _gate_of(walk: Walk, station: str) -> Step:
    return walk.at(station)[-1]


def _units(step: Step) -> int:
    """Of the axis that counts channels or hidden units."""
    for axis, length in zip(step.axes, step.values.shape, strict=True):
        if axis in ("hidden", "channel"):
            return length
    return step.values.shape[0]
