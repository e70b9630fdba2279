"""One forward and one backward pass, which all methods share that read gradients or a layer's features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gam_viz.explain.attributions.prepare import Prepared
from gam_viz.text.refusal import RefusalError


@dataclass(frozen=True)
class Joint:
    """One forward and one backward pass, and all that methods read from it.

    Attributes:
        score: f(x), the target's logit.
        features: layer -> (C, h, w), its output.
    """

    score: float
    features: dict[str, Tensor]
    _gradients: tuple[Tensor, dict[str, Tensor]] | None

    @property
    def gradient(self) -> Tensor:
        """(3, H, W), of the score by the picture.

        Raises:
            RefusalError: the network's forward pass cuts it.
        """
        return self._led_back()[0]

    @property
    def gradients(self) -> dict[str, Tensor]:
        """Layer -> (C, h, w): the score's gradient by its output.

        Raises:
            RefusalError: the network's forward pass cuts it.
        """
        return self._led_back()[1]

    def _led_back(self) -> tuple[Tensor, dict[str, Tensor]]:
        if self._gradients is None:
            raise RefusalError("errors.reason.no_gradient")
        return self._gradients


def joint_pass(prepared: Prepared, x: Tensor, target: int, layers: Sequence[str]) -> Joint:
    """The passes, for the picture (1, 3, H, W) and the target's logit.

    Raises:
        ValueError: a layer runs more than once in a pass, or gives no (1, C, h, w).
    """
    seen: dict[str, list[Tensor]] = {name: [] for name in layers}
    with torch.enable_grad():
        x = x.clone().requires_grad_()
        if layers:
            # ExitStack takes the hooks off again whatever happens between.
            with prepared.lock, ExitStack() as hooks:
                for name in layers:
                    handle = prepared.layer(name).register_forward_hook(_keep(seen[name]))
                    hooks.callback(handle.remove)
                score = prepared.hooked(x)[0, target]
        else:
            score = prepared.plain(x)[0, target]
        features = {name: _only(name, outputs) for name, outputs in seen.items()}
        own, *found = gradients_of(score, [x, *features.values()])
    gradients = {
        name: (torch.zeros_like(feature) if gradient is None else gradient)[0]
        for (name, feature), gradient in zip(features.items(), found, strict=True)
    }
    return Joint(
        score=float(score.detach()),
        features={name: feature.detach()[0] for name, feature in features.items()},
        _gradients=None if own is None else (own[0], gradients),
    )


def gradients_of(score: Tensor, by: list[Tensor]) -> list[Tensor | None]:
    """Of a score; None where none leads back: what ran without gradients, or through NumPy, cuts it."""
    if not score.requires_grad:
        return [None] * len(by)
    known = [each.requires_grad for each in by]
    found = iter(torch.autograd.grad(score, [each for each in by if each.requires_grad], allow_unused=True))
    return [next(found) if has else None for has in known]


def _keep(outputs: list[Tensor]) -> Callable[[nn.Module, Any, Any], Any]:
    def hook(module: nn.Module, inputs: Any, output: Any) -> Any:
        outputs.append(output)
        # The network goes on with a copy: an in-place ReLU behind this layer would overwrite what was seen.
        return output.clone() if isinstance(output, Tensor) else output

    return hook


def _only(name: str, outputs: list[Tensor]) -> Tensor:
    if len(outputs) != 1:
        raise RefusalError("errors.reason.layer_runs", layer=name, runs=len(outputs))
    output = outputs[0]
    if not isinstance(output, Tensor) or output.ndim != 4:
        shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise RefusalError("errors.reason.layer_positions", layer=name, shape=shape)
    return output
