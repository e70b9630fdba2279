"""GAM: Global Attention Mechanism (Liu, Shao, Hoffmann, arXiv 2112.05561), as the tutorial prints it, and its variants.

Channel first, then space, both gates as large as the features:

    Mc(F)[:, :, h, w] = MLP( F[:, :, h, w] )              a weight a channel at every position  (B, C, H, W)
    Ms(F) = sigmoid( BN conv7x7 relu BN conv7x7 F )       a mask for every channel              (B, C, H, W)

The MLP C -> C/r -> C works on each position alone (it is two 1x1 convolutions); neighbours come in through the 7x7
convolutions only. The code that circulates, the tutorial's included, leaves the channel gate unbounded and signed,
while the paper's figure ends it in a sigmoid: `channel_gate` chooses.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from gam_viz.attention.cost import ModuleCost, batch_norm, bottleneck, convolution
from gam_viz.attention.errors import OptionError
from gam_viz.attention.gate import SIGMOID, Gate

ChannelGate = Literal["none", "sigmoid"]
SpatialConv = Literal["full", "factorised", "depthwise"]
Shuffle = Literal["between", "last", "none"]


class GAM(nn.Module):
    """GAM's two gates, one after the other. `channel_attention.*` and `spatial_attention.*` carry the tutorial's
    parameter names, so a state dict trained with the tutorial's class loads unchanged.

    Args:
        channels: C.
        out_channels: accepted because the tutorial's class takes it; must equal `channels`, since a gate multiplies
            features of its own shape.
        rate: reduction ratio r of both branches; the tutorial's is 4, the paper's parameter counts need 16.
        channel_gate: "none" (the tutorial: any signed number) or "sigmoid" (the paper's figure: 0..1).
        groups: groups of the 7x7 convolutions; 1 for none.
        shuffle: where the groups' channels are shuffled: "between" the two convolutions (ShuffleNet's place, arXiv
            1707.01083, section 3.1: each mask channel sees several groups), "last", on the finished mask, as copies
            that circulate do (each mask channel still sees one group, and weighs a channel of another), or "none".
            Without groups there is nothing to shuffle.
        spatial: "full" 7x7 convolutions; "factorised", the tutorial's section 5 form (one 7x1 and one 1x7 between
            two 1x1: the receptive field is 7, not 13); "depthwise", each 7x7 depthwise and followed by a 1x1.

    Raises:
        ValueError: an option is unknown, or the options do not fit together (`OptionError`); the sentence says which
            and why.
    """

    def __init__(
        self,
        channels: int,
        out_channels: int | None = None,
        *,
        rate: int = 4,
        channel_gate: ChannelGate = "none",
        groups: int = 1,
        shuffle: Shuffle = "between",
        spatial: SpatialConv = "full",
    ) -> None:
        super().__init__()
        if out_channels is not None and out_channels != channels:
            raise ValueError(
                f"GAM multiplies features by gates of their own shape, so in_channels and out_channels must be equal, "
                f"got {channels} and {out_channels}; change the width with a convolution before it"
            )
        if rate < 1 or channels < rate:
            raise OptionError(
                f"GAM's rate must lie between 1 and the number of channels ({channels}), got {rate}",
                "rate",
                channels=channels,
                given=rate,
            )
        hidden = channels // rate
        if channel_gate not in ("none", "sigmoid"):
            raise ValueError(f"GAM's channel gate is 'none' or 'sigmoid', got {channel_gate!r}")
        if groups < 1 or channels % groups or hidden % groups:
            raise OptionError(
                f"GAM's groups must divide both its widths, {channels} and {hidden} (channels / rate), got {groups}",
                "groups",
                channels=channels,
                hidden=hidden,
                given=groups,
            )
        if shuffle not in ("between", "last", "none"):
            raise ValueError(f"GAM's shuffle is 'between', 'last' or 'none', got {shuffle!r}")
        if groups > 1 and spatial != "full":
            raise OptionError(
                f"GAM's groups go with full 7x7 convolutions, not with the {spatial!r} form",
                "groups_form",
                form=spatial,
            )

        self.channel_attention = nn.Sequential(
            nn.Linear(channels, hidden),
            nn.ReLU(),
            nn.Linear(hidden, channels),
        )
        self.channel_squash = nn.Sigmoid() if channel_gate == "sigmoid" else nn.Identity()
        self.channel_gate = Gate("channel", bounds=SIGMOID if channel_gate == "sigmoid" else None)

        between = groups if shuffle == "between" else 1
        self.spatial_attention = _SPATIAL[_spatial_name(spatial)](channels, hidden, groups, between)
        self.spatial_sigmoid = nn.Sigmoid()
        self.mask_shuffle = nn.ChannelShuffle(groups) if groups > 1 and shuffle == "last" else nn.Identity()
        self.spatial_gate = Gate("spatial", bounds=SIGMOID)

    @property
    def last_layers(self) -> list[nn.Module]:
        """Whose biases say where the gates begin."""
        return [self.channel_attention[-1], self.spatial_attention[-1]]

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W), any strides -> (B, C, H, W)
        # nn.Linear works on the last axis, so the positions need no flattening and the input may have any strides.
        weights = self.channel_attention(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = self.channel_gate(x, self.channel_squash(weights))  # gate (B, C, H, W)
        mask = self.mask_shuffle(self.spatial_sigmoid(self.spatial_attention(x)))
        return self.spatial_gate(x, mask)  # gate (B, C, H, W)


def _spatial_name(spatial: str) -> str:
    if spatial not in _SPATIAL:
        raise ValueError(f"GAM's spatial form is one of {', '.join(map(repr, _SPATIAL))}, got {spatial!r}")
    return spatial


def _full(channels: int, hidden: int, groups: int, shuffled: int) -> nn.Sequential:
    # Without the shuffle each mask channel would see one group of input channels only. It has no parameters and
    # shares the ReLU's place, so the names of what follows stay the tutorial's.
    middle: nn.Module = nn.ReLU() if shuffled == 1 else nn.Sequential(nn.ReLU(), nn.ChannelShuffle(shuffled))
    return nn.Sequential(
        nn.Conv2d(channels, hidden, 7, padding=3, groups=groups),
        nn.BatchNorm2d(hidden),
        middle,
        nn.Conv2d(hidden, channels, 7, padding=3, groups=groups),
        nn.BatchNorm2d(channels),
    )


def _factorised(channels: int, hidden: int, groups: int, shuffled: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, hidden, 1),
        nn.Conv2d(hidden, hidden, (7, 1), padding=(3, 0)),
        nn.Conv2d(hidden, hidden, (1, 7), padding=(0, 3)),
        nn.BatchNorm2d(hidden),
        nn.ReLU(),
        nn.Conv2d(hidden, channels, 1),
        nn.BatchNorm2d(channels),
    )


def _depthwise(channels: int, hidden: int, groups: int, shuffled: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
        nn.Conv2d(channels, hidden, 1),
        nn.BatchNorm2d(hidden),
        nn.ReLU(),
        nn.Conv2d(hidden, hidden, 7, padding=3, groups=hidden),
        nn.Conv2d(hidden, channels, 1),
        nn.BatchNorm2d(channels),
    )


_SPATIAL = {"full": _full, "factorised": _factorised, "depthwise": _depthwise}


def gam_cost(
    channels: int,
    side: int,
    *,
    rate: int = 4,
    channel_gate: ChannelGate = "none",
    groups: int = 1,
    shuffle: Shuffle = "between",
    spatial: SpatialConv = "full",
) -> ModuleCost:
    """The channel branch's two layers at every position, and the convolutions of the spatial form; with h = C // r:

    full            7x7 C -> h and 7x7 h -> C, both in g groups: 98 C h / g weights
    factorised      1x1 C -> h, 7x1 h -> h, 1x7 h -> h, 1x1 h -> C: 2 C h + 14 h h
    depthwise       7x7 on each of C, 1x1 C -> h, 7x7 on each of h, 1x1 h -> C: 49 C + 49 h + 2 C h

    So GAM as the tutorial prints it (r = 4, g = 1) has about 25 C C weights. Shuffles and sigmoids cost nothing here.
    """
    hidden = channels // rate
    layers = {  # inputs, outputs, taps, groups
        "full": ((channels, hidden, 49, groups), (hidden, channels, 49, groups)),
        "factorised": (
            (channels, hidden, 1, 1),
            (hidden, hidden, 7, 1),
            (hidden, hidden, 7, 1),
            (hidden, channels, 1, 1),
        ),
        "depthwise": (
            (channels, channels, 49, channels),
            (channels, hidden, 1, 1),
            (hidden, hidden, 49, hidden),
            (hidden, channels, 1, 1),
        ),
    }[spatial]
    total = bottleneck(channels, hidden, side**2) + batch_norm(hidden) + batch_norm(channels)
    for inputs, outputs, taps, in_groups in layers:
        total += convolution(inputs, outputs, taps, side**2, groups=in_groups, bias=True)
    return total
