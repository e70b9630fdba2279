"""Weights as before training, for any network, and the stages in which a network becomes random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gam_viz.networks import ResidualNetwork, build_network
from gam_viz.networks.copies import copy_of
from gam_viz.runtime.device import carried, device_of


def stages_of(network: nn.Module) -> Mapping[str, tuple[str, ...]]:
    """What becomes random together: names in the state dict by stage, from the head down.

    Of this project's networks: "fc" with what else is in the head, the stages of blocks from the last to the first,
    "stem". Of others: the network's children that hold weights, in reverse order of registration (looking into an only
    child), which is the order of computation in most networks, but need not be.
    """
    if isinstance(network, ResidualNetwork):
        prefixes: dict[str, tuple[str, ...]] = {"fc": tuple(f"{name}." for name in network.head)}
        prefixes |= {stage: (f"{stage}.",) for stage in reversed(network.stages)}
        prefixes |= {"stem": tuple(f"{name}." for name in network.stem)}
        return {stage: tuple(k for k in network.state_dict() if k.startswith(of)) for stage, of in prefixes.items()}
    owners = dict(_resettable(network))
    names = [f"{name}.{key}" if name else key for name, own in owners.items() for key in _own_keys(own)]
    path = ""
    while True:
        children = dict.fromkeys(name.removeprefix(path).partition(".")[0] for name in names)
        only = f"{path}{next(iter(children), '')}"
        if len(children) != 1 or only in owners:
            break
        path = f"{only}."
    of_child = {child: tuple(n for n in names if f"{n}.".startswith(f"{path}{child}.")) for child in children}
    return {f"{path}{child}": of_child[child] for child in reversed(of_child)}


def fresh_weights(network: nn.Module, seed: int) -> dict[str, Tensor]:
    """A state dict as the network's before training, on the CPU; neither the network nor torch's own random state is
    touched.

    Of this project's networks: what `torch.manual_seed(seed)` and `build_network` give, as training does. Of others:
    each module that has `reset_parameters` decides, from the last to the first; the rest stays as it is.
    """
    with torch.inference_mode(False), _Seeded(seed):
        if isinstance(network, ResidualNetwork):
            return dict(build_network(network.config).state_dict())
        body = copy_of(network).cpu()
        for _, module in reversed(_resettable(body)):
            module.reset_parameters()  # type: ignore[operator]
        return dict(body.state_dict())


def load_at_once(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Load some of a state dict, which goes to the network's device in one copy."""
    moved = carried(list(weights.values()), device_of(network))
    network.load_state_dict(dict(zip(weights, moved, strict=True)), strict=False)


def kept(network: nn.Module) -> tuple[str, ...]:
    """Parameters that stay as they are, since their module does not say how to begin anew; none of this project's."""
    fresh = {key for keys in stages_of(network).values() for key in keys}
    return tuple(name for name, _ in network.named_parameters() if name not in fresh)


class _Seeded(TorchFunctionMode):
    """Whatever is drawn in this thread is drawn from one generator: seeding torch's global one would reach, and be
    disturbed by, all other threads."""

    _DRAWS = frozenset({"uniform_", "normal_", "bernoulli_", "exponential_", "random_", "rand", "randn", "randint"})

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        # The functions of torch.nn.init hand their generator on, as None where they were given none.
        if "generator" in kwargs or getattr(func, "__name__", "") in self._DRAWS:
            kwargs["generator"] = kwargs.get("generator") or self.generator
        return func(*args, **kwargs)


def _resettable(network: nn.Module) -> list[tuple[str, nn.Module]]:
    found = network.named_modules()
    return [(name, m) for name, m in found if callable(getattr(m, "reset_parameters", None)) and _own_keys(m)]


def _own_keys(module: nn.Module) -> list[str]:
    saved = (name for name in module._buffers if name not in module._non_persistent_buffers_set)
    own = [name for name, value in module._parameters.items() if value is not None]
    return [*own, *(name for name in saved if module._buffers[name] is not None)]
