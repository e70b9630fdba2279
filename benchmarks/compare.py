"""How long the Compare page's whole computation takes, for a CBAM and a GAM network on one picture.

Three sides do it in turn, in one run, so that a machine that slows down slows all of them:

    ours    gates, prediction and all attributions, as the page asks for them
    stock   the same maps from Captum's own classes, called one by one with Captum's defaults for batching
    bare    nothing but the forward and backward passes that the maps need, in the same chunks on the same folded copies

Wall time is what a user waits for; processor time is printed beside it, because it moves less when something else runs.
Random methods draw the same numbers on both sides, and the largest difference between the maps is printed: a ratio
counts only where it is small. Nothing is asserted; targets are printed beside the numbers.

    python benchmarks/compare.py [--width 32] [--rounds 3] [--device auto] [--checkpoints checkpoints]
"""

from __future__ import annotations

import argparse
import copy
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from unittest import mock

import captum.attr as captum
import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gam_viz.datasets.scenes.draw import draw_scenes
from gam_viz.explain import read_gates
from gam_viz.explain.attributions import Request, attribute_many, default_layer
from gam_viz.explain.attributions.gradients import Draws
from gam_viz.explain.attributions.perturbation import superpixels
from gam_viz.explain.attributions.prepare import prepare
from gam_viz.explain.attributions.work import Work
from gam_viz.networks import NetworkConfig, ResidualNetwork, build_network
from gam_viz.networks.checkpoints import find, load
from gam_viz.runtime.device import describe, pick_device

STEPS, SAMPLES, NOISE, GRID, SEGMENTS = 50, 25, 0.15, 8, 64
REQUESTS = (
    Request("saliency"),
    Request("input_x_gradient"),
    Request("integrated_gradients", params={"steps": STEPS}),
    Request("smoothgrad", params={"samples": SAMPLES, "noise": NOISE}),
    Request("gradient_shap", params={"samples": SAMPLES, "noise": NOISE}),
    Request("guided_backprop"),
    Request("gradcam", params={"positive_only": False}),
    Request("guided_gradcam"),
    Request("occlusion", params={"grid": GRID, "overlap": 2, "coarse_to_fine": False}),
    Request("feature_ablation", params={"segments": SEGMENTS}),
    Request("layer_activation"),
)
Maps = dict[str, Tensor]


@dataclass(frozen=True)
class Case:
    """One network and the picture as it sees it."""

    name: str
    network: ResidualNetwork
    x: Tensor
    target: int


def ours(case: Case) -> Maps:
    """What the page does: gates and prediction in one pass, attributions in one request."""
    read_gates(case.network, case.x)
    found = attribute_many(case.network, case.x, case.target, REQUESTS)
    return {one.method: torch.from_numpy(one.values.copy()) for one in found}


