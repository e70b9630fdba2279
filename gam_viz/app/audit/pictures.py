"""Which pictures to look at: where networks are far apart, where gates lie off the object, what is unlike training, and
what could not be read."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.audit.download import table_downloads
from gam_viz.app.audit.explained import explained_part
from gam_viz.app.audit.rows import MOST, picture_rows
from gam_viz.app.audit.view import AuditView
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import prose, text
from gam_viz.audit.naming import last_map
from gam_viz.audit.rows import counts, least_familiar, most_apart, off_the_object, refused
from gam_viz.titles import percent


@section
def apart_section(view: AuditView) -> None:
    """Where do the networks disagree most?"""
    st.header(text("audit.ask.apart"), anchor=False)
    (counted,) = view.ask(counts).to_pylist()
    disagreeing, answered = counted["disagreeing"], counted["compared"]
    share = disagreeing / answered if answered else 0.0
    st.markdown(prose("audit.page.apart", disagreeing=disagreeing, count=answered, share=share))
    table = view.ask(most_apart, MOST)
    picture_rows(view, table, "apart", "gap", text("my_pictures.gap"), "{:.2f}".format)
    if view.audit.explained:
        explained_part(view)
    output = next(iter(view.cards.values())).output
    st.caption(text("my_pictures.about_gap" if output == "class" else "my_pictures.about_gap_of_values"))


@section
def object_section(view: AuditView) -> None:
    """Where do gates lie least on the object?"""
    st.header(text("audit.ask.object"), anchor=False)
    network = view.choose_network([each for each in view.networks if last_map(view.audit, each)])
    table = view.ask(off_the_object, network, MOST)
    if not table.num_rows:
        st.info(text("audit.page.nothing"))
        return
    gate = view.gates[str(last_map(view.audit, network)).removeprefix(f"{network}/").removesuffix("/map")]
    first = table["object"][0].as_py()
    st.markdown(prose("audit.page.object", network=view.titles[network], gate=gate, share=first))
    picture_rows(view, table, "object", "object", text("audit.statistic.object"), percent)
    st.caption(prose("audit.about.object"))


@section
def familiar_section(view: AuditView) -> None:
    """Which pictures are least like those it was trained on?"""
    st.header(text("audit.ask.familiar"), anchor=False)
    network = view.choose_network([each for each in view.networks if f"{each}/farther" in view.audit.columns])
    table = view.ask(least_familiar, network, MOST)
    (counted,) = view.ask(counts, network).to_pylist()
    unfamiliar, answered = counted["unfamiliar"], counted["answered"]
    share = unfamiliar / answered if answered else 0.0
    said = {"network": view.titles[network], "unfamiliar": unfamiliar, "count": answered, "share": share}
    st.markdown(prose("audit.page.familiar", **said))
    picture_rows(view, table, "familiar", "farther", text("my_pictures.farther"), percent)
    st.caption(text("my_pictures.about_farther"))


@section
def refused_section(view: AuditView) -> None:
    """What could not be read?"""
    st.header(text("audit.ask.refused"), anchor=False)
    (counted,) = view.ask(counts).to_pylist()
    said = {"count": counted["count"], "refused": counted["refused"]}
    if view.audit.manifest.source["kind"] == "scene":
        st.markdown(prose("audit.page.refused_tiles", **said, empty=counted["empty"]))
    else:
        st.markdown(prose("audit.page.refused", **said))
    table = view.ask(refused, MOST)
    if not table.num_rows:
        return
    rows = [
        {text("audit.column.item"): item, text("audit.column.name"): name, text("audit.column.sentence"): sentence}
        for item, name, _, sentence in zip(*(column.to_pylist() for column in table.columns), strict=True)
    ]
    st.dataframe(rows, hide_index=True, key="audit-refused")
    table_downloads(table, "refused")
