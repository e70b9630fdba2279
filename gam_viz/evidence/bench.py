"""Who computes the pieces of a case. A page hands in a bench of its own, which has most of them already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from gam_viz.evidence.measure import Measure, MeasureInput, Options
from gam_viz.explain import Explanation, explain
from gam_viz.explain.attributions import Attribution, Request, attribute_many
from gam_viz.networks.card import Card
from gam_viz.runtime.progress import Progress


class Bench:
    """Computes each piece anew."""

    def explanation(self, key: str, network: nn.Module, card: Card, x: Tensor) -> Explanation:
        """Prediction and gates; `key` is the identity of network and picture, as of `MeasureInput`."""
        return explain(network, card, x)

    def attributions(
        self, given: MeasureInput, requests: Sequence[Request], progress: Progress
    ) -> tuple[Attribution, ...]:
        """One a request."""
        return attribute_many(given.network, given.x, given.target, requests, progress, black=given.card.black)

    def measured(
        self, measure: Measure, given: Sequence[MeasureInput], options: Options, progress: Progress | None
    ) -> Any:
        """A measure's result, for one network or across several."""
        return measure.measure(given, options, progress)
