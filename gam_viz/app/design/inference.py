"""What attention is worth at inference: trained networks whose gates became constants where they could."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.networks import checkpoints
from gam_viz.app.shared.tables import figure_columns
from gam_viz.app.shared.words import prose, text, words
from gam_viz.app.shared.zoo_results import points
from gam_viz.evidence.dependence.fold import FoldedNetwork, known_folding
from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.text import signed
from gam_viz.titles import data_title, network_titles


def inference_row() -> None:
    """Draw the row; nothing where no network that is here was folded."""
    known = [(each, found) for each in checkpoints()[0] if (found := known_folding(each)) is not None]
    if not known:
        return
    st.header(text("design.fold.title"), anchor=False)
    st.caption(prose("design.fold.about"))
    names = network_titles(words(), [each.card for each, _ in known])
    rows = [_cells(each, name, found) for (each, found), name in zip(known, names, strict=True)]
    columns = figure_columns(list(rows[0]))
    st.dataframe(rows, hide_index=True, width="stretch", column_config=columns, key="design-folded")
    st.caption(prose("design.fold.how", device=known[0][1].time.device))
    st.code(f"gam-viz fold {known[0][0].card.name} --to mine", language="bash", wrap_lines=True)


def _cells(checkpoint: Checkpoint, name: str, found: FoldedNetwork) -> dict[str, str]:
    return {
        text("design.fold.column.network"): f"{data_title(words(), checkpoint.card)}: {name}",
        text("design.fold.column.gates"): text("design.fold.of", folded=len(found.folded), gates=found.gates),
        text("design.fold.column.accuracy"): f"{found.before:.1%} → {found.after:.1%}",
        text("design.fold.column.change"): points(found.change),
        text("design.fold.column.numbers"): f"{found.parameters:,} → {found.left:,}",
        text("design.fold.column.macs"): signed(found.macs_left / found.macs - 1, "+.1%"),
        text("design.fold.column.time"): f"{found.time.ratio:.2f}× ({found.time.low:.2f}–{found.time.high:.2f})",
    }
