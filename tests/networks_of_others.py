"""Small networks as other people write them, for tests: none of this project's modules in them."""

import torch
from torch import Tensor, nn


class OwnGAM(nn.Module):
    """A GAM as tutorials write it."""

    def __init__(self, channels: int, rate: int = 4) -> None:
        super().__init__()
        inner = max(1, channels // rate)
        self.channel = nn.Sequential(nn.Linear(channels, inner), nn.ReLU(), nn.Linear(inner, channels))
        self.spatial = nn.Sequential(
            nn.Conv2d(channels, inner, 7, padding=3), nn.ReLU(), nn.Conv2d(inner, channels, 7, padding=3)
        )

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W)
        b, c, h, w = x.shape
        weights = self.channel(x.permute(0, 2, 3, 1).reshape(b, -1, c)).reshape(b, h, w, c).permute(0, 3, 1, 2)
        x = x * weights
        return x * torch.sigmoid(self.spatial(x))


class OwnSE(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(channels, 2), nn.ReLU(), nn.Linear(2, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        weights = self.fc(x.mean((2, 3)))
        return x * weights[:, :, None, None]


class OwnNetwork(nn.Module):
    """A stem, an attention module, another, a head; (B, channels, H, W) -> (B, outputs)."""

    def __init__(self, attention: type[nn.Module] = OwnGAM, outputs: int = 3, channels: int = 3) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(channels, 8, 3, 2, 1), nn.ReLU())
        self.attention1 = attention(8)
        self.middle = nn.Sequential(nn.Conv2d(8, 12, 3, 2, 1), nn.ReLU())
        self.attention2 = attention(12)
        self.head = nn.Linear(12, outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attention2(self.middle(self.attention1(self.stem(x))))
        return self.head(x.mean((2, 3)))


class Spotlight(nn.Module):
    """(B, channels, H, W) -> (B, 2): the second class where one channel, in 0..1, is bright somewhere; so is its mask
    there, in cells of four pixels."""

    def __init__(self, channels: int = 3, looks_at: int = 0) -> None:
        super().__init__()
        self.pick, self.pool = nn.Conv2d(channels, 1, 1), nn.AvgPool2d(4)
        self.mask = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Sigmoid())
        self.head = nn.Linear(1, 2)
        with torch.no_grad():
            self.pick.weight.zero_()[0, looks_at] = 1
            self.pick.bias.zero_()
            self.mask[0].weight.fill_(12)
            self.mask[0].bias.fill_(-6)
            self.head.weight.copy_(torch.tensor([[-6.0], [6.0]]))
            self.head.bias.copy_(torch.tensor([3.0, -3.0]))

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.pick(x))
        return self.head((x * self.mask(x)).amax((2, 3)))


def own_network(attention: type[nn.Module] = OwnGAM, seed: int = 0, **options: int) -> OwnNetwork:
    """One with seeded weights, in eval mode."""
    torch.manual_seed(seed)
    return OwnNetwork(attention, **options).eval()