def stock(case: Case, only: Collection[str] | None = None) -> Maps:
    """The same maps by Captum's classes, one call a map, batching as Captum's defaults have it."""
    network, x, target = case.network, case.x, case.target
    layer = network.get_submodule(default_layer(network))
    zero = torch.zeros_like(x)
    window = max(1, round(x.shape[-1] / GRID))
    stdev = NOISE * float(x.max() - x.min())
    calls: dict[str, Callable[[], Tensor]] = {
        "saliency": lambda: captum.Saliency(network).attribute(_leaf(x), target=target, abs=False).sum(1),
        "input_x_gradient": lambda: captum.InputXGradient(network).attribute(_leaf(x), target=target).sum(1),
        "integrated_gradients": lambda: (
            captum.IntegratedGradients(network)
            .attribute(x, baselines=zero, target=target, n_steps=STEPS, return_convergence_delta=True)[0]
            .sum(1)
        ),
        "smoothgrad": lambda: (
            captum.NoiseTunnel(captum.Saliency(network))
            .attribute(x, nt_type="smoothgrad", nt_samples=SAMPLES, stdevs=stdev, target=target, abs=False)
            .sum(1)
        ),
        "gradient_shap": lambda: (
            captum.GradientShap(network)
            .attribute(x, baselines=zero, n_samples=SAMPLES, stdevs=stdev, target=target)
            .sum(1)
        ),
        "guided_backprop": lambda: captum.GuidedBackprop(network).attribute(_leaf(x), target=target).sum(1),
        "gradcam": lambda: captum.LayerGradCam(network, layer).attribute(x, target=target)[:, 0],
        "guided_gradcam": lambda: (
            captum.GuidedGradCam(network, layer).attribute(_leaf(x), target=target, interpolate_mode="bilinear").sum(1)
        ),
        "occlusion": lambda: captum.Occlusion(network).attribute(
            x, sliding_window_shapes=(3, window, window), strides=(3, window // 2, window // 2), target=target
        )[:, 0],
        "feature_ablation": lambda: captum.FeatureAblation(network).attribute(
            x, feature_mask=superpixels(x, SEGMENTS, 10.0)[None, None].to(x.device), target=target
        )[:, 0],
        "layer_activation": lambda: captum.LayerActivation(network, layer).attribute(x).abs().mean(1),
    }
    read_gates(network, x)
    maps = {}
    for key, call in calls.items():
        if only is None or key in only:
            with same_draws(x, stdev):
                maps[key] = call().detach()[0].cpu()
    return maps


def bare(case: Case) -> Maps:
    """The passes alone: random pictures, no masks, no weights, no maps."""
    prepared = prepare(case.network)
    work = Work(prepared, prepared.arrange(case.x), case.target)
    superpixel_count = SEGMENTS - 8  # about what SLIC finds in a real picture; finding them is not a pass
    window = max(1, round(case.x.shape[-1] / GRID))
    windows = (-((window - case.x.shape[-1]) // (window // 2)) + 1) ** 2
    pictures = work.x.repeat(work.chunk, 1, 1, 1)

    def build(start: int, stop: int) -> Tensor:
        return pictures[: stop - start]

    for count in (1, STEPS, SAMPLES, SAMPLES, 1):  # shared pass, IG, SmoothGrad, GradientSHAP, guided
        for _ in work.gradients(count, build):
            pass
    # Gates and prediction, the baseline; then windows and superpixels.
    for count in (1, 1, windows, superpixel_count):
        work.scores(count, build)
    return {}


def _leaf(x: Tensor) -> Tensor:
    return x.clone().requires_grad_()


@contextmanager
def same_draws(x: Tensor, stdev: float) -> Iterator[None]:
    """Give Captum the random numbers that ours draws from its own generators."""
    draws = Draws(x, 0)
    noise = stdev * draws.normal(SAMPLES)
    places = (np.arange(SAMPLES) + draws.uniform(SAMPLES).flatten().cpu().numpy()) / SAMPLES
    with (
        mock.patch.object(torch, "normal", return_value=noise),
        mock.patch.object(np.random, "uniform", return_value=places),
    ):
        yield


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def cases(width: int, device: torch.device, folder: Path) -> list[Case]:
    """A CBAM and a GAM network of one data set's checkpoints where they are there, else untrained ones."""
    scene = torch.from_numpy(draw_scenes(1, split="test").images).permute(0, 3, 1, 2).float() / 255
    found, _ = find(folder)
    for dataset in dict.fromkeys(one.card.dataset for one in found):
        pair = {one.card.config.attention: one for one in found if one.card.dataset == dataset}
        if {"cbam", "gam"} <= pair.keys():
            chosen = []
            for name in ("cbam", "gam"):
                card = pair[name].card
                mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (card.mean, card.std))
                seen = torch.nn.functional.interpolate(scene, size=card.input_size, mode="area")
                x = ((seen - mean) / std).to(device)
                network = load(pair[name], device)
                target = int(read_gates(network, x)[0].argmax())
                chosen.append(Case(card.name, network, x, target))
            return chosen
    x = ((torch.nn.functional.interpolate(scene, size=32, mode="area") - 0.5) / 0.25).to(device)
    chosen = []
    for name in ("cbam", "gam"):
        torch.manual_seed(0)
        network = build_network(NetworkConfig(width=width, attention=name)).to(device).eval()
        chosen.append(Case(f"untrained {name}, width {width}", network, x, 3))
    return chosen


def timed(side: Callable[[Case], Maps], case: Case) -> tuple[Maps, float, float]:
    """What a side returns, its wall seconds and its processor seconds."""
    start, used = time.perf_counter(), time.process_time()
    maps = side(case)
    _wait(case.x.device)
    return maps, time.perf_counter() - start, time.process_time() - used


def measure(chosen: list[Case], rounds: int) -> None:
    """Run the sides in turn, swapping their order every round, and print what came out."""
    sides: dict[str, Callable[[Case], Maps]] = {"ours": ours, "stock": stock, "bare": bare}
    wall: dict[str, list[float]] = {name: [] for name in sides}
    processor: dict[str, list[float]] = {name: [] for name in sides}
    differences: dict[str, float] = {}
    for turn in range(rounds):
        for name in sides:
            wall[name].append(0.0)
            processor[name].append(0.0)
        for case in chosen:
            maps: dict[str, Maps] = {}
            for name in list(sides) if turn % 2 == 0 else list(sides)[::-1]:
                maps[name], seconds, used = timed(sides[name], case)
                wall[name][-1] += seconds
                processor[name][-1] += used
            for key, values in maps["stock"].items():
                differences[key] = max(differences.get(key, 0.0), apart(maps["ours"][key], values))
        told = ", ".join(f"{name} {wall[name][-1]:.2f} s ({processor[name][-1]:.2f} s)" for name in sides)
        print(f"round {turn + 1}, wall (processor): {told}; load {os.getloadavg()[0]:.1f}", flush=True)
    tell_differences(chosen, differences)
    for title, of in (("wall time", wall), ("processor time", processor)):
        print(f"\n{title}, median of the rounds (smallest to largest):")
        print(f"  stock / ours  {ratio(of['stock'], of['ours'])}   target: at least 1.5 on two cores, 5 on a GPU")
        print(f"  ours / bare   {ratio(of['ours'], of['bare'])}   target: at most 1.2")


def apart(one: Tensor, other: Tensor) -> float:
    """Largest difference, as a share of the other's largest value."""
    return float((one - other).abs().max() / other.abs().max().clamp_min(1e-12))


def tell_differences(chosen: list[Case], differences: dict[str, float]) -> None:
    """Print them; where one is large, ask float64 who is right.

    In float32 a unit that sits on a ReLU's kink falls to either side by rounding, and that picture's gradient jumps;
    with noise on the picture some unit of some sample often does. Captum's own map moves as much with its batch size.
    """
    print("\nlargest difference of a map, as a share of its largest value (target 1e-4):")
    large = [key for key, difference in differences.items() if difference > 1e-4]
    to_double: dict[str, list[float]] = {key: [0.0, 0.0] for key in large}
    for case in chosen if large else []:
        double = Case(case.name, copy.deepcopy(case.network).double(), case.x.double(), case.target)
        truth, mine, captums = stock(double, large), ours(case), stock(case, large)
        for key in large:
            for place, maps in enumerate((mine, captums)):
                to_double[key][place] = max(to_double[key][place], apart(maps[key], truth[key]))
    for key, difference in sorted(differences.items(), key=lambda item: -item[1]):
        line = f"  {key:22} {difference:.1e}"
        if key in to_double:
            line += "   to float64: ours {:.1e}, stock {:.1e}".format(*to_double[key])
        print(line)


def ratio(above: list[float], below: list[float]) -> str:
    """Median and spread of the ratios, paired by round."""
    ratios = [a / b for a, b in zip(above, below, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=32, help="of the untrained networks")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--checkpoints", type=Path, default=Path(__file__).resolve().parents[1] / "checkpoints")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", module="captum")

    device = pick_device(arguments.device)
    if device.type == "cuda":  # TF32 rounds to ten bits: no two ways of computing would agree to 1e-4
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    chosen = cases(arguments.width, device, arguments.checkpoints)
    print(f"torch {torch.__version__}, captum {version('captum')}, {describe(device)}, {os.cpu_count()} cores")
    busy = os.getloadavg()[0]
    print(f"load before the run: {busy:.1f}" + (" (something else is running here)" if busy > 0.5 else ""))
    for case in chosen:
        print(f"{case.name}: picture {tuple(case.x.shape)}, class {case.target}")
        for warm_up in (ours, bare):
            warm_up(case)
        case.network(case.x)
    measure(chosen, arguments.rounds)


if __name__ == "__main__":
    main()
