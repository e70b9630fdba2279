"""Where this session is on which tour, and how a stop's page is brought into its prepared state.

The session keeps the place, since the URL is cleared when a page is left; the URL always says it, so that a link to it
opens the stop. Whoever stands at a stop may change everything: the place stays, and the next stop is prepared anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gam_viz.app.pages import script
from gam_viz.app.shared import state
from gam_viz.app.shared.words import language
from gam_viz.app.tours.plan import TOURS, Stop, Tour

#: What the URL says of a tour.
KEYS = ("tour", "stop", "present")
#: What is no tour's to forget.
KEPT = ("lang", "upload")


@dataclass(frozen=True)
class CurrentStop:
    """A stop of a tour.

    Attributes:
        tour: which.
        number: of the stop, from 1.
    """

    tour: Tour
    number: int

    @property
    def stop(self) -> Stop:
        """The stop itself."""
        return self.tour.stops[self.number - 1]

    @property
    def is_last(self) -> bool:
        """Whether the tour ends here."""
        return self.number == len(self.tour.stops)


def place() -> CurrentStop | None:
    """Where the session is; None where no tour is on."""
    at: tuple[str, int] | None = st.session_state.get("tour-at")
    return None if at is None else CurrentStop(TOURS[at[0]], at[1])


def presenting() -> bool:
    """Whether the tour is shown to others, full-screen."""
    return place() is not None and bool(st.session_state.get("tour-present"))


def go(tour: str, number: int) -> None:
    """Go to a stop, in a button's callback; a number beyond the tour is brought back to its nearer end."""
    st.session_state["tour-at"] = (tour, min(max(number, 1), len(TOURS[tour].stops)))
    st.session_state["tour-going"] = True


def is_open(at: CurrentStop) -> bool:
    """Whether the stop's question waits for an answer."""
    return bool(at.stop.ask) and given(at) is None


def given(at: CurrentStop) -> str | None:
    """What was answered there; "" where the answer was shown unasked, None before."""
    answers: dict[tuple[str, int], str] = st.session_state.get("tour-answers", {})
    return answers.get((at.tour.id, at.number))


def answer(tour: str, number: int, choice: str) -> None:
    """Answer a stop's question, in a button's callback; with "" its answer is shown alone."""
    st.session_state.setdefault("tour-answers", {})[tour, number] = choice


def lead(page: str, **query: str) -> None:
    """Leave the tour for another page, in a button's callback."""
    end()
    st.session_state["tour-leads"] = page, query


def end() -> None:
    """Leave the tour, in a button's callback; the page stays as it is."""
    st.session_state["tour-at"] = None
    st.session_state["tour-present"] = False
    st.session_state["tour-left"] = True


def present() -> None:
    """Show the tour full-screen, or no longer, in a button's callback."""
    st.session_state["tour-present"] = not st.session_state.get("tour-present")


def follow(address: str) -> str | None:
    """Follow a link or a button to a stop, before anything is drawn on the page of that address.

    Another page than the stop's is left for it. The URL is told the place.

    Returns:
        The key of a sentence to say where the link names no tour or no stop; else None.
    """
    if (leads := st.session_state.pop("tour-leads", None)) is not None:
        page, query = leads
        st.switch_page(script(page), query_params={"lang": language(), **query})
    going = st.session_state.pop("tour-going", False)
    switched = st.session_state.pop("tour-switched", False)
    wrong = None
    if st.session_state.pop("tour-left", False):
        _publish({})
    elif not going:
        asked, wrong = _asked()
        if asked is None and state.by_history():  # to where no tour was on yet
            st.session_state["tour-at"] = None
        # After switching to the stop's page one has just arrived; on another new page, a link or the browser led here.
        came = _page_before() != address and not switched
        if asked is not None and (asked != st.session_state.get("tour-at") or came):
            st.session_state["tour-at"] = asked
            st.session_state["tour-present"] = st.query_params.get("present") == "1"
            _prepare(address, {key: value for key, value in st.query_params.items() if key not in KEYS})
    else:
        _prepare(address, {})
    _publish(_said())
    return wrong


def _asked() -> tuple[tuple[str, int] | None, str | None]:
    """The place that the URL names, or what is wrong with it."""
    name, number = st.query_params.get("tour"), st.query_params.get("stop", "1")
    if name is None:
        return None, None
    if name not in TOURS:
        return None, "tour"
    if number not in map(str, range(1, len(TOURS[name].stops) + 1)):
        return None, "stop"
    return (name, int(number)), None


def _page_before() -> str | None:
    page: str | None = st.session_state.get("url-page")
    return page


def _prepare(address: str, link: dict[str, str]) -> None:
    """The stop's state, as if one arrived by a link; what such a link says itself comes first."""
    at = place()
    assert at is not None
    st.session_state["tour-moves"] = st.session_state.get("tour-moves", 0) + 1
    state.begin_anew(KEPT, at.stop.state)
    query = {"lang": language(), **link, **_said()}
    if at.stop.address != address:
        st.session_state["tour-switched"] = True
        st.switch_page(at.stop.script, query_params=query)
    st.query_params.from_dict(query)


def _said() -> dict[str, str]:
    at = place()
    if at is None:
        return {}
    said = {"tour": at.tour.id, "stop": str(at.number)}
    return said | {"present": "1"} if presenting() else said


def _publish(said: dict[str, str]) -> None:
    """All at once: each word of its own to the browser would be a step of its history."""
    shown = st.query_params.to_dict()
    wanted = {key: value for key, value in shown.items() if key not in KEYS} | said
    if wanted != shown:
        st.query_params.from_dict(wanted)
