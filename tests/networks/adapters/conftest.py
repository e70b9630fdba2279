"""Networks of other libraries, with weights that make every gate matter."""

import importlib

import pytest
import torch

from gam_viz.runtime.torchvision_shim import torchvision


@pytest.fixture
def timm():
    # Imported through a fixture: timm imports torchvision, which `torchvision_shim` must have made importable.
    assert torchvision
    pytest.importorskip("timm", reason="timm is not installed")
    return importlib.import_module("timm")


@pytest.fixture
def x():
    return torch.randn(1, 3, 64, 64)
