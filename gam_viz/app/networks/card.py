"""One network's model card, on demand."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.choices import choose
from gam_viz.app.shared.networks import checkpoints
from gam_viz.app.shared.words import class_title, data_title, network_title, prose, text
from gam_viz.networks.checkpoints import Card, Checkpoint
from gam_viz.titles import literal
from gam_viz.zoo.results import SetResults


def card_row(results: SetResults) -> None:
    """Draw the row: which network, and behind a press what its card says."""
    found, _ = checkpoints()
    options = {c.card.name: c for c in found if c.card.dataset == results.data}
    if not options:
        return
    with st.expander(text("networks.card.title"), icon=":material/badge:"):
        key = f"card-{results.data}"
        default = next(iter(options))
        label = text("networks.card.which")
        name = choose(key, list(options), default, label, lambda option: network_title(options[option].card))
        _card(options[name])


def _card(checkpoint: Checkpoint) -> None:
    card = checkpoint.card
    first, second = st.columns([1.4, 1], gap="medium")
    with first:
        st.markdown("\n".join(f"- **{title}** {literal(value)}" for title, value in _facts(card) if value))
        st.caption(prose("networks.card.file", name=checkpoint.path.name, bytes=checkpoint.path.stat().st_size / 1e6))
        st.code(checkpoint.sha256, language=None, wrap_lines=True)
        for note in card.notes:
            st.caption(literal(note))
    with second:
        per_class = card.test.get("per_class", {})
        if per_class:
            st.caption(text("networks.card.per_class"))
            st.dataframe(
                [
                    {text("networks.card.class"): class_title(label), text("networks.accuracy"): value}
                    for label, value in sorted(per_class.items(), key=lambda item: item[1])
                ],
                hide_index=True,
                height=300,
                column_config={
                    text("networks.accuracy"): st.column_config.ProgressColumn(
                        format="percent", min_value=0.0, max_value=1.0
                    )
                },
                key=f"classes-{card.name}",
            )


def _facts(card: Card) -> list[tuple[str, str]]:
    config, test = card.config, card.test
    trained = text(
        "networks.card.trained",
        recipe=card.recipe.get("name", "?"),
        epochs=card.epochs,
        seed=card.seed,
        device=card.versions.get("device", "?"),
        precision=card.versions.get("precision", "float32"),
    )
    facts = [
        (
            text("networks.card.network"),
            f"{config.architecture}, {text('networks.card.width', width=config.width)}, {config.stem}",
        ),
        (text("networks.card.attention"), network_title(card)),
        (text("networks.card.data"), data_title(card)),
        (text("networks.card.source"), card.source),
        (text("networks.card.licence"), card.licence),
        (text("networks.card.input"), "×".join(map(str, reversed(card.sides)))),
        (text("networks.card.training"), trained),
        (text("networks.card.start"), card.started_from.get("name", "")),
        (prose("networks.card.validation"), f"{card.validation['accuracy']:.2%}" if card.validation else ""),
        (text("networks.card.weights"), card.versions.get("weights", "float32")),
        (text("networks.card.torch"), card.versions.get("torch", "")),
    ]
    if test:
        low, high = test["interval"]
        tested = text("networks.card.tested", accuracy=test["accuracy"], low=low, high=high, count=test["count"])
        facts.insert(8, (text("networks.card.test"), tested))
        facts.insert(9, (prose("networks.card.calibration"), f"{test['calibration_error']:.3f}"))
        if "auc" in test:
            facts.insert(9, ("AUC", f"{test['auc']:.3f}"))
    return facts
