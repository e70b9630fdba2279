"""Pictures of an audit as rows, a page at a time, with what the networks say of each; a name opens it in Compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import streamlit as st

from gam_viz.app.audit.download import table_downloads
from gam_viz.app.audit.view import AuditView
from gam_viz.app.pages import script
from gam_viz.app.shared.audits import link_to_compare, row_picture
from gam_viz.app.shared.pictures import rendered
from gam_viz.app.shared.session_cache import cached
from gam_viz.app.shared.words import class_title, text, words
from gam_viz.audit.errors import AuditError
from gam_viz.audit.naming import measured
from gam_viz.audit.rows import maps_of
from gam_viz.audit.statistics import THUMBNAIL
from gam_viz.explain.answer_words import AnswerWords
from gam_viz.figures.pixels import painted, reduced, uri
from gam_viz.figures.scales import SEQUENTIAL, Scale
from gam_viz.figures.signs import mark_sign, sign_image
from gam_viz.figures.style import enlarged
from gam_viz.images import Picture, PictureError, first_look
from gam_viz.titles import literal, percent

COMPARE = script("compare")
MOST = 1000  # rows that can be turned to, and that a download has
A_PAGE = 10
SIDE = 128  # pixels of a thumbnail: twice what is drawn
MOST_THUMBNAILS = 500

STYLE = """<style>
.st-key-gv-audit {gap: 0 !important}
[class*="st-key-gv-row-"], .gv-head {
    display: grid !important; grid-template-columns: 64px minmax(9rem, 1fr) minmax(0, 2.6fr); gap: 0 1rem;
    align-items: center; padding: .4rem 0; border-top: 1px solid rgba(128, 128, 128, .25)}
[class*="st-key-gv-row-"] > div {width: auto !important; min-width: 0}
[class*="st-key-gv-row-"] [data-testid="stElementToolbar"] {display: none}
[class*="st-key-gv-row-"] img {image-rendering: pixelated}
[class*="st-key-gv-row-"] [data-testid="stImage"] img {
    width: 64px; height: 64px; object-fit: contain; border-radius: 4px}
[class*="st-key-gv-row-"] a {padding-left: 0; min-height: 2.2rem}
[class*="st-key-gv-row-"] a span, [class*="st-key-gv-row-"] p {overflow-wrap: anywhere; white-space: normal}
[class*="st-key-gv-row-"] [class*="st-key-gv-who-"] {gap: 0}
.gv-head {border-top: none; padding: .2rem 0; font-size: .82rem; opacity: .82}
.gv-cells {display: grid; gap: .15rem 1rem; align-items: center; font-size: .95rem}
.gv-cells > div {display: flex; gap: .45em; align-items: center; min-width: 0}
.gv-cells .gv-sign {flex: none}
.gv-cells .gv-mask {flex: none; width: 40px; height: 40px; border-radius: 3px}
.gv-cells span {min-width: 0; overflow-wrap: anywhere}
.gv-cells em {flex: none; font-style: normal; font-variant-numeric: tabular-nums; opacity: .82}
.gv-cells .gv-who {display: none; opacity: .82}
.gv-value {justify-content: flex-end; font-variant-numeric: tabular-nums}
.gv-gone {width: 64px; height: 64px; display: grid; place-items: center; opacity: .6;
    border: 1px dashed currentColor; border-radius: 4px}
