"""The head of every page."""

import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.app.pages import PAGES
from gam_viz.text import words
from tests.app.visiting import visit


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_one_click_away_and_the_title_is_the_menus_name(app: AppTest, language: str) -> None:
    app.query_params["lang"] = language
    visit(app, "glossary").run()
    assert not app.exception
    said = words(language).sentences
    assert [title.value for title in app.title] == [said["glossary.nav"]]
    assert said["glossary.title"] in [text.value for text in app.markdown]
    links = [link.proto.label for link in app.get("page_link")]
    names = [said[f"{page.name}.nav"] for pages in PAGES.values() for page in pages]
    assert links == ["**GAM-Viz**", *names, *names]  # in a row, and in the narrow page's menu
    assert app.segmented_control(key="lang").value == language
    assert not app.sidebar.children  # a page without choices has no bar for them
