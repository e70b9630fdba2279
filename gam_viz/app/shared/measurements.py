"""What the Evidence page, the badges and the report measure: computed in the device's lane, kept for the session."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st
from torch import Tensor, nn

from gam_viz.app.shared import state
from gam_viz.app.shared.columns import Column, View
from gam_viz.app.shared.evaluation_set import pictures_of
from gam_viz.app.shared.explanations import Subject, explained
from gam_viz.app.shared.explanations import attributions as attributions_of
from gam_viz.app.shared.networks import network as network_of
from gam_viz.app.shared.public import is_public
from gam_viz.app.shared.session_cache import cached_with_progress, cached_with_spinner, computed, recall
from gam_viz.app.shared.words import text
from gam_viz.datasets import DatasetError
from gam_viz.evaluation.predictions import batches
from gam_viz.evidence.ablation.ablate import ablate
from gam_viz.evidence.ablation.replacements import mean_gates
from gam_viz.evidence.bench import Bench
from gam_viz.evidence.localisation import seen_truth
from gam_viz.evidence.measure import Measure, MeasureInput, Options
from gam_viz.explain import Explanation
from gam_viz.explain.attributions import METHODS, Attribution, Request, default_layer, layers_of
from gam_viz.explain.depth import at_depth, halvings_of
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.networks.card import Card
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.device import device_of
from gam_viz.runtime.progress import Progress
from gam_viz.runtime.visit import OnWait

MEAN_OF = 256  # pictures, for a gate's mean over the data set
DEPTH = "cam-depth"  # of the layer chosen on Compare, for networks that have none of its name
TYPED = "attribution-requests"  # of Compare, by method: kept when the page is left, unlike its widgets


def mean_of_gates(checkpoint: OpenedNetwork) -> dict[str, Tensor] | None:
    """Each gate's mean over the first test pictures of its data set; None where those are not here."""
    try:
        pictures = pictures_of(checkpoint.card)
    except DatasetError:
        return None
    card, data = checkpoint.card, pictures.data
    network = network_of(checkpoint)
    shown = batches(data, card.mean, card.std, device_of(network), stop=MEAN_OF)
    key = (f"{checkpoint.sha256}|", pictures.digest)
    make, shared = partial(mean_gates, network, shown), checkpoint.origin == "file"
    return cached_with_spinner("means", key, make, said=text("evidence.gates.means"), shared=shared)


def requests_of(column: Column, methods: Sequence[str]) -> list[Request]:
    """As Compare asks for them, in its layer and with what was typed there; else with the defaults, in the last."""
    network = column.subject.network
    layer = None
    if any(METHODS[name].needs_layer for name in methods):
        chosen = state.kept("cam")
        own, depth = layers_of(network), st.session_state.get(DEPTH)
        if chosen in own:
            layer = chosen
        else:
            layer = (
                default_layer(network)
                if chosen is None or depth is None or not own
                else at_depth(own, depth, halvings_of(network))
            )
    typed: dict[str, Request] = st.session_state.get(TYPED, {})
    return [
        Request(name, layer if METHODS[name].needs_layer else None, typed[name].params if name in typed else {})
        for name in methods
    ]


def given_of(
    column: Column,
    requests: Sequence[Request] = (),
    *,
    mode: str = "",
    other: Subject | None = None,
    chosen: Sequence[Heatmap] | None = None,
    chosen_key: tuple[object, ...] = (),
    reduction: str = "gain",
) -> MeasureInput:
    """A network of the page, as measures see it; its attributions are computed where the session has none.

    Args:
        column: the network with the picture as it sees it.
        requests: the attributions that are judged.
        mode: of gate ablation, where it needs more than the network.
        other: the picture whose gates are borrowed.
        chosen, chosen_key, reduction: see `MeasureInput`.
    """
    subject = column.subject
    attributions: Sequence[Attribution] = ()
    if requests and chosen is None:
        attributions = attributions_of(subject, column.target, requests, column.title)
    return MeasureInput(
        key=subject.key,
        name=column.title,
        network=subject.network,
        card=subject.card,
        x=subject.input_tensor(),
        target=column.target,
        explanation=column.explanation,
        requests=tuple(requests),
        attributions=tuple(attributions),
        reduction=reduction,
        truth=seen_truth(column.regions, subject.input.box, subject.card.sides),
        means=mean_of_gates(subject.checkpoint) if mode == "data_mean" else None,
        other=None if other is None else other.input_tensor(),
        other_key="" if other is None else other.key,
        chosen=None if chosen is None else tuple(chosen),
        chosen_key=chosen_key,
    )


def measured(
    measure: Measure,
    given: Sequence[MeasureInput],
    options: Options | None = None,
    *,
    line: tuple[Progress | None, OnWait] | None = None,
) -> Any:
    """A measure's result, for one network or across several; while it is computed, a line says how far that is: one
    of its own, or the caller's `line`."""
    known = _known(measure, given, options or {})
    if known is not None:
        return known
    key = measure.result_key(given, options or {})
    if line is not None:
        progress, on_wait = line
        make_told = partial(measure.measure, given, options or {}, progress)
        return computed(measure.key, key, make_told, on_wait, shared=_shared(given))
    make = partial(measure.measure, given, options or {})
    return cached_with_progress(measure.key, key, make, given[0].name, shared=_shared(given))


def _shared(given: Sequence[MeasureInput]) -> bool:
    """Whether all sessions share what is measured of these."""
    return is_public(*(key for each in given for key in (each.key, each.other_key) if key))


def _known(measure: Measure, given: Sequence[MeasureInput], options: Options) -> Any:
    """What is known of it here, or a result that holds all of it; None where neither is."""
    shared, asked = _shared(given), (options, *measure.covered(options))
    results = (recall(measure.key, measure.result_key(given, each), shared=shared) for each in asked)
    return next((result for result in results if result is not None), None)


class SessionBench(Bench):
    """Hands out what the session has, and keeps what it has to compute."""

    def __init__(self, view: View, on_wait: OnWait) -> None:
        self._subjects, self._on_wait = {subject.key: subject for subject in view.subjects}, on_wait

    def explanation(self, key: str, network: nn.Module, card: Card, x: Tensor) -> Explanation:
        """As `explained`."""
        return explained([self._subjects[key]])[0]

    def attributions(
        self, given: MeasureInput, requests: Sequence[Request], progress: Progress
    ) -> tuple[Attribution, ...]:
        """As on Compare."""
        return tuple(attributions_of(self._subjects[given.key], given.target, requests, given.card.name))

    def measured(
        self, measure: Measure, given: Sequence[MeasureInput], options: Options, progress: Progress | None
    ) -> Any:
        """As `measured`; the case tells the progress."""
        return measured(measure, given, options, line=(progress, self._on_wait))


def switched(subject: Subject, switches: dict[str, str], other: Subject | None) -> Sequence[float]:
    """(K,) scores with several gates replaced at once."""
    means = mean_of_gates(subject.checkpoint) if "data_mean" in switches.values() else None
    key = (subject.key, tuple(sorted(switches.items())), other.key if other else "")

    def make() -> list[float]:
        borrowed = None if other is None else other.input_tensor()
        scores = ablate(subject.network, subject.input_tensor(), switches, means=means, other=borrowed)
        return list(scores[0].float().tolist())

    shared = is_public(subject.key, *([other.key] if other else []))
    return cached_with_spinner("switched", key, make, shared=shared)
