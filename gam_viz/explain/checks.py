"""What explanations and evidence are asked about: one picture, and a class that the network has."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.networks import ResidualNetwork
from gam_viz.networks.adapters import ForeignNetwork
from gam_viz.networks.adapters.scores import unreadable
from gam_viz.text.refusal import RefusalError


def check_picture(x: Any, network: nn.Module | None = None) -> None:
    """One normalised picture, (1, C, H, W), of finite floats; (1, 3, H, W) for a network of this project.

    Raises:
        ValueError: it is anything else; the sentence says what was given.
    """
    colours = isinstance(network, ResidualNetwork)
    fits = isinstance(x, Tensor) and x.ndim == 4 and x.shape[0] == 1 and x.is_floating_point()
    if not fits or (colours and x.shape[1] != 3):
        given = f"{x.dtype} {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        wanted = f"(1, {3 if colours else 'C'}, H, W)"
        raise ValueError(f"one normalised picture at a time is explained, {wanted} floats; got {given}")
    if not bool(torch.isfinite(x).all()):
        raise ValueError("the picture holds values that are not finite")


def check_target(target: Any, classes: int) -> int:
    """The index of a class, as an int.

    Raises:
        ValueError: it is no whole number, or the network has no such class.
    """
    if isinstance(target, bool) or not isinstance(target, numbers.Integral):
        raise ValueError(f"the target is the index of a class, a whole number, got {target!r}")
    index = int(target)
    if not 0 <= index < classes:
        raise ValueError(f"the target must be a class from 0 to {classes - 1}, got {index}")
    return index


def check_scores(network: nn.Module, given: Any) -> Tensor:
    """What a network gave, where it is scores (B, K).

    Raises:
        RefusalError: it is not; the sentence says what was given, and what to write so that it is read.
    """
    if isinstance(given, Tensor) and given.ndim == 2:
        return given
    known = network.adaption.scores if isinstance(network, ForeignNetwork) else None
    raise (known.refusal if known is not None else None) or unreadable(given)


def check_answers(logits: npt.NDArray[np.floating]) -> None:
    """Refuse answers that name no class: the largest of numbers that are not finite would be the first of them.

    Args:
        logits: (N, classes), of N pictures.

    Raises:
        RefusalError: a logit is NaN or infinite; the sentence says for how many pictures.
    """
    spoiled = int((~np.isfinite(logits)).any(axis=1).sum())
    if spoiled:
        raise RefusalError("errors.reason.answers_not_finite", spoiled=spoiled, count=len(logits))
