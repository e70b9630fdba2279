"""Networks of other libraries (timm, torchvision, your own), adapted so that their gates can be read and replaced."""

from gam_viz.networks.adapters.adapt import adapt
from gam_viz.networks.adapters.card import foreign_card
from gam_viz.networks.adapters.network import Adaption, ForeignNetwork, NetworkFailedError, unscored, within
from gam_viz.networks.adapters.places import DetectedBox, Detections, SegmentedMask, places

__all__ = [
    "Adaption",
    "DetectedBox",
    "Detections",
    "ForeignNetwork",
    "NetworkFailedError",
    "SegmentedMask",
    "adapt",
    "foreign_card",
    "places",
    "unscored",
    "within",
]
