"""Data sets whose files are not there: what is expected where, and nothing downloaded unasked."""

from pathlib import Path

import pytest

from gam_viz.datasets import DATASETS, MissingDataError, is_here, load_dataset
from gam_viz.datasets.registry import FILES
from gam_viz.datasets.scenes.dataset import COUNTS


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("cifar10", "CIFAR-10", ("cifar10.zip", "cifar-10-batches-py")),
        ("ucmerced", "UC Merced Land Use", ("ucmerced128.zip", "ucmerced128")),
        ("mednist", "MedNIST", ("mednist64.zip", "mednist64")),
        ("pneumoniamnist", "PneumoniaMNIST", ("pneumoniamnist.npz",)),
        ("folder:mine", "mine", ("mine",)),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, name: str, title: str, expected: tuple[str, ...]) -> None:
    with pytest.raises(MissingDataError) as caught:
        load_dataset(name, "test", tmp_path, download=False)
    assert (caught.value.title, caught.value.folder, caught.value.expected) == (title, tmp_path, expected)
    assert all(part in str(caught.value) for part in expected)
    assert not list(tmp_path.iterdir())
    assert not is_here(name, tmp_path)
    (tmp_path / expected[-1]).touch()
    assert is_here(name, tmp_path)


def test_every_data_set_that_is_not_drawn_says_its_files(tmp_path: Path) -> None:
    assert {name for name in DATASETS if not is_here(name, tmp_path)} == set(FILES)
    assert {name for name in DATASETS if name not in FILES} == {"scenes", "scenes-shortcut"}


def test_half_a_download_is_not_there_either(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-py").mkdir()
    (tmp_path / "cifar-10-batches-py" / "test_batch").write_bytes(b"half")
    with pytest.raises(MissingDataError, match="or not whole"):
        load_dataset("cifar10", "test", tmp_path, download=False)


def test_drawn_scenes_need_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COUNTS, "test", 3)
    assert len(load_dataset("scenes", "test", tmp_path, download=False)) == 3
