"""Methods that follow the logit from a baseline to the picture, and whose maps therefore have a sum to answer for.

Completeness (Sundararajan et al. 2017, proposition 1): a map of integrated gradients sums to f(x) - f(baseline). What
is missing, the convergence delta, says how far the sum over steps is from the integral.
"""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from gam_viz.explain.attributions.gradients import SAMPLES, SEED, Draws, noise_level
from gam_viz.explain.attributions.method import Finding, Method, Param, Params, Value
from gam_viz.explain.attributions.work import BASELINES, Work
from gam_viz.runtime.memory import fewer
from gam_viz.text.refusal import RefusalError

BASELINE = Param("baseline", "mean", choices=BASELINES)
_CUT = ("does not require grad", "not have been used in the graph")  # PyTorch's own words
FIRST_STEPS, LAST_STEPS = 16, 256  # of "auto"


def integrated_gradients(work: Work, params: Params, layer: str | None) -> Finding:
    """(x - b) times the mean gradient on the way from b to x.

    With a number of steps, Captum's Gauss-Legendre rule. With "auto", a trapezoid rule whose steps are halved until
    the delta is within `tolerance` of the gap: every gradient is used again after a halving, which Gauss-Legendre does
    not allow, and the gradient of a network of ReLUs jumps along the way, so that its higher order buys nothing
    (median delta at 16, 32, 64 steps on a trained CBAM: 2.3, 0.4, 0.2 % against 2.7, 1.1, 0.6 %).
    """
    baseline, gap = work.baseline(params["baseline"]), work.gap(params["baseline"])
    if params["steps"] == "auto":
        attribution, evidence = _until_complete(work, baseline, gap, params["tolerance"])
    else:
        way = {"baselines": baseline, "target": work.target, "n_steps": params["steps"]}
        captum = IntegratedGradients(work.logits)
        before = work.forwards, work.backwards

        def follow(chunk: int) -> Tensor:
            work.forwards, work.backwards = before
            try:
                found: Tensor = captum.attribute(work.x, **way, internal_batch_size=chunk)[0].detach()
            except RuntimeError as error:
                if any(said in str(error) for said in _CUT):
                    raise RefusalError("errors.reason.no_gradient") from error
                raise
            return found

        attribution = fewer(work.chunk, follow)
        evidence = {"steps": params["steps"]}
    return _answerable(attribution, gap, evidence)


def gradient_shap(work: Work, params: Params, layer: str | None) -> Finding:
    """The mean, over noisy copies z of the picture, of (z - b) times the gradient at a random place between b and z.

    The places are stratified, one in each of as many equal parts of the way as there are samples, which keeps their
    distribution and brings the sum nearer to the gap; the noise remains, and the delta is what it costs.
    """
    baseline, gap = work.baseline(params["baseline"]), work.gap(params["baseline"])
    stdev, draws = noise_level(work, params["noise"]), Draws(work.x, params["seed"])
    ways: list[Tensor] = []

    def on_the_way(start: int, stop: int) -> Tensor:
        ways.append(work.x + stdev * draws.normal(stop - start) - baseline)
        parts = torch.arange(start, stop).reshape(-1, 1, 1, 1).to(work.x)
        return baseline + (parts + draws.uniform(stop - start)) / params["samples"] * ways[-1]

    total = torch.zeros_like(work.x[0])
    for _, gradient in work.gradients(params["samples"], on_the_way):
        total += (ways.pop() * gradient).sum(0)
    return _answerable(total / params["samples"], gap, {"samples": params["samples"], "stdev": stdev})


def _answerable(attribution: Tensor, gap: float, evidence: dict[str, Value]) -> Finding:
    delta = abs(float(attribution.double().sum()) - gap)
    return Finding(attribution.sum(0), attribution, delta=delta, gap=gap, evidence=evidence)


def _until_complete(work: Work, baseline: Tensor, gap: float, tolerance: float) -> tuple[Tensor, dict[str, Value]]:
    way = work.x - baseline

    def gradients_at(places: list[float]) -> Tensor:
        alphas = torch.tensor(places).reshape(-1, 1, 1, 1).to(work.x)
        found = work.gradients(len(places), lambda start, stop: baseline + alphas[start:stop] * way)
        return torch.stack([gradient.sum(0) for _, gradient in found]).sum(0)

    steps = FIRST_STEPS
    ends = gradients_at([0.0, 1.0]) / 2
    inner = gradients_at([k / steps for k in range(1, steps)])
    previous = None
    while True:
        attribution = way[0] * (ends + inner) / steps
        delta = abs(float(attribution.double().sum()) - gap)
        if delta <= tolerance * abs(gap) or steps >= LAST_STEPS:
            break
        previous = attribution
        steps *= 2
        inner = inner + gradients_at([k / steps for k in range(1, steps, 2)])
    evidence: dict[str, Value] = {"steps": steps, "converged": delta <= tolerance * abs(gap)}
    if previous is not None:
        # How much the map itself still moved at the last halving, as a share of its absolute sum.
        evidence["change"] = float((attribution - previous).abs().sum() / attribution.abs().sum().clamp_min(1e-12))
    return attribution, evidence


INTEGRATED_GRADIENTS = Method(
    "integrated_gradients",
    "path",
    integrated_gradients,
    "Sundararajan et al. 2017, arXiv 1703.01365",
    params=(
        Param("steps", "auto", 2, 500, 1, choices=("auto",)),
        Param("tolerance", 0.01, 0.001, 0.2, 0.001),
        BASELINE,
    ),
    effort=lambda params: 3 * (65 if params["steps"] == "auto" else params["steps"]),
)
GRADIENT_SHAP = Method(
    "gradient_shap",
    "path",
    gradient_shap,
    "Lundberg and Lee 2017, arXiv 1705.07874; Erion et al. 2019, arXiv 1906.10670",
    params=(SAMPLES, Param("noise", 0.05, 0.0, 0.5, 0.01), BASELINE, SEED),
    effort=lambda params: 3 * params["samples"],
)
