"""Relatives of Grad-CAM: other weights for a layer's channels, or none that ask for a class."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gam_viz.explain.attributions.method import Finding, Method, Params
from gam_viz.explain.attributions.work import Work


def gradcam_plus_plus(work: Work, params: Params, layer: str | None) -> Finding:
    """relu(sum_c w_c A_c), w_c = sum_ij alpha_ij relu(g_ij), g = df/dA_c (equations 10 and 19).

    alpha_ij = g_ij^2 / (2 g_ij^2 + g_ij^3 sum_ab A_ab): derivatives of exp(f), whose own factor exp(f) would only scale
    the map. They hold where f is linear in A, as behind ReLUs.
    """
    assert layer is not None
    joint = work.joint()
    features, gradient = joint.features[layer], joint.gradients[layer]  # (C, h, w)
    below = 2 * gradient**2 + gradient**3 * features.sum((1, 2), keepdim=True)
    alpha = torch.where(below == 0, 0, gradient**2 / torch.where(below == 0, 1, below))
    weights = (alpha * gradient.relu()).sum((1, 2), keepdim=True)
    return Finding((weights * features).sum(0).relu())


def layer_cam(work: Work, params: Params, layer: str | None) -> Finding:
    """relu(sum_c relu(df/dA_c) * A_c), position by position (equations 6 to 8)."""
    assert layer is not None
    joint = work.joint()
    return Finding((joint.gradients[layer].relu() * joint.features[layer]).sum(0).relu())


def score_cam(work: Work, params: Params, layer: str | None) -> Finding:
    """relu(sum_c softmax_c(f(x * s(A_c)) - f(0)) * A_c): no gradient, a pass for each channel (section 3.2).

    s enlarges a channel to the picture and stretches it to 0..1; a channel that is the same everywhere hides all. What
    is hidden is 0, the data's mean colour.
    """
    assert layer is not None
    features = work.joint().features[layer]
    low, high = features.amin((1, 2), keepdim=True), features.amax((1, 2), keepdim=True)
    stretched = (features - low) / torch.where(high > low, high - low, 1)

    def masked(start: int, stop: int) -> Tensor:
        masks = interpolate(stretched[start:stop, None], work.x.shape[-2:], mode="bilinear", align_corners=False)
        return work.x * masks

    scores = work.scores(len(features), masked)  # what f(0) adds to each is nothing to a softmax
    weights = torch.softmax(scores, 0)[:, None, None]
    return Finding((weights * features).sum(0).relu(), evidence={"channels": len(features)})


def eigen_cam(work: Work, params: Params, layer: str | None) -> Finding:
    """The features' projection on the direction in which they are largest, whatever the class (section III).

    O = U S V^T over the (h w, C) features, not centred; the map is O v_1. A singular vector's sign is arbitrary: the
    sum of the map is made positive.
    """
    assert layer is not None
    features = work.joint().features[layer]
    rows = features.flatten(1).T  # (h w, C)
    rows = rows.to(torch.promote_types(rows.dtype, torch.float32))  # there is no bfloat16 decomposition
    _, _, directions = torch.linalg.svd(rows, full_matrices=False)
    values = (rows @ directions[0]).reshape(features.shape[1:])
    return Finding(torch.where(values.sum() < 0, -values, values))


GRADCAM_PLUS_PLUS = Method(
    "gradcam_plus_plus",
    "cam",
    gradcam_plus_plus,
    "Chattopadhay et al. 2018, arXiv 1710.11063",
    needs_layer=True,
    signed=False,
    resolution="layer",
)
LAYER_CAM = Method(
    "layer_cam",
    "cam",
    layer_cam,
    "Jiang et al. 2021, IEEE TIP 30, 5875",
    needs_layer=True,
    signed=False,
    resolution="layer",
)
SCORE_CAM = Method(
    "score_cam",
    "cam",
    score_cam,
    "Wang et al. 2020, arXiv 1910.01279",
    needs_layer=True,
    signed=False,
    resolution="layer",
    effort=lambda params: 64,  # the layer's channels, which are not known here
)
EIGEN_CAM = Method(
    "eigen_cam",
    "activation",
    eigen_cam,
    "Muhammad and Yeasin 2020, arXiv 2008.00299",
    needs_layer=True,
    resolution="layer",
    uses_target=False,
)
