"""One pass: some pictures, the networks that are shown them alike, and what is kept of their answers and gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from gam_viz.audit.decoding import DecodedItem, Form, batch
from gam_viz.audit.network import AuditedNetwork
from gam_viz.audit.statistics import PassTruth, numbers_of, read_gate
from gam_viz.images.network_input import normalise_batch

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Seen:
    """What one network made of the n pictures of a pass. Of those that it gave no answer all numbers are NaN.

    Attributes:
        answered: (n,) whether it gave an answer.
        values: (n, K) float64: each class's, in what answers are measured in.
        predicted: (n,): class, or what is asked about where nobody chooses; -1 where there is no answer.
        answers: (n,) float32 each, by column; see `columns.answer_columns`.
        numbers: (S, n) float32: the statistics of all gates, in the order they are computed.
        thumbnails: (M, n, 64) uint8: of those of its gates that are maps.
        channels: (3, n, C) float32: the lowest, highest and mean value of all channels of all gates.
    """

    answered: npt.NDArray[np.bool_]
    values: npt.NDArray[np.float64]
    predicted: npt.NDArray[np.int64]
    answers: dict[str, FloatArray]
    numbers: FloatArray
    thumbnails: npt.NDArray[np.uint8]
    channels: FloatArray


@dataclass(frozen=True, eq=False)
class Alike:
    """Networks whose inputs are the same numbers.

    Attributes:
        form: that pictures are brought to.
        networks: at least one.
    """

    form: Form
    networks: tuple[AuditedNetwork, ...]

    @property
    def at_once(self) -> int:
        """Pictures of a pass."""
        return self.networks[0].at_once

    @torch.inference_mode()
    def look(self, pictures: Sequence[DecodedItem], truth: bool) -> list[Seen]:
        """Of each network what it makes of them.

        Args:
            pictures: decoded, no more than `at_once`.
            truth: whether it is known of some where their object lies.
        """
        first = self.networks[0]
        x = batch([each.inputs[self.form] for each in pictures], self.at_once).to(first.device)
        if x.dtype == torch.uint8:
            x = normalise_batch(x, first.card.mean, first.card.std)
        known = self._truth(pictures) if truth else None
        return [_seen(network, x, len(pictures), known) for network in self.networks]

    def _truth(self, pictures: Sequence[DecodedItem]) -> PassTruth:
        nothing = np.zeros(self.networks[0].card.sides, bool)
        masks = [each.truth.get(self.form, (nothing, nothing)) for each in pictures]
        device = self.networks[0].device
        return PassTruth(*(batch(of, self.at_once).float().to(device) for of in zip(*masks, strict=True)))


def alike(networks: Sequence[AuditedNetwork]) -> list[Alike]:
    """All networks, those together that are shown the same."""
    found: dict[object, list[AuditedNetwork]] = {}
    for network in networks:
        card = network.card
        key = Form.of(card), tuple(card.mean), tuple(card.std), network.at_once, network.device
        found.setdefault(key, []).append(network)
    return [Alike(Form.of(each[0].card), tuple(each)) for each in found.values()]


def _seen(network: AuditedNetwork, x: torch.Tensor, count: int, truth: PassTruth | None) -> Seen:
    given, reads, features = network.run(x, read_gate)
    found = numbers_of(reads, truth, len(x))
    numbers, thumbnails, channels = (
        each[:, :count].cpu().numpy() for each in (found.numbers, found.thumbnails, found.channels)
    )
    scores = given[:count].cpu()
    answered = torch.isfinite(scores).all(1).numpy()
    numbers[:, ~answered] = np.nan
    values, predicted, answers = _answers(network, scores.double(), answered)
    if features is not None and network.familiarity is not None:
        farther = network.familiarity.farther_than(network.familiarity.distance(features.cpu().numpy()))
        answers["farther"] = np.where(answered, farther[:count], np.nan).astype(np.float32)
    return Seen(answered, values, predicted, answers, numbers, thumbnails, channels)


def _answers(
    network: AuditedNetwork, scores: torch.Tensor, answered: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], dict[str, FloatArray]]:
    """From scores (n, K): `Seen.values`, `Seen.predicted` and `Seen.answers`, but for familiarity."""
    kind, rows = network.answers, np.flatnonzero(answered)
    finite = scores[torch.from_numpy(rows)]
    values = np.full(scores.shape, np.nan)
    values[rows] = kind.read(finite).numpy()
    predicted = np.full(len(scores), -1)
    predicted[rows] = [kind.pick(row) for row in finite]
    measured = np.full(len(scores), np.nan, np.float32)
    measured[rows] = values[rows, predicted[rows]]
    answers: dict[str, FloatArray] = {kind.measured: measured}
    if kind.margin is not None:
        margins = answers["margin"] = np.full(len(scores), np.nan, np.float32)
        for target in np.unique(predicted[rows]).tolist():
            of = np.flatnonzero(predicted == target)
            margins[of] = kind.margin(scores[torch.from_numpy(of)], target).float().numpy()
    return values, predicted, answers
