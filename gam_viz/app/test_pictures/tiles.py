"""The test pictures as tiles, by outcome and class, a page at a time; each opens in Compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.pages import script
from gam_viz.app.shared import state
from gam_viz.app.shared.choices import choose_relabelled, chosen, chosen_number
from gam_viz.app.shared.evaluation_set import Pictures
from gam_viz.app.shared.page import fragment
from gam_viz.app.shared.words import class_title, language, text
from gam_viz.evaluation.predictions import Predictions, mistakes_first, outcomes
from gam_viz.figures.signs import mark_sign, sign_image
from gam_viz.figures.style import enlarged, looks_of
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.titles import percent

COMPARE = script("compare")
A_PAGE = 24  # divides by 2, 3, 4, 6 and 8 columns
ONE, ALL = "one", "all"
FILTERS = (ONE, "first", "second", "neither", "both", ALL)
ALONE = ("neither", "both", ALL)  # of one network: wrong, right
ORDERS = ("mistakes", "number")
SIDE = 288  # pixels a tile's picture is enlarged to, at most: twice what is drawn

STYLE = """<style>
.st-key-gv-tiles {display: grid !important; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 1.1rem .9rem}
.st-key-gv-tiles > div {width: auto !important; min-width: 0; height: 100%}
.st-key-gv-tiles [class*="st-key-gv-tile-"] {gap: .35rem; height: 100%}
.st-key-gv-tiles [class*="st-key-gv-tile-"] > div:last-child {margin-top: auto}
.st-key-gv-tiles [data-testid="stImage"] img {width: 100%; image-rendering: pixelated; border-radius: 4px}
.st-key-gv-tiles a {padding-left: 0}
.gv-tile {font-size: .82rem; line-height: 1.3}
.gv-tile b {display: block; font-size: .9rem}
.gv-tile div {display: flex; gap: .35em; align-items: baseline}
.gv-tile .gv-sign {flex: none; align-self: center}
.gv-tile span {flex: 1; min-width: 0; overflow-wrap: anywhere}
.gv-tile em {flex: none; font-style: normal; font-variant-numeric: tabular-nums}
@media (max-width: 640px) {.st-key-gv-tiles {grid-template-columns: repeat(2, minmax(0, 1fr))}}
@media (min-width: 1500px) {.st-key-gv-tiles {grid-template-columns: repeat(8, minmax(0, 1fr))}}
</style>"""


@dataclass(frozen=True, eq=False)
class Gallery:
    """What the page is about: the networks chosen, the test pictures, and what the first two (or one) make of them."""

    networks: tuple[OpenedNetwork, ...]
    pictures: Pictures
    predictions: tuple[Predictions, ...]
    titles: Sequence[str]

    @property
    def first(self) -> Predictions:
        """Of the first network."""
        return self.predictions[0]

    @property
    def second(self) -> Predictions:
        """Of the second; of one alone its own, so that it is right or wrong on "both"."""
        return self.predictions[-1]

    @property
    def filters(self) -> tuple[str, ...]:
        """Outcomes to choose from, what one is here for first."""
        return FILTERS if len(self.predictions) > 1 else ALONE

    @property
    def signs(self) -> list[str]:
        """A mark for each of the two, as HTML."""
        looks = looks_of([checkpoint.card.config.attention for checkpoint in self.networks[:2]])
        return [sign_image(mark_sign(look.marker, look.colour)) for look in looks]

    @property
    def key(self) -> str:
        """Identity of the two networks; theirs is that of the pictures, too."""
        return "-".join(checkpoint.sha256[:8] for checkpoint in self.networks[:2])

    @cached_property
    def outcomes(self) -> npt.NDArray[np.str_]:
        """(N,) which of the two is right."""
        return outcomes(self.first, self.second, self.pictures.data.labels)

    def of(self, outcome: str) -> npt.NDArray[np.bool_]:
        """(N,) which pictures are of this outcome, a filter's name."""
        if outcome == ALL:
            return np.ones(len(self.outcomes), dtype=bool)
        wanted = ("first", "second") if outcome == ONE else (outcome,)
        return np.isin(self.outcomes, wanted)


