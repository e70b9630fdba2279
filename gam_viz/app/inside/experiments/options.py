"""Build GAM otherwise, at the layer's own size: its tensors, its cost, what it sees, and a trained one beside."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import streamlit as st

from gam_viz.app.inside.experiments.shared import Shape, joined, say_none, shape_of, table
from gam_viz.app.inside.experiments.trained import trained_rows
from gam_viz.app.shared.choices import segments, segments_of_numbers
from gam_viz.app.shared.columns import PLOT, View, heading
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import attention_title, layer_title, prose, text
from gam_viz.attention.gam import ChannelGate, SpatialConv
from gam_viz.attention.gam import Shuffle as ShufflePlace
from gam_viz.explain.interventions import Options, VariantStep, refusal, spatial_field, spatial_reach, steps_of
from gam_viz.figures.connections import connections
from gam_viz.figures.style import Look, look_of

PRINTED = Options()
FIT: dict[str, Any] = {"width": "content"}
RATES, GROUPS = (1, 2, 4, 8, 16, 32), (1, 2, 4, 8)
GATES = ("channel_gate", "channel_sigmoid", "mask", "mask_shuffle")


@section
def options_section(view: View, layer: str) -> None:
    """Draw the experiment."""
    shape = _shape(view, layer)
    if shape is None:
        say_none(layer)
        return
    channels, height, width = shape
    st.markdown(prose("inside.try.options.do", layer=layer_title(layer), channels=channels, height=height, width=width))
    if refusal(channels, PRINTED) is not None:
        st.info(prose("inside.try.options.too_few", layer=layer_title(layer), channels=channels, rate=PRINTED.rate))
        return
    options = _choose(channels)
    refused = refusal(channels, options)
    if refused is not None:
        st.warning(
            text(
                f"inside.try.options.refused.{refused}",
                rate=options.rate,
                channels=channels,
                hidden=channels // options.rate,
                groups=options.groups,
            )
        )
        return
    left, right = st.columns([1.0, 1.2], gap="medium")
    with left:
        _sums(options, shape)
    with right:
        _matrices(options, channels)
    st.markdown(_sentence(options, shape))
    left, right = st.columns(2, gap="medium")
    with left:
        st.html(heading(text("inside.try.options.printed"), look_of("gam")))
        _steps(PRINTED, shape)
    with right:
        st.html(heading(title_of(options), _look(options)))
        _steps(options, shape)
    trained_rows(view, layer, shape, PRINTED, options, (text("inside.try.options.printed"), title_of(options)))


def title_of(options: Options) -> str:
    """GAM's name with the options that differ from the printed module's."""
    plain = dataclasses.asdict(options.plain)
    module = "gam_sigmoid" if plain.pop("channel_gate") == "sigmoid" else "gam"
    printed: dict[str, Any] = dataclasses.asdict(PRINTED)
    return attention_title(module, {key: value for key, value in plain.items() if value != printed[key]})


def _look(options: Options) -> Look:
    return look_of("gam_sigmoid" if options.channel_gate == "sigmoid" else "gam")


def _shape(view: View, layer: str) -> Shape | None:
    """Of the layer's features: of a network with GAM, if one is there, since it is compared with trained ones."""
    ordered = sorted(view.explanations, key=lambda explanation: "gam" not in explanation.card.config.attention)
    return next((shape for each in ordered if (shape := shape_of(each, layer)) is not None), None)


def _choose(channels: int) -> Options:
    """The module's five options; with groups to begin with, four if they can be, so that there is something to see."""
    usual = next(g for g in (4, 2, 1) if refusal(channels, dataclasses.replace(PRINTED, groups=g)) is None)
    with st.container(horizontal=True, gap="medium"):
        gate = segments(
            "try-gate", get_args(ChannelGate), "none", text("inside.try.options.gate"), "inside.try.options.gate", **FIT
        )
        rate = segments_of_numbers("try-rate", RATES, PRINTED.rate, text("inside.try.options.rate"), **FIT)
        form = segments(
            "try-form", get_args(SpatialConv), "full", text("inside.try.options.form"), "inside.try.options.form", **FIT
        )
        groups = segments_of_numbers("try-groups", GROUPS, usual, text("inside.try.options.groups"), **FIT)
        place = segments(
            "try-place",
            get_args(ShufflePlace),
            "between",
            text("inside.try.options.place"),
            "inside.try.options.place",
            **FIT,
        )
    return Options(rate, gate, groups, place, form)  # type: ignore[arg-type]  # `segments` gives one of its options


