"""How often two networks are right on the same pictures: a table of four counts, and what they say; of one network
alone, how often it is right."""

from __future__ import annotations

from html import escape

import streamlit as st

from gam_viz.app.shared.words import prose, text
from gam_viz.app.test_pictures.tiles import Gallery
from gam_viz.evaluation.intervals import Paired
from gam_viz.text import signed
from gam_viz.titles import literal

STYLE = """<style>
.gv-four {border-collapse: collapse; font-size: .95rem; line-height: 1.3; width: 100%; max-width: 27rem}
.gv-four th {font-weight: 600; text-align: left; word-break: keep-all; padding: .3rem .6rem .3rem 0}
.gv-four thead th, .gv-four td {text-align: right; padding: .3rem .6rem}
.gv-four td {font-variant-numeric: tabular-nums; border: 1px solid rgba(128, 128, 128, .35); width: 25%}
.gv-four td.gv-odd {font-weight: 700; font-size: 1.15rem}
</style>"""


def outcome_row(gallery: Gallery) -> None:
    """Draw the row."""
    counts = Paired.of(gallery.outcomes)
    if len(gallery.predictions) == 1:
        name = literal(gallery.titles[0])
        st.markdown(text("test_pictures.accuracy", name=name, a=counts.accuracies[0], count=counts.count))
        if gallery.networks[0].card.domain == "medical":
            st.caption(text("common.prediction.medical_networks"))
        return
    table, said = st.columns([1, 1.35], gap="medium", vertical_alignment="center")
    with table:
        st.html(STYLE + _table(gallery, counts))
    with said:
        st.markdown(_sentence(gallery, counts))
        notes = [prose("test_pictures.two_networks")]
        if len(gallery.networks) > 2:
            notes.append(prose("test_pictures.first_two", first=gallery.titles[0], second=gallery.titles[1]))
        if any(checkpoint.card.domain == "medical" for checkpoint in gallery.networks):
            notes.append(text("common.prediction.medical_networks"))
        st.caption(" ".join(notes))


def _table(gallery: Gallery, counts: Paired) -> str:
    names = [f"{sign} {escape(title)}" for sign, title in zip(gallery.signs, gallery.titles, strict=True)]
    right, wrong = escape(text("test_pictures.right")), escape(text("test_pictures.wrong"))
    return (
        '<table class="gv-four"><thead><tr><td style="border:0"></td>'
        f'<th scope="col">{names[1]} {right}</th><th scope="col">{names[1]} {wrong}</th></tr></thead><tbody>'
        f'<tr><th scope="row">{names[0]} {right}</th>'
        f'<td>{counts.both:,}</td><td class="gv-odd">{counts.first:,}</td></tr>'
        f'<tr><th scope="row">{names[0]} {wrong}</th>'
        f'<td class="gv-odd">{counts.second:,}</td><td>{counts.neither:,}</td></tr></tbody></table>'
    )


def _sentence(gallery: Gallery, counts: Paired) -> str:
    """The accuracies, their difference with its interval, and whether the split is more uneven than chance."""
    (a, b), (low, high), p = counts.accuracies, counts.interval(), counts.p_value()
    alone = counts.first + counts.second
    values = {
        "first": gallery.titles[0],
        "second": gallery.titles[1],
        "a": a,
        "b": b,
        "count": counts.count,
        "difference": _points(counts.difference),
        "low": _points(low),
        "high": _points(high),
        "alone": alone,
        "of_first": counts.first,
        "p": "p\u00a0<\u00a00.001" if p < 0.001 else f"p\u00a0=\u00a0{p:.2g}",  # not torn at a line's end
    }
    split = prose("test_pictures.split", **values) if alone else text("test_pictures.no_split")
    return f"{prose('test_pictures.accuracies', **values)} {split}"


def _points(share: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return signed(100 * share, "+.1f")
