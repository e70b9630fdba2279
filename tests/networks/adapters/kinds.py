"""Small modules, one for each way of gating that other people's networks have, and what is right for each."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

GROUPS, CHANNELS, SIDE = 4, 16, 8


class Seen(nn.Module):
    """A module whose gates can be looked at and replaced by hand, in its own axes and without our help."""

    def __init__(self, **modules):
        super().__init__()
        self.given = {}
        self.by_hand = {}
        for name, module in modules.items():
            self.add_module(name, module)

    def see(self, number, gate):
        self.given[number] = gate.detach().clone()
        return self.by_hand.get(number, lambda gate: gate)(gate)


def pooled(x):
    return x.mean((2, 3), keepdim=True)


def squeeze(channels=CHANNELS):
    return nn.Conv2d(channels, channels, 1)


class Grouped(Seen):
    """A weight a channel and a mask, in each of G groups that lie in the batch axis."""

    def __init__(self):
        super().__init__(mix=squeeze(CHANNELS // GROUPS), one=nn.Conv2d(CHANNELS // GROUPS, 1, 3, padding=1))

    def forward(self, x):
        b, c, h, w = x.shape
        x = x.reshape(b * GROUPS, c // GROUPS, h, w)
        x = x * self.see(0, torch.sigmoid(self.mix(pooled(x))))
        x = x * self.see(1, torch.sigmoid(self.one(x)))
        return x.reshape(b, c, h, w)


def of_groups(gate):  # (B·G, C/G or 1, h, w) -> (B, C, h, w)
    return gate.expand(-1, CHANNELS // GROUPS, -1, -1).reshape(-1, CHANNELS, *gate.shape[2:])


class Halved(Seen):
    """As shuffle attention: each group's first half by a channel gate, its second by a spatial one, then a shuffle."""

    def __init__(self):
        half = CHANNELS // GROUPS // 2
        super().__init__(norm=nn.GroupNorm(half, half))
        self.weight, self.shift = nn.Parameter(torch.randn(1, half, 1, 1)), nn.Parameter(torch.randn(1, half, 1, 1))

    def forward(self, x):
        b, _, h, w = x.shape
        first, second = x.reshape(b * GROUPS, -1, h, w).chunk(2, dim=1)
        first = first * self.see(0, torch.sigmoid(self.weight * pooled(first) + self.shift))
        second = second * self.see(1, torch.sigmoid(self.weight * self.norm(second) + self.shift))
        x = torch.cat([first, second], 1).contiguous().view(b, -1, h, w)
        return x.reshape(b, 2, -1, h, w).transpose(1, 2).reshape(b, -1, h, w)


