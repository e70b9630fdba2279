"""The uploaded pictures as a table: what each network makes of each, disagreement first; a name opens it in Compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

import streamlit as st

from gam_viz.app.my_pictures.predictions import Entry
from gam_viz.app.pages import script
from gam_viz.app.shared.uploads import Refused, written
from gam_viz.app.shared.words import class_title, language, network_titles, own_title, picture_sentence, text, words
from gam_viz.evaluation.disagreement import disagreement_first, to_csv
from gam_viz.explain.answer_words import AnswerWords
from gam_viz.figures.signs import mark_sign, sign_image
from gam_viz.figures.style import looks_of
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.titles import literal, number, percent

MANY = 20  # refused files that have a row each

STYLE = """<style>
.st-key-gv-batch {gap: 0 !important}
.st-key-gv-batch > [class*="st-key-gv-kind-"] {padding: .9rem 0 .3rem}
.st-key-gv-batch > [class*="st-key-gv-kind-"]:nth-child(2) {padding-top: 0}
[class*="st-key-gv-file-"], [class*="st-key-gv-bad-"], .gv-head {
    display: grid !important; grid-template-columns: 64px minmax(9rem, 1fr) minmax(0, 2.6fr); gap: 0 1rem;
    align-items: center; padding: .45rem 0; border-top: 1px solid rgba(128, 128, 128, .25)}
[class*="st-key-gv-file-"] > div, [class*="st-key-gv-bad-"] > div {width: auto !important; min-width: 0}
[class*="st-key-gv-file-"] img {
    width: 64px; height: 64px; object-fit: contain; border-radius: 4px; image-rendering: auto}
[class*="st-key-gv-file-"] [data-testid="stElementToolbar"] {display: none}
[class*="st-key-gv-file-"] a {padding-left: 0; min-height: 2.75rem}
[class*="st-key-gv-file-"] a span {overflow-wrap: anywhere; white-space: normal}
.gv-head {border-top: none; padding: .2rem 0; font-size: .82rem; opacity: .8}
.gv-cells {display: grid; gap: .15rem 1rem; align-items: baseline; font-size: .95rem}
.gv-cells > div {display: flex; gap: .45em; align-items: baseline; min-width: 0}
.gv-cells .gv-sign {flex: none; align-self: center}
.gv-cells span {min-width: 0; overflow-wrap: anywhere}
.gv-cells em {flex: none; font-style: normal; font-variant-numeric: tabular-nums; opacity: .8}
.gv-cells .gv-who {display: none; opacity: .8}
.gv-gap {justify-content: flex-end; font-variant-numeric: tabular-nums}
[class*="st-key-gv-bad-"] p {font-size: .95rem; overflow-wrap: anywhere}
.gv-cross {font-size: 1.3rem; text-align: center; opacity: .6}
@media (max-width: 640px) {
    .gv-head {display: none !important}
    [class*="st-key-gv-file-"], [class*="st-key-gv-bad-"] {grid-template-columns: 64px minmax(0, 1fr)}
    [class*="st-key-gv-file-"] > div:nth-child(3), [class*="st-key-gv-bad-"] > div:nth-child(3) {grid-column: 2}
    .gv-cells {grid-template-columns: minmax(0, 1fr) !important}
    .gv-cells .gv-who {display: inline; flex: 0 1 42%}
    .gv-cells em {margin-left: auto}
    .gv-gap {justify-content: space-between}
}
</style>"""


@dataclass(frozen=True, eq=False)
class Batch:
    """What the table is about.

    Attributes:
        networks: the columns.
        entries: the files that can be shown, in the order they came.
        refused: the others.
    """

    networks: tuple[OpenedNetwork, ...]
    entries: Sequence[Entry]
    refused: Sequence[Refused]

    @property
    def titles(self) -> list[str]:
        """A name a network."""
        return network_titles([checkpoint.card for checkpoint in self.networks])

    @property
    def tells(self) -> bool:
        """Whether any network tells how familiar a picture is."""
        return any(share is not None for entry in self.entries for share in entry.judged.farther)

    @property
    def order(self) -> list[Entry]:
        """Disagreement first."""
        return [self.entries[place] for place in disagreement_first([entry.judged for entry in self.entries])]

    @property
    def classes(self) -> list[str]:
        """Of the data set, in the reader's language."""
        return [class_title(name) for name in self.networks[0].card.classes]


