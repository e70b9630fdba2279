"""Where an answer lies: the mask of a segmentation, the boxes of detections, as a hand would draw them."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gam_viz.networks.adapters import Detections, SegmentedMask, places
from gam_viz.networks.adapters.scores import Scores

SIZE = (100, 200)  # height, width


def test_a_mask_has_the_class_with_the_largest_logit_and_one_class_lies_above_0() -> None:
    logits = torch.randn(1, 5, 4, 6, generator=torch.Generator().manual_seed(0))
    found = places(Scores("segmentation"), {"out": logits, "aux": 2 * logits}, SIZE)
    assert isinstance(found, SegmentedMask)
    assert found.classes.tolist() == logits[0].argmax(0).tolist()
    assert sum(found.share(k) for k in range(5)) == pytest.approx(1)
    one = places(Scores("segmentation"), logits[:, :1], SIZE)
    assert isinstance(one, SegmentedMask)
    assert np.array_equal(one.classes == 0, logits[0, 0].numpy() > 0)
    assert one.share(0) == pytest.approx(float((logits[0, 0] > 0).float().mean()))


#: left, top, right, bottom in pixels; class; score
BOXES = (
    ((20.0, 10, 100, 60), 1, 0.9),
    ((24.0, 12, 104, 62), 1, 0.8),
    ((24.0, 12, 104, 62), 0, 0.7),
    ((0.0, 0, 9, 9), 2, 0.2),
)


def listed() -> Any:
    corners, labels, scores = zip(*BOXES, strict=True)
    return [{"boxes": torch.tensor(corners), "labels": torch.tensor(labels), "scores": torch.tensor(scores)}]


def tensor() -> Tensor:
    """(1, 4 + 3, N), as YOLO gives it."""
    found = torch.zeros(1, 7, len(BOXES))
    for place, ((left, top, right, bottom), label, score) in enumerate(BOXES):
        found[0, :4, place] = torch.tensor([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top])
        found[0, 4 + label, place] = score
    return found


@pytest.mark.parametrize("raw", [listed(), tensor()], ids=["a list", "a tensor"])
def test_of_boxes_the_strong_are_drawn_and_of_those_that_are_one_the_strongest(raw: Any) -> None:
    found = places(Scores("detection", classes=3), raw, SIZE)
    assert isinstance(found, Detections)
    assert (found.count, found.strong) == (4, 3)
    assert [(box.label, round(box.score, 3)) for box in found.drawn] == [(1, 0.9), (0, 0.7)]
    assert found.drawn[0].edges == pytest.approx((0.1, 0.1, 0.5, 0.6))


def test_no_detection_at_all_is_none_drawn() -> None:
    nothing = [{"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.long), "scores": torch.zeros(0)}]
    found = places(Scores("detection", classes=3), nothing, SIZE)
    assert isinstance(found, Detections)
    assert (found.drawn, found.count) == ((), 0)


def test_other_answers_have_no_place() -> None:
    assert places(Scores("class"), torch.zeros(1, 3), SIZE) is None
    assert places(Scores("multilabel"), torch.zeros(1, 3), SIZE) is None
