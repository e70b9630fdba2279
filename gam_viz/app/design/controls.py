"""What is designed: a backbone on pictures of some size, an attention module with its options, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.choices import choose
from gam_viz.attention import ATTENTION
from gam_viz.networks import ARCHITECTURES, STEMS, NetworkConfig
from gam_viz.text import text

FORMS = ("full", "factorised", "depthwise")
SHUFFLES = ("between", "last", "none")
GATES = ("none", "sigmoid")
NARROW, WIDE = 106, 182  # pixels of a control: two stand side by side on a phone
#: What a data set's pictures ask for: stem, side, classes.
AS = {"cifar": ("cifar", 32, 10), "imagenet": ("imagenet", 224, 1000)}


@dataclass(frozen=True)
class Choice:
    """A design: the network, and the side of the square pictures it is given, in pixels."""

    config: NetworkConfig
    side: int


def choose_design() -> Choice:
    """Draw the controls: the network in one row, its attention in another."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="design-network"):
        architecture = choose(
            "d-net",
            list(ARCHITECTURES),
            "gam_net",
            text("design.network"),
            "design.net",
            width=NARROW + 20,
            help=text("design.network_help"),
        )
        width = _number("d-width", 1, 512, 64, text("design.width"), help=text("design.width_help"))
        stem = choose("d-stem", STEMS, "cifar", text("design.stem"), "design.stem", width=WIDE)
        side = _number("d-size", 8, 1024, 32, text("design.size"), help=text("design.size_help"))
        classes = _number("d-classes", 1, 100_000, 10, text("design.classes"))
        for name in AS:
            st.button(text(f"design.as.{name}"), on_click=_as, args=(name,), key=f"design-as-{name}", type="tertiary")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="design-attention"):
        attention = choose(
            "d-attention", ["none", *ATTENTION], "gam", text("design.attention"), "attention", width=WIDE
        )
        options = _options(attention)
        stages = _stages(architecture) if attention != "none" else ()
    config = NetworkConfig(
        architecture=architecture,
        num_classes=classes,
        width=width,
        attention=attention,
        attention_options=options,
        attention_stages=stages,
        stem=stem,
    )
    return Choice(config, side)


def _options(attention: str) -> dict[str, Any]:
    """Those of the module that change something; the reduction always, so that it is in the design's name."""
    if attention == "se":
        return {
            "reduction_ratio": _number("d-ratio", 1, 4096, 16, text("design.ratio"), help=text("design.ratio_help"))
        }
    if attention in ("cbam", "se_cbam"):
        ratio = _number("d-ratio", 1, 4096, 16, text("design.ratio"), help=text("design.ratio_help"))
        kernel = _number("d-kernel", 1, 31, 7, text("design.kernel"), step=2, help=text("design.kernel_help"))
        return {"reduction_ratio": ratio} | ({"kernel_size": kernel} if kernel != 7 else {})
    if attention in ("gam", "gam_sigmoid", "se_gam"):
        return _gam_options(sigmoid_too=attention != "gam_sigmoid")
    return {}


def _gam_options(*, sigmoid_too: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "rate": _number("d-rate", 1, 4096, 4, text("design.rate"), help=text("design.rate_help"))
    }
    form = choose("d-form", FORMS, "full", text("design.form"), "design.form", width=NARROW + 32)
    if form != "full":
        options["spatial"] = form
    groups = _number("d-groups", 1, 64, 1, text("design.groups"), help=text("design.groups_help"))
    if groups > 1:
        options["groups"] = groups
        shuffle = choose("d-shuffle", SHUFFLES, "between", text("design.shuffle"), "design.shuffle", width=WIDE)
        if shuffle != "between":
            options["shuffle"] = shuffle
    if sigmoid_too:
        gate = choose("d-gate", GATES, "none", text("design.gate"), "design.gate", width=NARROW + 32)
        if gate != "none":
            options["channel_gate"] = gate
    return options


def _stages(architecture: str) -> tuple[bool, ...]:
    """Which stages carry attention; empty where all do, as the configuration has it."""
    names = [str(index + 1) for index in range(len(ARCHITECTURES[architecture]))]
    key = f"d-stages-{len(names)}"  # one choice for three stages and one for four, so that none is lost on the way
    state.restore_many(key, names, names)
    chosen = st.segmented_control(text("design.stages"), names, selection_mode="multi", key=key)
    state.publish(key, names)
    return () if len(chosen) == len(names) else tuple(name in chosen for name in names)


def _number(key: str, low: int, high: int, default: int, label: str, *, step: int = 1, help: str | None = None) -> int:
    state.restore_number(key, low, high, default)
    given = st.number_input(label, low, high, step=step, key=key, width=NARROW, help=help)
    state.publish(key, default)
    return int(given)


def _as(name: str) -> None:
    stem, side, classes = AS[name]
    for key, value in (("d-stem", stem), ("d-size", str(side)), ("d-classes", str(classes))):
        state.put(key, value)
