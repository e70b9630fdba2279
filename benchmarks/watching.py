"""What watching gates costs a training: the share of its time that `gam_viz.watch(network, every=100)` takes.

    python benchmarks/watching.py

Each network trains for some steps; every fifth is followed by a reading, and the median of the readings, of the calls
that read nothing, and of the steps are held against each other. Other programs of the machine meet all alike.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch import nn

import gam_viz
from gam_viz.networks import NetworkConfig, build_network

EVERY = 100
#: Name -> network, side of its pictures.
NETWORKS: dict[str, tuple[NetworkConfig, int]] = {
    "gam_net, CBAM, 64x64": (NetworkConfig(width=32, attention="cbam", num_classes=10), 64),
    "gam_net, GAM, 64x64": (NetworkConfig(width=32, attention="gam", num_classes=10), 64),
    "ResNet-18, SE, 128x128": (
        NetworkConfig(architecture="resnet18", attention="se", num_classes=10, stem="imagenet"),
        128,
    ),
}


def seconds(call: Callable[[], object], device: str) -> float:
    """How long it took; on a GPU until it has computed."""
    start = time.perf_counter()
    call()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def measure(network: nn.Module, side: int, batch: int, rounds: int, device: str) -> tuple[float, float, float]:
    """Medians: of a training step, of a call that reads nothing, of a reading; in seconds."""
    x, target = torch.randn(batch, 3, side, side, device=device), torch.zeros(batch, dtype=torch.long, device=device)
    optimiser = torch.optim.SGD(network.parameters(), 0.01)

    def step() -> None:
        loss = nn.functional.cross_entropy(network(x), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    with tempfile.TemporaryDirectory() as folder:
        watching = gam_viz.watch(network, every=5, to=folder)
        steps, idle, readings = [], [], []
        for number in range(rounds * 5):
            steps.append(seconds(step, device))
            (readings if number % 5 == 4 else idle).append(seconds(lambda: watching.step(x), device))
    return (
        statistics.median(steps),
        statistics.mean(sorted(idle)[: len(idle) * 9 // 10]),
        statistics.median(readings[1:]),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5, help="readings, five steps each (default: 5)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    for name, (config, side) in NETWORKS.items():
        network = build_network(config).to(options.device).train()
        step, idle, reading = measure(network, side, options.batch, options.rounds, options.device)
        share = (reading + (EVERY - 1) * idle) / (EVERY * step)
        print(
            f"{name}, batch {options.batch}: step {1000 * step:.0f} ms, reading {1000 * reading:.0f} ms, "
            f"else {1e6 * idle:.0f} us; watched every {EVERY} steps {share:.2%} of the time",
            flush=True,
        )


if __name__ == "__main__":
    main()
