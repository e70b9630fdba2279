"""Faithfulness as measures: does the prediction depend on what a map marks, and does a map change with its picture?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from gam_viz.evidence.faithfulness.captum_metrics import infidelity, max_sensitivity
from gam_viz.evidence.faithfulness.curves import faithfulness
from gam_viz.evidence.faithfulness.result import Faithfulness
from gam_viz.evidence.faithfulness.settings import BASELINES, Settings
from gam_viz.evidence.measure import SEED, Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.explain.attributions import Param, attribute
from gam_viz.explain.explanation import explain
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import heatmaps
from gam_viz.runtime.progress import Progress


def _follow(given: MeasureInput, options: Options, progress: Progress | None) -> Faithfulness:
    card, settings = given.card, Settings(**{**options, "grain": options["grain"] or None})  # type: ignore[arg-type]
    return faithfulness(
        *(given.network, given.x, given.target, given.maps, settings, progress),
        mean=card.mean,
        std=card.std,
        kind=card.output,
    )


def _standings(result: Faithfulness) -> list[Verdict]:
    return [
        Verdict(
            each.key,
            each.outcome,
            {
                "deletion": each.deletion,
                "insertion": each.insertion,
                "difference": each.difference,
                "beats": round(each.beats * each.orders),
                "orders": each.orders,
                "p": each.adjusted,
                "maps": result.judged,
                "needed": result.needed,
                "rise": each.rise,
            },
        )
        for each in result.standings()
    ]


def _refused(result: Faithfulness, given: MeasureInput) -> list[tuple[str, Mapping[str, object]]]:
    finite = {map_.key for map_ in given.finite_maps}  # of the others it is said already
    return [("refused", {"map": each.key, "why": each.reason}) for each in result.refused if each.key in finite]


def _curves(settings: Any) -> list[Options]:
    return [{**dataclasses.asdict(settings.faithfulness), "grain": settings.faithfulness.grain or 0}]


def _infidel(given: MeasureInput, options: Options, progress: Progress | None) -> tuple[Verdict, ...]:
    found, _ = infidelity(given.network, given.x, given.target, given.maps, progress=progress)
    return tuple(
        Verdict(each.key, "", {"infidelity": each.share, "constant": each.constant})
        for each in found
        if each.share is not None
    )


def _shake(given: MeasureInput, options: Options, progress: Progress | None) -> tuple[Verdict, ...]:
    card, network, target = given.card, given.network, given.target

    def again(key: str) -> Callable[[Tensor], FloatArray]:
        def again_of(x: Tensor) -> FloatArray:
            explanation = explain(network, card, x)
            return next(m for m in heatmaps(explanation, reduction=given.reduction) if m.key == key).values

        return again_of

    ways: dict[str, Callable[[Tensor], FloatArray]] = {m.key: again(m.key) for m in given.maps if m.kind == "gate"}
    attributed = [map_ for map_ in given.maps if map_.kind == "attribution"]
    for map_, made in zip(attributed, given.attributions, strict=True):
        ways[map_.key] = lambda x, made=made: (
            attribute(  # type: ignore[misc]
                network, x, target, made.method, layer=made.layer, params=made.params
            ).values
        )
    found = []
    for place, (key, way) in enumerate(ways.items()):
        if progress is not None:
            progress(place / len(ways), key)
        found.append(Verdict(key, "", {"sensitivity": max_sensitivity(way, given.x)}))
    return tuple(found)


FAITHFULNESS = Measure(
    "faithfulness",
    _follow,
    _standings,
    title_key="evidence.section.faithful",
    about_key="evidence.faithful.about",
    sentence_key="evidence.faithful.sentence",
    badge_key="evidence.badge.faithful",
    params=(
        Param("baseline", "blur", choices=BASELINES),
        Param("steps", 8, 1, 512),
        Param("orders", 0, 0, 4096),  # 0: as many as the level needs
        Param("grain", 0, 0, 4096),  # 0: an eighth of the picture's side
        SEED,
    ),
    quantities=(
        Quantity("deletion", "evidence.column.deletion"),
        Quantity("insertion", "evidence.column.insertion"),
        Quantity("difference", "evidence.column.difference"),
        Quantity("p", "evidence.column.p", ".2g"),
    ),
    tones={
        **{"better": "passed", "worse": "failed"},
        **dict.fromkeys(("against", "random", "flat", "too_few"), "open"),
    },
    effort=0.3,
    asked=_curves,
    remarks=_refused,
)

INFIDELITY = Measure(
    "infidelity",
    _infidel,
    tuple,
    title_key="evidence.column.infidelity",
    quantities=(
        Quantity("infidelity", "evidence.column.infidelity"),
        Quantity("constant", "evidence.column.infidelity_constant"),
    ),
    usual=False,
    effort=0.1,
)

SENSITIVITY = Measure(
    "sensitivity",
    _shake,
    tuple,
    title_key="evidence.column.sensitivity",
    about_key="evidence.faithful.sensitivity_help",
    quantities=(Quantity("sensitivity", "evidence.column.sensitivity"),),
    remakes=True,
    usual=False,
    effort=1.0,
)
