"""Which classes does a network take for which?"""

from __future__ import annotations

import numpy as np
import streamlit as st

from gam_viz.app.audit.download import table_downloads
from gam_viz.app.audit.view import AuditView
from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import class_title, prose, text
from gam_viz.audit.questions import confusion
from gam_viz.figures.confusion import confusion_map
from gam_viz.titles import literal

MOST = 30  # classes that are drawn: those that are mistaken most


@section
def confusion_section(view: AuditView) -> None:
    """Draw the section."""
    st.header(text("audit.ask.confusion"), anchor=False)
    network = view.choose_network()
    classes = view.cards[network].classes
    table = view.ask(confusion, network)
    rows = [tuple(row.values()) for row in table.to_pylist() if row["label"] in classes]
    if not rows:
        st.info(prose("audit.page.no_labels"))
        return
    total = sum(count for _, _, count in rows)
    right = sum(count for label, predicted, count in rows if label == predicted)
    mistakes = [row for row in rows if row[0] != row[1]]
    said = {"network": view.titles[network], "share": right / total, "count": total}
    sentence = prose("audit.page.confusion", **said)
    if mistakes:
        label, predicted, count = mistakes[0]
        worst = {"label": class_title(label), "predicted": class_title(predicted), "times": count}
        sentence += " " + prose("audit.page.mistaken", **worst)
    st.markdown(sentence)
    mistaken = dict.fromkeys(name for label, predicted, _ in mistakes for name in (label, predicted))
    order = {name: place for place, name in enumerate(classes)}
    shown = sorted(list(dict.fromkeys([*mistaken, *(row[0] for row in rows)]))[:MOST], key=order.__getitem__)
    places = {name: place for place, name in enumerate(shown)}
    counts = np.zeros((len(shown), len(shown)), np.int64)
    for label, predicted, count in rows:
        if label in places and predicted in places:
            counts[places[label], places[predicted]] = count
    totals = np.array([sum(count for label, _, count in rows if label == name) for name in shown])
    st.plotly_chart(
        confusion_map(
            [class_title(name) for name in shown],
            counts,
            totals,
            label=text("audit.column.label"),
            prediction=text("audit.column.prediction"),
        ),
        config=PLOT,
        key="audit-confusion",
        alt=sentence,
    )
    st.caption(text("audit.page.confusion_about", shown=len(shown), classes=len(classes)))
    with st.expander(literal(text("audit.page.table")), type="compact"):
        shown_rows = [
            {
                text("audit.column.label"): class_title(label),
                text("audit.column.prediction"): class_title(predicted),
                text("audit.column.count"): count,
            }
            for label, predicted, count in map(dict.values, table.to_pylist())
        ]
        st.dataframe(shown_rows, hide_index=True, key="audit-confusion-table")
        table_downloads(table, f"confusion-{network}")
