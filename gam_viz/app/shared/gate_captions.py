"""What a gate is and its numbers, in a sentence."""

from __future__ import annotations

from collections.abc import Callable

from gam_viz.app.shared.words import layer_title, text, words
from gam_viz.evidence.dependence.store import known_dependence
from gam_viz.evidence.dependence.words import of_layer
from gam_viz.explain import GateReading, SpatialMap
from gam_viz.figures.channels import WeightWords
from gam_viz.figures.scales import number
from gam_viz.networks.opened import OpenedNetwork


def channel_caption(name: str, layer: str, reading: GateReading, say: Callable[..., str] = text) -> str:
    """What a reading's numbers are; with `prose`, its terms are links."""
    means = reading.channel_means()
    values = {
        "name": name,
        "layer": layer_title(layer),
        "channels": reading.shape[0],
        "low": number(float(means.min())),
        "high": number(float(means.max())),
        "mean": number(float(means.mean())),
    }
    if not reading.per_position:
        return say("compare.channels.caption_constant", **values)
    values["spread"] = number(float(reading.channel_spread().mean()))
    if reading.bounds is not None:
        return say("compare.channels.caption_positions", **values)
    return say("compare.channels.caption_signed", **values, negative=reading.negative_share)


def spatial_caption(shown: SpatialMap, say: Callable[..., str] = text) -> str:
    """What a map is and its numbers; with `prose`, its terms are links."""
    values = shown.values
    return (
        say(f"compare.spatial.caption_{shown.reduction}", channels=", ".join(map(str, shown.channels)))
        + " "
        + text(
            "compare.spatial.numbers",
            width=values.shape[1],
            height=values.shape[0],
            low=number(float(values.min())),
            mean=number(float(values.mean())),
            high=number(float(values.max())),
        )
    )


def variation(opened: OpenedNetwork, layer: str, branch: str) -> str:
    """How a layer's gate varies from picture to picture, and whether that matters; empty where it is not known."""
    found = known_dependence(opened)
    return of_layer(words(), found, layer, branch) if found else ""


def weight_words(name: str, reading: GateReading) -> WeightWords:
    """What is written at the bars of a channel gate."""
    return WeightWords(
        alt=channel_caption(name, reading.layer, reading),
        across=text("compare.channels.across", channels=reading.shape[0]),
        up=text("compare.channels.up"),
        channel=text("common.word.channel"),
        mean=text("common.word.mean"),
        here=text("common.word.here"),
    )
