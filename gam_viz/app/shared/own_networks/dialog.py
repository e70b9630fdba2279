"""The dialog in which own networks are added and removed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import streamlit as st

from gam_viz.app.shared.own_networks.admission import (
    MAX_BYTES,
    MAX_NETWORKS,
    MAX_SESSION_BYTES,
    MEGABYTE,
    SUFFIXES,
    OwnNetworkError,
    Uploaded,
    check_library_scale,
    check_room,
    check_scale,
)
from gam_viz.app.shared.own_networks.kept import keep, own_networks, remove, uploaded_networks
from gam_viz.app.shared.own_networks.libraries import TOLD, choose_architecture
from gam_viz.app.shared.own_networks.questions import Asked, answered, draw_questions, inferred
from gam_viz.app.shared.uploads import plain
from gam_viz.app.shared.waiting import progress_line
from gam_viz.app.shared.words import network_title, prose, reason, text, words
from gam_viz.networks.checkpoints import Card, Checkpoint, CheckpointError, from_bytes
from gam_viz.networks.named import open_named
from gam_viz.networks.state_dicts import open_state_dict, open_weights
from gam_viz.networks.state_dicts.misses import UnknownNetworkError
from gam_viz.text.refusal import RefusalError
from gam_viz.titles import literal

OPEN = "own-open"


def open_own_networks() -> None:
    """Open the dialog from elsewhere on a page that has the button; the page is drawn anew."""
    st.session_state[OPEN] = True
    st.rerun()


def own_networks_button(shipped: Sequence[Checkpoint]) -> None:
    """Draw the button, and the dialog while it is open."""
    kept = len(uploaded_networks())
    label = text("own_networks.button_some", count=kept) if kept else text("own_networks.button")
    if st.button(label, icon=":material/upload_file:", key="own-button", width="stretch"):
        st.session_state[OPEN] = True
    if st.session_state.get(OPEN):
        st.dialog(text("own_networks.title"), width="medium", on_dismiss=_close)(_draw)(tuple(shipped))


def _close() -> None:
    for key in (OPEN, "own-asked", "own-incoming", "own-refused", "own-unknown"):
        st.session_state.pop(key, None)


def _draw(shipped: Sequence[Checkpoint]) -> None:
    number = st.session_state.setdefault("own-uploader", 0)
    incoming = st.session_state.pop("own-incoming", None)
    if incoming is not None:
        name, content, architecture = incoming
        _refuse(name, lambda: _read(name, content, architecture, shipped, number))
    asked: Asked | None = st.session_state.get("own-asked")
    if asked is not None:
        _form(asked, shipped)
        return
    _kept_rows()
    _uploader(number)
    if refused := st.session_state.get("own-refused"):
        st.error(refused)
        _unknown(st.session_state.get("own-unknown"))


def _kept_rows() -> None:
    for checkpoint in uploaded_networks():
        name = checkpoint.card.name
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", wrap=False):
            st.markdown(f"**{literal(name)}** · {network_title(checkpoint.card)}", width="content")
            if st.button(
                text("own_networks.remove"), icon=":material/delete:", key=f"own-remove-{name}", type="tertiary"
            ):
                remove(name)
                _close()
                st.rerun()


def _uploader(number: int) -> None:
    if len(uploaded_networks()) >= MAX_NETWORKS:
        st.info(text("own_networks.error.full", most=MAX_NETWORKS))
        return
    choose_architecture(number)
    st.file_uploader(
        text("own_networks.file"),
        type=list(SUFFIXES),
        key=f"own-file-{number}",
        max_upload_size=MAX_BYTES // MEGABYTE,
        on_change=_take,
        args=(number,),
    )
    st.caption(
        text(
            "own_networks.limits",
            megabytes=MAX_BYTES // MEGABYTE,
            most=MAX_NETWORKS,
            session=MAX_SESSION_BYTES // MEGABYTE,
        )
    )


def _take(number: int) -> None:
    """Move the widget's file into the session, if there is room for it; the widget is emptied."""
    file = st.session_state[f"own-file-{number}"]
    if file is None:
        return
    st.session_state["own-uploader"] = number + 1
    architecture = st.session_state.get(f"own-architecture-{number}", TOLD)
    st.session_state.pop("own-refused", None)
    st.session_state.pop("own-unknown", None)
    try:
        check_room(file.size, uploaded_networks())
    except OwnNetworkError as error:
        st.session_state["own-refused"] = _sentence(plain(file.name), error)
        return
    chosen = None if architecture == TOLD else architecture
    st.session_state["own-incoming"] = (plain(file.name), file.getvalue(), chosen)


