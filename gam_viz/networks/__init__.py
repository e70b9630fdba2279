"""The tutorial's GAM_Net, ResNets and EfficientNet-Lites, with any attention module in their blocks."""

from gam_viz.networks.build import build_network
from gam_viz.networks.config import ARCHITECTURES, STEMS, NetworkConfig
from gam_viz.networks.staged import ResidualNetwork

__all__ = ["ARCHITECTURES", "STEMS", "NetworkConfig", "ResidualNetwork", "build_network"]
