"""Shortcuts taken away and put in: the tags of drawn scenes, and what operators drew on ultrasound pictures."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import numpy.typing as npt

from gam_viz.datasets import LabelledImages
from gam_viz.datasets.operator_marks import operator_marks, painted_over, with_callipers
from gam_viz.datasets.scenes.draw import CLASSES, draw_scene, draw_scenes
from gam_viz.evidence.leaderboard.pictures import Ground, JudgedPictures, drawn


def tags_changed(count: int, *, split: str = "test") -> dict[str, JudgedPictures]:
    """Scenes with their tag, without one, and with another class's, all else being the same.

    Returns:
        "with_tag", "without_tag", "other_tag": what is right is the scene's class; "follows": as "other_tag", but what
        counts is the class whose tag it is.
    """
    tagged = drawn(draw_scenes(count, split=split, shortcut=True))
    # The k-th scene's tag becomes that of the class 1 to 9 further on, each equally often.
    wrong = (tagged.labels + 1 + np.arange(count) % (len(CLASSES) - 1)) % len(CLASSES)
    swapped = np.stack([draw_scene(i, split=split, tag_label=int(label)).image for i, label in enumerate(wrong)])
    return {
        "with_tag": tagged,
        "without_tag": drawn(draw_scenes(count, split=split)),
        "other_tag": JudgedPictures(swapped, tagged.labels, {}),
        "follows": JudgedPictures(swapped, wrong, {}),
    }


def with_marks(ground: Ground, train: LabelledImages, test: LabelledImages) -> Ground:
    """Ultrasound pictures, with what was drawn on them as one more region, and taken away and put in.

    The test split holds few that were drawn on, so those of the training split are judged, too: whoever says what came
    out must say so.

    Returns:
        The ground with region "marks". Changed are, of all pictures with marks, "marked" (as they are), "painted_over"
        and, since painting over is a change of its own, "painted_elsewhere" (as much of the picture, mirrored, where
        no mark is); and of the test split's pictures without a lesion and without marks "unmarked" (as they are) and
        "marks_drawn".
    """
    seen, drawn_on = ([operator_marks(picture) for picture in split.images[:]] for split in (test, train))
    added = np.flatnonzero([marks.any() for marks in drawn_on])
    judged = ground.judged
    side = judged.images.shape[1]
    nothing = np.zeros((len(added), side, side), dtype=bool)
    sources = np.arange(len(judged)) if judged.sources is None else judged.sources
    masks_of = np.stack([seen[source] for source in sources])
    regions = {name: np.concatenate([masks, nothing]) for name, masks in judged.regions.items()}
    regions["marks"] = np.concatenate([masks_of, np.stack([drawn_on[place] for place in added])])
    ignored = np.zeros_like(masks_of) if judged.ignored is None else judged.ignored
    more = JudgedPictures(
        np.concatenate([judged.images, train.images[added]]),
        np.concatenate([judged.labels, train.labels[added]]),
        regions,
        np.concatenate([ignored, nothing]),
        np.concatenate([sources, len(test) + added]),
    )
    return dataclasses.replace(ground, judged=more, change=partial(_marks_changed, more, test, np.stack(seen)))


def _marks_changed(
    judged: JudgedPictures, test: LabelledImages, marks_of_test: npt.NDArray[np.bool_]
) -> dict[str, JudgedPictures]:
    marked = np.flatnonzero(judged.regions["marks"].any((1, 2)))
    plain = np.flatnonzero(~marks_of_test.any((1, 2)) & (test.labels == test.info.classes.index("normal")))
    images, masks = judged.images[marked], judged.regions["marks"][marked]
    mirrored = [mask[:, ::-1] & ~mask for mask in masks]
    unmarked = test.images[plain]

    def of(pictures: list[npt.NDArray[np.uint8]], labels: npt.NDArray[np.int64]) -> JudgedPictures:
        return JudgedPictures(np.stack(pictures), labels, {})

    return {
        "marked": of(list(images), judged.labels[marked]),
        "painted_over": of([painted_over(*pair) for pair in zip(images, masks, strict=True)], judged.labels[marked]),
        "painted_elsewhere": of(
            [painted_over(*pair) for pair in zip(images, mirrored, strict=True)], judged.labels[marked]
        ),
        "unmarked": of(list(unmarked), test.labels[plain]),
        "marks_drawn": of([with_callipers(each, seed) for seed, each in enumerate(unmarked)], test.labels[plain]),
    }
