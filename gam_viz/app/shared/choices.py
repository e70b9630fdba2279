"""Widgets whose value lives in the URL: widget, link and default in one call.

`named` says what options are called: a prefix of the catalogue, or a function from an option to its name. Further
arguments are forwarded to the widget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.words import layer_title, text, text_or
from gam_viz.explain.attributions import Param
from gam_viz.explain.attributions.method import Value

Named = str | Callable[[str], str]


def choose(key: str, options: Sequence[str], default: str, label: str, named: Named, **forwarded: Any) -> str:
    """A select box."""
    state.restore(key, options, default)
    chosen = st.selectbox(label, options, format_func=_naming(named), key=key, **forwarded)
    state.publish(key, default)
    return str(chosen)


def segments(
    key: str,
    options: Sequence[str],
    default: str,
    label: str,
    named: Named,
    *,
    always: bool = False,
    **forwarded: Any,
) -> str:
    """The same with all options in sight; `always` has the default in the URL, too."""
    state.restore(key, options, default)
    chosen = st.segmented_control(label, options, format_func=_naming(named), key=key, required=True, **forwarded)
    state.publish(key, None if always else default)
    return str(chosen)


def choose_many(
    key: str, options: Sequence[str], default: Sequence[str], label: str, named: Named, **forwarded: Any
) -> list[str]:
    """A multiselect."""
    state.restore_many(key, options, default)
    chosen = st.multiselect(label, options, format_func=_naming(named), key=key, **forwarded)
    state.publish(key, default)
    return list(chosen)


def choose_number(key: str, low: int, high: int, default: int, label: str, **forwarded: Any) -> int:
    """A number input for whole numbers; a link's number beyond its ends is brought back to the nearer one."""
    state.restore_number(key, low, high, default)
    chosen = st.number_input(label, low, high, key=key, **forwarded)
    state.publish(key, default)
    return int(chosen)


def choose_param(param: Param, key: str) -> Value:
    """The control of an option that a method or a measure describes; it is not in the URL."""
    label, default = text_or(f"compare.param.{param.key}", param.key), param.default
    if param.choices == (True, False):
        return st.toggle(label, bool(default), key=key)
    if param.low is None:
        named = _naming("compare.choice")
        chosen: Value = st.selectbox(
            label, param.choices, param.choices.index(default), format_func=lambda value: named(str(value)), key=key
        )
        return chosen
    if param.choices:  # a word or a number
        if st.toggle(f"{label}: {text(f'compare.choice.{default}')}", True, key=f"{key}-auto"):
            return default
        default = param.low * 8
    number_type = int if isinstance(param.low, int) else float
    low, high, start, step = (number_type(v) for v in (param.low, param.high or 0, default, param.step or 1))
    return st.number_input(label, low, high, start, step, key=key)


def switch(key: str, labels: tuple[str, str], icon: str, help: str, *, then: Callable[[], None] | None = None) -> bool:
    """A button that turns something on and off, off to begin with; `labels` are what it says while off and while on,
    and `then` is called after each turn."""
    state.restore(key, ["on", "off"], "off")
    on = st.session_state[key] == "on"

    def turn() -> None:
        st.session_state[key] = "off" if on else "on"
        if then is not None:
            then()

    st.button(labels[on], icon=icon, type="tertiary", key=f"{key}-button", on_click=turn, help=help)
    state.publish(key, "off")
    return on


def choose_layer(layers: Sequence[str], default: str | None = None) -> str:
    """One of a network's blocks, the same on every page; the last to begin with, or `default`."""
    word = text("common.gates.layer")

    def name(layer: str) -> str:
        return f"{word} {layer_title(layer)}" if layer == layers[0] else layer_title(layer)

    return segments("layer", layers, default or layers[-1], word, name, label_visibility="collapsed")


def _naming(named: Named) -> Callable[[str], str]:
    return named if callable(named) else lambda option: text(f"{named}.{option}")
