"""What is designed: a backbone on pictures of some size, an attention module with its options, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.choices import choose, choose_number, segments_of_many
from gam_viz.app.shared.words import attention_title, text, text_or
from gam_viz.attention import ATTENTION, Option
from gam_viz.networks import ARCHITECTURES, STEMS, NetworkConfig

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
        width = choose_number("d-width", 1, 512, 64, text("design.width"), help=text("design.width_help"), width=NARROW)
        stem = choose("d-stem", STEMS, "cifar", text("design.stem"), "design.stem", width=WIDE)
        side = choose_number("d-size", 8, 1024, 32, text("design.size"), help=text("design.size_help"), width=NARROW)
        classes = choose_number("d-classes", 1, 100_000, 10, text("design.classes"), width=NARROW)
        for name in AS:
            st.button(text(f"design.as.{name}"), on_click=_as, args=(name,), key=f"design-as-{name}", type="tertiary")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="design-attention"):
        attention = choose(
            "d-attention",
            ["none", *ATTENTION],
            "gam",
            text("design.attention"),
            lambda name: attention_title(name, {}),
            width=WIDE,
        )
        options = _options(attention) if attention != "none" else {}
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
    spec = ATTENTION[attention]
    chosen: dict[str, Any] = {}
    for option in spec.options:
        if not option.needs or option.needs in spec.design(chosen):
            chosen[option.name] = _option(option)
    return spec.design(chosen)


def _option(option: Option) -> Any:
    """One option's control, named by the catalogue, else by the option itself."""
    key, words = f"d-{option.word}", f"design.{option.word}"
    label = text_or(words, option.name)
    if option.choices:
        titles = {name: text_or(f"{words}.{name}", name) for name in option.choices}
        width = WIDE if max(map(len, titles.values())) > 12 else NARROW + 32
        return choose(key, option.choices, option.default, label, titles.__getitem__, width=width)
    help_ = text_or(f"{words}_help", "") or None
    width = NARROW if len(label) <= 12 else NARROW + 60  # a label in two lines would push its neighbours apart
    return choose_number(
        key, option.lowest, option.highest, option.default, label, step=option.step, help=help_, width=width
    )


def _stages(architecture: str) -> tuple[bool, ...]:
    """Which stages carry attention; empty where all do, as the configuration has it."""
    names = [str(index + 1) for index in range(len(ARCHITECTURES[architecture]))]
    key = f"d-stages-{len(names)}"  # one choice for three stages and one for four, so that none is lost on the way
    chosen = segments_of_many(key, names, text("design.stages"))
    return () if len(chosen) == len(names) else tuple(name in chosen for name in names)


def _as(name: str) -> None:
    stem, side, classes = AS[name]
    for key, value in (("d-stem", stem), ("d-size", str(side)), ("d-classes", str(classes))):
        state.put(key, value)
