"""The sentence of the first screen: what is true of the networks and the picture, in every case there is."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from gam_viz.app.compare.lead import lead_sentence
from gam_viz.app.compare.masks import Masks
from gam_viz.app.shared.words import speaking, words
from gam_viz.explain import SpatialMap
from gam_viz.explain.answer_words import AnswerWords
from gam_viz.figures.scales import Scale

CLASSES = ("sailboat", "key", "x" * 200)
SIDE = 8
BOAT = np.zeros((SIDE, SIDE), bool)
BOAT[:4, 4:] = True  # the upper right quarter
ON, OFF = np.where(BOAT, 0.9, 0.1), np.where(BOAT, 0.1, 0.9)
GATE = SimpleNamespace(over_picture=True)


def mask(values: npt.NDArray[np.floating], reduction: str = "mask", highest: float | None = 1.0) -> SpatialMap:
    return SpatialMap(np.asarray(values, np.float32), reduction, 0.0, highest)


def column(number: int, name: str, predicted: int, *, output: str = "class", boat: bool = True) -> Any:
    card = SimpleNamespace(classes=CLASSES, output=output, region=None, unit="", negative="")
    values = np.eye(3)[predicted]
    explanation = SimpleNamespace(
        card=card, predicted=predicted, values=values, readings=(GATE,), nothing_of=lambda target: False
    )
    told = AnswerWords(words(), card)  # type: ignore[arg-type]
    seen = SimpleNamespace(box=(0, 0, SIDE, SIDE), seen=np.zeros((SIDE, SIDE, 3), np.uint8))
    return SimpleNamespace(
        number=number,
        title=name,
        explanation=explanation,
        told=told,
        regions={"object": BOAT} if boat else {},
        subject=SimpleNamespace(input=seen),
    )


def said(
    predictions: dict[str, int],
    maps: list[SpatialMap | None],
    *,
    label: str | None = "sailboat",
    boat: bool = True,
    output: str = "class",
    language: str = "en",
) -> str:
    with speaking(language):
        columns = [
            column(number, name, at, output=output, boat=boat) for number, (name, at) in enumerate(predictions.items())
        ]
        view = SimpleNamespace(columns=columns, selection=SimpleNamespace(label=label, classes=CLASSES))
        gates = [None if each is None else GATE for each in maps]
        places = ["" if each is None else "layer1.0" for each in maps]
        found = [{} if each is None else {"layer1.0": each} for each in maps]
        masks = Masks(found, gates, places, Scale(0, 1), False, "magma", 0.6, "gain", 0)  # type: ignore[arg-type]
        return lead_sentence(view, "layer1.0", masks).replace("**", "")  # type: ignore[arg-type]


def test_two_that_agree_with_the_object_known() -> None:
    sentence = said({"CBAM": 0, "GAM": 0}, [mask(OFF), mask(ON, "gain", None)])
    assert sentence == (
        "Both predict sailboat, which is right. In layer1.0, CBAM's mask opens on 75% of the picture and lies off the "
        "sailboat (0.1 there, 0.9 elsewhere); GAM's gain, half of it on 17% of the picture, lies on it (0.9 there, "
        "0.1 elsewhere)."
    )


@pytest.mark.parametrize(
    ("predictions", "label", "beginning"),
    [
        ({"CBAM": 1, "GAM": 1}, "sailboat", "Both predict key; it is sailboat."),
        ({"CBAM": 0, "GAM": 1}, "sailboat", "CBAM predicts sailboat; GAM predicts key. It is sailboat."),
        ({"CBAM": 1, "SE": 0, "GAM": 1}, None, "CBAM and GAM predict key; SE predicts sailboat."),
        ({"A": 0, "B": 0, "C": 0}, None, "All 3 predict sailboat."),
        ({"GAM": 0}, None, "GAM predicts sailboat."),
        ({"GAM": 2}, "sailboat", f"GAM predicts {'x' * 200}; it is sailboat."),
        ({"*GAM*": 0}, "something else", r"\*GAM\* predicts sailboat."),
    ],
)
def test_what_they_predict(predictions: dict[str, int], label: str | None, beginning: str) -> None:
    assert said(predictions, [mask(ON)] * len(predictions), label=label).startswith(beginning + " ")


def test_no_known_object_says_where_the_mask_is_strongest() -> None:
    sentence = said({"CBAM": 0}, [mask(ON)], boat=False)
    assert sentence.endswith("CBAM's mask opens on 25% of the picture and is strongest at the upper right.")


def test_a_mask_that_does_not_tell_the_object_from_the_rest() -> None:
    even = np.full((SIDE, SIDE), 0.5) + 0.01 * np.eye(SIDE)
    assert "does not tell the sailboat from the rest" in said({"CBAM": 0}, [mask(even)])


def test_what_has_no_map_is_said_together() -> None:
    sentence = said({"SE": 0, "ECA": 0, "CBAM": 0}, [None, None, mask(np.full((4, 4), 0.5))])
    assert sentence.endswith("SE and ECA have no spatial gate here; the map of CBAM is constant.")
    assert said({"SE": 0}, [None]).endswith("SE has no spatial gate here.")
    assert "a single cell" in said({"CBAM": 0}, [mask(np.ones((1, 1)))])


def test_many_networks_are_told_in_groups() -> None:
    names = {f"N{number}": 0 for number in range(12)}
    sentence = said(names, [mask(ON)] * 5 + [mask(OFF)] * 6 + [None])
    assert "All 12 predict sailboat" in sentence
    assert "the maps of N0, N1, N2, N3 and N4 lie on the sailboat" in sentence
    assert "N10 lie off the sailboat" in sentence
    assert "N11 has no spatial gate here" in sentence
    assert "the most concentrated" in said(names, [mask(ON)] * 12, boat=False)


@pytest.mark.parametrize("output", ["regression", "multilabel"])
def test_answers_that_are_no_choice_among_classes_are_told_in_their_own_words(output: str) -> None:
    sentence = said({"A": 0, "B": 1}, [mask(ON)] * 2, output=output, label=None)
    assert "predict" not in sentence.partition(" In layer1")[0]
    assert sentence.startswith("A: " if output == "regression" else "A gives 1 of 3 labels")


def test_the_same_in_chinese() -> None:
    sentence = said({"CBAM": 0, "GAM": 0}, [mask(OFF), mask(ON, "gain", None)], language="zh")
    assert sentence.startswith("两者都预测为帆船，预测正确。")
    assert "落在帆船之外" in sentence
    assert "落在该物体上" in sentence
