"""Networks of a layer or two in which it is known what the answer hangs on, so that every verdict can be planted."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from gam_viz.attention.gate import SIGMOID, Gate
from gam_viz.evidence.case import CaseSettings, LoadedNetwork
from gam_viz.evidence.faithfulness import Settings
from gam_viz.images import Picture, from_pixels
from gam_viz.networks.adapters.card import foreign_card

SIDE = 16
PATCH = slice(4, 12)  # the middle quarter, in rows and columns: all that the answer hangs on

#: No attributions: the planted gates are the maps.
PLANTED = CaseSettings(
    methods=(),
    modes=("identity",),
    faithfulness=Settings("mean"),
    untrained=3,
    random_maps=40,
)


def picture() -> Picture:
    """Noise, bright in the patch."""
    pixels = np.random.default_rng(0).integers(90, 166, (SIDE, SIDE, 3), np.uint8)
    pixels[PATCH, PATCH] = 255
    return from_pixels(pixels, "planted.png")


def bump(rows: float, columns: float, width: float = 4.0) -> Tensor:
    """(SIDE, SIDE), 0..1: a smooth hill."""
    y, x = torch.meshgrid(torch.arange(SIDE).float(), torch.arange(SIDE).float(), indexing="ij")
    return torch.exp(-((y - rows) ** 2 + (x - columns) ** 2) / (2 * width**2))


#: Each by what it is to be called: the patch first, the patch last, half of it first, nothing at all.
MAPS: dict[str, Tensor] = {
    "faithful": bump(7.5, 7.5),
    "misleading": 1 - bump(7.5, 7.5),
    "chance": torch.linspace(0, 1, SIDE).expand(SIDE, SIDE).clone(),  # from left to right
    "flat": torch.full((SIDE, SIDE), 0.5),
}


class Shown(nn.Module):
    """Shows a map as its gate, and does nothing else: what it multiplies, nobody looks at."""

    def __init__(self, make: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.gate = Gate("spatial", bounds=SIGMOID)
        self.make = make

    def forward(self, x: Tensor) -> None:
        self.gate(x, self.make(x))


class PatchNetwork(nn.Module):
    """Its second class is the brightness of the patch, whatever its gates show."""

    def __init__(self, names: tuple[str, ...] = tuple(MAPS), maps: dict[str, Tensor] | None = None) -> None:
        super().__init__()
        self.weight = nn.Linear(1, 1)  # a network has weights
        for name in names:
            values = (MAPS if maps is None else maps)[name]
            self.add_module(name, Shown(lambda x, values=values: values.to(x).expand(len(x), 1, SIDE, SIDE)))  # type: ignore[misc]

    def forward(self, x: Tensor) -> Tensor:  # (B, 3, 16, 16) -> (B, 2)
        for module in self.children():
            if isinstance(module, Shown):
                module(x)
        bright = x[:, :, PATCH, PATCH].mean((1, 2, 3))
        return torch.stack([torch.zeros_like(bright), 3 * bright - 2], 1)


class Weighed(nn.Module):
    """Features times a number that is the gate."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.gate = Gate("channel", bounds=None)
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return self.gate(x, torch.full((1, x.shape[1], 1, 1), self.value))


class GatedNetwork(nn.Module):
    """One gate holds the winning class down to where it wins, the other multiplies what the answer never sees."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Linear(1, 1)
        self.matters, self.idle = Weighed(-1.0), Weighed(7.0)

    def forward(self, x: Tensor) -> Tensor:
        self.idle(x)
        evidence = self.matters(x).mean((1, 2, 3))
        return torch.stack([evidence, -evidence], 1)  # with the gate at 1, the other class wins


class Zeroed(nn.Conv2d):
    """A convolution that begins at zero."""

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


class RandomNetwork(nn.Module):
    """Gates that survive fresh weights, collapse, become flat, or are flat already."""

    def __init__(self) -> None:
        super().__init__()
        self.learnt, self.zero = nn.Conv2d(1, 1, 1), Zeroed(1, 1, 1)
        self.head = nn.Linear(3, 2)
        # What needs weights is a method: a copy of the network takes it along, and a function's closure not.
        self.survives = Shown(lambda x: x.mean(1, keepdim=True).sigmoid())
        self.collapses = Shown(self._learnt)
        self.flattens = Shown(self._zeroed)
        self.flat = Shown(lambda x: torch.full_like(x[:, :1], 0.5))
        # What was learnt: a pattern that no fresh weight brings, in a buffer that goes with the weights.
        self.pattern = nn.Parameter(bump(3, 12)[None, None])
        with torch.no_grad():
            self.zero.weight.fill_(1.0)
            self.head.weight.copy_(torch.tensor([[1.0, 1, 1], [-1, -1, -1]]))
            self.learnt.weight.fill_(1.0)

    def reset_parameters(self) -> None:
        """The pattern becomes noise."""
        nn.init.normal_(self.pattern)

    def _learnt(self, x: Tensor) -> Tensor:
        return self.pattern.sigmoid().expand(len(x), 1, SIDE, SIDE)

    def _zeroed(self, x: Tensor) -> Tensor:
        return self.zero(x.mean(1, keepdim=True)).sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        for module in (self.survives, self.collapses, self.flattens, self.flat):
            module(x)
        return self.head(x.mean((2, 3)))


def loaded(network: nn.Module, name: str = "planted") -> LoadedNetwork:
    """To be examined."""
    network = network.eval().requires_grad_(False)
    card = foreign_card(network, ("dark", "bright"), input_size=SIDE, mean=(0.5,) * 3, std=(0.25,) * 3, name=name)
    return LoadedNetwork(network, card, sha256=f"sha-{name}")
