"""Widgets whose value lives in the URL: widget, link and default in one call.

`named` says what options are called: a prefix of the catalogue, or a function from an option to its name. Further
arguments are forwarded to the widget.

What stands above a widget and shows what it says asks ahead, by the function of the past tense: `chosen`,
`chosen_number`, `chosen_many`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.words import language, text, text_or
from gam_viz.explain.attributions import Param
from gam_viz.explain.attributions.method import Value
from gam_viz.titles import literal

HEX = r"#[0-9a-fA-F]{6}"
Named = str | Callable[[str], str]


def chosen(key: str, options: Sequence[str], default: str) -> str:
    """What a widget that is drawn later will say: a link's, what was chosen, or the default."""
    state.restore(key, options, default)
    return str(st.session_state[key])


def chosen_number(key: str, low: int, high: int, default: int) -> int:
    """The same for a whole number; one beyond its ends is brought back to the nearer one."""
    state.restore_number(key, low, high, default)
    return int(st.session_state[key])


def chosen_many(key: str, options: Sequence[str], default: Sequence[str]) -> list[str]:
    """The same for several values."""
    state.restore_many(key, options, default)
    return list(st.session_state[key])


def chosen_colour(key: str, default: str) -> str:
    """The same for a colour."""
    state.restore_matching(key, HEX, default)
    return str(st.session_state[key])


def choose(key: str, options: Sequence[str], default: str, label: str, named: Named, **forwarded: Any) -> str:
    """A select box."""
    return _one(st.selectbox, key, options, default, label, named, **forwarded)


def segments(
    key: str, options: Sequence[str], default: str, label: str, named: Named, *, always: bool = False, **forwarded: Any
) -> str:
    """The same with all options in sight; `always` has the default in the URL, too."""
    named = _as_markdown(named)
    return _one(st.segmented_control, key, options, default, label, named, always=always, required=True, **forwarded)


def pills(key: str, options: Sequence[str], default: str, label: str, named: Named, **forwarded: Any) -> str:
    """The same as small buttons that wrap."""
    return _one(st.pills, key, options, default, label, _as_markdown(named), required=True, **forwarded)


def radio(key: str, options: Sequence[str], default: str, label: str, named: Named, **forwarded: Any) -> str:
    """The same as radio buttons, along which the arrow keys move."""
    return _one(st.radio, key, options, default, label, _as_markdown(named), horizontal=True, **forwarded)


def slide(key: str, options: Sequence[str], default: str, label: str, named: Named, **forwarded: Any) -> str:
    """The same as a slider, for options that have an order."""
    return _one(st.select_slider, key, options, default, label, named, **forwarded)


def segments_of_numbers(key: str, options: Sequence[int], default: int, label: str, **forwarded: Any) -> int:
    """One of a few whole numbers, all in sight."""
    return int(segments(key, [str(option) for option in options], str(default), label, str, **forwarded))


def choose_relabelled(
    key: str,
    options: Sequence[str],
    default: str,
    label: str,
    named: Named,
    *,
    beside: str,
    then: Callable[[], None],
    **forwarded: Any,
) -> str:
    """A select box whose options' words depend on what is chosen `beside` it: beside another, it is another widget.

    The browser would go on showing the words of the option as they were when it was chosen. So the choice itself is
    kept under `key`, which is no widget's. `then` is called after each change.
    """
    now, widget = chosen(key, options, default), f"{key}-{beside}-{language()}"

    def take() -> None:
        st.session_state[key] = st.session_state[widget]
        then()

    if st.session_state.get(widget) != now:
        st.session_state[widget] = now
    st.selectbox(label, options, format_func=_naming(named), key=widget, on_change=take, **forwarded)
    state.publish(key, default)
    return now


def choose_many(
    key: str,
    options: Sequence[str],
    default: Sequence[str],
    label: str,
    named: Named,
    **forwarded: Any,
) -> list[str]:
    """A multiselect."""
    state.restore_many(key, options, default)
    values = st.multiselect(label, options, format_func=_naming(named), key=key, **forwarded)
    state.publish(key, default)
    return list(values)


