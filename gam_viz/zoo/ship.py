"""Choosing what ships of the networks that were trained, on validation alone, and copying it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gam_viz.audit.predictions import write_predictions
from gam_viz.datasets import load_dataset, split_validation
from gam_viz.evaluation.familiarity import learn, store
from gam_viz.networks.checkpoints import SUFFIX, Checkpoint, load, read, rewrite_card, snapshot_path, snapshots
from gam_viz.training.loop import VALIDATION_SHARE
from gam_viz.zoo.plan import Run
from gam_viz.zoo.train import Workshop, finished


def best_of(runs: Sequence[Run], shop: Workshop) -> dict[str, Run]:
    """For each name that ships, the seed that validated best; of equal ones the first."""
    best: dict[str, tuple[float, Run]] = {}
    for run in runs:
        if not run.set.ships or not finished(run, shop):
            continue
        accuracy = read(shop.path(run.name)).card.validation["accuracy"]
        if run.shipped_name not in best or accuracy > best[run.shipped_name][0]:
            best[run.shipped_name] = (accuracy, run)
    return {name: run for name, (_, run) in best.items()}


def ship(runs: Sequence[Run], shop: Workshop, checkpoints: Path) -> list[Path]:
    """Copy the best seed of each (set, attention) into `checkpoints`, with its predictions and snapshots."""
    shipped = []
    for name, run in best_of(runs, shop).items():
        source = read(shop.path(run.name))
        path = checkpoints / f"{name}{SUFFIX}"
        copy = _with_familiarity(run, rewrite_card(source, path=path, name=name), shop)
        write_predictions(copy, run.set.data, shop.data_root, shop.device)
        for epoch, snapshot in snapshots(shop.runs, run.name).items():
            rewrite_card(read(snapshot), path=snapshot_path(checkpoints, name, epoch), name=f"{name}@{epoch}")
        shipped.append(path)
    return shipped


def _with_familiarity(run: Run, copy: Checkpoint, shop: Workshop) -> Checkpoint:
    """The copy, which also says how familiar a picture is."""
    train, validation = split_validation(load_dataset(run.set.data, "train", shop.data_root), VALIDATION_SHARE)
    return store(copy, learn(load(copy, shop.device), copy.card, train, validation, shop.device))
