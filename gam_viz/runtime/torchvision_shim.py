"""`torchvision`, importable beside a torch build that its wheel was not compiled for.

Where only the CPU build of torch is to be had, the registry's torchvision (built against CUDA) cannot load its C++
operators, and its import fails because two of them were never declared. Declaring their schemas lets it import;
the operators themselves (non-maximum suppression) stay unavailable, and nothing here uses them.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch


def _extension_loads() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return True  # let the import below say that it is not installed
    for library in Path(spec.origin).parent.glob("_C*.so"):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            return False
    return True


# The library object must outlive the import, or the declarations go with it.
_declared: torch.library.Library | None = None
if not _extension_loads():
    _declared = torch.library.Library("torchvision", "DEF")
    _declared.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _declared.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import torchvision  # noqa: E402

__all__ = ["torchvision"]
