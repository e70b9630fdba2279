"""torchvision imports beside a torch its wheel was not built for, and is left alone where it was."""

import runpy
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from gam_viz.runtime import torchvision_shim


class Declared(list):
    """In the place of `torch.library.Library`: notes what is declared, and declares nothing."""

    def __call__(self, *arguments):
        self.append(arguments)
        return self

    def define(self, schema):
        self.append(schema)


@pytest.fixture
def declared(monkeypatch):
    noted = Declared()
    monkeypatch.setattr(torch.library, "Library", noted)
    return noted


def run_again():
    """The module's code once more, as if it was imported for the first time."""
    return runpy.run_path(torchvision_shim.__file__)


def test_torchvision_works():
    assert torchvision_shim.torchvision is sys.modules["torchvision"]
    from torchvision.transforms import v2

    picture = Image.fromarray(np.full((6, 8, 3), 51, dtype=np.uint8))
    tensor = v2.functional.pil_to_tensor(picture)
    assert tensor.shape == (3, 6, 8)
    assert torchvision_shim.torchvision.transforms.ToTensor()(picture).unique().tolist() == [pytest.approx(0.2)]
    assert callable(torchvision_shim.torchvision.datasets.CIFAR10)
    assert torchvision_shim.torchvision.models.resnet18(num_classes=2).fc.out_features == 2


def test_where_the_extension_loads_nothing_is_declared(declared, monkeypatch):
    loaded = []
    monkeypatch.setattr(torch.ops, "load_library", loaded.append)
    assert run_again()["_declared"] is None
    assert declared == []
    assert [path for path in loaded if "_C" in path] == loaded != []


def test_where_it_does_not_load_the_two_missing_schemas_are_declared(declared, monkeypatch):
    def fail(path):
        raise OSError(f"Could not load this library: {path}")

    monkeypatch.setattr(torch.ops, "load_library", fail)
    assert run_again()["_declared"] is declared  # kept, or the declarations would go with it
    assert declared == [
        ("torchvision", "DEF"),
        "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    ]


def test_the_shim_here_is_what_this_machine_needs():
    try:
        for library in sorted(torchvision_shim.Path(torchvision_shim.torchvision.__file__).parent.glob("_C*.so")):
            torch.ops.load_library(str(library))
        loads = True
    except OSError:
        loads = False
    assert (torchvision_shim._declared is None) is loads


def test_a_missing_torchvision_is_left_to_the_import(declared, monkeypatch):
    monkeypatch.setattr(torchvision_shim.importlib.util, "find_spec", lambda name: None)
    assert torchvision_shim._extension_loads()
