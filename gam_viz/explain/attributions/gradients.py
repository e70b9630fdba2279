"""Methods that read the gradient of the class's logit by the picture, once or averaged over noise.

The three colour channels of a pixel are summed, not averaged and not made absolute: the sum of a map then stays what it
was (for complete methods f(x) - f(baseline)), and a pixel's sign says what brightening it does to the logit.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gam_viz.explain.attributions.method import Finding, Method, Param, Params
from gam_viz.explain.attributions.work import Work

SAMPLES = Param("samples", 25, 2, 200, 1)
NOISE = Param("noise", 0.15, 0.0, 0.5, 0.01)  # standard deviation, as a share of the picture's own range of values
SEED = Param("seed", 0, 0, 2**31 - 1, 1)


def saliency(work: Work, params: Params, layer: str | None) -> Finding:
    """df/dx, signed; whether to show its absolute value is a question of display."""
    gradient = work.joint().gradient
    return Finding(gradient.sum(0), gradient)


def input_x_gradient(work: Work, params: Params, layer: str | None) -> Finding:
    """x * df/dx, with x as the network sees it: 0 is the data's mean colour."""
    product = work.x[0] * work.joint().gradient
    return Finding(product.sum(0), product)


def smoothgrad(work: Work, params: Params, layer: str | None) -> Finding:
    """The mean of df/dx over copies of the picture with Gaussian noise added."""
    stdev, draws = noise_level(work, params["noise"]), Draws(work.x, params["seed"])

    def noisy(start: int, stop: int) -> Tensor:
        return work.x + stdev * draws.normal(stop - start)

    total = torch.zeros_like(work.x[0])
    for _, gradient in work.gradients(params["samples"], noisy):
        total += gradient.sum(0)
    mean = total / params["samples"]
    return Finding(mean.sum(0), mean, evidence={"samples": params["samples"], "stdev": stdev})


def noise_level(work: Work, share: float) -> float:
    """A standard deviation that is a share of the picture's range, as in SmoothGrad's section 3."""
    return share * work.shared("range", lambda: float(work.x.max() - work.x.min()))


class Draws:
    """Random numbers that are the same for a seed on every device, in every thread and for every size of chunk.

    Generators of its own leave the process's one alone, which other threads draw from at the same time; they draw on
    the CPU and picture by picture.
    """

    def __init__(self, x: Tensor, seed: int) -> None:
        self._like = x
        self._noise = torch.Generator().manual_seed(seed)
        self._places = torch.Generator().manual_seed(seed + 1)

    def normal(self, count: int) -> Tensor:
        """(count, 3, H, W) from N(0, 1)."""
        shape = self._like.shape[1:]
        return torch.stack([torch.randn(shape, generator=self._noise) for _ in range(count)]).to(self._like)

    def uniform(self, count: int) -> Tensor:
        """(count, 1, 1, 1) from U(0, 1)."""
        return (
            torch.cat([torch.rand(1, generator=self._places) for _ in range(count)]).reshape(-1, 1, 1, 1).to(self._like)
        )


SALIENCY = Method("saliency", "gradient", saliency, "Simonyan et al. 2013, arXiv 1312.6034")
INPUT_X_GRADIENT = Method("input_x_gradient", "gradient", input_x_gradient, "Shrikumar et al. 2016, arXiv 1605.01713")
SMOOTHGRAD = Method(
    "smoothgrad",
    "gradient",
    smoothgrad,
    "Smilkov et al. 2017, arXiv 1706.03825",
    params=(SAMPLES, NOISE, SEED),
    effort=lambda params: 3 * params["samples"],
)
