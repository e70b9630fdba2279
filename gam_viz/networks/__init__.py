"""The tutorial's GAM_Net and ResNets, with any attention module in their blocks."""

from gam_viz.networks.config import ARCHITECTURES, STEMS, NetworkConfig
from gam_viz.networks.residual import ResidualNetwork, build_network

__all__ = ["ARCHITECTURES", "STEMS", "NetworkConfig", "ResidualNetwork", "build_network"]
