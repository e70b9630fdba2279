"""The selection lives in the URL: a link reopens the view, and moving between pages keeps it.

Values in the URL are stable identifiers, not the words shown, so a link works in either language; Streamlit's own
`bind=` would put the shown words there.

Streamlit forgets a widget that a page does not draw, and clears the URL when a page is left. So what is published is
also kept in the session, for the page that asks for it next.

In the browser's history a page is one step, with its last choices (`served/tab.js`): Back and Forward find a page as it
was left, and a choice that its URL does not name is at its default there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def arrive(page: str, language: str) -> None:
    """Say which page is drawn, and in which language, before anything is.

    On another page than before, widgets begin anew: from the link, else as kept; and by Back or Forward, on any page,
    from the link alone. In another language, the browser is told each choice again: it shows the words it was told
    last.
    """
    returned = not st.session_state.pop("url-prepared", False) and by_history()
    if st.session_state.get("url-page") != page or returned:
        st.session_state["url-page"] = page
        st.session_state["url-returned"] = returned
        st.session_state["url-begun"] = set()
        st.session_state["url-unknown"] = {}
    elif st.session_state.get("url-language") != language:
        for key in set(_kept()) & set(st.session_state):
            st.session_state[key] = st.session_state[key]
    st.session_state["url-language"] = language


def is_new(key: str) -> bool:
    """Whether the widget `key` was not drawn yet since this page was opened."""
    return key not in st.session_state.get("url-begun", ())


def by_history() -> bool:
    """Whether the browser's Back or Forward led here in this run."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def unknown() -> list[str]:
    """What the link says that is not known here, as the link has it: "layer=9.9"."""
    return [f"{key}={','.join(values)}" for key, values in _unknown().items()]


def dismiss_unknown() -> None:
    """The reader knows."""
    _unknown().clear()


def mean(alias: str, key: str) -> None:
    """Read what a link calls `alias` as `key`, unless it names that, too."""
    given = st.query_params.pop(alias, None)
    if given is not None:
        st.query_params.setdefault(key, given)


def restore(key: str, options: Sequence[str], default: str) -> None:
    """Give the widget `key` its first value: from the link, else as it was kept, else `default`.

    Call it before the widget is made. A value that is not one of `options` goes back to the default.
    """
    if _begins(key):
        st.session_state[key] = _first(key, default)
        _note(key, [st.session_state[key]], options.__contains__)
    if st.session_state[key] not in options:
        st.session_state[key] = default


def restore_many(key: str, options: Sequence[str], default: Sequence[str]) -> None:
    """The same for a widget with several values: what is known of a link's, the default where nothing of them is."""
    if _begins(key):
        given = _first(key, list(default))
        values = given.split(",") if isinstance(given, str) else given
        _note(key, values, options.__contains__)
        valid = [value for value in dict.fromkeys(values) if value in options]
        st.session_state[key] = valid if valid or not any(values) else list(default)
    valid = [value for value in st.session_state[key] if value in options]
    # An option is gone, as a file that was damaged: not what remains of a comparison is shown, but another one.
    if len(valid) < min(len(st.session_state[key]), len(default)):
        valid = list(default)
    _set(key, valid)


def restore_number(key: str, low: int, high: int, default: int) -> None:
    """The same for a whole number within low..high; a value beyond them is brought back to the nearer end."""
    begins = _begins(key)
    if begins:
        try:
            st.session_state[key] = int(_first(key, default))
        except ValueError:
            st.session_state[key] = default
    _set(key, min(max(int(st.session_state[key]), low), high))
    if begins:
        _note(key, [st.query_params.get(key, "")], str(st.session_state[key]).__eq__)


def _set(key: str, value: object) -> None:
    """Only where it is another: a widget that is drawn already may be asked for its value, and not be given one."""
    if st.session_state[key] != value:
        st.session_state[key] = value


def restore_words(key: str, most: int) -> None:
    """The same for words that the reader types, nothing at first; no more than `most` characters of a link's."""
    if _begins(key):
        st.session_state[key] = str(_first(key, ""))[:most]


def restore_matching(key: str, pattern: str, default: str) -> None:
    """The same for a text, as a colour's code; what the pattern does not match goes back to the default."""
    if _begins(key):
        st.session_state[key] = _first(key, default)
        _note(key, [st.session_state[key]], re.compile(pattern).fullmatch)
    if re.fullmatch(pattern, str(st.session_state[key])) is None:
        st.session_state[key] = default


def restore_fold(fold: str, key: str) -> None:
    """Whether a part of the page is open to begin with: where there is a value for `key`, which is chosen in it."""
    if _begins(fold):
        st.session_state[fold] = _first(key, None) is not None


def publish(key: str, default: object) -> None:
    """Write the widget's value into the URL; its default leaves the URL clean."""
    value = st.session_state.get(key)
    _kept()[key] = value
    shown = ",".join(value) if isinstance(value, list) else str(value)
    standard = ",".join(default) if isinstance(default, list | tuple) else str(default)
    if value is None or shown == standard:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != shown:
        st.query_params[key] = shown


def withdraw(key: str) -> None:
    """Take a choice out of the URL, and forget it: what it was made in is closed."""
    _kept().pop(key, None)
    st.query_params.pop(key, None)


def put(key: str, value: object) -> None:
    """Choose for the reader, in a callback: the widget has that value when it is drawn next, for the first time or
    again."""
    st.session_state.setdefault("url-begun", set()).add(key)
    st.session_state[key] = value


def kept(key: str) -> Any:
    """What was published last under that key in this session, on whatever page; None where nothing was."""
    return _kept().get(key)


def begin_anew(keep: Sequence[str], wanted: Mapping[str, str]) -> None:
    """Forget what was chosen, but for `keep`: all that is drawn next begins as on first load.

    What is `wanted` is as in a link, too, but stays out of the URL, where each key would be a step of the browser's
    history; a key in the URL comes first.
    """
    st.session_state["url-kept"] = {key: value for key, value in _kept().items() if key in keep} | dict(wanted)
    st.session_state["url-begun"] = set()
    st.session_state["url-returned"], st.session_state["url-prepared"] = False, True


def _begins(key: str) -> bool:
    """Whether the widget is drawn for the first time on this page."""
    begun: set[str] = st.session_state.setdefault("url-begun", set())
    first = key not in begun or key not in st.session_state
    begun.add(key)
    return first


def _first(key: str, default: Any) -> Any:
    """The link's value, else the one kept from another page, else the default."""
    given = st.query_params.get(key)
    if given is not None:
        return given
    value = None if st.session_state.get("url-returned") else kept(key)
    return default if value is None else value


def _note(key: str, values: Sequence[Any], known: Callable[[Any], object]) -> None:
    """Remember which of a link's values are not known."""
    odd = [str(value) for value in values if value != "" and not known(value)]
    if key in st.query_params and odd:
        _unknown()[key] = odd


def _unknown() -> dict[str, list[str]]:
    found: dict[str, list[str]] = st.session_state.setdefault("url-unknown", {})
    return found


def _kept() -> dict[str, Any]:
    kept: dict[str, Any] = st.session_state.setdefault("url-kept", {})
    return kept
