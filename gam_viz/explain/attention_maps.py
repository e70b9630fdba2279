"""Attention maps of transformers: how much each token takes from each other one, by head.

They are no gates: a gate multiplies features where they stand, attention mixes the features of several places. So they
have a reading of their own. `rollout` follows them through the layers (Abnar and Zuidema, ACL 2020, arXiv 2005.00928).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gam_viz.explain.gates import FloatArray


@dataclass(frozen=True, eq=False)
class AttentionReading:
    """One call of attention on one picture.

    Attributes:
        layer: path of the module that computes it.
        weights: (windows, heads, queries, keys) float32, read-only; each row over the keys sums to 1. One window where
            all tokens attend to each other.
    """

    layer: str
    weights: FloatArray

    @property
    def whole(self) -> bool:
        """Whether all tokens attend to all: one window, as many queries as keys."""
        windows, _, queries, keys = self.weights.shape
        return windows == 1 and queries == keys


def read_attention(network: nn.Module, x: Tensor) -> tuple[AttentionReading, ...]:
    """Run one picture and read every softmax attention in the order it is computed.

    Met are `nn.MultiheadAttention`, `F.scaled_dot_product_attention`, and a softmax over the last axis that multiplies
    values as a matrix. The network is only read; other threads that use it see nothing.

    Args:
        network: in eval mode.
        x: (1, C, H, W), normalised.

    Raises:
        ValueError: more than one picture was given, or the network is in training mode.
    """
    if x.ndim != 4 or x.shape[0] != 1:
        raise ValueError(f"attention is read for one picture at a time, (1, C, H, W); got {tuple(x.shape)}")
    if network.training:
        raise ValueError("attention is read in eval mode: dropout would change it")
    with torch.inference_mode(), _Attention(network) as seen:
        network(x)
    return tuple(seen.found)


def rollout(readings: Sequence[AttentionReading]) -> FloatArray:
    """(tokens, tokens): how much of each first token is in each last one, heads averaged and half of it passed on
    unchanged, as the residual connections do. Row 0 is a class token's, where that comes first.

    Raises:
        ValueError: there are none, or they do not all join the same tokens, as windows and pooled keys do not.
    """
    sizes = {reading.weights.shape[-1] for reading in readings if reading.whole}
    if not readings or len(sizes) != 1 or not all(reading.whole for reading in readings):
        given = ", ".join(str(reading.weights.shape) for reading in readings) or "none"
        raise ValueError(f"a rollout needs attention of all tokens to all in every layer; got {given}")
    (count,) = sizes
    joined = np.eye(count)
    for reading in readings:
        mean = reading.weights[0].mean(axis=0, dtype=np.float64)
        joined = (0.5 * mean + 0.5 * np.eye(count)) @ joined
    return joined.astype(np.float32)


def on_grid(values: FloatArray, picture: tuple[int, int]) -> FloatArray | None:
    """(tokens,) -> (h, w), where the tokens fill a grid of the picture's form, with or without one before them; else
    None.

    Args:
        values: one number a token.
        picture: (H, W).

    >>> on_grid(np.arange(5, dtype=np.float32), (32, 32)).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    for before in (0, 1):
        count = len(values) - before
        height = math.isqrt(count * picture[0] // picture[1]) if count > 0 else 0
        if height and height * picture[1] % picture[0] == 0 and height * (height * picture[1] // picture[0]) == count:
            return values[before:].reshape(height, -1)
    return None


class _Attention(TorchFunctionMode):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.paths = {module: path for path, module in network.named_modules()}
        self.softmaxes: dict[int, Tensor] = {}  # kept, so that an id stays a tensor's own
        self.found: list[AttentionReading] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name == "multi_head_attention_forward":
            self._note(func(*args, **{**kwargs, "need_weights": True, "average_attn_weights": False})[1])
        elif name == "scaled_dot_product_attention":
            self._note(_weights(*args, **kwargs))
        elif name in ("matmul", "bmm", "__matmul__") and id(args[0]) in self.softmaxes:
            self._note(args[0])
        result = func(*args, **kwargs)
        moved = name in ("dropout", "to", "type_as", "contiguous") and id(args[0]) in self.softmaxes
        if isinstance(result, Tensor) and (moved or (name == "softmax" and _last_axis(result, args, kwargs))):
            self.softmaxes[id(result)] = result
        return result

    def _note(self, weights: Tensor) -> None:
        if weights.ndim < 3:
            weights = weights[(None,) * (3 - weights.ndim)]
        values = weights.reshape(-1, *weights.shape[-3:]).float().cpu().numpy()
        values.flags.writeable = False
        self.found.append(AttentionReading(self._layer(), values))

    def _layer(self) -> str:
        """The innermost module of the network that runs: told from the stack, since hooks would be seen by others."""
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            owner = frame.f_locals.get("self")
            if isinstance(owner, nn.Module) and owner in self.paths:
                return self.paths[owner]
            frame = frame.f_back
        return ""


def _last_axis(result: Tensor, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
    return result.ndim >= 3 and dim in (-1, result.ndim - 1)


def _weights(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:  # (..., queries, d), (..., keys, d) -> (..., queries, keys)
    """What `F.scaled_dot_product_attention` computes inside, after its documentation."""
    if enable_gqa:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones_like(scores, dtype=torch.bool).tril()
    if attn_mask is not None:
        shown = attn_mask.dtype == torch.bool
        hidden = torch.zeros_like(scores).masked_fill(~attn_mask, -math.inf) if shown else attn_mask
        scores = scores + hidden
    return scores.softmax(-1)
