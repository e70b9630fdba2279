"""How long the evidence takes for a CBAM and a GAM network on one picture, by default settings.

Ablation of every gate; deletion and insertion of eight maps a network with a band of random orders; every measure of
maps that is asked for by name. Beside each stands its time as a multiple of as many bare passes of the network in the
same chunks; the target is 1.2, and 10 s on two cores for the curves of both networks. Where Quantus is installed, the
same curves and the same fill are measured with it. Nothing is asserted.

    python benchmarks/evidence.py [--data scenes] [--sample scene-sailboat-17] [--steps 8] [--orders 199] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gam_viz.evidence.ablation.ablate import Ablations, ablations
from gam_viz.evidence.faithfulness import BASELINES, Settings, faithfulness, infidelity
from gam_viz.evidence.faithfulness.fills import Linear
from gam_viz.evidence.measure import MeasureInput
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain import explain
from gam_viz.explain.attributions import attribute_many
from gam_viz.explain.attributions.prepare import prepare
from gam_viz.explain.attributions.work import Work
from gam_viz.explain.heatmaps import Heatmap, heatmaps
from gam_viz.images import load_sample
from gam_viz.images import prepare as prepare_picture
from gam_viz.networks.checkpoints import load, read
from gam_viz.runtime.device import describe, pick_device

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("integrated_gradients", "gradcam", "saliency", "smoothgrad", "guided_backprop", "occlusion")


#: Those that are asked for by name and judge maps; what is made anew takes its options from here, for time.
NAMED = {"scope": {}, "single_deletion": {}, "sign": {}, "entropy": {"untrained": 1}}


def timed(device: torch.device, rounds: int, run: Callable[[], object]) -> tuple[float, float]:
    """The fastest round, after one that is not counted: wall time, and processor time, which others disturb less."""
    found = []
    for _ in range(rounds + 1):
        start, used = time.perf_counter(), time.process_time()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        found.append((time.perf_counter() - start, time.process_time() - used))
    return min(found[1:])


class Passes:
    """How many pictures pass through a network, or through its private copy, while something runs."""

    def __init__(self, network: nn.Module) -> None:
        self.network, self.plain = network, prepare(network).plain

    def of(self, run: Callable[[], object]) -> int:
        """Counted in a run of its own."""
        seen = []
        hooks = [
            module.register_forward_hook(lambda module, given, _: seen.append(len(given[0])))
            for module in (self.network, self.plain)
        ]
        run()
        for hook in hooks:
            hook.remove()
        return sum(seen)

    def bare(self, x: Tensor, count: int) -> None:
        """As many passes of a picture, in the chunks that everything uses, and nothing else."""
        prepared = prepare(self.network)
        chunk = Work(prepared, x, 0).chunk
        with torch.inference_mode():
            for start in range(0, count, chunk):
                self.plain(prepared.arrange(x.expand(min(chunk, count - start), -1, -1, -1)))


def measure(path: Path, sample: str, steps: int, orders: int, rounds: int, device: torch.device) -> None:
    """Of one network: print what was computed and how long it took."""
    checkpoint = read(path)
    network, card = load(checkpoint, device), checkpoint.card
    x = prepare_picture(load_sample(sample), size=card.input_size, mean=card.mean, std=card.std).tensor.to(device)
    found = explain(network, card, x)
    target = found.predicted
    gates = [map_ for map_ in heatmaps(found) if map_.layer in found.layers[-2:]]
    made = attribute_many(network, x, target, METHODS)
    maps = (*gates, *heatmaps(found, made)[-len(METHODS) :])
    print(f"{card.name}: picture {tuple(x.shape)}, {len(maps)} maps, {len(found.readings)} gates")
    passes = Passes(network)

    def told(name: str, run: Callable[[], object]) -> None:
        count = passes.of(run)
        (wall, used), (_, bare) = timed(device, rounds, run), timed(device, rounds, partial(passes.bare, x, count))
        spent = f"{wall:6.2f} s (processor {used:6.2f} s)"
        print(f"  {name}: {spent}, {count:,} passes, {used / bare:.2f} x bare", flush=True)

    def sweep() -> Ablations:
        return ablations(network, x, target, other=x.flip(-1))

    told(f"ablation, {sum(one.draws for one in sweep().results)} replacements", sweep)
    for baseline in BASELINES:
        settings = Settings(baseline, steps, orders)
        run = partial(faithfulness, network, x, target, maps, settings, mean=card.mean, std=card.std)
        told(f"curves, {baseline}, {steps} steps, {orders} random orders", run)
    told("infidelity, 64 squares", partial(infidelity, network, x, target, maps))
    given = MeasureInput("", card.name, network, card, x, target, found, chosen=maps)
    for key, options in NAMED.items():
        told(key, partial(MEASURES[key].measure, [given], options))
    beside_quantus(network, x, target, maps, steps, rounds)


def beside_quantus(
    network: nn.Module, x: Tensor, target: int, maps: Sequence[Heatmap], steps: int, rounds: int
) -> None:
    """Deletion curves by Quantus' pixel flipping, a curve a map (ours come with insertion and a random order), and
    ROAD's imputation of the half of the pixels that each map marks."""
    try:
        import quantus
        from quantus.functions.perturb_func import noisy_linear_imputation
    except ImportError:
        print("  Quantus is not installed: nothing to hold this against")
        return
    count, size = len(maps), (int(x.shape[-2]), int(x.shape[-1]))
    read = np.stack([map_.at(size) for map_ in maps])
    batch = {"x_batch": x.repeat(count, 1, 1, 1).cpu().numpy(), "y_batch": np.full(count, target)}
    batch |= {"a_batch": read[:, None], "device": str(x.device)}
    quiet = {"disable_warnings": True, "display_progressbar": False, "normalise": False, "abs": False}
    flipping = quantus.PixelFlipping(features_in_step=size[0] * size[1] // steps, perturb_baseline=0.0, **quiet)
    halves, picture = read > np.median(read, axis=(1, 2), keepdims=True), x[0].double().cpu().numpy()
    fill, kept = Linear(x), torch.from_numpy(~halves)[:, None].to(x.device)

    def impute() -> None:
        for half in halves:
            noisy_linear_imputation(picture, np.flatnonzero(half))

    for name, theirs, ours in (
        (
            "PixelFlipping",
            partial(flipping, model=network, **batch),
            partial(faithfulness, network, x, target, maps, Settings("mean", steps, 1)),
        ),
        ("imputation", impute, partial(fill, kept)),
    ):
        (_, used), (_, own) = timed(x.device, rounds, theirs), timed(x.device, rounds, ours)
        beside = f"processor {used:.2f} s, ours {own:.2f} s, x{used / own:.1f}"
        print(f"  {name} by Quantus, {count} maps: {beside}", flush=True)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="scenes")
    parser.add_argument("--networks", nargs="+", default=["cbam", "gam"])
    parser.add_argument("--sample", default="scene-sailboat-17")
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--orders", type=int, default=Settings.orders)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    device = pick_device(given.device)
    print(f"{describe(device)}; load before the run: {os.getloadavg()[0]:.1f}", flush=True)
    for name in given.networks:
        path = ROOT / "checkpoints" / f"{given.data}-{name}.safetensors"
        measure(path, given.sample, given.steps, given.orders, given.rounds, device)


if __name__ == "__main__":
    main()
