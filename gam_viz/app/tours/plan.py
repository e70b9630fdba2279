"""The tours: where each stops, and how it finds the page there. What is said there is in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gam_viz.app.pages import address, script


@dataclass(frozen=True)
class Stop:
    """One page in one prepared state.

    Attributes:
        name: in the catalogue: `tours.stop.<tour>.<name>` is its title, `tours.says.<tour>.<name>` what is said.
        page: the page's script folder in `gam_viz/app`.
        state: what is chosen there, as in a link; all else begins as it does for one who arrives.
        look: keys of the parts of the page that are spoken of; they are framed, and the page is moved to the first.
            Empty for its top.
    """

    name: str
    page: str
    state: Mapping[str, str] = field(default_factory=dict)
    look: tuple[str, ...] = ()

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


_PAIR = {"data": "scenes", "networks-scenes": "scenes-cbam,scenes-gam"}
_BOAT = _PAIR | {"source": "sample", "sample": "scene-sailboat-17"}
_TAGGED = {
    "data": "scenes-shortcut",
    "networks-scenes-shortcut": "scenes-shortcut-cbam,scenes-shortcut-gam",
    "source": "sample",
}
_OWN_TAG = _TAGGED | {"sample": "scene-tag-car-19"}
_OTHER_TAG = _TAGGED | {"sample": "scene-tag-fish-on-car-19"}

_TOURS = (
    Tour(
        "cbam-vs-gam",
        2,
        (
            Stop("answer", "compare", _BOAT | {"layer": "layer2.1"}),
            Stop("squeeze", "inside", _BOAT | {"inside": "steps", "layer": "layer2.1", "station": "squeeze"}),
            Stop("channel", "inside", _BOAT | {"inside": "steps", "layer": "layer2.1", "station": "channel"}),
            Stop("mask", "compare", _BOAT | {"layer": "layer2.1", "reduction": "gain"}, ("mask-0", "mask-1")),
            Stop("matter", "evidence", _BOAT | {"question": "gates", "ablate": "identity"}, ("ablation-chart",)),
            Stop("cost", "networks", _PAIR),
        ),
    ),
    Tour(
        "true-map",
        2,
        (
            Stop("picture", "compare", _BOAT | {"layer": "layer3.0", "reduction": "gain"}, ("mask-0", "mask-1")),
            Stop("gates", "evidence", _BOAT | {"question": "gates", "ablate": "identity"}, ("ablation-chart",)),
            Stop(
                "misleading",
                "evidence",
                _BOAT | {"question": "faithful", "map": "gate.layer3.0"},
                ("deletion-0", "deletion-1"),
            ),
            Stop(
                "faithful",
                "evidence",
                _BOAT | {"question": "faithful", "map": "gate.layer2.1"},
                ("deletion-0", "deletion-1"),
            ),
            Stop(
                "randomised",
                "evidence",
                _BOAT | {"question": "randomised", "methods": "gradcam,guided_backprop", "map": "gate.layer2.1"},
                ("cascade-0", "cascade-1"),
            ),
            Stop(
                "agreed",
                "evidence",
                _BOAT | {"question": "agreed", "pair-a": "3", "pair-b": "10"},
                ("agreement-matrix",),
            ),
            Stop(
                "board",
                "evidence",
                _BOAT | {"question": "board", "board": "scenes", "where": "object", "score": "pointing"},
                ("board-maps",),
            ),
        ),
    ),
    Tour(
        "shortcut",
        2,
        (
            Stop("right", "compare", _OWN_TAG),
            Stop("wrong", "compare", _OTHER_TAG),
            Stop(
                "attributions",
                "compare",
                _OTHER_TAG | {"methods": "gradcam,integrated_gradients"},
                ("gradcam-0", "gradcam-1"),
            ),
            Stop(
                "region",
                "compare",
                _OTHER_TAG | {"methods": "gradcam,integrated_gradients", "region": "tag"},
                ("region-shares",),
            ),
            Stop(
                "faithful",
                "evidence",
                _OTHER_TAG | {"question": "faithful", "map": "gradcam.layer3.1"},
                ("deletion-0", "deletion-1"),
            ),
            Stop(
                "board",
                "evidence",
                _OTHER_TAG | {"question": "board", "board": "scenes-shortcut", "where": "tag", "score": "energy"},
                ("board-tags",),
            ),
        ),
    ),
)

TOURS = {tour.id: tour for tour in _TOURS}
