"""The methods by name. Adding one: a module with its function and its `Method`, and a line here."""

from __future__ import annotations

from gam_viz.explain.attributions import (
    backprop,
    cam,
    coalitions,
    gradients,
    more_cams,
    paths,
    perturbation,
)
from gam_viz.explain.attributions.method import Method

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        gradients.SALIENCY,
        gradients.INPUT_X_GRADIENT,
        gradients.SMOOTHGRAD,
        paths.INTEGRATED_GRADIENTS,
        paths.GRADIENT_SHAP,
        backprop.GUIDED_BACKPROP,
        backprop.DECONVOLUTION,
        backprop.GUIDED_GRADCAM,
        cam.GRADCAM,
        more_cams.GRADCAM_PLUS_PLUS,
        cam.LAYER_GRADIENT_X_ACTIVATION,
        more_cams.LAYER_CAM,
        more_cams.SCORE_CAM,
        more_cams.EIGEN_CAM,
        cam.LAYER_ACTIVATION,
        perturbation.OCCLUSION,
        perturbation.FEATURE_ABLATION,
        coalitions.RISE,
        coalitions.KERNEL_SHAP,
    )
}

#: Methods that Captum has and that are not valid for gated networks: method -> the reason's key in the text catalogue.
#: DeepLIFT has no rule for features times a gate: on trained networks its map misses 24 % (CBAM) and 56 % (GAM) of what
#: it should sum to. LRP has no rule for the gate's sigmoid.
NOT_OFFERED: dict[str, str] = {
    "deeplift": "gate_product_rule",
    "deepliftshap": "gate_product_rule",
    "lrp": "gate_sigmoid_rule",
}

#: What pages ask for where nobody chose.
DEFAULT_METHODS = ("gradcam",)
