"""EfficientNet-Lite 0, 1 and 2 with attention: inverted residuals of which the last of a stage can carry a module.

The structure is that of M. Tan, Q. Le, EfficientNet (ICML 2019), table 1, scaled, as its authors' Lite variants have
it: no squeeze-and-excitation, ReLU6 in place of SiLU, stem and head unscaled. Since the published networks have no
attention, one is inserted before the tail is tuned: in the last block of a chosen stage, in the residual branch, after
its last batch norm and before the addition, where our ResNets have it too. What comes through the skip is at first what
the next layer knows; the branch, and with it the gates, act from the first step on.

Pictures have channels in 0..1 with mean and std 0.5. Strides pad as TensorFlow does: on even sides one pixel more at
the right and at the bottom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from gam_viz.networks.config import EFFICIENTNET_LITE, NetworkConfig
from gam_viz.networks.staged import ResidualNetwork

STEM_CHANNELS, HEAD_CHANNELS = 32, 1280  # of the published networks: a configuration's width is relative to the first
EPS = 1e-3  # of the batch norms, as in TensorFlow


@dataclass(frozen=True)
class LiteStage:
    """One stage of EfficientNet-B0: kernel, stride of its first block, expansion, output channels, blocks."""

    kernel: int
    stride: int
    expansion: int
    channels: int
    depth: int


STAGES = (
    LiteStage(3, 1, 1, 16, 1),
    LiteStage(3, 2, 6, 24, 2),
    LiteStage(5, 2, 6, 40, 2),
    LiteStage(3, 2, 6, 80, 3),
    LiteStage(5, 1, 6, 112, 3),
    LiteStage(5, 2, 6, 192, 4),
    LiteStage(3, 1, 6, 320, 1),
)


class SamePadding(nn.Module):
    """Pads so that a convolution of this kernel and stride gives ceil(side / stride), as TensorFlow does."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, C, H + a, W + b)
        pads = list[int]()
        for side in (x.shape[-1], x.shape[-2]):
            missing = max((math.ceil(side / self.stride) - 1) * self.stride + self.kernel - side, 0)
            pads += [missing // 2, missing - missing // 2]
        return functional.pad(x, pads)

    def extra_repr(self) -> str:
        return f"kernel={self.kernel}, stride={self.stride}"


class InvertedResidual(nn.Module):
    """1x1 to more channels, a convolution of each channel by itself, 1x1 to fewer, attention, and, where shapes agree,
    addition (M. Sandler et al., MobileNetV2, CVPR 2018). A first stage does without the first 1x1."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int, expansion: int, attention: nn.Module
    ) -> None:
        super().__init__()
        hidden = in_channels * expansion
        self.expand: nn.Module = (
            nn.Sequential(nn.Conv2d(in_channels, hidden, 1, bias=False), nn.BatchNorm2d(hidden, eps=EPS), nn.ReLU6())
            if expansion > 1
            else nn.Identity()
        )
        self.depthwise = nn.Sequential(
            SamePadding(kernel, stride),
            nn.Conv2d(hidden, hidden, kernel, stride=stride, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden, eps=EPS),
            nn.ReLU6(),
        )
        self.project = nn.Sequential(
            nn.Conv2d(hidden, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels, eps=EPS)
        )
        self.attention = attention
        self.skips = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:  # (B, C_in, H, W) -> (B, C_out, H/stride, W/stride)
        out = self.attention(self.project(self.depthwise(self.expand(x))))
        return out + x if self.skips else out


class EfficientNetLite(ResidualNetwork):
    """EfficientNet-Lite of a configuration; stages with attention carry one module each, in their last block."""

    stem = ("pad", "conv1", "bn1", "relu")
    head = ("conv2", "bn2", "relu2", "avgpool", "flatten", "fc")

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        wider, deeper = EFFICIENTNET_LITE[config.architecture]
        self.pad = SamePadding(3, 2)
        self.conv1 = nn.Conv2d(3, config.width, 3, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(config.width, eps=EPS)
        self.relu = nn.ReLU6()
        channels = config.width
        for number, stage in enumerate(STAGES):
            planes = _rounded(stage.channels * wider * config.width / STEM_CHANNELS)
            # The Lite variants leave the depth of the first and the last stage as it is.
            depth = stage.depth if number in (0, len(STAGES) - 1) else math.ceil(stage.depth * deeper)
            blocks = []
            for index in range(depth):
                attention = self.attention_for(number, planes) if index == depth - 1 else nn.Identity()
                stride = stage.stride if index == 0 else 1
                blocks.append(InvertedResidual(channels, planes, stage.kernel, stride, stage.expansion, attention))
                channels = planes
            self.add_stage(*blocks)
        wide = _rounded(HEAD_CHANNELS * config.width / STEM_CHANNELS)
        self.conv2 = nn.Conv2d(channels, wide, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(wide, eps=EPS)
        self.relu2 = nn.ReLU6()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(wide, config.num_classes)


def _rounded(channels: float, to: int = 8) -> int:
    """The nearest multiple of 8, but never less than 90 % of what was asked for."""
    rounded = max(to, int(channels + to / 2) // to * to)
    return rounded if rounded >= 0.9 * channels else rounded + to