def _read(name: str, content: bytes, architecture: str | None, shipped: Sequence[Checkpoint], number: int) -> None:
    """A checkpoint is taken in at once; weights alone have questions."""
    with st.spinner(prose("own_networks.reading", name=name), show_time=True):
        if architecture is None and "card" in open_weights(content, name).metadata:
            _add(from_bytes(content, name), shipped)
            return
        try:
            if architecture is None:
                state = open_state_dict(content, name)
                parameters = check_scale(state.config, state.input_size).parameters
                st.session_state["own-asked"] = Asked(state, parameters, number)
                return
        except UnknownNetworkError as error:
            if error.library is None:
                raise
            architecture = error.library
        weights = open_named(architecture, open_weights(content, name))
        check_library_scale(weights, weights.input_size)
    st.session_state["own-asked"] = Asked(weights, weights.parameters, number)


def _form(asked: Asked, shipped: Sequence[Checkpoint]) -> None:
    cards = _cards(shipped)
    st.markdown(inferred(asked))
    st.caption(text("own_networks.untold"))
    draw_questions(asked, cards)
    with st.container(horizontal=True):
        wanted = st.button(text("own_networks.add"), type="primary", key="own-add")
        st.button(
            text("own_networks.another"), key="own-another", on_click=lambda: st.session_state.pop("own-asked", None)
        )

    def make() -> None:
        with st.spinner(text("own_networks.adding"), show_time=True):
            taken = [c.card.name for c in (*shipped, *own_networks())]
            checkpoint, home = answered(asked, cards, taken)
            if home is not None and checkpoint.card.channels == 3:  # as the set's pictures have
                card = dataclasses.replace(checkpoint.card, dataset=home.dataset, domain=home.domain)
                checkpoint = dataclasses.replace(checkpoint, card=card)
            _add(checkpoint, shipped)

    if wanted and (refused := _refusal(plain(asked.state.name), make)[0]):
        st.error(refused)


def _add(checkpoint: Uploaded, shipped: Sequence[Checkpoint]) -> None:
    with progress_line() as line:
        keep(checkpoint, shipped, on_wait=line.on_wait)
    _close()
    st.rerun()


def _refuse(name: str, attempt: Callable[[], None]) -> None:
    """Try to read a file; why that did not succeed is drawn under the uploader."""
    st.session_state["own-refused"], st.session_state["own-unknown"] = _refusal(name, attempt)


def _refusal(name: str, attempt: Callable[[], None]) -> tuple[str | None, UnknownNetworkError | None]:
    """Why the attempt did not succeed, in the reader's language, and what is in the file; None where it did."""
    try:
        attempt()
    except (RefusalError, OwnNetworkError) as error:
        return _sentence(name, error), error if isinstance(error, UnknownNetworkError) else None
    return None, None


def _unknown(error: UnknownNetworkError | None) -> None:
    """What is in a file whose network is not known, and the command that looks at it."""
    if error is not None:
        st.code(str(error.details["show"]), language=None, wrap_lines=True)
        columns = ("weight", "shape", "count", "could_be")
        rows = [(m.weight, " × ".join(map(str, m.shape)), m.count, m.could_be.sentence(words())) for m in error.misses]
        titles = [text(f"own_networks.misses.{column}") for column in columns]
        st.dataframe([dict(zip(titles, row, strict=True)) for row in rows], hide_index=True)


def _sentence(name: str, error: RefusalError | OwnNetworkError) -> str:
    if isinstance(error, OwnNetworkError):
        return f"**{literal(name)}** · {text(f'own_networks.error.{error.code}', **error.details)}"
    if not isinstance(error, CheckpointError):
        return f"**{literal(name)}** · {literal(reason(error))}"
    return text(f"own_networks.refused.{error.kind}", name=literal(name), reason=literal(error.sentence(words())))


def _cards(shipped: Sequence[Checkpoint]) -> dict[str, Card]:
    """One card a shipped data set."""
    cards: dict[str, Card] = {}
    for checkpoint in shipped:
        if checkpoint.card.dataset != "own":
            cards.setdefault(checkpoint.card.dataset, checkpoint.card)
    return cards
