"""The tours, read from `plan.toml`: where each stops, and how it finds the page there."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from gam_viz.app.pages import address, script


@dataclass(frozen=True)
class Stop:
    """One page in one prepared state.

    Attributes:
        name: in the catalogue: `tours.stop.<tour>.<name>` is its title, `tours.says.<tour>.<name>` what is said.
        page: its folder in `gam_viz/app`.
        state: what is chosen there, as in a link; all else begins as on first load.
        look: keys of the parts of the page that are spoken of; they are framed, and the page is moved to them.
        ask: what can be answered to the question that comes before what is said, `tours.asks.<tour>.<name>`; each is
            `tours.choice.<answer>` in the catalogue. Empty where nothing is asked.
        right: the answer that is.
    """

    name: str
    page: str
    state: Mapping[str, str] = field(default_factory=dict)
    look: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    right: str = ""

    @property
    def script(self) -> str:
        """As `st.switch_page` and `st.page_link` call the page."""
        return script(self.page)

    @property
    def address(self) -> str:
        """The page's part of the URL; the first page has none."""
        return address(self.page)

    @property
    def networks(self) -> frozenset[str]:
        """Names of the checkpoints that the stop speaks of."""
        chosen = (value for key, value in self.state.items() if key.startswith("networks-"))
        return frozenset(name for value in chosen for name in value.split(","))


@dataclass(frozen=True)
class Tour:
    """Attributes:
    id: in links; `tours.title.<id>` and `tours.about.<id>` in the catalogue.
    minutes: about how long it takes.
    stops: in order.
    """

    id: str
    minutes: int
    stops: tuple[Stop, ...]


def _read() -> dict[str, Tour]:
    table = tomllib.loads((files(__package__) / "plan.toml").read_text(encoding="utf-8"))

    def stop(entry: Mapping[str, Any]) -> Stop:
        state = table["states"][entry["with"]] | entry.get("state", {})
        look, ask = (tuple(entry.get(key, ())) for key in ("look", "ask"))
        return Stop(entry["name"], entry["page"], state, look, ask, entry.get("right", ""))

    return {
        id_: Tour(id_, tour["minutes"], tuple(stop(entry) for entry in tour["stops"]))
        for id_, tour in table["tours"].items()
    }


TOURS = _read()
