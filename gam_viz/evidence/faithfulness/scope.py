"""Which fill keeps a picture within what its network knows: R-OMS, the reference-out-of-model-scope score (S. Blücher,
J. Vielhaben and N. Strodthoff, arXiv 2401.06654).

Parts of the picture are removed in random orders, and the probability of the class that the network gave the whole
picture is watched. The score is the area under its mean over the share that is removed, 0..1: near 1 the network keeps
its answer while most of the picture is gone, near 0 it changes its mind at the first patch. A curve says little of a
map under a fill by which any patch ends the answer. (The authors remove superpixels and average over pictures, and
their code takes the class where the first superpixel is gone; here patches of an eighth of the side are removed from
one picture, in several orders.)

These are the random orders that `curves` holds maps against; each stands for its reverse as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from gam_viz.evidence.faithfulness.curves import curves_of
from gam_viz.evidence.faithfulness.fills import fill_of
from gam_viz.evidence.faithfulness.order import random_orders, removed_counts
from gam_viz.evidence.faithfulness.result import FloatArray64, area
from gam_viz.evidence.faithfulness.settings import BASELINES, Settings
from gam_viz.evidence.measure import SEED, Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.explain.answers import ANSWERS
from gam_viz.explain.attributions import Param
from gam_viz.explain.attributions.prepare import prepare
from gam_viz.explain.attributions.work import Work
from gam_viz.explain.checks import check_picture
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError


@dataclass(frozen=True, eq=False)
class Scope:
    """Of one fill.

    Attributes:
        baseline: which.
        score: R-OMS, 0..1; large is good.
        curve: (steps + 1,) float64, the mean probability with the shares `removed` gone.
        removed: (steps + 1,) float64.
        orders: how many random orders that is; each counts with its reverse.
    """

    baseline: str
    score: float
    curve: FloatArray64
    removed: FloatArray64
    orders: int


def scope(
    network: nn.Module,
    x: Tensor,
    target: int,
    settings: Settings | None = None,
    baselines: Sequence[str] = BASELINES,
    progress: Progress | None = None,
    *,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
) -> tuple[Scope, ...]:
    """R-OMS of each fill on one picture, all under the same orders.

    Args:
        network: in eval mode; only read.
        x: (1, C, S, S), normalised.
        target: the class that the network gives the whole picture.
        settings: steps, orders (10 where they say 0), grain and seed; their baseline does not count.
        baselines: the fills.
        progress: told the share that is done and the fill; may raise to leave.
        mean, std: of the normalisation, for "noise".

    Raises:
        ValueError: picture or target does not fit, or answers are not finite.
    """
    settings = settings or Settings()
    check_picture(x)
    size = (int(x.shape[-2]), int(x.shape[-1]))
    removed = removed_counts(size[0] * size[1], settings.steps)
    prepared = prepare(network, x)
    x = prepared.arrange(x.detach().to(prepared.device, prepared.dtype))
    work = Work(prepared, x, prepared.target(x, target))
    count = settings.orders or 10
    orders = random_orders(size, settings.grain_of(math.isqrt(size[0] * size[1])), count, settings.seed)
    found = []
    for place, baseline in enumerate(baselines):

        def told(share: float, _: str, place: int = place, baseline: str = baseline) -> None:
            if progress is not None:
                progress((place + share) / len(baselines), baseline)

        fill = fill_of(work, Settings(baseline, seed=settings.seed), mean, std)
        curves = curves_of(work, fill, orders, removed, [baseline] * count, told)
        if not np.isfinite(curves).all():
            raise RefusalError("errors.reason.random_not_finite")
        both = (curves[:, 0] + curves[:, 1, ::-1]) / 2  # putting back in an order is removing in its reverse
        shares = removed / removed[-1]
        found.append(Scope(baseline, float(area(both, shares).mean()), both.mean(0), shares, count))
    return tuple(found)


def _run(given: MeasureInput, options: Options, progress: Progress | None) -> tuple[Scope, ...]:
    if not ANSWERS[given.card.output].chances:
        raise RefusalError("errors.reason.no_chances")
    settings = Settings(**options)  # type: ignore[arg-type]
    card, target = given.card, given.explanation.predicted
    return scope(given.network, given.x, target, settings, progress=progress, mean=card.mean, std=card.std)


def _verdicts(result: tuple[Scope, ...]) -> list[Verdict]:
    return [Verdict(each.baseline, "", {"r_oms": each.score, "orders": each.orders}) for each in result]


SCOPE = Measure(
    "scope",
    _run,
    _verdicts,
    title_key="evidence.section.scope",
    about_key="evidence.scope.about",
    needs=(),
    params=(Param("steps", 8, 1, 512), Param("orders", 10, 1, 4096), SEED),
    quantities=(Quantity("r_oms", "evidence.column.r_oms", ".3f", (0, 1)),),
    of=("evidence.faithful.baseline", "evidence.baseline"),
    usual=False,
    effort=0.1,
)
