"""How many pictures a second this project's training takes in, beside the tutorial's loop, for the same network.

Both sides train the tutorial's GAM_Net with GAM attention from the same weights on the same pictures, an epoch in turn,
in one run, so that a machine that slows down slows both:

    tutorial  its section 4.2 as printed: a DataLoader without workers that converts and normalises picture by picture,
              batches of 128, Adam, float32, the channels before the rows
    ours      `gam_viz train` with the recipe "default": pictures stay on the device, batches of 64 are cropped and
              mirrored at once, SGD, bfloat16 where the device multiplies it natively, the channels last

Ours is timed at every size of picture that its recipe has, and told twice: at the tutorial's size, which compares the
loops alone, and as the recipe runs, where small pictures make the early epochs cheap. The second is what a user waits
for; a picture is then one of any size. Validation and files are left out on both sides. Nothing is asserted; targets
are printed beside the numbers.

    python benchmarks/train.py [--width 32] [--pictures 2048] [--rounds 3] [--device auto] [--data-root data]
"""

from __future__ import annotations

import argparse
import copy
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gam_viz.datasets import LabelledImages, data_root, load_dataset
from gam_viz.datasets.cifar10 import INFO
from gam_viz.networks import NetworkConfig, ResidualNetwork, build_network
from gam_viz.runtime.device import describe, pick_device, training_precision
from gam_viz.runtime.torchvision_shim import torchvision
from gam_viz.training import RECIPES, Job
from gam_viz.training.batches import Batches
from gam_viz.training.epoch import one_epoch
from gam_viz.training.loop import _optimizer

RECIPE = RECIPES["default"]
BATCH = 128  # the tutorial's
WARM_UP = 2 * BATCH  # pictures
Epoch = Callable[[], int]  # trains one and says how many pictures it took in


class Pictures(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """What torchvision's CIFAR10 gives with the tutorial's transforms: a PIL picture, converted, normalised."""

    def __init__(self, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> None:
        self.images, self.labels = images, labels.tolist()
        half = (0.5, 0.5, 0.5)
        transforms = torchvision.transforms
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(half, half)])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])), self.labels[index]


def tutorials(network: ResidualNetwork, data: LabelledImages, device: torch.device) -> Epoch:
    """An epoch of the tutorial's loop."""
    loader = torch.utils.data.DataLoader(Pictures(data.images, data.labels), batch_size=BATCH, shuffle=True)
    network = copy.deepcopy(network).to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)

    def epoch() -> int:
        for inputs, targets in loader:
            inputs, targets = inputs.to(device), targets.to(device)
            optimizer.zero_grad()
            loss = criterion(network(inputs), targets)
            loss.backward()
            optimizer.step()
        return len(data)

    return epoch


def ours(network: ResidualNetwork, data: LabelledImages, device: torch.device) -> dict[float, Epoch]:
    """For each relative size of the recipe, an epoch of this project's loop at that size."""
    network = copy.deepcopy(network).to(device=device, memory_format=torch.channels_last)
    job = Job("ours", network.config, RECIPE)
    batches = Batches(data, RECIPE, data.info.mean, data.info.std, device, seed=0)
    criterion = nn.CrossEntropyLoss(label_smoothing=RECIPE.label_smoothing)
    optimizer, precision = _optimizer(network, RECIPE), training_precision(device)

    def trained(number: int) -> int:
        one_epoch(network, criterion, optimizer, batches, job, number, device, precision)
        return len(batches) * batches.batch_size  # a last short batch is left out

    last = {RECIPE.relative_size(number): number for number in range(RECIPE.epochs)}
    return {size: lambda number=number: trained(number) for size, number in last.items()}