def segments_of_many(key: str, options: Sequence[str], label: str, **forwarded: Any) -> list[str]:
    """Any of a few options, all in sight and all chosen to begin with."""
    state.restore_many(key, options, options)
    values = st.segmented_control(label, options, format_func=literal, selection_mode="multi", key=key, **forwarded)
    state.publish(key, options)
    return list(values)


def choose_number(
    key: str, low: int, high: int, default: int, label: str, *, always: bool = False, **forwarded: Any
) -> int:
    """A number input for whole numbers; a link's number beyond its ends is brought back to the nearer one. `always` has
    the default in the URL, too."""
    state.restore_number(key, low, high, default)
    number = st.number_input(label, low, high, key=key, **forwarded)
    state.publish(key, None if always else default)
    return int(number)


@contextmanager
def fold(label: str, key: str) -> Iterator[bool]:
    """A part of the page that is folded up, and computes nothing, until it is opened; whether it is.

    It is open from the first where a link, or the reader before, chose something under `key` in it; that choice is to
    be in the URL always. Closed, it is no more.
    """
    at = f"{key}-fold"
    state.restore_fold(at, key)
    with st.expander(label, key=at, on_change="rerun") as folded:
        if not folded.open:
            state.withdraw(key)
        yield bool(folded.open)


def choose_words(key: str, most: int, label: str, **forwarded: Any) -> str:
    """A line of text of at most so many characters, empty at first."""
    state.restore_words(key, most)
    words = st.text_input(label, key=key, max_chars=most, **forwarded)
    state.publish(key, "")
    return str(words)


def choose_colour(key: str, default: str, label: str, **forwarded: Any) -> str:
    """A colour, as "#rrggbb"."""
    chosen_colour(key, default)
    colour = st.color_picker(label, key=key, **forwarded)
    state.publish(key, default)
    return str(colour)


def choose_param(param: Param, key: str) -> Value:
    """The control of an option that a method or a measure describes; it is not in the URL."""
    label, default = text_or(f"compare.param.{param.key}", param.key), param.default
    if param.choices == (True, False):
        return st.toggle(label, bool(default), key=key)
    if param.low is None:
        place, named = param.choices.index(default), _naming("compare.choice")
        value: Value = st.selectbox(label, param.choices, place, format_func=lambda v: named(str(v)), key=key)
        return value
    if param.choices:  # a word or a number
        if st.toggle(f"{label}: {text(f'compare.choice.{default}')}", True, key=f"{key}-auto"):
            return default
        default = param.low * 8
    number_type = int if isinstance(param.low, int) else float
    low, high, start, step = (number_type(v) for v in (param.low, param.high or 0, default, param.step or 1))
    return st.number_input(label, low, high, start, step, key=key)


def switch(
    key: str,
    labels: tuple[str, str],
    icon: str,
    help: str,
    *,
    then: Callable[[], None] | None = None,
    whole: bool = False,
) -> bool:
    """A button that turns something on and off, off to begin with; `labels` are what it says while off and while on,
    `then` is called after each turn, and with `whole` the whole page is drawn anew, from within a part of it, too."""
    on = chosen(key, ["on", "off"], "off") == "on"

    def turn() -> None:
        st.session_state[key] = "off" if on else "on"
        if then is not None:
            then()

    turned = st.button(labels[on], icon=icon, type="tertiary", key=f"{key}-button", on_click=turn, help=help)
    state.publish(key, "off")
    if turned and whole:
        st.rerun()
    return on


def _one(
    widget: Callable[..., Any],
    key: str,
    options: Sequence[str],
    default: str,
    label: str,
    named: Named,
    *,
    always: bool = False,
    **forwarded: Any,
) -> str:
    state.restore(key, options, default)
    option = widget(label, options, format_func=_naming(named), key=key, **forwarded)
    state.publish(key, None if always else default)
    return str(option)


def _as_markdown(named: Named) -> Named:
    """For a widget whose options are read as Markdown, which those of a select box are not."""
    return (lambda option: literal(named(option))) if callable(named) else named


def _naming(named: Named) -> Callable[[str], str]:
    return named if callable(named) else lambda option: text(f"{named}.{option}")
