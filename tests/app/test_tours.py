"""The tours: every stop in its prepared state in both languages, the way along them, links, and what a link gets wrong.

They speak of the networks that ship, so these are what is looked at here.
"""

import re

import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared.networks import checkpoint_folder
from gam_viz.app.tours.plan import TOURS, Stop, Tour
from gam_viz.text import TERM, words
from tests.app.conftest import APP
from tests.app.reading import plain
from tests.app.visiting import visit

STOPS = [(tour.id, number) for tour in TOURS.values() for number in range(1, len(tour.stops) + 1)]


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app before its first run, on the checkpoints that ship."""
    monkeypatch.delenv("GAM_VIZ_CHECKPOINTS", raising=False)
    if not list(checkpoint_folder().glob("*.safetensors")):
        pytest.skip("the checkpoints that ship are not here")
    return AppTest.from_file(str(APP), default_timeout=180)


def said(page: AppTest) -> str:
    return plain("\n".join(element.value for element in [*page.markdown, *page.caption, *page.info]))


def told(key: str, language: str = "en") -> str:
    return TERM.sub(r"\2", words(language).sentences[key])


def opened(app: AppTest, tour: str, number: int, **query: str) -> AppTest:
    for key, value in {"tour": tour, "stop": str(number), **query}.items():
        app.query_params[key] = value
    return app.run()


def reached(page: AppTest, tour: Tour, number: int) -> None:
    """The page is the stop's, its state is the stop's, and the URL says where it is."""
    stop = tour.stops[number - 1]
    assert not page.exception
    assert page.session_state["url-page"] == stop.address
    assert page.session_state["tour-at"] == (tour.id, number)
    assert (page.query_params["tour"], page.query_params["stop"]) == (tour.id, str(number))
    for key, value in stop.state.items():
        here = page.session_state[key]
        assert value == (",".join(here) if isinstance(here, list) else str(here)), key


#: `test_a_tour_is_walked_there_and_back` comes by these, or others are much like them and follow a map as long.
LONG = {*(("shortcut", number) for number in range(1, 6)), ("true-map", 3), ("true-map", 4), ("cbam-vs-gam", 3)}


@pytest.mark.parametrize(
    ("tour", "number"), [pytest.param(*stop, marks=pytest.mark.long if stop in LONG else ()) for stop in STOPS]
)
def test_every_stop_is_reached_by_its_link(shipped: AppTest, tour: str, number: int, thorough: bool) -> None:
    page = opened(shipped, tour, number)
    answered(page, TOURS[tour].stops[number - 1])
    as_said(page, tour, number, "en")
    if thorough or number == len(TOURS[tour].stops):
        page.segmented_control(key="lang").set_value("zh").run()  # what was computed is kept
        as_said(page, tour, number, "zh")


def answered(page: AppTest, stop: Stop, choice: str | None = None) -> None:
    """Where the stop asks, it does not tell before it was answered, or was asked to."""
    if stop.ask:
        assert plain(told(f"tours.says.{page.session_state['tour-at'][0]}.{stop.name}")) not in said(page)
        key = "tour-next" if choice is None else f"tour-choice-{choice}"
        page.button(key=key).click().run()


def as_said(page: AppTest, tour: str, number: int, language: str) -> None:
    """The page is at the stop, and says what the tour says there in that language, and nothing went wrong."""
    reached(page, TOURS[tour], number)
    assert not page.error
    assert not page.warning
    shown = said(page)
    name = f"{tour}.{TOURS[tour].stops[number - 1].name}"
    assert f"**{told(f'tours.stop.{name}', language)}** · " in shown
    assert told(f"tours.says.{name}", language) in shown
    assert not any(re.fullmatch(r"[a-z]+(\.[a-z_-]+)+", line) for line in shown.splitlines())
    assert told("tours.missing", language) not in shown
    assert page.title[0].value == told(f"{TOURS[tour].stops[number - 1].page}.nav", language)
    drawn = {button.key for button in page.button}
    assert ("tour-back" in drawn) == (number > 1)
    assert ("tour-next" in drawn) == (number < len(TOURS[tour].stops))
    assert ({"tour-then", "tour-own-picture", "tour-all"} <= drawn) == (number == len(TOURS[tour].stops))
    assert not any(button.disabled for button in page.button if str(button.key).startswith("tour-"))


def test_two_or_three_sentences_are_said_at_each_stop() -> None:
    for tour in TOURS.values():
        assert 5 <= len(tour.stops) <= 7
        assert len({stop.name for stop in tour.stops}) == len(tour.stops)
        for stop in tour.stops:
            for language, ends in (("en", r"[.?!](?= |$)"), ("zh", "[。？！]")):
                sentences = len(re.findall(ends, told(f"tours.says.{tour.id}.{stop.name}", language)))
                assert 2 <= sentences <= 4, (tour.id, stop.name, language)


def test_every_stop_frames_what_it_speaks_of_and_a_question_has_its_answer_in_both_languages() -> None:
    for tour in TOURS.values():
        for stop in tour.stops:
            assert stop.look, (tour.id, stop.name)
            assert bool(stop.ask) == bool(stop.right) == (stop.right in stop.ask)
            for language in ("en", "zh"):
                keys = words(language).sentences
                assert (f"tours.asks.{tour.id}.{stop.name}" in keys) == bool(stop.ask)
                assert all(f"tours.choice.{choice}" in keys for choice in stop.ask)


@pytest.mark.parametrize(("choice", "verdict"), [("gam", "Right: GAM."), ("cbam", "You said CBAM; it is GAM.")])
def test_a_question_comes_before_the_answer(shipped: AppTest, choice: str, verdict: str) -> None:
    stop = TOURS["cbam-vs-gam"].stops[1]
    page = opened(shipped, "cbam-vs-gam", 2)
    assert plain(told("tours.asks.cbam-vs-gam.squeeze")) in said(page)
    answered(page, stop, choice)
    assert verdict in said(page)
    as_said(page, "cbam-vs-gam", 2, "en")
    assert not any(str(button.key).startswith("tour-choice") for button in page.button)


def test_the_last_stop_leads_to_the_next_tour_and_to_a_picture_of_ones_own(shipped: AppTest) -> None:
    page = opened(shipped, "cbam-vs-gam", 6)
    page.button(key="tour-own-picture").click().run()
    assert not page.exception
    assert page.session_state["url-page"] == ""
    assert page.session_state["source"] == "upload"
    assert "tour" not in page.query_params
    page = opened(page, "cbam-vs-gam", 6)
    page.button(key="tour-then").click().run()
    reached(page, TOURS["true-map"], 1)


def test_a_tour_is_walked_there_and_back(shipped: AppTest) -> None:
    tour = TOURS["shortcut"]
    page = visit(shipped, "tours").run()
    assert not page.exception
    assert page.title[0].value == told("tours.nav")
    page.button(key="start-shortcut").click().run()
    for number in range(1, 4):
        answered(page, tour.stops[number - 1])
        as_said(page, tour.id, number, "en")
        page.button(key="tour-next").click().run()
    as_said(page, tour.id, 4, "en")
    page.button(key="tour-back").click().run()
    reached(page, tour, 3)


def test_whatever_was_touched_the_next_stop_is_prepared(shipped: AppTest) -> None:
    page = opened(shipped, "shortcut", 1)
    page.selectbox(key="sample").set_value("photo-cat").run()
    page.radio(key="layer").set_value("layer1.1").run()
    page.multiselect(key="methods").set_value(["saliency"]).run()
    assert page.session_state["tour-at"] == ("shortcut", 1)  # who touches things stays at the stop
    assert page.query_params["stop"] == "1"
    page.button(key="tour-next").click().run()
    reached(page, TOURS["shortcut"], 2)
    assert page.session_state["layer"] == "layer3.1"  # what the stop does not say is as it is for one who arrives
    assert page.session_state["methods"] == ["gradcam"]


def test_the_language_is_kept(shipped: AppTest) -> None:
    shipped.query_params["lang"] = "zh"
    page = visit(shipped, "tours").run()
    page.button(key="start-shortcut").click().run()
    reached(page, TOURS["shortcut"], 1)
    assert page.query_params["lang"] == "zh"
    assert told("tours.stop.shortcut.right", "zh") in said(page)


def test_the_end_leaves_the_page_as_it_is(shipped: AppTest) -> None:
    page = opened(shipped, "shortcut", 2)
    page.button(key="tour-end").click().run()
    assert not page.exception
    assert page.session_state["tour-at"] is None
    assert not {"tour", "stop", "present"} & set(page.query_params)
    assert page.session_state["sample"] == "scene-tag-fish-on-car-19"
    assert "tour-next" not in {button.key for button in page.button}
    page.run()
    assert page.session_state["tour-at"] is None


def test_on_another_page_the_tour_waits(shipped: AppTest) -> None:
    opened(shipped, "shortcut", 2)
    for key in [*shipped.query_params]:  # as the browser does when a page is left
        del shipped.query_params[key]
    page = visit(shipped, "glossary").run()
    assert not page.exception
    assert told("tours.elsewhere") in said(page)
    assert page.query_params["tour"] == "shortcut"
    page.button(key="tour-next").click().run()
    assert page.session_state["tour-at"] == ("shortcut", 3)


def test_a_link_may_say_more_than_its_stop(shipped: AppTest) -> None:
    page = opened(shipped, "shortcut", 2, layer="layer1.1", sample="scene-tag-car-19")
    assert not page.exception
    assert page.session_state["layer"] == "layer1.1"
    assert page.session_state["sample"] == "scene-tag-car-19"


def test_a_link_to_another_page_is_brought_to_the_stop(shipped: AppTest) -> None:
    visit(shipped, "glossary")
    page = opened(shipped, "shortcut", 2)
    reached(page, TOURS["shortcut"], 2)


def test_presenting_hides_all_but_the_bar_and_the_page(shipped: AppTest) -> None:
    page = opened(shipped, "shortcut", 1, present="1")
    assert not page.exception
    assert page.query_params["present"] == "1"
    assert told("tours.full_screen") in said(page)
    assert page.button(key="tour-present-button").label == told("tours.leave")
    page.button(key="tour-clicker-next").click().run()
    reached(page, TOURS["shortcut"], 2)
    assert page.query_params["present"] == "1"
    page.button(key="tour-present-button").click().run()
    reached(page, TOURS["shortcut"], 2)
    assert "present" not in page.query_params
    assert told("tours.full_screen") not in said(page)


WRONG_LINKS = [
    ("nowhere", "1", "tour"),
    ("", "1", "tour"),
    ("shortcut", "99", "stop"),
    ("shortcut", "0", "stop"),
    ("shortcut", "-1", "stop"),
    ("shortcut", "two", "stop"),
    ("shortcut", "²", "stop"),
    ("shortcut", "9" * 5000, "stop"),
]


def test_a_link_to_nowhere_is_one_sentence(app: AppTest) -> None:
    for tour, number, wrong in WRONG_LINKS:  # on a page that is drawn quickly, and once on the first
        page = AppTest.from_file(str(APP), default_timeout=180)
        if (tour, number) != WRONG_LINKS[0][:2]:
            visit(page, "glossary")
        page.query_params["tour"], page.query_params["stop"] = tour, number
        page.run()
        case = (tour, number[:9])
        assert not page.exception, case
        assert [warning.value for warning in page.warning] == [told(f"tours.wrong.{wrong}")], case
        assert "tour-next" not in {button.key for button in page.button}, case
        assert "tour" not in page.query_params, case
        page.run()
        assert not page.warning, case


def test_a_tour_without_its_networks_says_so(app: AppTest) -> None:
    page = opened(app, "shortcut", 1)  # the small networks know nothing of the shortcut
    assert not page.exception
    assert told("tours.missing") in said(page)


def test_every_stop_is_listed_with_a_link(shipped: AppTest) -> None:
    page = visit(shipped, "tours").run()
    links = [element.proto for element in page.get("page_link") if element.proto.query_string]
    assert len(links) == len(STOPS)
    for (tour, number), link in zip(STOPS, links, strict=True):
        assert link.label == f"{number}. {told(f'tours.stop.{tour}.{TOURS[tour].stops[number - 1].name}')}"
        assert f"tour={tour}&stop={number}" in link.query_string


def test_networks_are_read_from_the_state() -> None:
    assert Stop("x", "compare", {"networks-scenes": "a,b", "sample": "c"}).networks == {"a", "b"}
