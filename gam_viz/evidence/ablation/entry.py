"""Gate ablation as a measure of evidence: does a gate do anything?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gam_viz.evaluation.intervals import FEWEST
from gam_viz.evidence.ablation.ablate import MODES, Ablations, ablations, joined
from gam_viz.evidence.measure import SEED, Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.explain.answers import ANSWERS
from gam_viz.explain.attributions import Param
from gam_viz.runtime.progress import Progress


def _ablate(given: MeasureInput, options: Options, progress: Progress | None) -> Ablations:
    return ablations(
        given.network,
        given.x,
        given.target,
        modes=[str(options["mode"])],
        shuffles=int(options["shuffles"]),
        seed=int(options["seed"]),
        kind=given.card.output,
        means=given.means,
        other=given.other,
        progress=progress,
    )


def _gate_verdicts(result: Ablations) -> list[Verdict]:
    return [
        Verdict(
            f"{one.layer} {one.branch} {one.mode}",
            "flips" if one.flips else "stays",
            {
                "probability" if ANSWERS[result.kind].chances else "value": one.answer.value,
                "margin": one.margin.value,
                "flip_share": one.flip_share,
            },
        )
        for one in result.results
    ]


def _not_ablated(result: Ablations, given: MeasureInput) -> list[tuple[str, Mapping[str, object]]]:
    # Where a whole layer cannot be replaced, each mode says so; once is enough.
    said = {(each.layer, each.why): each.reason for each in result.left_out}
    return [("not_ablated", {"layer": layer, "why": reason}) for (layer, _), reason in said.items()]


def _modes(settings: Any) -> list[Options]:
    return [{"mode": mode, "shuffles": settings.shuffles, "seed": settings.seed} for mode in settings.modes]


ABLATION = Measure(
    "ablation",
    _ablate,
    _gate_verdicts,
    title_key="evidence.section.gates",
    about_key="evidence.gates.about",
    verdict_key="evidence.gates",
    needs=("gates",),
    params=(Param("mode", "identity", choices=MODES), Param("shuffles", 8, FEWEST, 64), SEED),
    quantities=(
        Quantity("probability", "report.column.probability", "+.1%"),
        Quantity("value", "report.column.value", "+.3g"),
        Quantity("margin", "report.column.margin", "+.2f"),
    ),
    tones={"flips": "passed", "stays": "open"},
    effort=0.16,
    asked=_modes,
    joined=joined,
    remarks=_not_ablated,
)
