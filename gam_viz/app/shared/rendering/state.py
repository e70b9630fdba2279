"""The look of each uploaded file: one `Rendering` a file, kept for the session; that of the file shown is in the URL.

The rendering is the truth, and widgets are views of it: they are given its values before they are drawn, and their
callbacks write a new one. So a file's picture is known before, and without, any widget.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from gam_viz.app.shared import networks, state
from gam_viz.app.shared.words import language
from gam_viz.images import Picture, PictureError, Rendering, Source, first_look

OPEN: dict[str, Any] = {"window": None, "stretch": None, "bands": None, "region": None, "frame": 0}


@dataclass
class _Looks:
    """Of this session, each by the first 12 digits of the file's sha256.

    Attributes:
        own: what it begins with.
        wanted: what was chosen, or came with a link: a rendering's text, not checked yet.
        seen: the last that could be shown.
        refused: why what was asked for last could not be shown.
        last: what was chosen of "stretch" and "region" before it was left, to be found again.
    """

    own: dict[str, str] = field(default_factory=dict)
    wanted: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    refused: dict[str, PictureError] = field(default_factory=dict)
    last: dict[tuple[str, str], Any] = field(default_factory=dict)


def take_link(shown: str) -> None:
    """Keep the look that came with a link, for the file that the link names; without a name, for the one shown."""
    given = st.query_params.get("look")
    if given is not None and given != state.kept("look"):
        _looks().wanted[st.query_params.get("upload") or shown] = given


def picture_of(source: Source) -> Picture:
    """The file as it is looked at now.

    A look that the file cannot have gives way to the last one that could be shown, else to the file's own; `refusal`
    tells why.

    Raises:
        PictureError: the file cannot even be shown as it says itself.
    """
    looks, short = _looks(), _short(source)
    try:
        picture = networks.rendered(source, Rendering.from_key(looks.wanted.get(short, _own(source))))
    except PictureError as error:
        looks.refused[short] = _kept(error)
        looks.wanted[short] = looks.seen.get(short, _own(source))
        picture = networks.rendered(source, Rendering.from_key(looks.wanted[short]))
    looks.seen[short] = st.session_state["look"] = looks.wanted.get(short, _own(source))
    state.publish("look", "")
    return picture


def look_of(source: Source) -> Rendering:
    """What was chosen for a file whose picture is shown; the rest is left open."""
    return Rendering.from_key(_looks().seen.get(_short(source), _own(source)))


def refusal(source: Source) -> PictureError | None:
    """Why what was asked for last could not be shown; None where it was."""
    return _looks().refused.get(_short(source))


def change(source: Source, **fields: Any) -> None:
    """In a callback: look at the file in another way from now on. What cannot be leaves everything as it is."""
    looks, short = _looks(), _short(source)
    try:
        look = _plainest(source, replace(look_of(source), **fields))
    except PictureError as error:
        looks.refused[short] = _kept(error)
        return
    looks.refused.pop(short, None)
    looks.wanted[short] = look.to_key()
    for name in ("stretch", "region"):
        if getattr(look, name) is not None:
            looks.last[short, name] = getattr(look, name)


def change_frame(source: Source, frame: int) -> None:
    """In a callback: show another frame in the same way; where it has other windows, bands or sizes, in its own."""
    try:
        source.resolve(replace(look_of(source), frame=frame))
    except PictureError:
        reset(source)
    change(source, frame=frame)


def reset(source: Source) -> None:
    """In a callback: back to what the file says itself."""
    looks, short = _looks(), _short(source)
    looks.wanted[short] = looks.seen[short] = _own(source)
    looks.refused.pop(short, None)


def last(source: Source, name: str) -> Any:
    """The stretch or the region that was chosen last for the file; None where none was."""
    return _looks().last.get((_short(source), name))


def key(source: Source, name: str) -> str:
    """A widget's key: each file has widgets of its own, since the browser remembers the words of what was chosen."""
    return f"look-{name}-{_short(source)}"


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
    looks, short = _looks(), _short(source)
    if short not in looks.own:
        looks.own[short] = first_look(source).to_key()
    return looks.own[short]


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


def _short(source: Source) -> str:
    return source.sha256[:12]


def _looks() -> _Looks:
    looks: _Looks = st.session_state.setdefault("looks", _Looks())
    return looks
