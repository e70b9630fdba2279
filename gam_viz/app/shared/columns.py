"""What the rows of the page share: the selection with its results, the grid, names, colours and scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gam_viz.app.shared.explanations import Subject
from gam_viz.app.shared.selection import Selection
from gam_viz.app.shared.words import layer_title, network_titles, text, words
from gam_viz.attention import Branch
from gam_viz.explain import Explanation, GateReading, SpatialMap
from gam_viz.explain.answer_words import AnswerWords
from gam_viz.explain.attributions import Attribution
from gam_viz.explain.depth import Halvings, at_depth, depth_of, halvings_of_gates
from gam_viz.figures.map_html import picture_style, scale_html
from gam_viz.figures.prediction import prediction_bars
from gam_viz.figures.scales import SEQUENTIAL, Scale, number
from gam_viz.figures.signs import mark_sign, sign_image
from gam_viz.figures.style import Look, looks_of
from gam_viz.titles import literal

SCALES = ("shared", "own")
SCRIPT = Path(__file__).with_name("maps.js")
STYLE = Path(__file__).with_name("page.css")
PLOT = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


@dataclass
class Shown:
    """What is on the page: the layer, a map a network and gate, which of them is large in each network, their colours
    and scale, the
    attributions, and the box that was drawn on the picture: left, top, right, bottom in 0..1 of what was seen."""

    layer: str = ""
    spatial: list[dict[str, SpatialMap]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    spatial_scale: Scale | None = None
    colours: str = SEQUENTIAL[0]
    attributions: list[list[Attribution]] = field(default_factory=list)
    box: tuple[float, float, float, float] | None = None
    absolute: bool = False
    percentile: float = 99.0

    def attributions_of(self, number: int) -> list[Attribution]:
        """Those of a column; none where none are shown."""
        return self.attributions[number] if self.attributions else []


@dataclass(frozen=True)
class Column:
    """One network's place in a row.

    Attributes:
        number: of the column, from 0; part of its widgets' keys.
        subject: the network with the picture as it sees it.
        explanation: what it made of it.
        title: its name, which tells it from the others.
        look: its attention module's colour and marker.
        target: index of what its attributions speak of.
        regions: what is known to lie where in the picture, name -> (H, W) bool.
    """

    number: int
    subject: Subject
    explanation: Explanation
    title: str
    look: Look
    target: int
    regions: Mapping[str, npt.NDArray[np.bool_]]

    @property
    def colour(self) -> str:
        """Of its look."""
        return self.look.colour

    @property
    def told(self) -> AnswerWords:
        """Its answers in words."""
        return AnswerWords(words(), self.explanation.card)

    @property
    def target_name(self) -> str:
        """What is explained, as it is to be read."""
        return self.told.asked(self.target)

    def bars(self, answers: npt.NDArray[np.floating], *, target: int | None, truth: int | None = None) -> go.Figure:
        """Some answers of this network (K,) as short bars."""
        told = self.told
        return prediction_bars(
            answers,
            told.names,
            self.colour,
            written=told.value,
            chances=told.answers.chances,
            target=target,
            truth=truth,
        )

    @property
    def name(self) -> str:
        """The network's own, as its file has it."""
        return self.explanation.card.name

    @property
    def seen(self) -> npt.NDArray[np.uint8]:
        """(S, S, 3) uint8 RGB: the picture as the network sees it."""
        return self.subject.input.seen

    def heading(self, more: str = "") -> None:
        """Draw its name with its colour; `more` is said behind it."""
        st.html(self.heading_html(more))

    def heading_html(self, more: str = "") -> str:
        """The same as HTML."""
        return heading(f"{self.title} · {more}" if more else self.title, self.look)