def batch_table(batch: Batch) -> None:
    """Draw the table."""
    st.html(STYLE)
    disagreeing = [entry for entry in batch.order if entry.judged.disagree]
    agreeing = [entry for entry in batch.order if not entry.judged.disagree]
    with st.container(key="gv-batch"):
        if batch.entries:
            st.html(_head(batch))
        for kind, entries in (("disagree", disagreeing), ("agree", agreeing)):
            if entries:
                _kind(kind, len(entries))
            for entry in entries:
                with st.container(key=f"gv-file-{entry.item.key}"):
                    _row(batch, entry)
        if batch.refused:
            _kind("refused", len(batch.refused))
            for place, file in enumerate(batch.refused[:MANY]):
                with st.container(key=f"gv-bad-{place}"):
                    _bad(file)
        if len(batch.refused) > MANY:
            st.caption(text("my_pictures.more_refused", count=len(batch.refused) - MANY))


def _kind(kind: str, count: int) -> None:
    with st.container(key=f"gv-kind-{kind}"):
        st.markdown(f"**{text(f'my_pictures.kind.{kind}', count=count)}**")


def csv_of(batch: Batch) -> bytes:
    """The table for a spreadsheet, in UTF-8 with the mark that Excel needs. Files have their numbers, as on the page,
    and what `own_title` calls them."""
    last = max((entry.item.number for entry in batch.entries), default=0)
    names = [f"{entry.item.number}. {own_title(entry.item.own)}" for entry in batch.order]
    return to_csv(
        [replace(entry.judged, name=name) for entry, name in zip(batch.order, names, strict=True)],
        batch.titles,
        batch.networks[0].card.classes,
        [(f"{number}." if file.name else "", file.error) for number, file in enumerate(batch.refused, last + 1)],
    ).encode("utf-8-sig")


def _row(batch: Batch, entry: Entry) -> None:
    name = entry.item.title
    judged, classes, told = entry.judged, batch.classes, AnswerWords(words(), batch.networks[0].card)
    cells, said = [], []
    for title, sign, label, of_network in zip(
        batch.titles, _signs(batch), judged.predicted, judged.values, strict=True
    ):
        value = float(of_network[label])
        share = percent(value) if told.answers.chances else told.value(value)
        cells.append(
            f'<div title="{escape(title)}">{sign}'
            f'<span class="gv-who">{escape(title)}</span><span>{escape(classes[label])}</span><em>{share}</em></div>'
        )
        said.append(f"{title}: {classes[label]}, {share}")
    st.image(entry.thumbnail, width=64, alt=text("my_pictures.alt", name=name, predictions="; ".join(said)))
    st.page_link(
        script("compare"),
        label=literal(name),
        icon=":material/compare:",
        help=text("my_pictures.open"),
        query_params=_link(entry),
    )
    apart = f"{judged.gap:.2f}" if told.answers.chances else number(judged.gap)
    gap = f'<div class="gv-gap"><span class="gv-who">{escape(text("my_pictures.gap"))}</span>{apart}</div>'
    if batch.tells:
        shares = " / ".join("–" if share is None else percent(share) for share in judged.farther)
        gap += f'<div class="gv-gap"><span class="gv-who">{escape(text("my_pictures.farther"))}</span>{shares}</div>'
    st.html(f'<div class="gv-cells" style="{_columns(batch)}">{"".join(cells)}{gap}</div>')


def _head(batch: Batch) -> str:
    named = "".join(
        f"<div>{sign}<span>{escape(title)}</span></div>"
        for title, sign in zip(batch.titles, _signs(batch), strict=True)
    )
    gap = f'<div class="gv-gap">{escape(text("my_pictures.gap"))}</div>'
    if batch.tells:
        gap += f'<div class="gv-gap">{escape(text("my_pictures.farther"))}</div>'
    cells = f'<div class="gv-cells" style="{_columns(batch)}">{named}{gap}</div>'
    return f'<div class="gv-head"><div></div><div></div>{cells}</div>'


def _bad(file: Refused) -> None:
    st.html('<div class="gv-cross" aria-hidden="true">✕</div>')
    st.markdown(written(file.name) if file.name else text("my_pictures.rest"))
    st.markdown(picture_sentence(file.error))


def _columns(batch: Batch) -> str:
    return f"grid-template-columns:repeat({len(batch.networks)},minmax(0,1fr)) 3.5rem{' 7rem' if batch.tells else ''}"


def _signs(batch: Batch) -> list[str]:
    looks = looks_of([checkpoint.card.config.attention for checkpoint in batch.networks])
    return [sign_image(mark_sign(look.marker, look.colour)) for look in looks]


def _link(entry: Entry) -> dict[str, str]:
    """The Compare page on this picture; networks and fit go along within the session, which alone has the file."""
    return {"lang": language(), **entry.item.link}
