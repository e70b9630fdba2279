"""What networks make of a picture: prediction, gates and attributions, each computed once in a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property

import streamlit as st
import torch
from torch import nn

from gam_viz.app.shared.networks import network
from gam_viz.app.shared.public import is_public, note_subject
from gam_viz.app.shared.session_cache import Key, computed, keep, recall
from gam_viz.app.shared.waiting import Say, in_queue, made_once, progress_line, spinner
from gam_viz.app.shared.words import network_title, prose, text
from gam_viz.evaluation.familiarity import with_familiarity
from gam_viz.explain import Explanation, explain, seen_by
from gam_viz.explain.attributions import Attribution, Request, attribute_each
from gam_viz.images import NetworkInput, Picture
from gam_viz.networks.card import Card
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.device import device_of
from gam_viz.runtime.progress import Progress
from gam_viz.runtime.visit import OnWait

STORE = "attributions"
MOST_EXPLANATIONS, MOST_ATTRIBUTIONS = 32, 200  # kept in one session, and shared by all


@dataclass(frozen=True)
class Subject:
    """One network on one picture: what a column of the page is about.

    Attributes:
        checkpoint: the network's file and card.
        input: the picture as this network sees it.
    """

    checkpoint: OpenedNetwork
    input: NetworkInput

    @cached_property
    def key(self) -> str:
        """Identity in caches: digests and parameters, never an array."""
        return f"{self.checkpoint.sha256}|{self.input.key}"

    @property
    def card(self) -> Card:
        """The network's."""
        return self.checkpoint.card

    @property
    def network(self) -> nn.Module:
        """The network, loaded; nobody changes it."""
        return network(self.checkpoint)

    def input_tensor(self) -> torch.Tensor:
        """(1, 3, S, S): the picture as the network sees it, on the device."""
        return self.input.tensor.to(device_of(self.network))


def subject(checkpoint: OpenedNetwork, picture: Picture, fit: str) -> Subject:
    """A network and the picture as it sees it."""
    found = Subject(checkpoint, seen_by(checkpoint.card, picture, fit))  # type: ignore[arg-type]
    note_subject(found.key, checkpoint, picture)
    return found


def explained(subjects: Iterable[Subject]) -> tuple[Explanation, ...]:
    """Prediction and gates of each; while they are computed, or wait for another session's, the page says so."""
    with spinner(text("compare.predicting")) as line:
        return tuple(_explanation(subject, line.on_wait) for subject in subjects)


def answered(subjects: Sequence[Subject]) -> tuple[tuple[Subject, ...], tuple[Explanation, ...]]:
    """Those that give a finite answer to the picture, and what it is. The others are named; where none is left, the
    page ends here."""
    pairs = list(zip(subjects, explained(subjects), strict=True))
    silent = [subject for subject, explanation in pairs if not explanation.answered]
    if silent:
        names = text("common.word.comma").join(network_title(subject.card) for subject in silent)
        st.error(prose("common.prediction.no_answer", names=names))
    kept = [(subject, explanation) for subject, explanation in pairs if explanation.answered]
    if not kept:
        st.stop()
    return tuple(subject for subject, _ in kept), tuple(explanation for _, explanation in kept)


def _explanation(subject: Subject, on_wait: OnWait) -> Explanation:
    def make() -> Explanation:
        network, x = subject.network, subject.input_tensor()
        return with_familiarity(explain(network, subject.card, x), subject.checkpoint, network, x)

    shared = is_public(subject.key)
    return computed("explanations", (subject.key,), make, on_wait, most=MOST_EXPLANATIONS, shared=shared)


def attributions(subject: Subject, target: int, requests: Sequence[Request], say: Say) -> list[Attribution]:
    """The attributions asked for; those that this session has are not computed again.

    While the others are computed a line says how far that is. Who leaves meanwhile finds what was finished.
    """
    keys = [(subject.key, target, r.method, r.layer, tuple(sorted(r.params.items()))) for r in requests]
    shared = is_public(subject.key)
    known = {key: recall(STORE, key, shared=shared) for key in keys}
    with progress_line(say) as line:
        if any(value is None for value in known.values()):
            with made_once((STORE, *keys), line.on_wait) if shared else nullcontext():
                # Another session may have made some while this one waited.
                known = {key: recall(STORE, key, shared=shared) for key in keys}
                missing = {key: request for key, request in zip(keys, requests, strict=True) if known[key] is None}
                if missing:
                    in_queue(lambda: _attribute(subject, target, missing, known, line.progress, shared), line.on_wait)
    return [known[key] for key in keys]


def _attribute(
    subject: Subject,
    target: int,
    missing: Mapping[Key, Request],
    known: dict[Key, Attribution],
    progress: Progress,
    shared: bool,
) -> None:
    black = [-mean / std for mean, std in zip(subject.card.mean, subject.card.std, strict=True)]
    results = attribute_each(
        subject.network, subject.input_tensor(), target, list(missing.values()), progress, black=black
    )
    for key, result in zip(missing, results, strict=True):
        # At once: who leaves now finds it when coming back.
        known[key] = keep(STORE, key, result, most=MOST_ATTRIBUTIONS, shared=shared)
