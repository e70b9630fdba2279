"""Maps of a layer: what its features say for the class, at the layer's own resolution."""

from __future__ import annotations

from torch import Tensor

from gam_viz.explain.attributions.method import Finding, Method, Param, Params
from gam_viz.explain.attributions.work import Work

#: Grad-CAM's paper cuts what speaks against the class (its equation 2); False keeps it.
POSITIVE_ONLY = Param("positive_only", True, choices=(True, False))


def gradcam(work: Work, params: Params, layer: str | None) -> Finding:
    """sum_c A_c * mean(df/dA_c): each channel weighted by its mean gradient over positions."""
    values = weighted_features(work, layer)
    return Finding(values.clamp_min(0) if params["positive_only"] else values)


def layer_gradient_x_activation(work: Work, params: Params, layer: str | None) -> Finding:
    """sum_c A_c * df/dA_c: Grad-CAM without the averaging over positions (HiResCAM)."""
    assert layer is not None
    joint = work.joint()
    return Finding((joint.features[layer] * joint.gradients[layer]).sum(0))


def layer_activation(work: Work, params: Params, layer: str | None) -> Finding:
    """mean_c |A_c|: where the layer is active at all, whatever the class."""
    assert layer is not None
    return Finding(work.joint().features[layer].abs().mean(0))


def weighted_features(work: Work, layer: str | None) -> Tensor:
    """(h, w): Grad-CAM before its ReLU."""
    assert layer is not None
    joint = work.joint()
    weights = joint.gradients[layer].mean((1, 2), keepdim=True)  # (C, 1, 1)
    return (weights * joint.features[layer]).sum(0)


GRADCAM = Method(
    "gradcam",
    "cam",
    gradcam,
    "Selvaraju et al. 2017, arXiv 1610.02391",
    params=(POSITIVE_ONLY,),
    needs_layer=True,
    resolution="layer",
)
LAYER_GRADIENT_X_ACTIVATION = Method(
    "layer_gradient_x_activation",
    "cam",
    layer_gradient_x_activation,
    "Draelos and Carin 2020, arXiv 2011.08891",
    needs_layer=True,
    resolution="layer",
)
LAYER_ACTIVATION = Method(
    "layer_activation",
    "activation",
    layer_activation,
    "Zagoruyko and Komodakis 2016, arXiv 1612.03928",
    needs_layer=True,
    signed=False,
    resolution="layer",
    uses_target=False,
)
