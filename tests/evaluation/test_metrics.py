"""Accuracy, its interval, calibration, area under the curve: against SciPy, plain loops and cases by hand."""

import dataclasses
import json
from math import exp

import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.evaluation.metrics import area_under_roc, calibration_error
from gam_viz.training import predict, summarise, wilson_interval

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize(("correct", "count"), [(0, 1), (1, 1), (0, 20), (20, 20), (7, 20), (88, 100), (9_012, 10_000)])
def test_the_interval_is_wilsons(correct, count):
    expected = stats.binomtest(correct, count).proportion_ci(confidence_level=0.95, method="wilson")
    assert wilson_interval(correct, count) == pytest.approx((expected.low, expected.high), abs=1e-7)


def test_the_interval_stays_within_what_is_possible():
    for count in (1, 3, 1000):
        for correct in (0, count):
            low, high = wilson_interval(correct, count)
            assert 0 <= low < high <= 1
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_calibration_of_a_case_by_hand():
    """Two bins are used: (0.6, 0.8] holds 0.7 (right) and 0.8 (wrong), (0.8, 1] holds 0.9 and 1.0 (both right)."""
    probabilities = np.array([[0.7, 0.3], [0.2, 0.8], [0.9, 0.1], [0.0, 1.0]])
    labels = np.array([0, 0, 0, 1])
    expected = 0.5 * abs(0.5 - 0.75) + 0.5 * abs(1.0 - 0.95)
    assert calibration_error(probabilities, labels, bins=5) == pytest.approx(expected)


def test_calibration_of_the_extremes():
    certain = np.eye(4)
    assert calibration_error(certain, np.arange(4)) == 0
    assert calibration_error(certain, np.array([1, 2, 3, 0])) == pytest.approx(1)
    assert calibration_error(np.full((8, 4), 0.25), np.arange(8) % 4) == pytest.approx(0)


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_calibration_equals_a_plain_loop(bins):
    generator = np.random.default_rng(2)
    probabilities = generator.dirichlet(np.ones(5) * 0.5, 400)
    labels = generator.integers(0, 5, 400)
    expected = 0.0
    for index in range(bins):
        low, high = index / bins, (index + 1) / bins
        inside = [
            (p.max(), p.argmax() == y) for p, y in zip(probabilities, labels, strict=True) if low < p.max() <= high
        ]
        if inside:
            confidence, right = (sum(values) / len(inside) for values in zip(*inside, strict=True))
            expected += len(inside) / 400 * abs(right - confidence)
    assert calibration_error(probabilities, labels, bins) == pytest.approx(expected)


def test_a_summary_by_hand(easy_images):
    data = easy_images(6)  # labels 0 1 2 0 1 2
    predicted = np.array([0, 1, 2, 0, 0, 0])
    logits = np.zeros((6, 3), dtype=np.float32)
    logits[np.arange(6), predicted] = 2
    summary = summarise(logits, data)
    confidence = exp(2) / (exp(2) + 2)
    low, high = wilson_interval(4, 6)
    assert summary == {
        "count": 6,
        "accuracy": 0.6667,
        "balanced_accuracy": 0.6667,
        "auc": 18 / 24,  # of the pairs of a picture of a class and one of another, ties half
        "interval": [round(low, 4), round(high, 4)],
        "per_class": {"red": 1.0, "green": 0.5, "blue": 0.5},
        "calibration_error": pytest.approx(abs(4 / 6 - confidence), abs=1e-4),
    }
    assert json.loads(json.dumps(summary)) == summary


def test_a_summary_survives_large_logits_and_a_class_without_pictures(easy_images):
    data = easy_images(6).take(np.array([0, 1, 3, 4]))
    logits = np.array([[1e4, 0, 0], [0, 1e4, 0], [1e4, 0, 0], [0, -1e4, 1e4]], dtype=np.float32)
    summary = summarise(logits, data)
    assert summary["per_class"] == {"red": 1.0, "green": 0.5}
    assert summary["calibration_error"] == 0.25


