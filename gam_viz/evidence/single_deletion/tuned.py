"""Copies of networks to which a removed cell is nothing new, kept beside their checkpoints."""

from __future__ import annotations

from pathlib import Path

import torch

from gam_viz.datasets import LabelledImages
from gam_viz.evidence.single_deletion.score import GRID, tuned_grid
from gam_viz.networks.card import Card, CheckpointError
from gam_viz.networks.checkpoints import SUFFIX, Checkpoint, load, read, save
from gam_viz.runtime.files import file_name
from gam_viz.training import Job, Recipe, train

EPOCHS, LEARNING_RATE = 3, 0.01


def tuned_path(folder: Path, name: str) -> Path:
    """Where a network's copy lies, below the folder of its checkpoint."""
    return folder / "in_domain" / f"{file_name(name)}{SUFFIX}"


def tuning(card: Card, grid: int = GRID, epochs: int = EPOCHS) -> Recipe:
    """How a copy is tuned: as the network was trained, at a small rate, and half of the pictures lack a cell."""
    changed = {
        **{"name": "single-deletion", "cells": grid, "epochs": epochs, "learning_rate": LEARNING_RATE},
        **{"optimizer": "sgd", "schedule": "onecycle", "sizes": (), "erase": 0.0, "mix": 0.0},
        **{"pretrained": False, "frozen": 0, "shift": 0, "fresh_rate": 1.0, "acting": False},
    }
    return Recipe.from_dict({**card.recipe, **changed})


def tune(
    checkpoint: Checkpoint,
    data: LabelledImages,
    *,
    to: Path,
    runs: Path,
    device: torch.device,
    grid: int = GRID,
    epochs: int = EPOCHS,
    progress: bool = True,
) -> Checkpoint:
    """The network's copy, tuned if it is not there yet; stopped anywhere it goes on, see `train`.

    Args:
        checkpoint: of the network.
        data: its training split.
        to: folder of the copy's own folder; see `tuned_path`. It is kept in half precision.
        runs: folder of logs and states.
        device: that computes.
        grid: cells a side.
        epochs: over the training pictures.
        progress: whether to draw a bar.

    Raises:
        TrainingError: see `train`.
    """
    card = checkpoint.card
    recipe, path = tuning(card, grid, epochs), tuned_path(to, card.name)
    known = _known(path)
    if known is not None:
        of = known.card
        if (of.started_from.get("sha256"), tuned_grid(of.recipe), of.epochs) == (checkpoint.sha256, grid, epochs):
            return known
    job = Job(f"{card.name}-without-a-cell", card.config, recipe, card.seed, checkpoint)
    whole = read(train(job, data, checkpoints=runs / "in_domain", runs=runs, device=device, progress=progress))
    save(load(whole), whole.card, path, half=True)
    return read(path)


def _known(path: Path) -> Checkpoint | None:
    try:
        return read(path)
    except CheckpointError:
        return None
