"""Where a design's parameters and multiply-adds sit: stage by stage, the network's own layers and the attention."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from gam_viz.app.design.comparison import Compared, Design
from gam_viz.app.design.summary import part_title
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.columns import PLOT, legend
from gam_viz.app.shared.words import attention_title, prose, text, text_or
from gam_viz.attention import ATTENTION, module_cost
from gam_viz.cost import Counts, stages_of
from gam_viz.cost.units import amount
from gam_viz.figures.parts import Bar, parts
from gam_viz.figures.signs import mark_sign
from gam_viz.figures.style import colour_of

Of = Literal["parameters", "macs"]


def parts_row(compared: Compared) -> None:
    """Draw the row: of the chosen design, or of the network without attention where there is none."""
    of = segments(
        "d-of", ("parameters", "macs"), "parameters", text("design.where"), "design.of", label_visibility="collapsed"
    )
    shown = compared.chosen or compared.base
    colour = colour_of(shown.config.attention)
    own, gates = text("design.own"), text("design.in_attention")
    entries = [(colour_of("none"), own), *([(colour, gates)] if compared.chosen else [])]
    st.html(legend([(mark_sign("square", shade), name) for shade, name in entries]))
    of_all = {part.name: (_of(part.own, of), _of(part.attention, of)) for part in shown.bill.parts}
    st.plotly_chart(
        parts(
            [Bar(part_title(name), mine, gated, amount(mine), amount(gated)) for name, (mine, gated) in of_all.items()],
            colour=colour,
            own_name=own,
            attention_name=gates,
            axis=text(f"design.of.{of}"),
        ),
        config=PLOT,
        key="design-parts",
        alt=_alt(of_all),
    )
    if compared.chosen is not None:
        total = sum(mine + gated for mine, gated in of_all.values())
        carrying = [stage.name for stage in stages_of(shown.config, compared.choice.side) if stage.carries]
        where = max(carrying, key=lambda name: of_all[name][1])  # the first, of modules without parameters
        st.caption(
            text(
                "design.parts_caption",
                share=sum(gated for _, gated in of_all.values()) / total,
                what=text(f"design.what.{of}"),
                where=part_title(where),
                part=of_all[where][1] / total,
            )
        )
        _formula(compared.chosen, compared.choice.side, where)


def _of(counts: Counts, of: str) -> int:
    return counts.parameters if of == "parameters" else counts.macs


def _alt(of_all: dict[str, tuple[int, int]]) -> str:
    gated = sum(attention for _, attention in of_all.values())
    if not gated:
        return text("design.parts_alt_none")
    where = max(of_all, key=lambda name: of_all[name][1])
    share = gated / sum(own + attention for own, attention in of_all.values())
    return text("design.parts_alt", share=share, where=part_title(where))


def _formula(design: Design, side: int, where: str) -> None:
    """The closed form of one module in a stage, with its numbers; without one, that it was counted."""
    stage = next(stage for stage in stages_of(design.config, side) if stage.name == where)
    attention, options = design.config.attention, design.config.attention_options
    spec = ATTENTION[attention]
    filled = spec.filled(options)
    form = spec.formula.format(**filled) if spec.cost else "counted"
    reduction = filled[spec.reduction.name] if spec.reduction else 1
    sentence = prose(
        f"design.formula.{form}" if text_or(f"design.formula.{form}", "") else "design.formula.unsaid",
        name=attention_title(attention, {}),
        where=part_title(where),
        channels=stage.channels,
        hidden=max(1, stage.channels // reduction),
        total=module_cost(attention, stage.channels, stage.side, options).parameters,
    )
    st.caption(f"{sentence} {text(f'design.formula.{spec.first}_first')}" if spec.first else sentence)
