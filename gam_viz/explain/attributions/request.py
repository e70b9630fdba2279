"""Asking for attributions: one, or several that share their passes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.explain.attributions.method import Finding, Method, Value
from gam_viz.explain.attributions.prepare import Prepared, default_layer, prepare
from gam_viz.explain.attributions.registry import METHODS, NOT_OFFERED
from gam_viz.explain.attributions.work import Work
from gam_viz.explain.checks import check_picture
from gam_viz.networks.adapters import within
from gam_viz.networks.card import Region
from gam_viz.runtime.device import carried
from gam_viz.runtime.progress import Progress
from gam_viz.text.nearest import did_you_mean

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Request:
    """One map asked for.

    Attributes:
        method: a key of `METHODS`.
        layer: for methods of a layer; None is the last block.
        params: those that differ from the defaults.
    """

    method: str
    layer: str | None = None
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Attribution:
    """A map of one method, and the evidence for it.

    Attributes:
        method: a key of `METHODS`.
        target: the class whose logit (not its probability) is explained.
        params: all parameters, as used.
        layer: of methods of a layer, else None.
        values: float32, read-only: (H, W), or (h, w) of the layer. Pixel methods: the *sum* over the three colour
            channels, so that the map still sums to what its channels sum to.
        channels: (3, H, W) float32, read-only, before that sum; None where windows, superpixels or layers are mapped.
        signed: whether values can be negative.
        resolution: (rows, columns) of what was really told apart; smaller than `values` for windows and superpixels.
        seconds: the passes this map rests on, and the work around them; passes shared with other maps of the request
            count for each.
        delta: |sum of the map - (f(x) - f(baseline))| in logits, for path methods.
        relative_delta: delta / |f(x) - f(baseline)|; infinite where the two logits are equal.
        evidence: how the map came about: "forwards" and "backwards" (pictures passed), steps, windows, superpixels …
        noise: what rounding alone makes of zero: 8 units of float32 (or of a finer type) times |f(x)|, whose difference
            or derivative the map is. A map that varies by no more shows nothing.
    """

    method: str
    target: int
    params: Mapping[str, Value]
    layer: str | None
    values: FloatArray
    channels: FloatArray | None
    signed: bool
    resolution: tuple[int, int]
    seconds: float
    delta: float | None
    relative_delta: float | None
    evidence: Mapping[str, Value]
    noise: float = 0.0


def attribute(
    network: nn.Module,
    x: Tensor,
    target: int,
    method: str,
    *,
    layer: str | None = None,
    params: Mapping[str, Value] | None = None,
    progress: Progress | None = None,
    black: Sequence[float] | None = None,
    region: Region | None = None,
) -> Attribution:
    """One map; see `attribute_each`. Of an adapted segmentation or detector, the scores are summed over `region`.

    >>> from gam_viz.networks import NetworkConfig, build_network
    >>> network = build_network(NetworkConfig(width=4, attention="cbam")).eval()
    >>> found = attribute(network, torch.zeros(1, 3, 16, 16), 3, "gradcam", layer="layer2.1")
    >>> found.values.shape
    (8, 8)
    """
    asked = network if region is None else within(network, region)
    return next(attribute_each(asked, x, target, [Request(method, layer, dict(params or {}))], progress, black=black))


def attribute_many(
    network: nn.Module,
    x: Tensor,
    target: int,
    requests: Iterable[Request | str],
    progress: Progress | None = None,
    *,
    black: Sequence[float] | None = None,
) -> tuple[Attribution, ...]:
    """Several maps of one picture, which share their passes. See `attribute_each`."""
    return tuple(attribute_each(network, x, target, requests, progress, black=black))


def attribute_each(
    network: nn.Module,
    x: Tensor,
    target: int,
    requests: Iterable[Request | str],
    progress: Progress | None = None,
    *,
    black: Sequence[float] | None = None,
) -> Iterator[Attribution]:
    """Several maps of one picture, each as soon as it is there, in the order asked for.

    One forward and backward pass serves saliency, input x gradient and the maps of all layers; guided backprop serves
    guided Grad-CAM; f(x) and f(baseline) are computed once. The network itself is only read: everything runs on a
    private copy, so any number of threads may ask about one network at once.

    Args:
        network: in eval mode.
        x: (1, 3, H, W), normalised; moved to the network's device.
        target: index of the class.
        requests: what to compute; a bare key stands for that method with its defaults.
        progress: told the share that is done (0..1) and the method at work, between chunks of passes; may raise to
            cancel, which leaves nothing behind.
        black: (3,) what a black pixel is after normalisation, -mean / std; only the baseline "black" needs it.

    Raises:
        ValueError: picture, target, method, layer or parameter does not fit; the sentence says what is accepted. All
            requests are checked before the first is computed, all but a layer's output: that it has positions shows in
            the pass.
    """
    plans = [_plan(request) for request in requests]
    check_picture(x, network)
    prepared = prepare(network, x)
    # A tensor made in inference mode cannot take part in a backward pass, whatever mode the caller is in.
    with torch.inference_mode(False):
        x = prepared.arrange(x.detach().to(prepared.device, prepared.dtype).clone())
    _check_black(plans, black, x.shape[1])
    plans = [plan.on(network, prepared) for plan in plans]
    target = prepared.target(x, target)
    return _run(prepared, x, target, plans, progress, black)


@dataclass(frozen=True)
class _Plan:
    method: Method
    params: dict[str, Value]
    layer: str | None

    def on(self, network: nn.Module, prepared: Prepared) -> _Plan:
        if not self.method.needs_layer:
            return self
        layer = self.layer if self.layer is not None else default_layer(network)
        prepared.layer(layer)
        return _Plan(self.method, self.params, layer)


def _run(
    prepared: Prepared,
    x: Tensor,
    target: int,
    plans: list[_Plan],
    progress: Progress | None,
    black: Sequence[float] | None,
) -> Iterator[Attribution]:
    efforts = [plan.method.effort(plan.params) for plan in plans]
    whole, before, now = sum(efforts), 0.0, 0.0
    current = ""

    def tick(effort: float) -> None:
        nonlocal now
        if progress is not None:
            progress(min(1.0, (before + min(now, efforts[index])) / whole), current)
        now += effort

    index = 0
    work = Work(prepared, x, target, layers=[plan.layer for plan in plans if plan.layer], black=black, tick=tick)
    for index, plan in enumerate(plans):
        before, now, current = sum(efforts[:index]), 0.0, plan.method.key
        with torch.inference_mode(False):
            work.begin()
            attribution = _finish(plan, work, plan.method.run(work, plan.params, plan.layer))
        if progress is not None and index == len(plans) - 1:
            progress(1.0, current)
        yield attribution


def _finish(plan: _Plan, work: Work, found: Finding) -> Attribution:
    maps = [found.values] if found.channels is None else [found.values, found.channels]
    values, *channels = map(_array, carried([each.detach().float() for each in maps], "cpu"))
    relative = None
    if found.delta is not None and found.gap is not None:
        relative = found.delta / abs(found.gap) if found.gap else math.inf
    evidence: dict[str, Value] = {**found.evidence, "forwards": work.forwards, "backwards": work.backwards}
    return Attribution(
        method=plan.method.key,
        target=work.target,
        params=plan.params,
        layer=plan.layer,
        values=values,
        channels=channels[0] if channels else None,
        signed=plan.method.signed and not plan.params.get("positive_only", False),
        resolution=found.resolution or (values.shape[0], values.shape[1]),
        seconds=work.seconds,
        delta=found.delta,
        relative_delta=relative,
        evidence=evidence,
        noise=work.noise(),
    )


def _array(values: Tensor) -> FloatArray:
    array = np.array(values.numpy(), dtype=np.float32, order="C")
    array.flags.writeable = False
    return array


def _plan(request: Request | str) -> _Plan:
    request = Request(request) if isinstance(request, str) else request
    if request.method in NOT_OFFERED:
        raise ValueError(f"{request.method} is not offered, because it is not valid for networks with gates")
    if request.method not in METHODS:
        known = f"{', '.join(METHODS)}{did_you_mean(request.method, METHODS)}"
        raise ValueError(f"unknown method {request.method!r}; known are {known}")
    method = METHODS[request.method]
    if request.layer is not None and not method.needs_layer:
        raise ValueError(f"{method.key} maps the picture and takes no layer, got {request.layer!r}")
    return _Plan(method, method.complete(request.params), request.layer)


def _check_black(plans: list[_Plan], black: Sequence[float] | None, channels: int) -> None:
    if any(plan.params.get("baseline") == "black" for plan in plans) and (black is None or len(black) != channels):
        raise ValueError(
            "the baseline 'black' needs black=(r, g, b): what 0 becomes in each channel after normalisation"
        )
