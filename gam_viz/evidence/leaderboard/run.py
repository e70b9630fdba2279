"""Looking at many pictures with several networks: each network's numbers are kept as a file, so that a stopped run goes
on where it was."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from gam_viz.evidence.leaderboard.ground import ground
from gam_viz.evidence.leaderboard.pictures import KNOWN, Ground, JudgedPictures
from gam_viz.evidence.leaderboard.reliance import Answers, ReplacedGates, gate_reliance, shortcut_reliance
from gam_viz.evidence.leaderboard.scoring import METHODS, Looks, inputs, looks, scene_scores, trivial_looks
from gam_viz.evidence.randomisation.reinitialise import fresh_weights
from gam_viz.explain.attributions import METHODS as EVERY_METHOD
from gam_viz.networks import ResidualNetwork, build_network
from gam_viz.networks.card import Card
from gam_viz.networks.checkpoints import Checkpoint, load
from gam_viz.runtime.files import write_atomically
from gam_viz.runtime.progress import Progress
from gam_viz.text.nearest import did_you_mean

NORMALISING = 100  # pictures that the batch norms of a network without training are set by
VERSION = 4  # of the kept files; numbers that are made another way need another


class EvidenceError(ValueError):
    """Evidence that cannot be gathered; the message says why in a sentence."""


@dataclass(frozen=True)
class Question:
    """What is looked at.

    Attributes:
        data: one of `KNOWN`.
        count: of pictures: of scenes the first so many; of a real data set so many spread over it, or None for all.
        methods: of attribution.
        root: the data folder, for real data sets.
    """

    data: str = "scenes"
    count: int | None = 500
    methods: tuple[str, ...] = METHODS
    root: Path | None = None

    def ground(self) -> Ground:
        """The pictures.

        Raises:
            DatasetError: they are not there, or cannot be read.
        """
        return ground(self.data, self.count, self.root)


@dataclass(frozen=True, eq=False)
class Gathered:
    """Of one network.

    Attributes:
        card: its card.
        sha256: of its checkpoint.
        looks: its maps against the truth.
        answers: with gates replaced; its own where nothing is.
        shortcut: what changing a shortcut does, each (N,) bool; empty where the pictures have none.
        untrained: the maps of the same network before training, against the same truth.
    """

    card: Card
    sha256: str
    looks: Looks
    answers: Answers
    shortcut: Mapping[str, npt.NDArray[np.bool_]]
    untrained: Looks | None = None


def gather(
    checkpoints: Sequence[Checkpoint],
    question: Question,
    runs: Path,
    device: torch.device,
    *,
    say: Callable[[str], None] = lambda sentence: None,
    progress: Progress | None = None,
) -> tuple[Looks, list[Gathered]]:
    """Trivial maps, and each network's maps and answers; those kept in `runs` are read.

    Raises:
        EvidenceError: a network was not trained on such pictures, a method is unknown, or there are fewer than two
            pictures.
        DatasetError: a real data set, or its truth, is not there or cannot be read.
    """
    if question.data not in KNOWN:
        raise EvidenceError(f"the truth is known for {', '.join(KNOWN)}, not for {question.data}")
    if question.count is not None and question.count < 2:
        raise EvidenceError(f"an interval needs at least two pictures, got {question.count}")
    unknown = [method for method in question.methods if method not in EVERY_METHOD]
    if unknown:
        known = f"{', '.join(EVERY_METHOD)}{did_you_mean(unknown[0], EVERY_METHOD)}"
        raise EvidenceError(f"unknown method {unknown[0]!r}; known are {known}")
    for checkpoint in checkpoints:
        if checkpoint.card.dataset != question.data:
            raise EvidenceError(f"{checkpoint.card.name} was trained on {checkpoint.card.dataset}, not {question.data}")
    pictures = question.ground()
    for checkpoint in checkpoints:
        inputs(pictures.judged, checkpoint.card, 0, 1, "cpu")  # refuses pictures of another size
    untrained: dict[str, Looks] = {}
    found = []
    for checkpoint in checkpoints:
        card, tell = checkpoint.card, None
        if progress is not None:
            tell = partial(_tell, progress, card.name)

        def kept(name: str, sha256: str, make: Callable[[], Gathered], card: Card = card) -> Gathered:
            path = runs / "evidence" / f"{name}-{sha256[:8]}-{question.count or 'all'}.npz"
            known = _read(path, card, sha256, question)
            if known is None:
                say(f"{name}: looking at {len(pictures.judged)} pictures")
                known = make()
                content = _packed(known, question)
                write_atomically(path, lambda part: part.write_bytes(content))
            return known

        trained = kept(card.name, checkpoint.sha256, partial(_look, checkpoint, question, pictures, device, tell))
        kind = hashlib.sha256(repr((question.data, card.sides, card.config)).encode()).hexdigest()
        if kind not in untrained:
            name = f"{question.data}-{card.config.attention}-untrained"
            untrained[kind] = kept(name, kind, partial(_look_untrained, card, kind, question, pictures, device)).looks
        found.append(dataclasses.replace(trained, untrained=untrained[kind]))
    return trivial_looks(pictures.judged), found


def _tell(progress: Progress, name: str, share: float) -> None:
    progress(share, name)


def _look(
    checkpoint: Checkpoint,
    question: Question,
    pictures: Ground,
    device: torch.device,
    tell: Callable[[float], None] | None,
) -> Gathered:
    network, card = load(checkpoint, device), checkpoint.card
    answers = gate_reliance(network, card, pictures.answered, pictures.others)
    shortcut = shortcut_reliance(network, card, pictures.changed)
    found = looks(network, card, pictures.judged, question.methods, tell)
    return Gathered(card, checkpoint.sha256, found, answers, shortcut)


def _look_untrained(card: Card, kind: str, question: Question, pictures: Ground, device: torch.device) -> Gathered:
    network = untrained_network(card, pictures.others, device)
    found = looks(network, card, pictures.judged, question.methods)
    return Gathered(card, kind, found, Answers(np.zeros(0, dtype=bool), ()), {})


def untrained_network(card: Card, others: JudgedPictures, device: torch.device) -> ResidualNetwork:
    """A card's network with fresh weights, in eval mode, its batch norms set by pictures as training's first pass sets
    them: without that, what comes out of many layers is as good as nothing."""
    network = build_network(card.config)
    network.load_state_dict(fresh_weights(network, seed=0))
    network.to(device).train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0  # all that is seen is one batch; None, its mean, waits for a GPU to count
    with torch.no_grad():
        network(inputs(others, card, 0, NORMALISING, device))
    return network.eval()


def _facts(question: Question, sha256: str) -> dict[str, Any]:
    return {
        "version": VERSION,
        "data": question.data,
        "count": question.count,
        "methods": list(question.methods),
        "sha256": sha256,
    }


def _packed(of: Gathered, question: Question) -> bytes:
    names = [(each.layer, each.branch, each.by) for each in of.answers.replaced]
    facts = _facts(question, of.sha256) | {"keys": list(of.looks.keys), "replaced": names}
    arrays: dict[str, Any] = {"facts": np.asarray(json.dumps(facts)), "right": of.answers.right}
    arrays |= {f"area/{region}": values for region, values in of.looks.areas.items()}
    arrays |= {f"score/{region}/{measure}": values for (region, measure), values in of.looks.scores.items()}
    for index, each in enumerate(of.answers.replaced):
        arrays |= {f"right/{index}": each.right, f"margin/{index}": each.margin}
    arrays |= {f"source/{region}": values for region, values in of.looks.sources.items()}
    arrays |= {} if of.answers.sources is None else {"answered": of.answers.sources}
    arrays |= {f"shortcut/{name}": values for name, values in of.shortcut.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _read(path: Path, card: Card, sha256: str, question: Question) -> Gathered | None:
    """What was kept of the same question; None where nothing was, or it cannot be read and is made anew."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        facts = json.loads(str(arrays["facts"]))
        if {key: facts.get(key) for key in _facts(question, "")} != _facts(question, sha256):
            return None
        areas, sources, shortcut = (_of_prefix(arrays, prefix) for prefix in ("area/", "source/", "shortcut/"))
        found = Looks(
            tuple(facts["keys"]),
            {(region, m): arrays[f"score/{region}/{m}"] for region in areas for m in scene_scores()},
            areas,
            sources,
        )
        replaced = tuple(
            ReplacedGates(layer, branch, by, arrays[f"right/{index}"], arrays[f"margin/{index}"])
            for index, (layer, branch, by) in enumerate(facts["replaced"])
        )
        return Gathered(card, sha256, found, Answers(arrays["right"], replaced, arrays.get("answered")), shortcut)
    except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _of_prefix(arrays: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): values for key, values in arrays.items() if key.startswith(prefix)}
