"""ResNets with attention: the tutorial's GAM_Net and ResNet-18/34/50 (He et al., CVPR 2016).

Attention sits in the residual branch, after its last batch norm and before the addition, as in CBAM's own code and
in the tutorial's GAM_ResBlock.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from gam_viz.networks.config import ARCHITECTURES, NetworkConfig
from gam_viz.networks.staged import ResidualNetwork


def _shortcut(in_channels: int, out_channels: int, stride: int, bias: bool) -> nn.Module:
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=bias),
        nn.BatchNorm2d(out_channels),
    )


class BasicBlock(nn.Module):
    """Two 3x3 convolutions, attention, addition. With GAM and biases: the tutorial's GAM_ResBlock."""

    expansion = 1

    def __init__(self, in_channels: int, planes: int, stride: int, attention: nn.Module, *, bias: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, planes, 3, stride=stride, padding=1, bias=bias)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=bias)
        self.bn2 = nn.BatchNorm2d(planes)
        self.attention = attention
        self.shortcut = _shortcut(in_channels, planes, stride, bias)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:  # (B, C_in, H, W) -> (B, planes, H/stride, W/stride)
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.attention(self.bn2(self.conv2(out)))
        return self.relu2(out + self.shortcut(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 (with the stride), 1x1 to four times the planes, attention, addition."""

    expansion = 4

    def __init__(self, in_channels: int, planes: int, stride: int, attention: nn.Module, *, bias: bool) -> None:
        super().__init__()
        out_channels = planes * self.expansion
        self.conv1 = nn.Conv2d(in_channels, planes, 1, bias=bias)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=stride, padding=1, bias=bias)
        self.bn2 = nn.BatchNorm2d(planes)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(planes, out_channels, 1, bias=bias)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.attention = attention
        self.shortcut = _shortcut(in_channels, out_channels, stride, bias)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:  # (B, C_in, H, W) -> (B, 4 planes, H/stride, W/stride)
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.relu2(self.bn2(self.conv2(out)))
        out = self.attention(self.bn3(self.conv3(out)))
        return self.relu3(out + self.shortcut(x))


class ResNet(ResidualNetwork):
    """A residual network of the tutorial's, or He et al.'s; see `NetworkConfig` for what can be chosen.

    A state dict saved by the tutorial's own GAM_Net loads unchanged: its blocks call the attention module `gam`.
    """

    stem = ("conv1", "bn1", "relu", "maxpool")
    head = ("avgpool", "flatten", "fc")

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        bias = config.architecture == "gam_net"
        block: type[BasicBlock] | type[Bottleneck] = Bottleneck if config.architecture == "resnet50" else BasicBlock
        kernel, stride = {"cifar": (3, 1), "stride2": (3, 2), "imagenet": (7, 2)}[config.stem]
        self.conv1 = nn.Conv2d(3, config.width, kernel, stride=stride, padding=kernel // 2, bias=bias)
        self.bn1 = nn.BatchNorm2d(config.width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1) if config.stem == "imagenet" else nn.Identity()

        channels = config.width
        for stage, depth in enumerate(ARCHITECTURES[config.architecture]):
            planes = config.width * 2**stage
            blocks = []
            for index in range(depth):
                attention = self.attention_for(stage, planes * block.expansion)
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(block(channels, planes, stride, attention, bias=bias))
                channels = planes * block.expansion
            self.add_stage(*blocks)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(channels, config.num_classes)
        self.register_load_state_dict_pre_hook(_rename_tutorial_keys)


def _rename_tutorial_keys(module: nn.Module, state_dict: dict[str, Any], prefix: str, *_: Any) -> None:
    for key in [key for key in state_dict if ".gam." in key]:
        state_dict[key.replace(".gam.", ".attention.")] = state_dict.pop(key)