@media (max-width: 640px) {
    .gv-head {display: none !important}
    [class*="st-key-gv-row-"] {grid-template-columns: 64px minmax(0, 1fr)}
    [class*="st-key-gv-row-"] > div:nth-child(3) {grid-column: 1 / -1}
    .gv-cells {grid-template-columns: minmax(0, 1fr) !important}
    .gv-cells .gv-who {display: inline; flex: 0 1 32%}
    .gv-cells em {margin-left: auto}
    .gv-value {justify-content: space-between}
}
</style>"""

Row = Mapping[str, Any]


def picture_rows(
    view: AuditView,
    table: pa.Table,
    key: str,
    value: str = "",
    title: str = "",
    form: Callable[[float], str] = str,
) -> None:
    """Draw them, with their downloads.

    Args:
        view: of the audit.
        table: of `audit.rows`.
        key: of these rows on the page.
        value: the column that they are in the order of; empty for none.
        title: of that column, for people.
        form: how its numbers are written.
    """
    if not table.num_rows:
        st.info(text("audit.page.nothing"))
        return
    pages = -(-table.num_rows // A_PAGE)
    place = min(int(st.session_state.get(f"pager-{view.name}-{key}") or 1), pages) - 1
    rows = table.slice(place * A_PAGE, A_PAGE).to_pylist()
    masks = {row.pop("item"): row for row in view.ask(maps_of, tuple(row["item"] for row in rows)).to_pylist()}
    st.html(STYLE)
    with st.container(key="gv-audit"):
        st.html(_head(view, title))
        gone = sum(_row(view, row, masks.get(row["item"], {}), value, title, form) for row in rows)
    if gone:
        st.caption(text("audit.page.gone", count=gone))
    if pages > 1:
        st.pagination(pages, key=f"pager-{view.name}-{key}")
    st.caption(text("audit.page.masks"))
    table_downloads(table, key)


def _head(view: AuditView, title: str) -> str:
    named = "".join(f"<div>{_sign(view, name)}<span>{escape(view.titles[name])}</span></div>" for name in view.networks)
    cells = f'<div class="gv-cells" style="{_columns(view, title)}">{named}{_value(title, "")}</div>'
    return f'<div class="gv-head"><div></div><div></div>{cells}</div>'


def _row(
    view: AuditView,
    row: Row,
    masks: Mapping[str, bytes],
    value: str,
    title: str,
    form: Callable[[float], str],
) -> bool:
    """Draw one; whether its picture is not there any more."""
    item, name = int(row["item"]), str(row["name"])
    cells, said = [], []
    for network in view.networks:
        answer, share = _answer(view, row, network)
        mask = f'<img class="gv-mask" src="{uri(_painted(masks[network]))}" alt="">' if masks.get(network) else ""
        cells.append(
            f'<div title="{escape(view.titles[network])}">{mask}{_sign(view, network)}'
            f'<span class="gv-who">{escape(view.titles[network])}</span><span>{escape(answer)}</span>'
            f"<em>{share}</em></div>"
        )
        said.append(f"{view.titles[network]}: {answer}, {share}")
    thumbnail = _thumbnail(view, item)
    with st.container(key=f"gv-row-{item}"):
        if thumbnail is None:
            st.html('<div class="gv-gone" aria-hidden="true">–</div>')
        else:
            st.image(thumbnail, width=64, alt=text("my_pictures.alt", name=name, predictions="; ".join(said)))
        with st.container(key=f"gv-who-{item}"):
            if thumbnail is None:
                st.markdown(literal(name))
            else:
                link = link_to_compare(view.audit, view.name, item)
                st.page_link(COMPARE, label=literal(name), icon=":material/compare:", query_params=link)
            if row["label"] is not None:
                st.caption(text("audit.page.label", label=literal(class_title(row["label"]))))
        number = "" if not value else form(row[value]) if row[value] is not None else "–"
        st.html(f'<div class="gv-cells" style="{_columns(view, title)}">{"".join(cells)}{_value(number, title)}</div>')
    return thumbnail is None


def _answer(view: AuditView, row: Row, network: str) -> tuple[str, str]:
    """What a network says of a row, and how sure it is."""
    predicted, value = row[f"{network}/prediction"], row[f"{network}/{measured(view.audit, network)}"]
    if predicted is None:
        return "–", ""
    told = AnswerWords(words(), view.cards[network])
    return class_title(predicted), percent(value) if told.answers.chances else told.value(value)


def _value(number: str, title: str) -> str:
    if not number and not title:
        return ""
    return f'<div class="gv-value"><span class="gv-who">{escape(title)}</span>{escape(number)}</div>'


def _columns(view: AuditView, title: str) -> str:
    return f"grid-template-columns:repeat({len(view.networks)},minmax(0,1fr)){' 5.5rem' if title else ''}"


def _sign(view: AuditView, network: str) -> str:
    look = view.looks[network]
    return sign_image(mark_sign(look.marker, look.colour))


def _painted(mask: bytes) -> npt.NDArray[np.uint8]:
    """(8, 8, 3): a map from nothing to its peak."""
    values = np.frombuffer(mask, np.uint8).reshape(THUMBNAIL, THUMBNAIL).astype(np.float64)
    return painted(values, Scale(0, 255), SEQUENTIAL[0])


def _thumbnail(view: AuditView, item: int) -> npt.NDArray[np.uint8] | None:
    """(h, w, 3): the whole picture, small; None where it is not there any more."""

    def make() -> Sequence[npt.NDArray[np.uint8]]:
        try:
            found = row_picture(view.folder, item).found
            picture = found if isinstance(found, Picture) else rendered(found, first_look(found))
        except (AuditError, PictureError):
            return ()
        return (enlarged(reduced(picture.pixels, SIDE), SIDE),)

    of = cached("audited-small", (str(view.folder), item), make, most=MOST_THUMBNAILS)
    return of[0] if of else None
