"""Faithfulness as measures: does the prediction depend on what a map marks, and does a map change with its picture?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from itertools import repeat
from typing import Any

from gam_viz.evidence.faithfulness.captum_metrics import infidelity, max_sensitivity, pictures_near
from gam_viz.evidence.faithfulness.curves import faithfulness
from gam_viz.evidence.faithfulness.result import Faithfulness
from gam_viz.evidence.faithfulness.settings import BASELINES, Settings
from gam_viz.evidence.measure import SEED, Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.explain.attributions import Param, Request, attribute_many
from gam_viz.explain.explanation import explain_each
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
    pictures = [given.x, *pictures_near(given.x)]
    wanted = {map_.key for map_ in given.maps}
    again: dict[str, list[FloatArray]] = {}  # of each map, one a picture
    # All gates of a picture are of one pass, and what a GPU found of all pictures comes back together.
    for explanation in explain_each(repeat(given.network, len(pictures)), given.card, pictures):
        for map_ in heatmaps(explanation, reduction=given.reduction):
            again.setdefault(map_.key, []).append(map_.values)
    attributed = [map_.key for map_ in given.maps if map_.kind == "attribution"]
    requests = [Request(made.method, made.layer, made.params) for made in given.attributions]
    for place, picture in enumerate(pictures if requests else ()):

        def told(share: float, method: str, place: int = place) -> None:
            if progress is not None:
                progress((place + share) / len(pictures), method)

        many = attribute_many(given.network, picture, given.target, requests, told, black=given.card.black)
        for key, made in zip(attributed, many, strict=True):
            again.setdefault(key, []).append(made.values)
    found = []
    for key, maps in again.items():
        if key in wanted:
            way = iter(maps)
            found.append(Verdict(key, "", {"sensitivity": max_sensitivity(lambda _, way=way: next(way), given.x)}))  # type: ignore[misc]
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
        Quantity("difference", "evidence.column.difference", better="more"),
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
        Quantity("infidelity", "evidence.column.infidelity", better="less"),
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
    quantities=(Quantity("sensitivity", "evidence.column.sensitivity", better="less"),),
    remakes=True,
    usual=False,
    effort=1.0,
)