@fragment
def tile_rows(gallery: Gallery) -> None:
    """Draw the filters and the tiles; a change of filter computes nothing anew."""
    chosen = _filtered(gallery)
    if not len(chosen):
        st.info(text("test_pictures.empty"))
        return
    pages = -(-len(chosen) // A_PAGE)
    start = (chosen_number("page", 1, pages, 1) - 1) * A_PAGE
    shown = chosen[start : start + A_PAGE]
    st.caption(text("test_pictures.shown", start=start + 1, end=start + len(shown), count=len(chosen)))
    st.html(STYLE)
    with st.container(key="gv-tiles"):
        for place, number in enumerate(shown):
            with st.container(key=f"gv-tile-{place}"):
                _tile(gallery, int(number))
    if pages > 1:
        _pager(pages, gallery.key)
    state.publish("page", 1)


def _filtered(gallery: Gallery) -> npt.NDArray[np.int64]:
    """The numbers of the pictures asked for, in the order asked for."""
    labels, classes = gallery.pictures.data.labels, gallery.pictures.data.info.classes
    filters = gallery.filters
    kinds = {name: gallery.of(name) for name in filters}
    of_class = {"": np.ones(len(labels), dtype=bool)} | {name: labels == i for i, name in enumerate(classes)}
    outcome, label = chosen("outcome", filters, filters[0]), chosen("class", tuple(of_class), "")

    def name_outcome(name: str) -> str:
        return _counted(_outcome(gallery, name), kinds[name] & of_class[label])

    def name_class(name: str) -> str:
        return _counted(
            class_title(name) if name else text("test_pictures.all_classes"), kinds[outcome] & of_class[name]
        )

    def name_order(name: str) -> str:
        # Where both are right there are no mistakes to begin with.
        return text(f"test_pictures.order.{'unsure' if name == 'mistakes' and outcome == 'both' else name}")

    def pick(key: str, options: Sequence[str], named: Callable[[str], str], beside: str) -> str:
        title = text(f"test_pictures.{key}")
        return choose_relabelled(key, options, options[0], title, named, beside=beside, then=_first_page)

    first, second, third = st.columns(3)
    with first:
        pick("outcome", filters, name_outcome, f"{gallery.key}-{label}")
    with second:
        pick("class", tuple(of_class), name_class, f"{gallery.key}-{outcome}")
    with third:
        order = pick("order", ORDERS, name_order, outcome)
    wanted = kinds[outcome] & of_class[label]
    if order == "number":
        return np.flatnonzero(wanted)
    ordered = mistakes_first(gallery.first, gallery.second, labels)
    return ordered[wanted[ordered]]


def _first_page() -> None:
    st.session_state["page"] = 1


def _pager(pages: int, networks: str) -> None:
    """Numbers of pages to click. Beside other filters or networks it is another widget, as in `choose_relabelled`."""
    widget = "-".join(["pager", networks, *(str(st.session_state[key]) for key in ("outcome", "class", "order"))])

    def turn() -> None:
        st.session_state["page"] = st.session_state[widget]

    st.pagination(pages, default=int(st.session_state["page"]), key=widget, on_change=turn)


def _counted(name: str, wanted: npt.NDArray[np.bool_]) -> str:
    return f"{name} · {int(wanted.sum()):,}"


def _outcome(gallery: Gallery, name: str) -> str:
    if len(gallery.titles) == 1 and name != ALL:
        return text(f"test_pictures.{'right' if name == 'both' else 'wrong'}")
    return text(f"test_pictures.outcome.{name}", first=gallery.titles[0], second=gallery.titles[-1])


def _tile(gallery: Gallery, number: int) -> None:
    data = gallery.pictures.data
    names = [class_title(name) for name in data.info.classes]
    truth = int(data.labels[number])
    lines, said = [], []
    for title, sign, of in zip(gallery.titles, gallery.signs, gallery.predictions, strict=True):
        predicted, probability = int(of.predicted[number]), float(of.probability[number])
        mark = "✓" if predicted == truth else "✗"
        lines.append(
            f'<div title="{escape(title)}">{sign}'
            f"<span>{mark} {escape(names[predicted])}</span><em>{percent(probability)}</em></div>"
        )
        said.append(f"{title}: {names[predicted]}, {percent(probability)}")
    st.image(
        enlarged(data.images[number], SIDE),
        width="stretch",
        alt=text("test_pictures.alt", number=number, truth=names[truth], predictions="; ".join(said)),
    )
    st.html(f'<div class="gv-tile"><b>{escape(names[truth])}</b>{"".join(lines)}</div>')
    st.page_link(
        COMPARE,
        label=text("test_pictures.compare", number=number),
        icon=":material/compare:",
        query_params=_link(gallery, number),
    )


def _link(gallery: Gallery, number: int) -> dict[str, str]:
    """The Compare page on this picture with all the networks chosen here, in a new tab, too."""
    dataset = gallery.networks[0].card.dataset
    return {
        "lang": language(),
        "data": dataset,
        f"networks-{dataset}": ",".join(checkpoint.card.name for checkpoint in gallery.networks),
        "source": "test",
        "test": str(number),
    }
