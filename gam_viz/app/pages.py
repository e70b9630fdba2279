"""The pages and their addresses. Adding one: a folder here with `page.py` in it, a line below, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Page:
    """One page of the app.

    Attributes:
        name: its folder; also its part of the catalogue, where `<name>.nav` is its name in the menu.
    """

    name: str

    @property
    def address(self) -> str:
        """Its part of the URL, "" for the page that opens first."""
        return "" if self.name == FIRST else self.name.replace("_", "-")


FIRST = "compare"

#: What one comes for -> its pages, in order.
PAGES: dict[str, tuple[Page, ...]] = {
    "look": (Page("compare"), Page("inside"), Page("my_pictures"), Page("test_pictures")),
    "ask": (Page("evidence"), Page("audit"), Page("training"), Page("claims")),
    "choose": (Page("networks"), Page("design")),
    "learn": (Page("tours"), Page("glossary")),
}

#: Addresses of 0.4 that links still carry -> the page they lead to.
MOVED = {"gallery": "test_pictures", "pictures": "my_pictures"}


def script(name: str) -> str:
    """A page's script, as `st.Page`, `st.switch_page` and `st.page_link` take it, wherever the app was started."""
    return str(Path(__file__).with_name(name) / "page.py")


def address(name: str) -> str:
    """A page's part of the URL."""
    return next(page.address for pages in PAGES.values() for page in pages if page.name == name)
