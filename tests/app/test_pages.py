"""The list of pages: what is in the menu is there, and old addresses lead on."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from gam_viz.app.pages import MOVED, PAGES, address, script

NAMES = [page.name for pages in PAGES.values() for page in pages]


def test_a_page_is_a_folder_named_as_its_address() -> None:
    for name in NAMES:
        assert Path(script(name)).is_file()
        assert address(name) in ("", name.replace("_", "-"))
    assert [name for name in NAMES if address(name) == ""] == ["compare"]
    folders = {path.parent.name for path in Path(script("compare")).parents[1].glob("*/page.py")}
    assert folders == {*NAMES, "shared"}  # what pages share has a page's frame


@pytest.mark.parametrize("old", sorted(MOVED))
def test_an_old_address_leads_on_with_its_choices(app: AppTest, old: str) -> None:
    app._page_hash = calc_hash(old)
    app.query_params["lang"] = "zh"
    app.run()
    assert not app.exception
    assert app.session_state["url-page"] == address(MOVED[old])
    assert app.query_params["lang"] == "zh"
