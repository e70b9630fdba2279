"""Going to a page of the app without a browser."""

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from gam_viz.app.pages import address


def visit(app: AppTest, page: str) -> AppTest:
    """The app at the page of that name, before it is drawn.

    `AppTest.switch_page` tells pages apart by their files' names until the app has run once, and all of ours are
    called `page.py`; running the app first would draw the first page, networks and all.
    """
    app._page_hash = calc_hash(address(page) or "page")  # the first page's address is its file's name
    return app


def opened(app: AppTest, page: str, **link: str) -> AppTest:
    """The page of that name, drawn with what a link says, without an error; underscores of its names are hyphens."""
    visit(app, page)
    for key, value in link.items():
        app.query_params[key.replace("_", "-")] = value
    app.run()
    assert not app.exception
    assert not app.error
    return app
