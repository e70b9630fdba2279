"""Stored predictions: what is written is read again, and nothing stale or damaged is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.datasets import LabelledImages
from gam_viz.evaluation.predictions import (
    Predictions,
    load_predictions,
    mistakes_first,
    outcomes,
    pictures_digest,
    predict_pictures,
    predictions_path,
    save_predictions,
)


def some(count: int = 300, classes: int = 10) -> Predictions:
    logits = np.random.default_rng(0).normal(0, 3, (count, classes)).astype(np.float32)
    return Predictions.of_logits(logits)


def test_of_logits_is_argmax_and_softmax() -> None:
    logits = np.random.default_rng(1).normal(0, 3, (50, 7)).astype(np.float32)
    found = Predictions.of_logits(logits)
    expected = torch.softmax(torch.from_numpy(logits), dim=1).max(dim=1)
    np.testing.assert_array_equal(found.predicted, expected.indices.numpy())
    np.testing.assert_allclose(found.probability, expected.values.numpy(), rtol=1e-5)
    assert found.predicted.dtype == np.int64
    assert found.probability.dtype == np.float32


def test_large_logits_do_not_overflow() -> None:
    assert Predictions.of_logits(np.array([[1e4, 0.0], [-1e4, 0.0]], np.float32)).probability.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("classes", [10, 400])
def test_what_is_written_is_read_again(tmp_path: Path, classes: int) -> None:
    given = some(classes=classes)
    path = predictions_path(tmp_path, "net")
    assert path == tmp_path / "predictions" / "net.npz"
    save_predictions(path, given, checkpoint="abc", pictures="def")
    read = load_predictions(path, checkpoint="abc", pictures="def")
    assert read is not None
    np.testing.assert_array_equal(read.predicted, given.predicted)
    np.testing.assert_allclose(read.probability, given.probability, atol=5e-4)
    assert read.predicted.dtype == np.int64
    assert read.probability.dtype == np.float32
    assert [p.name for p in path.parent.iterdir()] == ["net.npz"]  # nothing half-done beside it


def test_ten_thousand_predictions_stay_small(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    save_predictions(path, some(10_000), checkpoint="a" * 64, pictures="b" * 64)
    assert path.stat().st_size < 40_000


def test_of_another_checkpoint_or_other_pictures_is_none(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    assert load_predictions(path, checkpoint="abc", pictures="def") is None
    save_predictions(path, some(), checkpoint="abc", pictures="def")
    assert load_predictions(path, checkpoint="xyz", pictures="def") is None
    assert load_predictions(path, checkpoint="abc", pictures="xyz") is None
    assert load_predictions(path, checkpoint="abc", pictures="def") is not None


def test_a_damaged_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    save_predictions(path, some(), checkpoint="abc", pictures="def")
    whole = path.read_bytes()
    damaged = [b"", b"PK", whole[:200], whole[:-30], b"text", b"\x00" * len(whole)]
    damaged += [whole[:at] + b"\xff" * 20 + whole[at + 20 :] for at in range(0, len(whole) - 20, 97)]
    for data in damaged:
        path.write_bytes(data)
        found = load_predictions(path, checkpoint="abc", pictures="def")
        assert found is None or len(found) == 300  # a hit beside the data leaves it as it was


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"predicted": np.zeros(3, np.uint8)},
        {"predicted": np.zeros(3, np.uint8), "probability": np.zeros(4, np.float16)},
        {"predicted": np.zeros((3, 1), np.uint8), "probability": np.zeros((3, 1), np.float16)},
        {"predicted": np.zeros(3, np.float64), "probability": np.zeros(3, np.float16)},
        {"predicted": np.zeros(3, np.uint8), "probability": np.array(["a", "b", "c"])},
    ],
)
def test_another_npz_is_none(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    path = tmp_path / "net.npz"
    np.savez(path, checkpoint=np.array("abc"), pictures=np.array("def"), **arrays)  # type: ignore[arg-type]
    assert load_predictions(path, checkpoint="abc", pictures="def") is None


def test_predictions_of_unlike_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one class and one probability"):
        Predictions(np.zeros(3, np.int64), np.zeros(2, np.float32))
    with pytest.raises(ValueError, match="cannot be compared"):
        outcomes(some(3), some(4), np.zeros(3, np.int64))


def test_an_index_beyond_16_bits_is_refused(tmp_path: Path) -> None:
    wide = Predictions(np.array([2**16]), np.ones(1, np.float32))
    with pytest.raises(ValueError, match="between 0 and 65535"):
        save_predictions(tmp_path / "net.npz", wide, checkpoint="a", pictures="b")
    assert not list(tmp_path.iterdir())


def test_the_digest_is_of_shape_pixels_and_labels(easy_images: Callable[..., LabelledImages]) -> None:
    data = easy_images(12)
    digest = pictures_digest(data)
    assert digest == pictures_digest(easy_images(12))
    one_pixel = data.images.copy()
    one_pixel[5, 3, 3, 1] ^= 1
    one_label = data.labels.copy()
    one_label[0] = 1
    others = [
        LabelledImages(data.info, one_pixel, data.labels),
        LabelledImages(data.info, data.images, one_label),
        LabelledImages(data.info, data.images.reshape(12, 6, 24, 3), data.labels),
        data.take(np.arange(11)),
    ]
    assert len({digest, *map(pictures_digest, others)}) == 5
    turned = LabelledImages(data.info, data.images[:, ::-1][:, ::-1], data.labels)  # not contiguous, but the same
    assert pictures_digest(turned) == digest


def test_outcomes() -> None:
    sure = np.ones(4, np.float32)
    labels = np.array([0, 1, 2, 0])
    found = outcomes(Predictions(np.array([0, 1, 0, 1]), sure), Predictions(np.array([0, 2, 2, 2]), sure), labels)
    assert found.tolist() == ["both", "first", "second", "neither"]


def test_the_surest_mistake_comes_first_and_without_mistakes_the_least_sure() -> None:
    labels = np.zeros(5, np.int64)
    a = Predictions(np.array([0, 1, 0, 0, 2]), np.array([0.9, 0.4, 0.6, 0.99, 0.3], np.float32))
    b = Predictions(np.array([0, 0, 0, 1, 1]), np.array([0.8, 0.9, 0.95, 0.7, 0.8], np.float32))
    # Mistakes: 4 at 0.8, 3 at 0.7, 1 at 0.4; then both right: 2 at 0.6, 0 at 0.8.
    assert mistakes_first(a, b, labels).tolist() == [4, 3, 1, 2, 0]


def test_pictures_are_predicted_in_batches_and_the_progress_is_told(easy_images: Callable[..., LabelledImages]) -> None:
    data = easy_images(25)
    network = nn.Sequential(nn.Flatten(), nn.Linear(12 * 12 * 3, 3)).eval()
    told: list[float] = []
    found = predict_pictures(
        network, data, data.info.mean, data.info.std, torch.device("cpu"), progress=told.append, batch_size=10
    )
    assert told == [0.4, 0.8, 1.0]
    at_once = predict_pictures(network, data, data.info.mean, data.info.std, torch.device("cpu"), batch_size=100)
    np.testing.assert_array_equal(found.predicted, at_once.predicted)
    np.testing.assert_allclose(found.probability, at_once.probability, rtol=1e-5)
    assert len(predict_pictures(network, data.take(np.arange(0)), (0,) * 3, (1,) * 3, torch.device("cpu"))) == 0
