"""The training loop: resumable, logged, the same on a CPU and on a GPU."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from gam_viz import __version__
from gam_viz.datasets.arrays import LabelledImages, split_validation
from gam_viz.evaluation.metrics import predict, summarise
from gam_viz.networks import build_network
from gam_viz.networks.checkpoints import Card, save, snapshot_path
from gam_viz.networks.pretrained import start_from_imagenet
from gam_viz.runtime.device import describe, training_precision
from gam_viz.runtime.files import write_atomically
from gam_viz.training.batches import Batches
from gam_viz.training.epoch import WHOLE, EpochPart, layout_for, one_epoch
from gam_viz.training.features import FeatureBatches, cached_features
from gam_viz.training.job import Job, TrainingError, let_gates_act, start_from
from gam_viz.training.recipe import Recipe

VALIDATION_SHARE = 0.05


def train(
    job: Job,
    data: LabelledImages,
    *,
    checkpoints: Path,
    runs: Path,
    device: torch.device,
    progress: bool = True,
    snapshots: Sequence[int] = (),
) -> Path:
    """Train `job` on the training split `data` and write its checkpoint; goes on where an earlier start was stopped.

    The state is written after every epoch, and every two minutes within one, to `runs/<name>/state.pt`, a line an epoch
    to `runs/<name>/log.jsonl`; features of frozen blocks lie in `runs/features`.
    After each epoch of `snapshots` (0 is before the first) the network is also written, in half precision, to
    `snapshot_path(checkpoints, name, epoch)`.

    Raises:
        TrainingError: an earlier run of that name had other settings or data, there are too few pictures, or the loss
            is no longer finite.
        PretrainedError: the recipe begins with published weights, and they cannot be had.
    """
    torch.manual_seed(job.seed)
    layout = layout_for(job.config.width)
    network = build_network(job.config).to(device=device, memory_format=layout)  # type: ignore[call-overload]
    if job.recipe.acting:
        let_gates_act(network)
    started_from = start_from_imagenet(network) if job.recipe.pretrained else {}
    started_from = start_from(network, job.start) if job.start else started_from
    for name in (*network.stem, *network.blocks[: job.recipe.frozen]) if job.recipe.frozen else ():
        network.get_submodule(name).requires_grad_(False)
    optimizer = _optimizer(network, job.recipe, started_from.get("fresh", ()) if job.recipe.pretrained else ())
    train_data, validation_data = split_validation(data, VALIDATION_SHARE)
    if len(train_data) < 2 or len(validation_data) < 1:
        raise TrainingError(f"{data.info.title} holds {len(data)} training pictures, too few to train and to validate")
    facts = {"name": data.info.name, "classes": data.info.classes, "shape": data.images.shape}
    half = (0.5, 0.5, 0.5)
    mean, std = (half, half) if job.recipe.half_normalisation else (data.info.mean, data.info.std)
    batches: Batches | FeatureBatches
    if job.recipe.frozen:
        cache = runs / "features"
        features = cached_features(network, job.recipe.frozen, train_data, mean, std, cache, progress=progress)
        batches = FeatureBatches(features, train_data.labels, len(data.info.classes), job.recipe, job.seed)
    else:
        batches = Batches(train_data, job.recipe, mean, std, device, job.seed)
    weights = _class_weights(train_data).to(device) if job.recipe.balanced else None
    criterion = nn.CrossEntropyLoss(weights, label_smoothing=job.recipe.label_smoothing)
    precision = training_precision(device)
    described = json.dumps(job.to_dict())

    folder = runs / job.name
    state_path, log_path = folder / "state.pt", folder / "log.jsonl"
    first, part = 0, WHOLE
    history: list[dict[str, Any]] = []
    if state_path.exists():
        try:
            state = torch.load(state_path, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, pickle.UnpicklingError, LookupError, ValueError, AttributeError) as error:
            raise TrainingError(f"{state_path} is damaged; remove it to start anew") from error
        if not job.made(json.loads(state["job"])):
            raise TrainingError(f"{folder} holds a run with other settings; choose another --name or remove it")
        if "data" in state and json.loads(state["data"]) != json.loads(json.dumps(facts)):
            raise TrainingError(f"{folder} holds a run on other data; choose another --name or remove it")
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        first, history = state["epoch"], json.loads(state["history"])
        part = EpochPart(**json.loads(state.get("part", "{}")))
        _write_log(log_path, history)  # a kill between the two writes below left it a line short
    path = checkpoints / f"{job.name}.safetensors"
    if first >= job.recipe.epochs and path.exists():
        return path  # done before; written again it would lose the test result

    def card_of(validation: dict[str, Any], epochs: int) -> Card:
        return Card(
            name=job.name,
            dataset=data.info.name,
            dataset_title=data.info.title,
            source=data.info.source,
            licence=data.info.licence,
            classes=data.info.classes,
            input_size=data.images.shape[1],
            mean=mean,
            std=std,
            config=job.config,
            recipe=job.recipe.to_dict(),
            seed=job.seed,
            epochs=epochs,
            domain=data.info.domain,
            validation={key: value for key, value in validation.items() if key in ("accuracy", "auc", "count")},
            started_from=started_from,
            versions={
                "torch": torch.__version__,
                "gam_viz": __version__,
                "device": describe(device),
                "precision": str(precision).removeprefix("torch."),
            },
            notes=job.notes,
        )

    def validated() -> dict[str, Any]:
        return summarise(predict(network, validation_data, mean, std, device), validation_data)

    def snapshot(epoch: int) -> None:
        save(network, card_of(validated(), epoch), snapshot_path(checkpoints, job.name, epoch), half=True)

    def keep(epoch: int, part: EpochPart) -> None:
        state = {
            "job": described,
            "data": json.dumps(facts),
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "epoch": epoch,
            "part": json.dumps(dataclasses.asdict(part)),
            "history": json.dumps(history),
        }
        write_atomically(state_path, partial(_save_state, state))

    if 0 in snapshots and first == 0 and part == WHOLE:
        snapshot(0)
    for epoch in range(first, job.recipe.epochs):
        loss, accuracy, seconds = one_epoch(
            network,
            criterion,
            optimizer,
            batches,
            job,
            epoch,
            device,
            precision,
            progress=progress,
            part=part,
            keep=partial(keep, epoch),
        )
        part = WHOLE
        logits = predict(network, validation_data, mean, std, device, precision=precision)
        validation = summarise(logits, validation_data)["accuracy"]
        history.append(
            {
                "epoch": epoch + 1,
                "loss": round(loss, 4),
                "train_accuracy": round(accuracy, 4),
                "validation_accuracy": validation,
                "seconds": round(seconds, 1),
            }
        )
        if epoch + 1 in snapshots:
            snapshot(epoch + 1)
        keep(epoch + 1, part)
        _write_log(log_path, history)

    if job.recipe.settle and isinstance(batches, Batches):
        update_bn(batches.unchanged(), network)
    save(network, card_of(validated(), job.recipe.epochs), path)
    return path


def _save_state(state: dict[str, Any], path: Path) -> None:
    with path.open("wb") as file:  # of a full disk, torch says something else where it opens the file itself
        torch.save(state, file)


def _class_weights(data: LabelledImages) -> Tensor:  # -> (classes,)
    """Inverse to the number of pictures of each class, 1 on average over the pictures; 0 for a class without any."""
    counts = np.bincount(data.labels, minlength=len(data.info.classes))
    share = len(data) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return torch.from_numpy(np.where(counts > 0, share, 0.0)).float()


def _write_log(path: Path, history: list[dict[str, Any]]) -> None:
    lines = "".join(json.dumps(line) + "\n" for line in history)
    write_atomically(path, lambda part: part.write_text(lines))


def _optimizer(network: nn.Module, recipe: Recipe, fresh: Sequence[str] = ()) -> torch.optim.Optimizer:
    """Of all parameters that are not frozen; those of layers `fresh` have a rate of their own, where the recipe has."""
    named = [(name.rpartition(".")[0] in fresh, p) for name, p in network.named_parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = []
    for begins in sorted({is_fresh for is_fresh, _ in named}) if recipe.fresh_rate != 1 else [None]:
        of_rate = [p for is_fresh, p in named if begins in (None, is_fresh)]
        groups += [
            {"params": [p for p in of_rate if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in of_rate if p.ndim <= 1], "weight_decay": 0.0},
        ]
        if begins:
            for group in groups[-2:]:
                group["factor"] = recipe.fresh_rate
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, lr=recipe.learning_rate)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9, nesterov=True)
    raise TrainingError(f"unknown optimizer {recipe.optimizer!r}; known are sgd, adam")
