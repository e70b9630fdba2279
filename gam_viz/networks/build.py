"""From a configuration to its network."""

from __future__ import annotations

from gam_viz.networks.config import EFFICIENTNET_LITE, NetworkConfig
from gam_viz.networks.efficientnet_lite import EfficientNetLite
from gam_viz.networks.gate_folding import take_out
from gam_viz.networks.residual import ResNet
from gam_viz.networks.staged import ResidualNetwork


def build_network(config: NetworkConfig) -> ResidualNetwork:
    """Build the network a configuration describes, with freshly initialised weights, in training mode."""
    network = (EfficientNetLite if config.architecture in EFFICIENTNET_LITE else ResNet)(config)
    take_out(network, config.folded)
    return network
