"""The look of each uploaded file: one `Rendering` a file, kept for the session; that of the file shown is in the URL.

The rendering is the truth, and widgets are views of it: they are given its values before they are drawn, and their
callbacks write a new one. So a file's picture is known before, and without, any widget.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.pictures import rendered
from gam_viz.app.shared.session_cache import SHORT
from gam_viz.app.shared.words import language
from gam_viz.images import Picture, PictureError, Rendering, Source, first_look

OPEN: dict[str, Any] = {"window": None, "stretch": None, "bands": None, "region": None, "frame": 0}


@dataclass
class _Look:
    """Of one file, each a rendering's text.

    Attributes:
        own: what it begins with; None while nobody asked.
        wanted: what was chosen, or came with a link, not checked yet; None for its own.
        seen: the last that could be shown; None while none was.
        refused: why what was asked for last could not be shown.
        last: what was chosen of "stretch" and "region" before it was left, to be found again.
    """

    own: str | None = None
    wanted: str | None = None
    seen: str | None = None
    refused: PictureError | None = None
    last: dict[str, Any] = field(default_factory=dict)


def take_link(shown: str) -> None:
    """Keep the look that came with a link, for the file that the link names; without a name, for the one shown."""
    given = st.query_params.get("look")
    if given is not None and given != state.kept("look"):
        _look(st.query_params.get("upload") or shown).wanted = given


def picture_of(source: Source) -> Picture:
    """The file as it is looked at now.

    A look that the file cannot have gives way to the last one that could be shown, else to the file's own; `refusal`
    tells why.

    Raises:
        PictureError: the file cannot even be shown as it says itself.
    """
    look = _look(source)
    wanted = _first(look.wanted, _own(source))
    try:
        picture = rendered(source, Rendering.from_key(wanted))
    except PictureError as error:
        look.refused = _kept(error)
        wanted = look.wanted = _first(look.seen, _own(source))
        picture = rendered(source, Rendering.from_key(wanted))
    look.seen = st.session_state["look"] = wanted
    state.publish("look", "")
    return picture


def look_of(source: Source) -> Rendering:
    """What was chosen for a file whose picture is shown; the rest is left open."""
    return Rendering.from_key(_first(_look(source).seen, _own(source)))


def refusal(source: Source) -> PictureError | None:
    """Why what was asked for last could not be shown; None where it was."""
    return _look(source).refused


def change(source: Source, **fields: Any) -> None:
    """In a callback: look at the file in another way from now on. What cannot be leaves everything as it is."""
    look = _look(source)
    try:
        rendering = _plainest(source, replace(look_of(source), **fields))
    except PictureError as error:
        look.refused = _kept(error)
        return
    look.refused, look.wanted = None, rendering.to_key()
    look.last |= {name: value for name in ("stretch", "region") if (value := getattr(rendering, name)) is not None}


def change_step(source: Source, what: str, number: int) -> None:
    """In a callback: show another frame (`what` is "frame") or time ("time") in the same way; where it has other
    windows, bands or sizes, in its own."""
    step: dict[str, Any] = {what: number}
    try:
        source.resolve(replace(look_of(source), **step))
    except PictureError:
        reset(source)
    change(source, **step)


def reset(source: Source) -> None:
    """In a callback: back to what the file says itself."""
    look = _look(source)
    look.wanted = look.seen = _own(source)
    look.refused = None


def last(source: Source, name: str) -> Any:
    """The stretch or the region that was chosen last for the file; None where none was."""
    return _look(source).last.get(name)


def key(source: Source, name: str) -> str:
    """A widget's key: each file has widgets of its own, since the browser remembers the words of what was chosen."""
    return f"look-{name}-{source.sha256[:SHORT]}"


def given(source: Source, name: str) -> Any:
    """In a callback: the value that the reader gave to a widget."""
    return st.session_state[key(source, name)]


def show(key: str, value: Any) -> None:
    """Give a widget its value before it is drawn.

    Only where it has another: a pointer that is moving on must not be called back. In another language the browser is
    told anew, since it shows the words it was told last.
    """
    told: dict[str, str] = st.session_state.setdefault("looks-told", {})
    if key not in st.session_state or st.session_state[key] != value or told.get(key) != language():
        st.session_state[key] = value
    told[key] = language()


def _own(source: Source) -> str:
    """The look that a file begins with: its own, or of one too large to be read whole, a part."""
    look = _look(source)
    if look.own is None:
        look.own = first_look(source).to_key()
    return look.own


def _first(chosen: str | None, own: str) -> str:
    return own if chosen is None else chosen  # an empty text is a choice, too


def _kept(error: PictureError) -> PictureError:
    """The same without where it was raised, which would keep the file's bytes alive."""
    return PictureError(error.code, **error.details)


def _plainest(source: Source, look: Rendering) -> Rendering:
    """The same look with all that the file does of itself left open, so that its text is short and one."""
    meant = source.resolve(look)
    for name, value in OPEN.items():
        less = replace(look, **{name: value})
        if less != look and source.resolve(less) == meant:
            look = less
    return look


def _look(of: Source | str) -> _Look:
    """Of a file, or of the one with these first digits of its sha256."""
    looks: dict[str, _Look] = st.session_state.setdefault("looks", {})
    return looks.setdefault(of if isinstance(of, str) else of.sha256[:SHORT], _Look())
