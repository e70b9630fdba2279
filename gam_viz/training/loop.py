"""The training loop: resumable, logged, the same on a CPU and on a GPU."""

from __future__ import annotations

import json
import math
import pickle
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn
from tqdm import tqdm

from gam_viz import __version__
from gam_viz.datasets.arrays import LabelledImages, split_validation
from gam_viz.evaluation.metrics import predict, summarise
from gam_viz.networks import build_network
from gam_viz.networks.checkpoints import Card, save, snapshot_path
from gam_viz.runtime.device import autocast, describe, training_precision
from gam_viz.runtime.files import write_atomically
from gam_viz.training.batches import Batches
from gam_viz.training.job import Job, TrainingError, start_from
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

    The state is written after every epoch to `runs/<name>/state.pt`, a line an epoch to `runs/<name>/log.jsonl`.
    After each epoch of `snapshots` (0 is before the first) the network is also written, in half precision, to
    `snapshot_path(checkpoints, name, epoch)`.

    Raises:
        TrainingError: an earlier run of that name had other settings or data, there are too few pictures, or the loss
            is no longer finite.
    """
    torch.manual_seed(job.seed)
    layout = _layout(job.config.width)
    network = build_network(job.config).to(device=device, memory_format=layout)  # type: ignore[call-overload]
    started_from = start_from(network, job.start) if job.start else {}
    optimizer = _optimizer(network, job.recipe)
    train_data, validation_data = split_validation(data, VALIDATION_SHARE)
    if len(train_data) < 2 or len(validation_data) < 1:
        raise TrainingError(f"{data.info.title} holds {len(data)} training pictures, too few to train and to validate")
    facts = {"name": data.info.name, "classes": data.info.classes, "shape": data.images.shape}
    half = (0.5, 0.5, 0.5)
    mean, std = (half, half) if job.recipe.half_normalisation else (data.info.mean, data.info.std)
    batches = Batches(train_data, job.recipe, mean, std, device, job.seed)
    weights = _class_weights(train_data).to(device) if job.recipe.balanced else None
    criterion = nn.CrossEntropyLoss(weights, label_smoothing=job.recipe.label_smoothing)
    precision = training_precision(device)
    described = json.dumps(job.to_dict())

    folder = runs / job.name
    state_path, log_path = folder / "state.pt", folder / "log.jsonl"
    first = 0
    history: list[dict[str, Any]] = []
    if state_path.exists():
        try:
            state = torch.load(state_path, map_location=device, weights_only=True)
        except (RuntimeError, EOFError, pickle.UnpicklingError, LookupError, ValueError, AttributeError) as error:
            raise TrainingError(f"{state_path} is damaged; remove it to start anew") from error
        if not job.made(json.loads(state["job"])):
            raise TrainingError(f"{folder} holds a run with other settings; choose another --name or remove it")
        if "data" in state and json.loads(state["data"]) != json.loads(json.dumps(facts)):
            raise TrainingError(f"{folder} holds a run on other data; choose another --name or remove it")
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        first, history = state["epoch"], json.loads(state["history"])
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

    if 0 in snapshots and first == 0:
        snapshot(0)
    for epoch in range(first, job.recipe.epochs):
        started = time.perf_counter()
        loss, accuracy = _one_epoch(network, criterion, optimizer, batches, job, epoch, precision, progress)
        logits = predict(network, validation_data, mean, std, device, precision=precision)
        validation = summarise(logits, validation_data)["accuracy"]
        history.append(
            {
                "epoch": epoch + 1,
                "loss": round(loss, 4),
                "train_accuracy": round(accuracy, 4),
                "validation_accuracy": validation,
                "seconds": round(time.perf_counter() - started, 1),
            }
        )
        if epoch + 1 in snapshots:
            snapshot(epoch + 1)
        state = {
            "job": described,
            "data": json.dumps(facts),
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "epoch": epoch + 1,
            "history": json.dumps(history),
        }
        write_atomically(state_path, lambda part, state=state: torch.save(state, part))  # type: ignore[misc]
        _write_log(log_path, history)

    if job.recipe.settle:
        update_bn(batches.unchanged(), network)
    save(network, card_of(validated(), job.recipe.epochs), path)
    return path


def _class_weights(data: LabelledImages) -> Tensor:  # -> (classes,)
    """Inverse to the number of pictures of each class, 1 on average over the pictures; 0 for a class without any."""
    counts = np.bincount(data.labels, minlength=len(data.info.classes))
    share = len(data) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return torch.from_numpy(np.where(counts > 0, share, 0.0)).float()


def _write_log(path: Path, history: list[dict[str, Any]]) -> None:
    lines = "".join(json.dumps(line) + "\n" for line in history)
    write_atomically(path, lambda part: part.write_text(lines))


def learning_rate(recipe: Recipe, progress: float) -> float:
    """The rate at `progress` (0..1 of all steps)."""
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule != "onecycle":
        raise TrainingError(f"unknown schedule {recipe.schedule!r}; known are constant, onecycle")
    rise = 0.2
    share = progress / rise if progress < rise else (1 - progress) / (1 - rise)
    return recipe.learning_rate * max(share, 0.0)


def _optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    groups = [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, lr=recipe.learning_rate)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9, nesterov=True)
    raise TrainingError(f"unknown optimizer {recipe.optimizer!r}; known are sgd, adam")


def _layout(width: int) -> torch.memory_format:
    """Channels last is faster. Of fewer channels than a vector register holds, the gradients of weights end in a crash
    on processors without AVX-512 (torch 2.13, oneDNN)."""
    return torch.channels_last if width >= 8 else torch.contiguous_format


def _one_epoch(
    network: nn.Module,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Batches,
    job: Job,
    epoch: int,
    precision: torch.dtype,
    progress: bool,
) -> tuple[float, float]:
    """Train one epoch; returns mean loss and accuracy over it."""
    network.train()
    device = batches.images.device
    total_loss = torch.zeros((), device=device)
    total_correct = torch.zeros((), device=device)
    seen = 0
    steps = len(batches)
    title = f"{job.name} {epoch + 1}/{job.recipe.epochs}"
    with tqdm(batches.epoch(epoch), total=steps, desc=title, disable=not progress, mininterval=2) as bar:
        for step, (x, labels) in enumerate(bar):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(job.recipe, (epoch * steps + step) / (job.recipe.epochs * steps))
            with autocast(device, precision):
                logits = network(x.contiguous(memory_format=_layout(job.config.width)))
                loss = criterion(logits, labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if job.recipe.clip:
                nn.utils.clip_grad_norm_(network.parameters(), job.recipe.clip)
            optimizer.step()
            seen += len(labels)
            total_loss += loss.detach() * len(labels)
            wanted = labels if labels.ndim == 1 else labels.argmax(dim=1)  # of mixed pictures the larger part
            total_correct += (logits.detach().argmax(dim=1) == wanted).sum()
            if step % 50 == 49:  # reading the numbers waits for a GPU, so not at every step
                mean_loss = _finite(float(total_loss) / seen, job, epoch)
                left = (job.recipe.epochs - epoch - 1) * (bar.format_dict["elapsed"] / (step + 1) * steps)
                bar.set_postfix(
                    loss=f"{mean_loss:.3f}", accuracy=f"{float(total_correct) / seen:.3f}", then_min=f"{left / 60:.0f}"
                )
    return _finite(float(total_loss) / seen, job, epoch), float(total_correct) / seen


def _finite(loss: float, job: Job, epoch: int) -> float:
    if not math.isfinite(loss):
        raise TrainingError(f"the loss of {job.name} is not finite in epoch {epoch + 1}; lower the rate")
    return loss
