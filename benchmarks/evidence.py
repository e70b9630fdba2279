"""How long the evidence takes for a CBAM and a GAM network on one picture, by default settings.

Ablation of every gate; deletion and insertion of eight maps a network with a band of random orders; infidelity of the
same maps. The target is 10 s on two cores for the curves of both networks. Nothing is asserted.

    python benchmarks/evidence.py [--data scenes] [--sample scene-sailboat-17] [--steps 8] [--orders 199] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gam_viz.evidence.ablation.ablate import Ablations, ablations
from gam_viz.evidence.faithfulness import BASELINES, Settings, faithfulness, infidelity
from gam_viz.explain import explain
from gam_viz.explain.attributions import attribute_many
from gam_viz.explain.heatmaps import heatmaps
from gam_viz.images import load_sample, prepare
from gam_viz.networks.checkpoints import load, read
from gam_viz.runtime.device import describe, pick_device

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("integrated_gradients", "gradcam", "saliency", "smoothgrad", "guided_backprop", "occlusion")


def timed(device: torch.device, rounds: int, run: Callable[[], object]) -> str:
    """The fastest round, after one that is not counted: wall time, and processor time, which others disturb less."""
    found = []
    for _ in range(rounds + 1):
        start, used = time.perf_counter(), time.process_time()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        found.append((time.perf_counter() - start, time.process_time() - used))
    seconds, used = min(found[1:])
    return f"{seconds:6.2f} s (processor {used:6.2f} s)"


def measure(path: Path, sample: str, steps: int, orders: int, rounds: int, device: torch.device) -> None:
    """Of one network: print what was computed and how long it took."""
    checkpoint = read(path)
    network, card = load(checkpoint, device), checkpoint.card
    x = prepare(load_sample(sample), size=card.input_size, mean=card.mean, std=card.std).tensor.to(device)
    found = explain(network, card, x)
    target = found.predicted
    gates = [map_ for map_ in heatmaps(found) if map_.layer in found.layers[-2:]]
    maps = [*gates, *heatmaps(found, attribute_many(network, x, target, METHODS))[-len(METHODS) :]]
    print(f"{card.name}: picture {tuple(x.shape)}, {len(maps)} maps, {len(found.readings)} gates")

    def sweep() -> Ablations:
        return ablations(network, x, target, other=x.flip(-1))

    print(f"  ablation, {sum(one.draws for one in sweep().results)} replacements: {timed(device, rounds, sweep)}")
    for baseline in BASELINES:
        settings = Settings(baseline, steps, orders)
        run = partial(faithfulness, network, x, target, maps, settings, mean=card.mean, std=card.std)
        print(f"  curves, {baseline}, {steps} steps, {orders} random orders: {timed(device, rounds, run)}")
    run = partial(infidelity, network, x, target, maps)
    print(f"  infidelity, 64 squares: {timed(device, rounds, run)}", flush=True)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="scenes")
    parser.add_argument("--sample", default="scene-sailboat-17")
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--orders", type=int, default=Settings.orders)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    device = pick_device(given.device)
    print(f"{describe(device)}; load before the run: {os.getloadavg()[0]:.1f}", flush=True)
    for name in ("cbam", "gam"):
        path = ROOT / "checkpoints" / f"{given.data}-{name}.safetensors"
        measure(path, given.sample, given.steps, given.orders, given.rounds, device)


if __name__ == "__main__":
    main()