@dataclass(frozen=True)
class View:
    """One comparison: the selection, each network with the picture as it sees it, and what it made of it.

    `over_time` holds the same networks after other epochs where the film of their training is shown: shared scales of
    gates span them. `shown` is what the rows drew last; a row that reruns alone writes its part anew, and a download,
    which is made when its button is pressed, reads it.
    """

    selection: Selection
    subjects: tuple[Subject, ...]
    explanations: tuple[Explanation, ...]
    shown: Shown
    over_time: tuple[Explanation, ...] = ()

    @cached_property
    def columns(self) -> list[Column]:
        """A column a network."""
        parts = zip(self.subjects, self.explanations, self.titles(), self.looks(), self.targets(), strict=True)
        return [Column(number, *of_network, self.selection.regions) for number, of_network in enumerate(parts)]

    def row(self) -> tuple[DeltaGenerator, list[tuple[Column, DeltaGenerator]]]:
        """The same columns in every row: one for controls, and one a network with what is drawn into it."""
        first, rest = self.grid()
        return first, list(zip(self.columns, rest, strict=True))

    def side_by_side(self) -> list[tuple[Column, DeltaGenerator]]:
        """A column a network, without one for controls."""
        return list(zip(self.columns, st.columns(len(self.subjects), gap="medium"), strict=True))

    def grid(self) -> tuple[DeltaGenerator, Sequence[DeltaGenerator]]:
        """The same columns in every row: one for controls, one a network."""
        first, *rest = st.columns([1.0] + [1.75] * len(self.subjects), gap="medium")
        return first, rest

    def layers(self) -> tuple[str, ...]:
        """Blocks in which any of the networks has gates, in order."""
        return tuple(dict.fromkeys(layer for e in self.explanations for layer in e.layers))

    @property
    def by_depth(self) -> bool:
        """Whether no two of the networks have gates in a layer of one name, so that rows go by depth."""
        gated = [set(e.layers) for e in self.explanations if e.layers]
        return len(gated) > 1 and all(a.isdisjoint(b) for a, b in combinations(gated, 2))

    def layer_choices(self) -> tuple[str, ...]:
        """Layers to choose one of for a row; by depth, those of the network that has most."""
        return max((e.layers for e in self.explanations), key=len) if self.by_depth else self.layers()

    def layers_beside(self, layer: str) -> list[str]:
        """Of each network the layer that stands in one row with `layer`: the same, or its own at the same depth."""
        if not self.by_depth:
            return [layer] * len(self.explanations)
        every = [(e.layers, halvings_of_gates(e)) for e in self.explanations]
        depth = next(depth_of(layer, layers, of) for layers, of in every if layer in layers)
        return [layer if layer in layers or not layers else at_depth(layers, depth, of) for layers, of in every]

    def said_by_depth(self, layers: Sequence[str], halvings: Sequence[Halvings]) -> str:
        """How the layers of a row came beside each other, each its network's own, as Markdown."""
        pairs = [
            (title, layer, of.get(layer)) for title, layer, of in zip(self.titles(), layers, halvings, strict=True)
        ]
        names = " · ".join(f"{title}: {layer_title(layer)}" for title, layer, _ in pairs if layer)
        alike = {of for _, layer, of in pairs if layer}
        how = "depth" if len(alike) > 1 or None in alike else "stage"
        return literal(text(f"compare.attributions.by_{how}", layers=names))

    def gates_beside(self, layer: str, branch: Branch, name: str = "") -> list[GateReading | None]:
        """Each network's gate of a row; None where it has none there."""
        layers = self.layers_beside(layer)
        return [e.reading(own, branch, name) for e, own in zip(self.explanations, layers, strict=True)]

    def titles(self) -> list[str]:
        """A name a network; two networks of the same attention are told apart by their checkpoints' names."""
        return network_titles([e.card for e in self.explanations])

    def looks(self) -> list[Look]:
        """A colour and a marker per network, no two alike."""
        return looks_of([e.card.config.attention for e in self.explanations])

    def targets(self) -> list[int]:
        """What each network's attributions speak of, by index."""
        return [e.predicted if self.selection.target is None else self.selection.target for e in self.explanations]


def picture_styles(view: View) -> None:
    """The pictures that maps lie over, told once for all of them; before any map is drawn as HTML."""
    st.html(picture_style([column.seen for column in view.columns]))


def map_script() -> None:
    """What the pointer is told of maps that are drawn as HTML; anywhere on the page, in a row so that it takes no
    place."""
    st.html(f"<script>{SCRIPT.read_text(encoding='utf-8')}</script>", unsafe_allow_javascript=True, width="content")


def print_scale(scale: Scale, colours: str, caption: str, *, marks: Sequence[float] = ()) -> None:
    """The scale of a row, printed once, with what it means."""
    alt = text("common.scale.alt", low=number(scale.low), high=number(scale.high))
    st.html(scale_html(scale, colours, alt, marks=marks))
    clipped = text("common.scale.clipped", share=scale.clipped) if scale.clipped > 0 else ""
    st.caption(f"{caption} {clipped}".strip())


def heading(title: str, look: Look) -> str:
    """A network's mark and its name, as HTML."""
    return f'<div class="gv-net">{sign_image(mark_sign(look.marker, look.colour))}{escape(title)}</div>'


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """(sign, name) of each entry as HTML that wraps on small screens; signs are SVG text."""
    inner = "".join(f"<span>{sign_image(sign)}{escape(name)}</span>" for sign, name in entries)
    return f'<div class="gv-legend">{inner}</div>'


def page_style() -> None:
    """Less air above the page and between its rows, so that the answer is in the first screen; and text that can be
    read."""
    st.html(STYLE)
