"""The passes through one network for one picture and one class: counted, cut into chunks, shared between methods."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from gam_viz.explain.attributions.joint import Joint, gradients_of, joint_pass
from gam_viz.explain.attributions.prepare import Prepared
from gam_viz.runtime.device import at_once
from gam_viz.runtime.device_queue import give_way
from gam_viz.runtime.memory import Halving
from gam_viz.text.refusal import RefusalError

T = TypeVar("T")

BASELINES = ("mean", "black", "blur")


@dataclass(frozen=True)
class _Cost:
    seconds: float
    forwards: int
    backwards: int


class Work:
    """What methods compute with. One request's, used by one thread.

    Args:
        prepared: the network's private copies.
        x: (1, 3, H, W), normalised, of the copies' device, dtype and memory order.
        target: index of the class whose logit is explained.
        layers: all layers that the request's methods will ask for.
        black: (3,) what a black pixel is after normalisation, for the baseline "black".
        tick: told the effort just spent, in forward passes of one picture; may raise to cancel.
    """

    def __init__(
        self,
        prepared: Prepared,
        x: Tensor,
        target: int,
        *,
        layers: Sequence[str] = (),
        black: Sequence[float] | None = None,
        tick: Callable[[float], None] = lambda effort: None,
    ) -> None:
        self.prepared = prepared
        self.x = x
        self.target = target
        self.layers = tuple(dict.fromkeys(layers))
        self.black = black
        self.chunk = at_once(x.device, x.shape[-2:], prepared.macs(x))
        self._tick, self._halving = tick, Halving()
        self._cache: dict[str, tuple[Any, _Cost]] = {}
        self.begin()

    def begin(self) -> None:
        """Start a method's account; passes shared with an earlier method are charged to this one too."""
        self.forwards = 0
        self.backwards = 0
        self._borrowed = 0.0
        self._charged: set[str] = set()
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """What the method at work took, shared passes included even if they were made before."""
        return time.perf_counter() - self._started + self._borrowed

    def logits(self, pictures: Tensor) -> Tensor:
        """(n, 3, H, W) -> (n, classes), counted: the function that Captum's classes are given."""
        self._begin(pictures.shape[0] * (3 if pictures.requires_grad else 1))
        self.forwards += pictures.shape[0]
        if pictures.requires_grad and torch.is_grad_enabled():
            self.backwards += pictures.shape[0]
            return self._pass(pictures)
        return self._halving(pictures, self._pass)

    def _pass(self, pictures: Tensor) -> Tensor:
        return self.prepared.plain(self.prepared.arrange(pictures))

    def scores(self, count: int, build: Callable[[int, int], Tensor]) -> Tensor:
        """(count,) the target's logits of `count` pictures; `build(start, stop)` makes a chunk of them."""
        with torch.no_grad():
            # One at a time, for memory.
            chunks = (build(start, min(start + self.chunk, count)) for start in range(0, count, self.chunk))
            return torch.cat([self.logits(pictures)[:, self.target] for pictures in chunks])

    def gradients(self, count: int, build: Callable[[int, int], Tensor]) -> Iterator[tuple[slice, Tensor]]:
        """The target's gradients by `count` pictures, chunk by chunk: which ones, and (n, 3, H, W)."""
        for start in range(0, count, self.chunk):
            stop = min(start + self.chunk, count)
            self._begin(3.0 * (stop - start))
            self.forwards, self.backwards = self.forwards + stop - start, self.backwards + stop - start
            yield slice(start, stop), self._halving(self.prepared.arrange(build(start, stop)), self._gradient)

    def _gradient(self, pictures: Tensor) -> Tensor:
        with torch.enable_grad():
            pictures = pictures.detach().requires_grad_()
            # No picture's score depends on another picture, so the gradient of their sum holds each one's own.
            total = self._pass(pictures)[:, self.target].sum()
            (gradient,) = gradients_of(total, [pictures])
        if gradient is None:
            raise RefusalError("errors.reason.no_gradient")
        return gradient

    def joint(self) -> Joint:
        """The one forward and backward pass that saliency, Grad-CAM and the activations of all layers share."""
        return self.shared("joint", self._joint)

    def score(self) -> float:
        """f(x), the target's logit."""
        if "joint" in self._cache:
            return self.joint().score
        return self.shared("score", lambda: float(self.scores(1, lambda start, stop: self.x)))

    def noise(self) -> float:
        """What rounding alone makes of a zero difference or derivative of f(x); see `Attribution.noise`."""
        known = self._cache.get("joint") or self._cache.get("score")
        if known is not None:
            score = known[0].score if isinstance(known[0], Joint) else known[0]
        else:  # a pass on no method's account
            with torch.no_grad():
                score = float(self.prepared.plain(self.x)[0, self.target])
        unit = min(torch.finfo(self.prepared.dtype).eps, torch.finfo(torch.float32).eps)
        return 8 * unit * abs(score)

    def baseline(self, kind: str) -> Tensor:
        """(1, 3, H, W), the picture that stands for "nothing".

        "mean" is 0 after normalisation, the data's mean colour; "black" is black; "blur" is the picture itself under a
        Gaussian of an eighth of its shorter side.
        """
        if kind == "mean":
            return torch.zeros_like(self.x)
        if kind == "black":
            assert self.black is not None  # checked with the request
            return self.x.new_tensor(self.black).reshape(1, -1, 1, 1).expand_as(self.x)
        return self.shared("blur", self._blurred)

    def gap(self, kind: str) -> float:
        """f(x) - f(baseline): what complete attributions sum to."""
        base = self.shared(f"score {kind}", lambda: float(self.scores(1, lambda start, stop: self.baseline(kind))))
        return self.score() - base

    def rectified(self, rule: Literal["guided", "deconvolution"], run: Callable[[nn.Module, Tensor], Tensor]) -> Tensor:
        """(3, H, W): a backward pass with another rule at the ReLUs; `run(network, x)` makes it, hooks and all."""

        def compute() -> Tensor:
            self._begin(3)
            self.forwards, self.backwards = self.forwards + 1, self.backwards + 1
            with self.prepared.lock, torch.enable_grad():
                return run(self.prepared.hooked, self.x.clone().requires_grad_())[0]

        return self.shared(rule, compute)

    def shared(self, key: str, compute: Callable[[], T]) -> T:
        """`compute()`, once; its cost is charged to every method that uses it, once to each."""
        if key in self._cache:
            value, cost = self._cache[key]
            if key not in self._charged:
                self._borrowed += cost.seconds
                self.forwards += cost.forwards
                self.backwards += cost.backwards
        else:
            start, forwards, backwards = time.perf_counter(), self.forwards, self.backwards
            value = compute()
            cost = _Cost(time.perf_counter() - start, self.forwards - forwards, self.backwards - backwards)
            self._cache[key] = value, cost
        self._charged.add(key)
        return value

    def _begin(self, effort: float) -> None:
        """Passes begin: others may go first, and it is told how far all is."""
        give_way()
        self._tick(effort)

    def _joint(self) -> Joint:
        self._begin(3)
        self.forwards, self.backwards = self.forwards + 1, self.backwards + 1
        return joint_pass(self.prepared, self.x, self.target, self.layers)

    def _blurred(self) -> Tensor:
        from skimage.filters import gaussian  # imported where it is needed: it takes a third of a second

        picture = self.x[0].cpu().double().numpy()
        blurred = gaussian(picture, sigma=min(picture.shape[1:]) / 8, channel_axis=0, preserve_range=True)
        return torch.from_numpy(blurred)[None].to(self.x)