@pytest.mark.parametrize("levels", [1, 2, 5, 10_000])  # few levels: many ties
@pytest.mark.parametrize("positives", [1, 30, 149])
def test_the_area_is_mann_whitneys(levels, positives):
    generator = np.random.default_rng(levels + positives)
    positive = generator.permutation(np.arange(150) < positives)
    scores = generator.integers(0, levels, 150).astype(np.float32) + positive * (levels // 4)
    statistic = stats.mannwhitneyu(scores[positive], scores[~positive]).statistic
    assert area_under_roc(scores, positive) == pytest.approx(statistic / (positives * (150 - positives)), abs=1e-12)


@pytest.mark.parametrize(
    ("scores", "positive", "area"),
    [
        ([1, 2, 3, 4], [0, 0, 1, 1], 1.0),
        ([4, 3, 2, 1], [0, 0, 1, 1], 0.0),
        ([7, 7, 7, 7], [0, 1, 0, 1], 0.5),
        ([1, 2, 2, 3], [0, 1, 0, 1], 3.5 / 4),  # of four pairs one is a tie
        ([5, 1, 1], [0, 1, 1], 0.0),
        ([-1e30, 1e30], [0, 1], 1.0),
    ],
)
def test_the_area_of_cases_by_hand(scores, positive, area):
    assert area_under_roc(np.array(scores, dtype=float), np.array(positive, dtype=bool)) == area


def test_the_area_does_not_depend_on_the_scores_scale():
    generator = np.random.default_rng(4)
    positive = generator.random(60) < 0.4
    scores = generator.normal(0, 1, 60) + positive
    area = area_under_roc(scores, positive)
    assert area_under_roc(np.exp(3 * scores), positive) == pytest.approx(area)
    assert area_under_roc(-scores, positive) == pytest.approx(1 - area)
    assert area_under_roc(-scores, ~positive) == pytest.approx(area)


@pytest.mark.parametrize("positive", [[True, True], [False, False], []])
def test_an_area_needs_both_kinds(positive):
    with pytest.raises(ValueError, match="needs pictures of both classes"):
        area_under_roc(np.zeros(len(positive)), np.array(positive, dtype=bool))


def two_classes(data, labels):
    info = dataclasses.replace(data.info, classes=("normal", "ill"))
    return dataclasses.replace(data, info=info, labels=np.array(labels))


def test_a_summary_of_two_classes_has_the_area_of_the_second(easy_images):
    data = two_classes(easy_images(5), [0, 0, 1, 1, 1])
    # Differences of the logits: -2, 1 for the first class, 0, 1 (a tie), 4 for the second: 4.5 of 6 pairs.
    logits = np.array([[1, -1], [2, 3], [9, 9], [0, 1], [-2, 2]], dtype=np.float32)
    summary = summarise(logits, data)
    assert summary["auc"] == 0.75
    assert json.loads(json.dumps(summary)) == summary


def test_no_area_where_there_are_pictures_of_one_class(easy_images):
    one = two_classes(easy_images(3), [1, 1, 1])
    assert "auc" not in summarise(np.zeros((3, 2), np.float32), one)


class Means(nn.Module):
    """Logits are the channels' means; notes the mode it ran in."""

    def __init__(self):
        super().__init__()
        self.modes = []

    def forward(self, x):
        self.modes.append(self.training)
        return x.mean(dim=(2, 3))


@pytest.mark.parametrize("batch_size", [1, 7, 250])
@pytest.mark.parametrize("training", [True, False])
def test_predictions_are_of_normalised_pictures_in_order(batch_size, training, easy_images):
    data = easy_images(20)
    network = Means().train(training)
    mean, std = (0.1, 0.5, 0.9), (0.2, 0.3, 0.4)
    logits = predict(network, data, mean, std, torch.device("cpu"), batch_size=batch_size)
    np.testing.assert_allclose(logits, ((data.images / 255 - mean) / std).mean(axis=(1, 2)), rtol=1e-4, atol=1e-5)
    assert logits.dtype == np.float32
    assert not any(network.modes)
    assert network.training is training


def test_predicting_in_bfloat16_gives_float32_close_by(easy_images, randomise):
    network = randomise(nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)))
    data, half, cpu = easy_images(6), (0.5,) * 3, torch.device("cpu")
    full = predict(network, data, half, half, cpu)
    low = predict(network, data, half, half, cpu, precision=torch.bfloat16)
    assert low.dtype == np.float32
    assert 0 < np.abs(low - full).max() < 0.05


def test_balanced_accuracy_and_auc_of_uneven_classes(easy_images):
    data = easy_images(9)
    data = dataclasses.replace(data, labels=np.array([0, 0, 0, 0, 0, 0, 1, 1, 2]))
    logits = np.zeros((9, 3), np.float32)
    logits[:, 0] = 1  # says the first class of nearly everything
    logits[8, 2] = 5
    told = summarise(logits, data)
    assert told["accuracy"] == round(7 / 9, 4)
    assert told["balanced_accuracy"] == round((1 + 0 + 1) / 3, 4)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = [area_under_roc(probabilities[:, k], data.labels == k) for k in range(3)]
    assert told["auc"] == pytest.approx(np.mean(expected), abs=1e-4)
    assert expected[2] == 1
    without = data.take(np.flatnonzero(data.labels != 1))
    assert "auc" not in summarise(logits[data.labels != 1], without)
