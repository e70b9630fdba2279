"""Small untrained networks in real checkpoint files, for tests of the page."""

from pathlib import Path

import torch

from gam_viz.attention import CBAM
from gam_viz.datasets.cifar10 import INFO
from gam_viz.datasets.scenes.draw import CLASSES
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import Card, load, named, save

TEST = {"accuracy": 0.91, "interval": [0.9, 0.92], "count": 100, "per_class": {}, "calibration_error": 0.02}


def write_checkpoints(folder: Path) -> None:
    """CIFAR-10 and scenes, none, CBAM, GAM and GAM with the channel sigmoid, four channels wide."""
    for dataset, classes, size, stem in (
        ("cifar10", INFO.classes, 32, "cifar"),
        ("scenes", CLASSES, 64, "stride2"),
    ):
        for seed, attention in enumerate(("none", "cbam", "gam", "gam_sigmoid")):
            torch.manual_seed(seed)
            options = {"reduction_ratio": 2} if attention == "cbam" else {}
            network = build_network(NetworkConfig(width=4, attention=attention, attention_options=options, stem=stem))
            with torch.no_grad():  # an untrained network says nearly the same of every picture
                network.fc.weight.mul_(20)
                for module in network.modules():
                    if isinstance(module, CBAM):  # and its mask is 0.5 everywhere
                        module.bn.weight.fill_(3.0)
            card = Card(
                name=f"{dataset}-{attention}",
                dataset=dataset,
                dataset_title=dataset,
                classes=classes,
                input_size=size,
                mean=(0.5, 0.5, 0.5),
                std=(0.25, 0.25, 0.25),
                config=network.config,
                test=TEST,
            )
            save(network, card, folder / f"{card.name}.safetensors")


def write_scenes_network(folder: Path, name: str, attention: str, options: dict[str, object], seed: int) -> None:
    """One network of the scenes, untrained and not tested, with the attention that a test asks for."""
    torch.manual_seed(seed)
    network = build_network(NetworkConfig(width=4, attention=attention, attention_options=options, stem="stride2"))
    card = Card(
        name=name,
        dataset="scenes",
        dataset_title="scenes",
        classes=CLASSES,
        input_size=64,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        config=network.config,
    )
    save(network, card, folder / f"{name}.safetensors")


def spoil(name: str, folder: Path) -> None:
    """Let a network's last layer overflow: its weights are finite, its answers are not."""
    spoiled = named(name, folder)
    network = load(spoiled)
    with torch.no_grad():
        network.fc.weight.fill_(3e38)
    save(network, spoiled.card, folder / f"{name}.safetensors")
