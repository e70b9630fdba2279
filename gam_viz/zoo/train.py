"""Training what a plan asks for and is not there yet, and testing it once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch.nn import functional

from gam_viz.datasets import DatasetError, LabelledImages, load_dataset, split_validation
from gam_viz.networks.checkpoints import SUFFIX, Checkpoint, CheckpointError, load, read, rewrite_card, save
from gam_viz.runtime.files import write_atomically
from gam_viz.text.nearest import did_you_mean
from gam_viz.training import Job, predict, summarise, train
from gam_viz.training.loop import VALIDATION_SHARE
from gam_viz.training.recipe import Recipe
from gam_viz.zoo.plan import Run, TrainingSet

HALF_COSTS_AT_MOST = 0.001  # of the validation loss
Say = Callable[[str], None]


@dataclass(frozen=True)
class Workshop:
    """Where the zoo is made.

    Attributes:
        data_root: the data folder.
        runs: folder of finished runs, their logs and resumable states.
        device: what trains and tests.
        say: told, in a sentence each, what happens.
        progress: whether bars are drawn.
    """

    data_root: Path
    runs: Path
    device: torch.device
    say: Say = print
    progress: bool = False

    def path(self, name: str) -> Path:
        """Of a run's checkpoint."""
        return self.runs / f"{name}{SUFFIX}"

    def correct_path(self, name: str) -> Path:
        """Of which test pictures a run got right, (N,) bool."""
        return self.runs / name / "correct.npy"


def chosen(plan: Sequence[TrainingSet], patterns: Sequence[str]) -> list[Run]:
    """The runs whose names match one of `patterns` (`scenes-*`), or all of them without a pattern.

    Raises:
        ValueError: a pattern matches nothing.
    """
    runs = [run for each in plan for run in each.runs]
    for pattern in patterns:
        if not any(fnmatch(run.name, pattern) for run in runs):
            near = did_you_mean(pattern, (run.name for run in runs))
            raise ValueError(f"no run of the plan is called {pattern!r}; `zoo --list` names them{near}")
    return [run for run in runs if not patterns or any(fnmatch(run.name, pattern) for pattern in patterns)]


def make(runs: Sequence[Run], shop: Workshop) -> Iterator[Run]:
    """Train and test what is missing of `runs`, in order; yields each that was worked on.

    What another process works on is left to it. A data set that is not there costs its own runs alone: that is said,
    and raised at the end.

    Raises:
        DatasetError: a data set was missing.
        TrainingError, CheckpointError, OSError: a run cannot go on.
    """
    missing: dict[str, DatasetError] = {}
    loaded: tuple[str, LabelledImages, LabelledImages] | None = None
    for run in runs:
        if run.set.data in missing or finished(run, shop):
            continue
        try:
            if loaded is None or loaded[0] != run.set.data:
                train_data, test_data = (load_dataset(run.set.data, split, shop.data_root) for split in SPLITS)
                loaded = run.set.data, train_data, test_data
        except DatasetError as error:
            shop.say(f"{run.set.name} is left out: {error}")
            missing[run.set.data] = error
            continue
        lock = shop.runs / run.name / "lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(lock, timeout=0):
                _make(run, shop, loaded[1], loaded[2])
        except Timeout:
            shop.say(f"{run.name} is being trained by another process")
            continue
        yield run
    if missing:
        raise DatasetError("; ".join(str(error) for error in missing.values()))


SPLITS = ("train", "test")


def state(run: Run, shop: Workshop) -> Literal["missing", "trained", "done"]:
    """How far a run is: "trained" as the plan says, and "done" once it is tested too, where it ships."""
    checkpoint = trained(run, shop)
    if checkpoint is None:
        return "missing"
    tested = bool(checkpoint.card.test) and shop.correct_path(run.name).exists()
    return "done" if tested or not run.set.ships else "trained"


def finished(run: Run, shop: Workshop) -> bool:
    """Whether nothing is left to do for a run."""
    return state(run, shop) == "done"


def trained(run: Run, shop: Workshop) -> Checkpoint | None:
    """A run's checkpoint, where it is there and was trained as the plan says now."""
    path = shop.path(run.name)
    if not path.exists():
        return None
    checkpoint = read(path)
    card = checkpoint.card
    try:
        same = (
            card.config == run.config(len(card.classes))
            and Recipe.from_dict(card.recipe) == run.set.recipe
            and card.seed == run.seed
        )
    except ValueError:
        same = False
    if same and run.start:
        start = shop.path(run.start)
        same = start.exists() and card.started_from.get("sha256") == read(start).sha256
    return checkpoint if same else None


def _make(run: Run, shop: Workshop, train_data: LabelledImages, test_data: LabelledImages) -> None:
    config = run.config(len(train_data.info.classes))
    checkpoint = trained(run, shop)
    if checkpoint is None:
        if shop.path(run.name).exists():
            raise CheckpointError("checkpoints.other.trained_otherwise", name=shop.path(run.name).name)
        start = read(shop.path(run.start)) if run.start else None
        shop.say(f"{run.name}: training on {len(train_data)} pictures of {train_data.info.title}")
        train(
            Job(run.name, config, run.set.recipe, run.seed, start),
            train_data,
            checkpoints=shop.runs,
            runs=shop.runs,
            device=shop.device,
            progress=shop.progress,
            snapshots=run.snapshots,
        )
        checkpoint = read(shop.path(run.name))
    if run.set.ships:
        _test(checkpoint, shop, train_data, test_data)


def _test(checkpoint: Checkpoint, shop: Workshop, train_data: LabelledImages, test_data: LabelledImages) -> None:
    """Write the checkpoint in half precision where that costs nothing, then test what is written."""
    # An older version of this code may have written the card without the data's domain.
    card, device = dataclasses.replace(checkpoint.card, domain=train_data.info.domain), shop.device
    network = load(checkpoint, device)
    _, validation = split_validation(train_data, VALIDATION_SHARE)

    def loss() -> float:
        logits = torch.from_numpy(predict(network, validation, card.mean, card.std, device))
        return float(functional.cross_entropy(logits, torch.from_numpy(validation.labels)))

    full = loss()
    weights = {key: value.clone() for key, value in network.state_dict().items()}
    network.load_state_dict({key: v.half().to(v.dtype) if v.ndim > 1 else v for key, v in weights.items()})
    if loss() - full < HALF_COSTS_AT_MOST * full:
        card = dataclasses.replace(card, versions={**card.versions, "weights": "float16"})
        save(network, card, checkpoint.path, half=True)
        checkpoint = read(checkpoint.path)
    else:
        network.load_state_dict(weights)
    logits = predict(network, test_data, card.mean, card.std, device)
    result = summarise(logits, test_data)
    correct = logits.argmax(axis=1) == test_data.labels
    checkpoint = rewrite_card(checkpoint, domain=card.domain, test=result)
    write_atomically(shop.correct_path(checkpoint.path.stem), lambda part: _save_array(part, correct))
    shop.say(f"{card.name}: test accuracy {result['accuracy']:.2%}")


def _save_array(path: Path, values: np.ndarray) -> None:
    with path.open("wb") as file:  # np.save adds a suffix to a path
        np.save(file, values)
