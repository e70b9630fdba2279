"""What the networks make of the uploaded files, kept for the session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch
from PIL import Image

from gam_viz.app.shared import networks as compute
from gam_viz.app.shared.rendering import state
from gam_viz.app.shared.uploads import Upload
from gam_viz.evaluation.disagreement import Judged
from gam_viz.explain import Explanation
from gam_viz.figures.style import enlarged
from gam_viz.images import Picture
from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.runtime.device_queue import OnWait, lane

SIDE = 128  # pixels of a thumbnail's longest side: twice what is drawn


@dataclass
class _Known:
    """Of one file.

    Attributes:
        thumbnail: (H, W, 3) uint8, the whole picture, small.
        format: what the content is.
        probabilities: (classes,) by checkpoint and fit.
    """

    thumbnail: npt.NDArray[np.uint8]
    format: str
    probabilities: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Entry:
    """A file, its thumbnail, and what the networks make of it."""

    upload: Upload
    thumbnail: npt.NDArray[np.uint8]
    format: str
    judged: Judged


def judge(
    upload: Upload, networks: Sequence[Checkpoint], fit: str, *, on_wait: OnWait, before: Callable[[], None]
) -> Entry:
    """The file as it is shown without further choice, seen by each network.

    Decoded only where something is missing: what is kept is small.

    Args:
        upload: the file.
        networks: of one data set.
        fit: how the picture is made square.
        on_wait: told the place in the queue; may raise to leave it.
        before: called before anything is computed; may raise to leave.

    Raises:
        PictureError: it cannot be shown after all.
    """
    kept: dict[str, _Known] = st.session_state.setdefault("batch", {})
    keys = [f"{checkpoint.sha256}|{fit}" for checkpoint in networks]
    source = compute.opened(upload.sha256, upload.name, upload.data)
    look = state.look_of(source)  # as Compare shows it
    name = f"{upload.sha256}?{look.to_key()}"
    known = kept.get(name)
    if known is None or not all(key in known.probabilities for key in keys):
        before()
        picture = compute.rendered(source, look)
        if known is None:
            known = kept[name] = _Known(_thumbnail(picture), picture.format)
        for key, checkpoint in zip(keys, networks, strict=True):
            if key not in known.probabilities:
                known.probabilities[key] = _probabilities(compute.subject(checkpoint, picture, fit), on_wait)
    return Entry(
        upload,
        known.thumbnail,
        known.format,
        Judged(upload.name, np.stack([known.probabilities[key] for key in keys])),
    )


def _probabilities(subject: compute.Subject, on_wait: OnWait) -> npt.NDArray[np.float64]:
    """(classes,): the prediction alone, since the gates of twenty pictures would push out what the session has."""
    checkpoint = subject.checkpoint
    with lane(compute.device(), on_wait), torch.inference_mode():
        logits = compute.network(checkpoint.sha256, checkpoint)(subject.input.tensor.to(compute.device()))
    return Explanation(checkpoint.card, logits[0].float().cpu().numpy(), ()).probabilities


def _thumbnail(picture: Picture) -> npt.NDArray[np.uint8]:
    image = Image.fromarray(picture.pixels)
    image.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC)
    return enlarged(np.asarray(image), SIDE)
