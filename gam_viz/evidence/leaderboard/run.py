"""Looking at many scenes with several networks: each network's numbers are kept as a file, so that a stopped run goes
on where it was."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gam_viz.datasets.scenes.draw import Scenes, draw_scenes
from gam_viz.evidence.leaderboard.reliance import Answers, ReplacedGates, TagAnswers, gate_reliance, tag_reliance
from gam_viz.evidence.leaderboard.scoring import METHODS, Looks, looks, scene_scores, trivial_looks
from gam_viz.explain.attributions import METHODS as EVERY_METHOD
from gam_viz.networks.card import Card
from gam_viz.networks.checkpoints import Checkpoint, load
from gam_viz.runtime.files import write_atomically
from gam_viz.runtime.progress import Progress

TAGGED = {"scenes": False, "scenes-shortcut": True}
VERSION = 2  # of the kept files; numbers that are made another way need another


class EvidenceError(ValueError):
    """Evidence that cannot be gathered; the message says why in a sentence."""


@dataclass(frozen=True)
class Question:
    """What is looked at.

    Attributes:
        data: "scenes" or "scenes-shortcut".
        count: of test scenes, from the first.
        methods: of attribution.
    """

    data: str = "scenes"
    count: int = 500
    methods: tuple[str, ...] = METHODS

    def scenes(self) -> Scenes:
        """The scenes that are judged."""
        return draw_scenes(self.count, split="test", shortcut=TAGGED[self.data])

    def others(self) -> Scenes:
        """As many scenes of the validation split, for mean gates."""
        return draw_scenes(self.count, split="val", shortcut=TAGGED[self.data])


@dataclass(frozen=True, eq=False)
class Gathered:
    """Of one network.

    Attributes:
        card: its card.
        sha256: of its checkpoint.
        looks: its maps against the truth.
        answers: with gates replaced; its own where nothing is.
        tag: with tags changed; None for scenes without a tag.
    """

    card: Card
    sha256: str
    looks: Looks
    answers: Answers
    tag: TagAnswers | None


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
        EvidenceError: a network was not trained on such scenes, a method is unknown, or there are fewer than two
            scenes.
    """
    if question.data not in TAGGED:
        raise EvidenceError(f"the truth is known for {' and '.join(TAGGED)}, not for {question.data}")
    if question.count < 2:
        raise EvidenceError(f"an interval needs at least two scenes, got {question.count}")
    unknown = [method for method in question.methods if method not in EVERY_METHOD]
    if unknown:
        raise EvidenceError(f"unknown method {unknown[0]!r}; known are {', '.join(EVERY_METHOD)}")
    for checkpoint in checkpoints:
        if checkpoint.card.dataset != question.data:
            raise EvidenceError(f"{checkpoint.card.name} was trained on {checkpoint.card.dataset}, not {question.data}")
    scenes = question.scenes()
    found = []
    for checkpoint in checkpoints:
        name = checkpoint.card.name
        path = runs / "evidence" / f"{name}-{checkpoint.sha256[:8]}-{question.count}.npz"
        kept = _read(path, checkpoint, question)
        if kept is None:
            say(f"{name}: looking at {question.count} scenes")
            kept = _look(checkpoint, question, scenes, device, name, progress)
            content = _packed(kept, question)
            write_atomically(path, lambda part, content=content: part.write_bytes(content))  # type: ignore[misc]
        found.append(kept)
    return trivial_looks(scenes), found


def _look(
    checkpoint: Checkpoint,
    question: Question,
    scenes: Scenes,
    device: torch.device,
    name: str,
    progress: Progress | None,
) -> Gathered:
    network, card = load(checkpoint, device), checkpoint.card
    answers = gate_reliance(network, card, scenes, question.others())
    tag = tag_reliance(network, card, question.count) if TAGGED[question.data] else None
    tell = None if progress is None else lambda share: progress(share, name)
    found = looks(network, card, scenes, question.methods, tell)
    return Gathered(card, checkpoint.sha256, found, answers, tag)


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
    if of.tag is not None:
        arrays |= {f"tag/{name}": getattr(of.tag, name) for name in TAG_FIELDS}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


TAG_FIELDS = ("with_tag", "without_tag", "other_tag", "follows")


def _read(path: Path, checkpoint: Checkpoint, question: Question) -> Gathered | None:
    """What was kept of the same question; None where nothing was, or it cannot be read and is made anew."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        facts = json.loads(str(arrays["facts"]))
        if {key: facts.get(key) for key in _facts(question, "")} != _facts(question, checkpoint.sha256):
            return None
        regions = [key.removeprefix("area/") for key in arrays if key.startswith("area/")]
        found = Looks(
            tuple(facts["keys"]),
            {(region, m): arrays[f"score/{region}/{m}"] for region in regions for m in scene_scores()},
            {region: arrays[f"area/{region}"] for region in regions},
        )
        replaced = tuple(
            ReplacedGates(layer, branch, by, arrays[f"right/{index}"], arrays[f"margin/{index}"])
            for index, (layer, branch, by) in enumerate(facts["replaced"])
        )
        tag = TagAnswers(*(arrays[f"tag/{name}"] for name in TAG_FIELDS)) if TAGGED[question.data] else None
        return Gathered(checkpoint.card, checkpoint.sha256, found, Answers(arrays["right"], replaced), tag)
    except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile):
        return None