def _sums(options: Options, shape: Shape) -> None:
    """The two modules in numbers."""
    both = (PRINTED, options)
    numbers = [_numbers(o, shape) for o in both]
    rows = [
        [
            text(f"inside.try.options.{key}"),
            *(f"{of[key]:,}" for of in numbers),
            text("inside.try.options.times", ratio=numbers[1][key] / numbers[0][key]),
        ]
        for key in ("parameters", "macs")
    ]
    rows += [
        [text("inside.try.options.range"), *(text(f"inside.try.options.range.{o.channel_gate}") for o in both), ""],
        [text("inside.try.options.field"), *("×".join(map(str, _field(o, shape[0]))) for o in both), ""],
        [
            text("inside.try.options.sees"),
            *(text("inside.try.options.of", seen=_seen(o, shape[0]), channels=shape[0]) for o in both),
            "",
        ],
    ]
    table(["", text("inside.try.options.printed"), text("inside.try.options.yours"), ""], rows)


def _numbers(options: Options, shape: Shape) -> dict[str, int]:
    steps = steps_of(options, shape)
    return {"parameters": sum(s.parameters for s in steps), "macs": sum(s.macs for s in steps)}


def _field(options: Options, channels: int) -> tuple[int, int]:
    field = spatial_field(options.build(channels))
    assert field is not None
    return field


def _seen(options: Options, channels: int) -> int:
    """How many channels a mask channel is computed from, in the spatial branch."""
    return int(spatial_reach(options.build(channels)).sum(axis=1).max())


def _matrices(options: Options, channels: int) -> None:
    """Which channels each mask channel sees, for each place of the shuffle where there are groups."""
    places = get_args(ShufflePlace) if options.groups > 1 else (options.shuffle,)
    variants = [dataclasses.replace(options, shuffle=place) for place in places]
    titles = [text(f"inside.try.options.place.{place}") for place in places] if len(places) > 1 else [title_of(options)]
    matrices = [spatial_reach(variant.build(channels)) for variant in variants]
    counts = [f"{title}: {int(matrix.sum(axis=1).max())}" for title, matrix in zip(titles, matrices, strict=True)]
    st.caption(prose("inside.try.options.matrix", channels=channels))
    st.plotly_chart(
        connections(
            list(zip(titles, matrices, strict=True)),
            _look(options).colour,
            axes=(text("inside.try.options.input"), text("inside.try.options.mask")),
            chosen=places.index(options.shuffle) if len(places) > 1 else None,
        ),
        config=PLOT,
        key="try-reach",
        alt=text("inside.try.options.matrix_alt", counts="; ".join(counts)),
    )


def _steps(options: Options, shape: Shape) -> None:
    """The tensors of the module, a row a step; those that are gates are set off."""
    steps = steps_of(options, shape)
    rows = [
        [
            _name(step),
            "×".join(map(str, step.shape)),
            *(f"{value:,}" if value else "" for value in (step.parameters, step.macs)),
        ]
        for step in steps
    ]
    head = [text(f"inside.try.options.{name}") for name in ("step", "tensor", "parameters", "macs")]
    table(head, rows, strong=[place for place, step in enumerate(steps) if step.name in GATES])


def _name(step: VariantStep) -> str:
    if step.name != "conv":
        return text(f"inside.try.step.{step.name}", groups=step.groups)
    assert step.kernel is not None
    key = "inside.try.step.conv_groups" if step.groups > 1 else "inside.try.step.conv"
    return text(key, rows=step.kernel[0], columns=step.kernel[1], groups=step.groups)


def _sentence(options: Options, shape: Shape) -> str:
    """What the options did, with its numbers."""
    if options.plain == PRINTED:
        return prose("inside.try.options.same")
    printed, chosen = (_numbers(o, shape) for o in (PRINTED, options))
    rows, columns = _field(options, shape[0])
    ratios = {key: chosen[key] / printed[key] for key in printed}
    said = [
        prose("inside.try.options.cost_same") if chosen == printed else prose("inside.try.options.cost", **ratios),
        prose(
            "inside.try.options.sees_field",
            seen=_seen(options, shape[0]),
            channels=shape[0],
            rows=rows,
            columns=columns,
        ),
    ]
    if options.groups > 1:
        said.append(prose(f"inside.try.options.placed.{options.shuffle}", groups=options.groups))
    if options.channel_gate == "sigmoid":
        said.append(prose("inside.try.options.squashed"))
    return joined(said)