def of_half(gate):  # (B·G, C/2G, h, w) -> (B, C/2, h, w)
    return gate.reshape(-1, CHANNELS // 2, *gate.shape[2:])


class Planes(Seen):
    """As triplet attention: masks over (C, W) and (H, C), computed and multiplied after a permutation."""

    def __init__(self):
        super().__init__(a=nn.Conv2d(2, 1, 3, padding=1), b=nn.Conv2d(2, 1, 3, padding=1))

    def forward(self, x):
        turned = x.permute(0, 2, 1, 3).contiguous()
        of_columns = (turned * self.see(0, self.mask(self.a, turned))).permute(0, 2, 1, 3).contiguous()
        turned = x.permute(0, 3, 2, 1).contiguous()
        of_rows = (turned * self.see(1, self.mask(self.b, turned))).permute(0, 3, 2, 1).contiguous()
        return (of_columns + of_rows) / 2

    @staticmethod
    def mask(conv, x):
        return torch.sigmoid(conv(torch.cat([x.max(1)[0].unsqueeze(1), x.mean(1).unsqueeze(1)], 1)))


class ChannelsLast(Seen):
    def forward(self, x):
        x = x.permute(0, 2, 3, 1)  # (B, H, W, C)
        return (x * self.see(0, torch.sigmoid(self.mix(x.mean((1, 2))))[:, None, None, :])).permute(0, 3, 1, 2)


class Strips(Seen):
    """As strip pooling: rows and columns pooled, spread and added; the mask is over the picture."""

    def forward(self, x):
        h, w = x.shape[2:]
        rows = F.interpolate(self.a(F.adaptive_avg_pool2d(x, (None, 1))), (h, w), mode="bilinear")
        columns = F.interpolate(self.b(F.adaptive_avg_pool2d(x, (1, None))), (h, w), mode="bilinear")
        return x * self.see(0, torch.sigmoid(self.c(F.relu(rows + columns))))


class Split(Seen):
    """As split attention: softmax weights over two paths of the channels, (B, 2, C/2, 1, 1)."""

    def forward(self, x):
        b, c, h, w = x.shape
        paths = x.reshape(b, 2, c // 2, h, w)
        weights = self.mix(pooled(paths.sum(1))).reshape(b, 2, c // 2).softmax(1)
        return (paths * self.see(0, weights.reshape(b, 2, c // 2, 1, 1))).sum(1).repeat(1, 2, 1, 1)


class Selective(Seen):
    """As selective kernels: paths stacked, each channel a softmax over them."""

    def forward(self, x):
        paths = torch.stack([self.a(x), self.b(x)], 1)
        weights = torch.stack([self.c(pooled(paths.sum(1))), self.d(pooled(paths.sum(1)))], 1).softmax(1)
        return (paths * self.see(0, weights)).sum(1)


class SelectiveInPlace(Seen):
    """The same, the paths unsqueezed in place and concatenated one after another."""

    def forward(self, x):
        paths = self.a(x).unsqueeze_(1)
        paths = torch.cat([paths, self.b(x).unsqueeze_(dim=1)], dim=1)
        flat = paths.sum(1).mean((2, 3))
        weights = torch.cat([one(flat).unsqueeze_(dim=1) for one in (self.c, self.d)], dim=1).softmax(1)
        return (paths * self.see(0, weights[..., None, None])).sum(dim=1)


class Tokens(Seen):
    """A mask and a weight a channel over tokens that lie on a grid, (B, H·W, C)."""

    def forward(self, x):
        b, c, h, w = x.shape
        tokens = self.norm(x.flatten(2).transpose(1, 2))
        tokens = tokens + self.mix(tokens)
        tokens = tokens * self.see(0, torch.sigmoid(self.score(tokens - tokens.mean(1, keepdim=True))))
        tokens = tokens * self.see(1, torch.sigmoid(self.mix(tokens.mean(1, keepdim=True))))
        return tokens.transpose(1, 2).reshape(b, c, h, w)


class ClassToken(Seen):
    """The same with one token more, which has no place in the picture."""

    def __init__(self):
        super().__init__(mix=nn.Linear(CHANNELS, CHANNELS), score=nn.Linear(CHANNELS, 1))
        self.token = nn.Parameter(torch.randn(1, 1, CHANNELS))

    def forward(self, x):
        b, c, h, w = x.shape
        tokens = torch.cat([self.token.expand(b, -1, -1), x.flatten(2).transpose(1, 2)], 1)
        tokens = tokens * self.see(0, torch.sigmoid(self.score(tokens - tokens.mean(1, keepdim=True))))
        return tokens[:, 1:].transpose(1, 2).reshape(b, c, h, w)


class Windows(Seen):
    """A mask in windows of 4 x 4 positions, (B·windows, 4, 4, C)."""

    def forward(self, x):
        b, c, h, w = x.shape
        x = x.permute(0, 2, 3, 1).reshape(b, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 4, 4, c)
        x = x * self.see(0, torch.sigmoid(self.score(x - x.mean((1, 2), keepdim=True))))
        x = x.reshape(b, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        return x.permute(0, 3, 1, 2)


def of_windows(gate, side=8):  # (B·windows, 4, 4, 1) -> (B, 1, H, W)
    n = side // 4
    return gate.reshape(-1, n, n, 4, 4).permute(0, 1, 3, 2, 4).reshape(-1, 1, side, side)


class Written(Seen):
    """One gate a channel, however it is written down."""

    def __init__(self, forward):
        super().__init__(mix=squeeze(), one=nn.Conv2d(CHANNELS, 1, 3, padding=1))
        self.written = forward

    def forward(self, x):
        return self.written(self, x)


def weights(self, x):
    return torch.sigmoid(self.mix(pooled(x)))


def mask(self, x):
    return torch.sigmoid(self.one(x))


def bam(self, x):
    """The product of a weight a channel and a mask, both spread, under a sigmoid; and two weights a channel before."""
    channel = self.mix(pooled(x)) * self.mix(x.amax((2, 3), keepdim=True))
    return x * self.see(0, 1 + torch.sigmoid(channel.expand_as(x) * self.one(x).expand_as(x)))


def gct(self, x):
    size = (x.square().sum((2, 3), keepdim=True) + 1e-5).sqrt() * self.mix.bias[:, None, None]
    norm = self.mix.weight.mean(1, keepdim=True).transpose(0, 1) / (size.square().mean(1, keepdim=True) + 1e-5).sqrt()
    return x * self.see(0, 1 + torch.tanh(size * norm + 0.1))


def gaussian(self, x):
    """Without a weight, as the Gaussian context transformer."""
    means = pooled(x)
    means = (means - means.mean(1, keepdim=True)) / (means.pow(2).mean(1, keepdim=True) + 1e-5).sqrt()
    return x * self.see(0, torch.exp(-(means**2 / 2 * 2)))


@dataclass(frozen=True)
class Right:
    """What is right for one gate: its branch, its range, and from its own axes to (B, C, h, w)."""

    branch: str
    bounds: tuple[float, float] | None
    unfolded: Callable = lambda gate: gate
    name: str = ""
    grid: bool = True


CHANNEL, SPATIAL = Right("channel", (0.0, 1.0)), Right("spatial", (0.0, 1.0))


def written(forward, *right):
    return lambda: Written(forward), right


def ranged(bounds, forward, branch="channel"):
    return written(forward, Right(branch, bounds))


KINDS = {
    "groups": (Grouped, [Right("channel", (0, 1), of_groups), Right("spatial", (0, 1), of_groups)]),
    "halves of groups": (Halved, [Right("channel", (0, 1), of_half), Right("spatial", (0, 1), of_half)]),
    "planes": (
        Planes,
        [
            Right("spatial", (0, 1), lambda gate: gate.permute(0, 2, 1, 3), "columns"),
            Right("spatial", (0, 1), lambda gate: gate.permute(0, 3, 2, 1), "rows"),
        ],
    ),
    "channels last": (
        lambda: ChannelsLast(mix=nn.Linear(CHANNELS, CHANNELS)),
        [Right("channel", (0, 1), lambda gate: gate.permute(0, 3, 1, 2))],
    ),
    "strips": (lambda: Strips(a=squeeze(), b=squeeze(), c=squeeze()), [SPATIAL]),
    "split": (
        lambda: Split(mix=nn.Conv2d(CHANNELS // 2, CHANNELS, 1)),
        [Right("channel", (0, 1), lambda gate: gate.flatten(1, 2))],
    ),
    "selective": (
        lambda: Selective(a=squeeze(), b=squeeze(), c=squeeze(), d=squeeze()),
        [Right("channel", (0, 1), lambda gate: gate.flatten(1, 2))],
    ),
    "selective in place": (
        lambda: SelectiveInPlace(a=squeeze(), b=squeeze(), c=nn.Linear(16, 16), d=nn.Linear(16, 16)),
        [Right("channel", (0, 1), lambda gate: gate.flatten(1, 2))],
    ),
    "tokens": (
        lambda: Tokens(norm=nn.LayerNorm(16), mix=nn.Linear(16, 16), score=nn.Linear(16, 1)),
        [
            Right("spatial", (0, 1), lambda gate: gate.transpose(1, 2).unflatten(2, (8, 8))),
            Right("channel", (0, 1), lambda gate: gate.transpose(1, 2)[..., None]),
        ],
    ),
    "class token": (
        ClassToken,
        [Right("spatial", (0, 1), lambda gate: gate.transpose(1, 2)[:, :, None], grid=False)],
    ),
    "windows": (lambda: Windows(score=nn.Linear(16, 1)), [Right("spatial", (0, 1), of_windows)]),
    "bam": written(bam, Right("spatial", (1, 2))),
    "gated channel transformation": written(gct, Right("channel", (0, 2))),
    "gaussian": ranged((0, 1), gaussian),
    "one and a sigmoid": ranged((1, 2), lambda m, x: x * (1 + m.see(0, weights(m, x))), "channel"),
    "coarse": written(
        lambda m, x: x * m.see(0, F.interpolate(mask(m, F.avg_pool2d(x, 2)), scale_factor=2, mode="nearest")), SPATIAL
    ),
    "residual attention": ranged(
        (1, 2),
        lambda m, x: x * (1 + F.interpolate(mask(m, F.max_pool2d(x, 2)), x.shape[2:], mode="bilinear")),
        "spatial",
    ),
    "hard": ranged((0, 1), lambda m, x: x * m.see(0, F.hardsigmoid(m.mix(pooled(x))))),
    "hard by hand": ranged((0, 1), lambda m, x: x * m.see(0, F.relu6(m.mix(pooled(x)) + 3) / 6)),
    "sigmoid by hand": ranged((0, 1), lambda m, x: x * m.see(0, 1 / (1 + torch.exp(-m.mix(pooled(x)))))),
    "one less": ranged((0, 1), lambda m, x: x * m.see(0, 1 - weights(m, x))),
    "doubled": ranged((0, 2), lambda m, x: x * m.see(0, 2.0 * weights(m, x))),
    "signed": ranged((-1, 1), lambda m, x: x * m.see(0, torch.tanh(m.mix(pooled(x))))),
    "unbounded": ranged(None, lambda m, x: x * m.see(0, m.mix(pooled(x)))),
    "cubic": ranged(
        None,
        lambda m, x: x * m.see(0, F.interpolate(mask(m, F.avg_pool2d(x, 2)), x.shape[2:], mode="bicubic")),
        "spatial",
    ),
    "einsum": written(lambda m, x: torch.einsum("bchw,bc->bchw", x, m.see(0, weights(m, x))[:, :, 0, 0]), CHANNEL),
    "einsum, an axis of one": written(lambda m, x: torch.einsum("nchw,nohw->nchw", x, m.see(0, mask(m, x))), SPATIAL),
    "einsum, dots": written(
        lambda m, x: torch.einsum("bc...,bc->bc...", x, m.see(0, weights(m, x))[:, :, 0, 0]), CHANNEL
    ),
    "einsum, turned and summed": written(
        lambda m, x: torch.einsum(
            "nd, npdhw -> ndhw", m.see(0, weights(m, x))[:, :, 0, 0], torch.stack([x, m.mix(x)], 1)
        ),
        Right("channel", (0, 1), lambda gate: gate.repeat(1, 2, 1, 1)),
    ),
    "addcmul": written(lambda m, x: torch.addcmul(x, m.see(0, weights(m, x)), m.mix(x), value=0.5), CHANNEL),
    "in place": written(lambda m, x: x.clone().mul_(m.see(0, mask(m, x))), SPATIAL),
    "expanded as": written(lambda m, x: x * m.see(0, weights(m, x)).expand_as(x), CHANNEL),
    "expanded, then a sigmoid": written(
        lambda m, x: x * m.see(0, m.mix(pooled(x)).expand_as(x).sigmoid()),
        Right("channel", (0, 1), lambda g: g[..., :1, :1]),
    ),
    "expanded, then a softmax": written(
        lambda m, x: x * m.see(0, m.mix(pooled(x)).expand_as(x).softmax(1)),
        Right("channel", (0, 1), lambda g: g[..., :1, :1]),
    ),
    "spread by interpolation": written(lambda m, x: x * F.interpolate(m.see(0, weights(m, x)), x.shape[2:]), CHANNEL),
    "of a copy": ranged(None, lambda m, x: x.clone() * m.see(0, m.one(x) + m.mix(x)), "spatial"),
    "a weighted mean": written(
        lambda m, x: x + (x.flatten(2)[:, None] @ m.see(0, over_positions(m, x))).permute(0, 2, 1, 3),
        Right("spatial", (0, 1), lambda gate: gate[:, :, :, 0].unflatten(2, (SIDE, -1))),
    ),
    "weighted channels": written(
        lambda m, x: x + torch.bmm(m.see(0, m.mix(pooled(x))[..., 0].softmax(1).mT), x.flatten(2)).reshape(mean(x)),
        Right("channel", (0, 1), lambda gate: gate.mT[..., None]),
    ),
    "gated linear unit": written(lambda m, x: F.glu(torch.cat([m.mix(x), m.mix(x.flip(3))], 1), 1), SPATIAL),
    "between two": written(lambda m, x: torch.lerp(x, m.mix(x), m.see(0, mask(m, x))), SPATIAL),
    "fewer axes": written(lambda m, x: x * m.see(0, weights(m, x)).squeeze(0), CHANNEL),
    "two channel gates": written(
        lambda m, x: (
            x * m.see(0, weights(m, x)) + m.mix(x) * m.see(1, torch.sigmoid(m.mix(x.amax((2, 3), keepdim=True))))
        ),
        Right("channel", (0, 1), name="channel_1"),
        Right("channel", (0, 1), name="channel_2"),
    ),
    "rows and columns": written(
        lambda m, x: (
            x
            * m.see(0, torch.sigmoid(m.mix(x.mean(3, keepdim=True))))
            * m.see(1, torch.sigmoid(m.mix(x.mean(2, keepdim=True))))
        ),
        Right("spatial", (0, 1), name="rows"),
        Right("spatial", (0, 1), name="columns"),
    ),
    "rows and columns, joined and split": written(
        lambda m, x: by_strips(m, x), Right("spatial", (0, 1), name="rows"), Right("spatial", (0, 1), name="columns")
    ),
    "side by side": written(
        lambda m, x: torch.max(x * m.see(0, weights(m, x)), x * m.see(1, mask(m, x))), CHANNEL, SPATIAL
    ),
}


def over_positions(m, x):  # (B, 1, H·W, 1)
    return m.one(x).flatten(2).softmax(2)[..., None]


def two_factors(x):
    return x.sigmoid() * x.tanh()


def mean(x):
    return x.mean(1, keepdim=True).shape


def by_strips(m, x):
    h, w = x.shape[2:]
    both = m.mix(torch.cat([x.mean(3, keepdim=True), x.mean(2, keepdim=True).permute(0, 1, 3, 2)], 2))
    rows, columns = torch.split(both, [h, w], 2)
    return x * m.see(1, columns.permute(0, 1, 3, 2).sigmoid()) * m.see(0, rows.sigmoid())


#: What multiplies by numbers from the picture and is no gate that can be told.
NO_GATES = {
    "one number a picture": lambda m, x: x * weights(m, x).mean(1, keepdim=True),
    "attention's own product": lambda m, x: (x.flatten(2) @ torch.softmax(x.flatten(2).mT @ x.flatten(2), -1)).view_as(
        x
    ),
    "a group's normalisation": lambda m, x: (x.reshape(4, 4, 8, 8) * pooled(x.reshape(4, 4, 8, 8))).reshape(x.shape),
    "features by features": lambda m, x: m.mix(x) * m.one(x).expand_as(x).tanh().log(),
    "halves of features": lambda m, x: torch.mul(*torch.cat([m.mix(x)] * 2, 1).chunk(2, 1)),
    "an activation of two factors": lambda m, x: two_factors(m.mix(x)),
    "a gated activation": lambda m, x: m.mix(x).tanh() * m.mix(x.flip(3)).sigmoid(),
    "one that is a mixture": lambda m, x: F.conv2d(x, (pooled(m.mix(x)).softmax(1)[:, :4] * 1.0).sum() * m.mix.weight),
    "hard swish": lambda m, x: x * (F.relu6(x + 3) / 6),
    "one less than itself": lambda m, x: x * (1 - x.sigmoid()),
}
