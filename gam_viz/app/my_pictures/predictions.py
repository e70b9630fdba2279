"""What the networks make of the pictures, kept for the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from gam_viz.app.my_pictures.items import Item
from gam_viz.app.shared.explanations import Subject, subject
from gam_viz.app.shared.session_cache import cached, computed
from gam_viz.app.shared.waiting import ProgressLine
from gam_viz.app.shared.words import network_titles
from gam_viz.evaluation.disagreement import Judged
from gam_viz.evaluation.familiarity import with_familiarity
from gam_viz.explain import Explanation
from gam_viz.explain.checks import check_scores
from gam_viz.figures.style import enlarged
from gam_viz.images import Picture
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.text.refusal import Joined, RefusalError

MOST = 1000  # small results of each kind: twenty files, seen by many networks in several ways
SIDE = 128  # pixels of a thumbnail's longest side: twice what is drawn


@dataclass(frozen=True, eq=False)
class Entry:
    """A picture, its thumbnail, and what the networks make of it."""

    item: Item
    thumbnail: npt.NDArray[np.uint8]
    judged: Judged


def judge(item: Item, networks: Sequence[OpenedNetwork], fit: str, line: ProgressLine, share: float) -> Entry:
    """The picture as Compare shows it, seen by each network.

    Decoded only where something is missing: what is kept is small.

    Args:
        item: the picture.
        networks: of one data set.
        fit: how the picture is made square.
        line: told, before anything is computed, that `share` of all files are done; may raise to leave.
        share: 0..1.

    Raises:
        PictureError: it cannot be shown after all.
        RefusalError: a network gives no finite answer to it; those that do not are named.
    """
    digest = item.own.sha256

    def picture() -> Picture:
        line.progress(share, item.title)
        return item.draw()

    def answer(checkpoint: OpenedNetwork) -> Explanation:
        key = (checkpoint.sha256, digest, item.look, fit)
        return computed(
            "predictions", key, lambda: _predict(subject(checkpoint, picture(), fit)), line.on_wait, most=MOST
        )

    thumbnail = cached("thumbnails", (digest, item.look), lambda: _thumbnail(picture()), most=MOST)
    answers = [answer(network) for network in networks]
    titles = network_titles([network.card for network in networks])
    silent = [title for title, answer in zip(titles, answers, strict=True) if not answer.answered]
    if silent:
        raise RefusalError("common.prediction.no_answer", names=Joined("common.word.comma", tuple(silent)))
    kind = networks[0].card.output
    values, farther = np.stack([answer.values for answer in answers]), tuple(answer.farther for answer in answers)
    return Entry(item, thumbnail, Judged(item.title, values, kind, farther))


def _predict(subject: Subject) -> Explanation:
    """The prediction alone, since the gates of twenty pictures would push out what the session has."""
    with torch.inference_mode():
        network, x = subject.network, subject.input_tensor()
        scores = check_scores(network, network(x))
        found = Explanation(subject.card, scores[0].float().cpu().numpy(), ())
        return with_familiarity(found, subject.checkpoint, network, x)


def _thumbnail(picture: Picture) -> npt.NDArray[np.uint8]:
    """(h, w, 3): the whole picture, small."""
    image = Image.fromarray(picture.pixels)
    image.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC)
    return enlarged(np.asarray(image), SIDE)
