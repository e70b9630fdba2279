"""Small networks that answer something, and cases of them."""

from typing import Any

import torch

from gam_viz.attention import CBAM
from gam_viz.evidence.examine import Case, CaseSettings, LoadedNetwork, examine
from gam_viz.evidence.faithfulness import Settings
from gam_viz.images import Picture, load_sample
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.card import Card

#: Of pictures of 16x16: few steps, and bands of few maps.
QUICK = CaseSettings(
    methods=("gradcam", "saliency"),
    modes=("identity", "shuffled"),
    faithfulness=Settings(steps=4, orders=4),
    shuffles=6,
    untrained=1,
    random_maps=39,
)


def subject(
    attention: str, classes: tuple[str, ...] = ("a", "b", "c"), *, name: str = "", **card: Any
) -> LoadedNetwork:
    torch.manual_seed(0)
    network = build_network(NetworkConfig(width=4, attention=attention, num_classes=len(classes))).eval()
    with torch.no_grad():
        network.fc.weight.mul_(20)
        for module in network.modules():
            if isinstance(module, CBAM):  # its mask is 0.5 everywhere else
                module.bn.weight.fill_(3.0)
    own = Card(name or attention, "drawn", "Drawn", classes, 16, (0.5,) * 3, (0.25,) * 3, network.config, **card)
    return LoadedNetwork(network.requires_grad_(False), own, "ab" * 32, own.name)


def case_of(*given: str | tuple[str, tuple[str, ...]], picture: Picture | None = None, **options: Any) -> Case:
    networks = [subject(each) if isinstance(each, str) else subject(*each) for each in given]
    options = {"settings": QUICK, **options}
    return examine(networks, picture or load_sample("scene-sailboat-17"), **options)
