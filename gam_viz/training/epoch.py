"""One epoch of training, or the rest of one that was stopped."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from tqdm import tqdm

from gam_viz.networks import ResidualNetwork
from gam_viz.runtime.device import autocast
from gam_viz.training.batches import Batches
from gam_viz.training.features import FeatureBatches
from gam_viz.training.job import Job, TrainingError
from gam_viz.training.recipe import Recipe

SAVED_EVERY = 120.0  # seconds, within an epoch


def learning_rate(recipe: Recipe, progress: float) -> float:
    """The rate at `progress` (0..1 of all steps)."""
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule != "onecycle":
        raise TrainingError(f"unknown schedule {recipe.schedule!r}; known are constant, onecycle")
    rise = 0.2
    share = progress / rise if progress < rise else (1 - progress) / (1 - rise)
    return recipe.learning_rate * max(share, 0.0)


def layout_for(width: int) -> torch.memory_format:
    """Channels last is faster. Of fewer channels than a vector register holds, the gradients of weights end in a crash
    on processors without AVX-512 (torch 2.13, oneDNN)."""
    return torch.channels_last if width >= 8 else torch.contiguous_format


@dataclass(frozen=True)
class EpochPart:
    """How much of an epoch is done: steps, sums of the loss and of right answers over their pictures, seconds."""

    steps: int = 0
    loss: float = 0.0
    correct: float = 0.0
    seconds: float = 0.0


WHOLE = EpochPart()  # nothing done yet


def one_epoch(
    network: ResidualNetwork,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Batches | FeatureBatches,
    job: Job,
    epoch: int,
    device: torch.device,
    precision: torch.dtype,
    *,
    progress: bool = False,
    part: EpochPart = WHOLE,
    keep: Callable[[EpochPart], None] = lambda part: None,
) -> tuple[float, float, float]:
    """Train the rest of an epoch, of which `part` is done, and call `keep` with what is done every two minutes.

    Returns mean loss, accuracy and seconds of the whole epoch.
    """
    network.train()
    total_loss = torch.tensor(part.loss, device=device)
    total_correct = torch.tensor(part.correct, device=device)
    seen = part.steps * batches.batch_size
    steps = len(batches)
    title = f"{job.name} {epoch + 1}/{job.recipe.epochs}"
    started = saved = time.perf_counter()
    # The batches before are made again, so that those that follow are what they would have been.
    rest = itertools.islice(batches.epoch(epoch), part.steps, None)
    with tqdm(rest, total=steps, initial=part.steps, desc=title, disable=not progress, mininterval=2) as bar:
        for step, (x, labels) in enumerate(bar, part.steps):
            for group in optimizer.param_groups:
                rate = learning_rate(job.recipe, (epoch * steps + step) / (job.recipe.epochs * steps))
                group["lr"] = rate * group.get("factor", 1.0)
            with autocast(device, precision):
                x = x.contiguous(memory_format=layout_for(job.config.width))
                logits = network.after(x, job.recipe.frozen) if job.recipe.frozen else network(x)
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
            now = time.perf_counter()
            if now - saved > SAVED_EVERY:
                saved = now
                _finite(float(total_loss), job, epoch)
                keep(EpochPart(step + 1, float(total_loss), float(total_correct), part.seconds + now - started))
    seconds = part.seconds + time.perf_counter() - started
    return _finite(float(total_loss) / seen, job, epoch), float(total_correct) / seen, seconds


def _finite(loss: float, job: Job, epoch: int) -> float:
    if not math.isfinite(loss):
        raise TrainingError(f"the loss of {job.name} is not finite in epoch {epoch + 1}; lower the rate")
    return loss
