"""Backward passes with another rule at the ReLUs, by Captum.

Guided methods look sharp and change little when the network's weights are randomised (Adebayo et al. 2018,
arXiv 1810.03292): they show edges of the picture as much as reasons of the network, hence the caution they carry.
Deconvolution keeps still less of the forward pass.
"""

from __future__ import annotations

import warnings
from typing import Literal

import torch
from captum.attr import Deconvolution, GuidedBackprop
from torch import Tensor, nn
from torch.nn import functional

from gam_viz.explain.attributions.cam import weighted_features
from gam_viz.explain.attributions.method import Finding, Method, Param, Params
from gam_viz.explain.attributions.work import Work
from gam_viz.networks.adapters import ForeignNetwork
from gam_viz.text.refusal import RefusalError

# Captum announces its hooks at every call. They sit on a private copy, and a filter set around the call would leak
# between threads, so it is set once.
warnings.filterwarnings("ignore", message="Setting backward hooks on ReLU activations", category=UserWarning)

_RULES = {"guided": GuidedBackprop, "deconvolution": Deconvolution}


def guided_backprop(work: Work, params: Params, layer: str | None) -> Finding:
    """df/dx, where each ReLU passes back only what is positive and was active."""
    return _rectified(work, "guided")


def deconvolution(work: Work, params: Params, layer: str | None) -> Finding:
    """df/dx, where each ReLU passes back what is positive, active or not."""
    return _rectified(work, "deconvolution")


def guided_gradcam(work: Work, params: Params, layer: str | None) -> Finding:
    """Guided backprop times Grad-CAM (after its ReLU), enlarged to the picture."""
    guided = _passed_back(work, "guided")
    coarse = weighted_features(work, layer).clamp_min(0)
    fine = functional.interpolate(coarse[None, None], size=guided.shape[1:], mode=params["enlarge"])[0]
    product = guided * fine
    return Finding(product.sum(0), product, evidence={"layer_rows": coarse.shape[0], "layer_columns": coarse.shape[1]})


def _rectified(work: Work, rule: Literal["guided", "deconvolution"]) -> Finding:
    gradient = _passed_back(work, rule)
    return Finding(gradient.sum(0), gradient)


def _passed_back(work: Work, rule: Literal["guided", "deconvolution"]) -> Tensor:
    modules = list(work.prepared.hooked.modules())
    if any(isinstance(module, nn.ReLU6) for module in modules):  # Captum would leave it as it is, and say nothing
        raise RefusalError("errors.reason.relu6", rule=rule)
    if not any(isinstance(module, nn.ReLU) for module in modules):
        raise RefusalError("errors.reason.no_relu", rule=rule)

    hooked = work.prepared.hooked
    if isinstance(hooked, ForeignNetwork) and hooked.adaption.bare_relu:
        raise RefusalError("errors.reason.bare_relu", rule=rule, module=hooked.adaption.bare_relu)

    def run(network: nn.Module, x: Tensor) -> Tensor:
        try:
            found: Tensor = _RULES[rule](network).attribute(x, target=work.target)
        except (RuntimeError, AssertionError) as error:
            if not isinstance(network, ForeignNetwork) or isinstance(error, torch.OutOfMemoryError):
                raise
            why = str(error).partition("\n")[0]
            raise RefusalError("errors.reason.rule_fails", rule=rule, why=why) from error
        return found.detach()

    with torch.inference_mode(False):
        return work.rectified(rule, run)


GUIDED_BACKPROP = Method(
    "guided_backprop",
    "backprop",
    guided_backprop,
    "Springenberg et al. 2014, arXiv 1412.6806",
    caution="sanity_check",
)
DECONVOLUTION = Method(
    "deconvolution",
    "backprop",
    deconvolution,
    "Zeiler and Fergus 2013, arXiv 1311.2901",
    caution="sanity_check",
)
GUIDED_GRADCAM = Method(
    "guided_gradcam",
    "backprop",
    guided_gradcam,
    "Selvaraju et al. 2017, arXiv 1610.02391",
    params=(Param("enlarge", "bilinear", choices=("bilinear", "nearest")),),
    needs_layer=True,
    caution="sanity_check",
    effort=lambda params: 6,
)
