"""What the gates of one attention module read and do: measured by changing its features and looking again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.attention import GAM
from gam_viz.explain.gates import gates_of, layer_of, record_gates
from gam_viz.explain.interventions import move_features
from gam_viz.explain.interventions.double_precision import alone, run

ERASED = 0.05  # a feature multiplied by less than this, either way, is as good as gone
AMOUNT = 5.0  # standard deviations that the features of one position are raised by
DoubleArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Behaviour:
    """One attention module of a network, and the gates of the whole network, on pictures.

    Attributes:
        name: of the network.
        trained: whether it is; else its weights are fresh ones of seed 0.
        layer: the block whose module was changed, the network's first with gates.
        shape: (C, H, W) of its features.
        pools: pooling layers inside the module.
        moved: how far the channel gate changes, at most, when the features' positions are shuffled; a share of its
            largest value.
        followed: the same against the gate shuffled alike: 0 where the gate goes along with its features.
        remixed: how far the spatial gate changes when the channels are shuffled and the channel gate is open.
        cell: (row, column), in the middle, of the position whose features were changed alone.
        channel_change, spatial_change: (H, W), how far each gate changes at each position then; exactly 0 where it does
            not.
        channel_range, spatial_range: smallest and largest value over the network's gates.
        erased: (N,) share of a picture's features, over all blocks, that their gates multiply by less than `ERASED`.
        unlike_convolutions: largest difference between GAM's channel branch and two 1x1 convolutions of the same
            weights, as a share of the largest value; None for others.
    """

    name: str
    trained: bool
    layer: str
    shape: tuple[int, int, int]
    pools: int
    moved: float
    followed: float
    remixed: float
    cell: tuple[int, int]
    channel_change: DoubleArray
    spatial_change: DoubleArray
    channel_range: tuple[float, float]
    spatial_range: tuple[float, float]
    erased: DoubleArray
    unlike_convolutions: float | None = None


def behaviour(network: nn.Module, pictures: Tensor, *, name: str, trained: bool) -> Behaviour:
    """Measure one network; it is left as it is.

    Args:
        network: in eval mode, with a channel and a spatial gate in each of its attention modules.
        pictures: (N, 3, S, S), normalised; the first alone is changed.
        name, trained: of the network.
    """
    paths = gates_of(network)
    layer = layer_of(next(iter(paths)))
    module, x = alone(network, pictures[:1], layer)
    height, width = x.shape[2:]
    cell = height // 2, width // 2
    channel = run(module, x).gates["channel_gate"]
    order = _shuffled(height * width)
    again = run(module, _taken(x, order)).gates["channel_gate"]
    opened = {"channel_gate": torch.ones_like(channel)}
    straight, mixed = (
        run(module, features, held=opened).gates["spatial_gate"] for features in (x, x[:, _shuffled(x.shape[1])])
    )
    changes = {
        gate.branch: gate.change for gate in move_features(network, pictures[:1], layer, *cell, amount=AMOUNT).gates
    }
    with torch.inference_mode(), record_gates(network) as seen:
        network(pictures)
    return Behaviour(
        name=name,
        trained=trained,
        layer=layer,
        shape=(x.shape[1], height, width),
        pools=sum(type(part).__module__ == nn.AdaptiveAvgPool2d.__module__ for part in module.modules()),
        moved=_apart(again, channel),
        followed=_apart(again, _taken(channel, order)),
        remixed=_apart(mixed, straight),
        cell=cell,
        channel_change=changes["channel"],
        spatial_change=changes["spatial"],
        channel_range=_range([gate for path, _, gate in seen if paths[path].branch == "channel"]),
        spatial_range=_range([gate for path, _, gate in seen if paths[path].branch == "spatial"]),
        erased=_erased(seen),
        unlike_convolutions=_unlike_convolutions(module, x) if isinstance(module, GAM) else None,
    )


def _shuffled(count: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(0))


def _taken(values: Tensor, order: Tensor) -> Tensor:
    """(B, C, H, W) with its positions in that order; one value a channel stays as it is."""
    return values if values.shape[2:] == (1, 1) else values.flatten(2)[..., order].view_as(values)


def _erased(seen: list[tuple[str, torch.Size, Tensor]]) -> DoubleArray:
    """(N,): share of the features whose gates multiply them to (nearly) nothing, over all modules."""
    products: dict[str, Tensor] = {}
    for path, shape, gate in seen:
        owner = path.rpartition(".")[0]
        products[owner] = products.get(owner, torch.ones((), device=gate.device)) * gate.expand(shape)
    gone = torch.stack([(each.abs() < ERASED).flatten(1).sum(dim=1) for each in products.values()]).sum(dim=0)
    found: DoubleArray = (gone.double() / sum(each[0].numel() for each in products.values())).cpu().numpy()
    return found


@torch.inference_mode()
def _unlike_convolutions(module: GAM, x: Tensor) -> float:
    first, relu, second = module.channel_attention
    assert isinstance(first, nn.Linear)
    assert isinstance(second, nn.Linear)
    hidden = relu(nn.functional.conv2d(x, first.weight[:, :, None, None], first.bias))
    convolved = nn.functional.conv2d(hidden, second.weight[:, :, None, None], second.bias)
    return _apart(convolved, module.channel_attention(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))


def _apart(first: Tensor, second: Tensor) -> float:
    return float((first - second).abs().max() / second.abs().max())


def _range(gates: list[Tensor]) -> tuple[float, float]:
    return min(float(gate.min()) for gate in gates), max(float(gate.max()) for gate in gates)