def seconds_a_picture(epoch: Epoch, device: torch.device) -> float:
    """Wall seconds of an epoch over its pictures."""
    _wait(device)
    start = time.perf_counter()
    count = epoch()
    _wait(device)
    return (time.perf_counter() - start) / count


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def pictures(count: int, root: Path) -> tuple[LabelledImages, str]:
    """The first pictures of CIFAR-10 where the data folder holds them, else random ones; and which they are."""
    if any((root / name).exists() for name in ("cifar10.zip", "cifar-10-batches-py")):
        data = load_dataset("cifar10", "train", root).take(np.arange(min(count, 50_000)))
        return data, f"the first {len(data)} pictures of CIFAR-10"
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    data = LabelledImages(INFO, images, np.arange(count, dtype=np.int64) % 10)
    return data, f"{count} random pictures of CIFAR-10's size, since {root} does not hold CIFAR-10"


def measure(theirs: Epoch, own: dict[float, Epoch], rounds: int, device: torch.device) -> None:
    """Run the sides in turn, swapping their order every round, and print what came out."""
    sides: dict[str, Epoch] = {"tutorial": theirs, **{f"ours x{size:g}": epoch for size, epoch in own.items()}}
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds):
        for name in list(sides) if turn % 2 == 0 else list(sides)[::-1]:
            taken[name].append(seconds_a_picture(sides[name], device))
        told = ", ".join(f"{name} {1 / seconds[-1]:.0f}/s" for name, seconds in taken.items())
        print(f"round {turn + 1}: {told}; load {os.getloadavg()[0]:.1f}", flush=True)

    # Epochs of the recipe count by the time they take: the mean of seconds, not of rates.
    sizes = [RECIPE.relative_size(epoch) for epoch in range(RECIPE.epochs)]
    recipe = [statistics.fmean(taken[f"ours x{size:g}"][turn] for size in sizes) for turn in range(rounds)]
    print("\npictures a second, median of the rounds (smallest to largest):")
    for name, seconds in (*taken.items(), ("ours as the recipe runs", recipe)):
        print(f"  {name:24} {rate(seconds)}")
    shares = ", ".join(f"{sizes.count(size)} at x{size:g}" for size in own)
    print("\ntutorial / ours in time, ratio of the medians (smallest to largest of a round):")
    print(f"  the loops alone, whole pictures on both sides   {ratio(taken['tutorial'], taken['ours x1'])}")
    print(f"  as the recipe runs ({shares})   {ratio(taken['tutorial'], recipe)}")
    print("  target of the second: at least 2 on two cores, 10 on a GPU")


def rate(seconds: list[float]) -> str:
    """Pictures a second: median and spread."""
    return f"{1 / statistics.median(seconds):.0f} ({1 / max(seconds):.0f} to {1 / min(seconds):.0f})"


def ratio(above: list[float], below: list[float]) -> str:
    """The medians' ratio, and the spread of the ratios paired by round."""
    ratios = [a / b for a, b in zip(above, below, strict=True)]
    return f"{statistics.median(above) / statistics.median(below):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=32, help="channels of the first stage; the tutorial's is 64")
    parser.add_argument("--pictures", type=int, default=2048, help="of an epoch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--data-root", help="folder that holds CIFAR-10 (default: $GAM_VIZ_DATA, else ./data)")
    arguments = parser.parse_args()
    if arguments.pictures < WARM_UP or arguments.rounds < 1:
        parser.error(f"at least {WARM_UP} pictures and one round are needed")

    device = pick_device(arguments.device)
    data, told = pictures(arguments.pictures, data_root(arguments.data_root))
    torch.manual_seed(0)
    network = build_network(NetworkConfig(width=arguments.width, attention="gam"))
    count = sum(p.numel() for p in network.parameters())
    precision = str(training_precision(device)).removeprefix("torch.")
    print(f"torch {torch.__version__}, {describe(device)}, {os.cpu_count()} cores; ours in {precision}")
    print(f"GAM_Net x{arguments.width} with gam attention, {count:,} parameters; {told}")
    busy = os.getloadavg()[0]
    print(f"load before the run: {busy:.1f}" + (" (something else is running here)" if busy > 0.5 else ""))
    few = data.take(np.arange(WARM_UP))  # what is set up at the first batch of a shape stays out of the rounds
    for warm_up in (tutorials(network, few, device), *ours(network, few, device).values()):
        warm_up()
    measure(tutorials(network, data, device), ours(network, data, device), arguments.rounds, device)


if __name__ == "__main__":
    main()
