"""One network examined: question after question, and what it cannot answer written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

from gam_viz.evaluation.familiarity import with_familiarity
from gam_viz.evidence.bench import Bench
from gam_viz.evidence.case import CaseSettings, Examined, LoadedNetwork
from gam_viz.evidence.dependence.store import known_dependence
from gam_viz.evidence.localisation import seen_truth
from gam_viz.evidence.measure import BoolArray, Measure, MeasureInput, Options
from gam_viz.evidence.omissions import LeftOut
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain import seen_by
from gam_viz.explain.attributions import METHODS, Attribution, Request, default_layer
from gam_viz.explain.flat import is_flat
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.images import Fit, Picture
from gam_viz.runtime.device import device_of
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError, first_line

T = TypeVar("T")


class CaseQuestion:
    """What is asked of every network."""

    def __init__(
        self,
        picture: Picture,
        fit: Fit,
        target: str | None,
        settings: CaseSettings,
        truth: Mapping[str, BoolArray],
        device: torch.device,
        bench: Bench,
    ) -> None:
        self.picture, self.fit, self.target, self.settings = picture, fit, target, settings
        self.truth, self.device, self.bench = truth, device, bench


class Examination:
    """Asks one network after another question, and writes down what it cannot answer."""

    def __init__(
        self, name: str, asked: CaseQuestion, left_out: list[LeftOut], tell: Callable[[str, float], None]
    ) -> None:
        self.name, self.asked, self.left_out, self.tell = name, asked, left_out, tell

    def attempt(self, step: str, ask: Callable[[], T]) -> T | None:
        """`ask()`; None, and a reason written down, where the library or torch refuses."""
        self.tell(step, 0.0)
        try:
            return ask()
        except torch.OutOfMemoryError:  # who asked can ask another device
            raise
        except (ValueError, RuntimeError) as error:
            self._leave("failed", step, why=error if isinstance(error, RefusalError) else first_line(error).rstrip("."))
            return None

    def examine(self, loaded: LoadedNetwork) -> Examined | None:
        """Prediction, attributions and every measure; None where the network has no answer."""
        asked, card, bench = self.asked, loaded.card, self.asked.bench
        seen = seen_by(card, asked.picture, asked.fit)
        key, x = f"{loaded.sha256}|{seen.key}", seen.tensor.to(device_of(loaded.network))
        explanation = self.attempt("prediction", lambda: bench.explanation(key, loaded.network, card, x))
        if explanation is None:
            return None
        if not explanation.answered:
            self._leave("not_finite", "prediction")
            return None
        if loaded.opened is not None and explanation.farther is None:
            tell = partial(with_familiarity, explanation, loaded.opened, loaded.network, x)
            explanation = self.attempt("prediction", tell) or explanation
        wanted = asked.target in card.classes
        target = card.classes.index(asked.target) if asked.target is not None and wanted else explanation.predicted
        if asked.target is not None and not wanted:
            self._leave("no_such_class", "prediction", target=asked.target, predicted=card.classes[target])
        given = MeasureInput(
            key=key,
            name=self.name,
            network=loaded.network,
            card=card,
            x=x,
            target=target,
            explanation=explanation,
            reduction=asked.settings.reduction,
            truth=seen_truth(asked.truth, seen.box, card.sides),
        )
        requests, attributions = self._attributions(given)
        given = replace(given, requests=requests, attributions=attributions)
        self._look_at(given.maps)
        return Examined(
            name=self.name,
            card=card,
            sha256=loaded.sha256,
            called=loaded.called,
            input=seen,
            explanation=explanation,
            target=target,
            asked=wanted,
            attributions=attributions,
            results=self.measure([given]),
            given=given,
            dependence=known_dependence(loaded.opened) or (),
        )

    def measure(self, given: Sequence[MeasureInput], *, across: bool = False) -> dict[str, Any]:
        """Every measure that was asked for and can be taken, by key."""
        settings, results, lacking = self.asked.settings, {}, set()
        for key in settings.measured():
            measure = MEASURES[key]
            if measure.across != across:
                continue
            lack = None if across else measure.lacks(given[0])
            if lack is not None:
                # That nobody knows where the evidence lies is so of most pictures, and said where somebody asked.
                if lack not in lacking and (lack != "truth" or settings.measures is not None):
                    self._leave(f"no_{lack}", key)
                lacking.add(lack)
                continue
            asked = measure.asked(settings) if measure.asked else [settings.options.get(key, {})]

            result = self.attempt(key, partial(self._taken, measure, given, asked))
            if result is None:
                continue
            results[key] = result
            for code, details in measure.remarks(result, given[0]):
                self._leave(code, key, **details)
        return results

    def _taken(self, measure: Measure, given: Sequence[MeasureInput], asked: Sequence[Options]) -> Any:
        """A measure's result, asked in each of these ways."""
        parts = []
        for place, options in enumerate(asked):

            def tell(share: float, _: str, before: int = place) -> None:
                self.tell(measure.key, (before + share) / len(asked))

            parts.append(self.asked.bench.measured(measure, given, options, tell))
        return measure.joined(parts)

    def _attributions(self, given: MeasureInput) -> tuple[tuple[Request, ...], tuple[Attribution, ...]]:
        requests = tuple(_in_a_layer(given.network, request) for request in self.asked.settings.asked())

        def ask(some: Sequence[Request]) -> tuple[Attribution, ...]:
            tell: Progress = lambda share, _: self.tell("attributions", share)  # noqa: E731
            return self.asked.bench.attributions(given, some, tell)

        try:
            return requests, ask(requests)
        except torch.OutOfMemoryError:
            raise
        except (ValueError, RuntimeError):
            # One of them, perhaps: alone, each says for itself what is wrong.
            alone = [(r, self.attempt("attributions", lambda r=r: ask([r]))) for r in requests]  # type: ignore[misc]
            had = [(request, made[0]) for request, made in alone if made is not None]
            return tuple(request for request, _ in had), tuple(made for _, made in had)

    def _look_at(self, maps: Sequence[Heatmap]) -> None:
        for map_ in maps:
            if not np.isfinite(map_.values).all():
                self._leave("map_not_finite", "faithfulness", map=map_.key)
            elif is_flat(map_.values, map_.noise):
                self._leave("flat", "faithfulness", map=map_.key)

    def _leave(self, code: str, step: str, **details: object) -> None:
        self.left_out.append(LeftOut(self.name, step, code, details))


def _in_a_layer(network: nn.Module, request: Request) -> Request:
    """A request that names its layer, as pages do, so that it is the same request."""
    if request.layer is not None or not METHODS[request.method].needs_layer:
        return request
    try:
        return replace(request, layer=default_layer(network))
    except ValueError:
        return request  # asking says why not
