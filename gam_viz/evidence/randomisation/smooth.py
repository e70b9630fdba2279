"""The smooth randomisation test, sMPRT (A. Hedström, L. Weber, S. Lapuschkin and M. Höhne, Sanity Checks Revisited,
arXiv 2401.06465).

The cascade has two weaknesses. From the head down, what the stem makes of the picture is still there until the last
stage, and maps resemble theirs for that alone; so here the stem becomes random first. And maps of gradients are noisy:
two noisy maps are unlike each other whatever the weights; so each map is the mean over noisy copies of the picture,
before and after. The score is the mean of Spearman's rank correlations with the network's own map over all stages;
small is good. The verdict is that of the last stage, as in `cascade`.
"""

from __future__ import annotations

import numpy as np

from gam_viz.evidence.measure import Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.evidence.randomisation.cascade import NOISE, SEEDS, Randomisation, randomisation
from gam_viz.evidence.randomisation.entry import RANDOMISATION
from gam_viz.evidence.surrogates import FEWEST
from gam_viz.explain.attributions import Param
from gam_viz.runtime.progress import Progress

SAMPLES = 20  # the authors' default is 50


def _run(given: MeasureInput, options: Options, progress: Progress | None) -> Randomisation:
    return randomisation(
        *(given.network, given.card, given.x, given.target, given.requests),
        reduction=given.reduction,
        cascade=True,
        seeds=[int(options["seed"])],
        count=int(options["random_maps"]),
        bottom_up=True,
        samples=int(options["samples"]),
        noise=float(options["noise"]),
        progress=progress,
    )


def _verdicts(result: Randomisation) -> list[Verdict]:
    found = []
    for test in result.maps:
        steps = [step.similarity.spearman for step in test.cascade]
        known = [step for step in steps if step is not None]
        numbers = {"average": float(np.mean(known)) if known else None, "last": steps[-1] if steps else None}
        found.append(Verdict(test.heatmap.key, test.verdict, numbers))
    return found


SMOOTH_RANDOMISATION = Measure(
    "smooth_randomisation",
    _run,
    _verdicts,
    title_key="evidence.section.smooth_randomisation",
    about_key="evidence.smooth_randomisation.about",
    params=(
        Param("samples", SAMPLES, 1, 200),
        Param("noise", NOISE, 0.0, 1.0, 0.01),
        Param("seed", SEEDS[0], 0, 2**31 - 1),
        Param("random_maps", 100, FEWEST, 10_000),
    ),
    quantities=(
        Quantity("average", "evidence.column.smprt", "+.2f", (-1, 1), "less"),
        Quantity("last", "evidence.column.smprt_last", "+.2f", (-1, 1)),
    ),
    tones=RANDOMISATION.tones,
    remakes=True,
    usual=False,
    effort=4.0,
)
