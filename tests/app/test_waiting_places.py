"""What takes longer than a moment says so where it was asked for: in the same place, right below."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.app.visiting import opened, visit

MARK = "the wait is said here"
TALL = {"plotly_chart", "arrow_data_frame", "dataframe", "header", "html"}


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Where on the page each wait was said, as paths; a caption stays there."""
    places: list[tuple[int, ...]] = []

    @contextmanager
    def marked(*_args: object, **_options: object) -> Iterator[None]:
        place = st.empty()
        places.append(tuple(place._cursor.delta_path))  # type: ignore[union-attr]
        place.caption(MARK)
        yield

    monkeypatch.setattr(st, "spinner", marked)
    return places


def between(page: AppTest, key: str) -> set[str]:
    """The kinds of what stands between a control and the first wait that is said below it."""
    everything = list(page.main)
    start = next(place for place, element in enumerate(everything) if getattr(element, "key", None) == key)
    after = everything[start + 1 :]
    end = next(place for place, element in enumerate(after) if getattr(element, "value", None) == MARK)
    return {element.type for element in after[:end]}


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize(
    ("page", "link", "key"),
    [
        ("inside", {"inside": "patches"}, "try-again"),
        ("inside", {"inside": "pixel"}, "try-column"),
        ("design", {"d_width": "16", "d_size": "16"}, "d-budget"),
    ],
)
def test_a_wait_is_said_right_below_what_was_pressed(app: AppTest, page: str, link: dict[str, str], key: str) -> None:
    assert not between(opened(app, page, **link), key) & TALL


def test_what_is_measured_again_says_so_in_its_card(app: AppTest, waits: list[tuple[int, ...]]) -> None:
    page = visit(app, "claims").run()
    at_the_top = max(map(len, waits))
    waits.clear()
    page.button(key="claims-again").click().run()
    assert not page.exception
    assert max(map(len, waits)) > at_the_top
