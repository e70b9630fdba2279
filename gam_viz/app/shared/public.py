"""What all sessions share: results of the networks that ship on the project's pictures and those of its data sets.

What comes of an upload, or of an own network, is its session's alone: whoever uploads the same file must not learn, not
even from how fast the answer comes, that somebody had it before.
"""

from __future__ import annotations

from gam_viz.app.shared.session_cache import keep, recall
from gam_viz.images import Picture
from gam_viz.networks.opened import OpenedNetwork

STORE, MOST = "public", 20_000  # digests: a whole test set, and more


def published(picture: Picture) -> Picture:
    """The picture, which nobody brought: a sample, or one of a data set."""
    keep(STORE, (picture.sha256,), True, most=MOST, shared=True)
    return picture


def note_subject(key: str, checkpoint: OpenedNetwork, picture: Picture) -> None:
    """What is computed under that key is public if both network and picture are."""
    if checkpoint.origin == "file" and recall(STORE, (picture.sha256,), shared=True):
        keep(STORE, (key,), True, most=MOST, shared=True)


def is_public(*keys: str) -> bool:
    """Whether everything under these subjects' keys is."""
    return all(recall(STORE, (key,), shared=True) for key in keys)
