"""A network whose channels each answer to one colour, and pictures with one square of a colour: all is known."""

import numpy as np
import torch
from torch import Tensor, nn

from gam_viz.attention.gate import SIGMOID, Gate
from gam_viz.datasets import DatasetInfo, LabelledImages
from gam_viz.networks.adapters.card import foreign_card
from gam_viz.networks.card import Card

SIDE, COLOURS = 16, ("red", "green", "blue")


class ColourNetwork(nn.Module):
    """Channel c is the 3x3 mean of colour c, the fourth half of the first; class c is the largest of channel c."""

    def __init__(self, branch: str = "channel") -> None:
        super().__init__()
        self.see = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.gate = Gate(branch, bounds=SIGMOID)  # type: ignore[arg-type]
        with torch.no_grad():
            self.see.weight.zero_()
            for channel, colour, scale in ((0, 0, 1.0), (1, 1, 1.0), (2, 2, 1.0), (3, 0, 0.5)):
                self.see.weight[channel, colour] = scale / 9

    def forward(self, x: Tensor) -> Tensor:  # (B, 3, 16, 16) -> (B, 3)
        features = self.see(x)
        looked_at = features.amax((2, 3), keepdim=True) if self.gate.branch == "channel" else features
        return 6 * self.gate(features, torch.sigmoid(8 * (looked_at - 0.5)))[:, :3].amax((2, 3))


def card(network: nn.Module) -> Card:
    return foreign_card(network, COLOURS, input_size=SIDE, mean=(0.0,) * 3, std=(1.0,) * 3, name="planted")


def squares(count: int = 40) -> tuple[LabelledImages, np.ndarray]:
    """Pictures, and (row, column) of each one's square, which is 3x3 and brighter than all before it."""
    random = np.random.default_rng(0)
    images, labels = np.zeros((count, SIDE, SIDE, 3), np.uint8), np.arange(count) % 3
    places = random.integers(1, SIDE - 1, (count, 2))
    for number, (row, column) in enumerate(places):
        images[number, row - 1 : row + 2, column - 1 : column + 2, labels[number]] = 255 - 2 * (count - number)
    info = DatasetInfo("planted", "Planted", COLOURS, SIDE, (0.0,) * 3, (1.0,) * 3, "", "")
    return LabelledImages(info, images, labels), places
