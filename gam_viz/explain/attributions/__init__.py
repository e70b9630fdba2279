"""Attributions: which parts of a picture, or of a layer, speak for a class. By Captum, sharing passes."""

from gam_viz.explain.attributions.method import Method, Param
from gam_viz.explain.attributions.prepare import default_layer, layers_of
from gam_viz.explain.attributions.registry import DEFAULT_METHODS, METHODS, NOT_OFFERED
from gam_viz.explain.attributions.request import Attribution, Request, attribute, attribute_each, attribute_many

__all__ = [
    "DEFAULT_METHODS",
    "METHODS",
    "NOT_OFFERED",
    "Attribution",
    "Method",
    "Param",
    "Request",
    "attribute",
    "attribute_each",
    "attribute_many",
    "default_layer",
    "layers_of",
]
