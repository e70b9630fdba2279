"""A package of this project that is a public function, too: `gam_viz.report(network, picture, "r.html")`."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


class _CallableRoom(ModuleType):
    """A module that, called, calls the function of its name in `gam_viz.notebook`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # By name, when it is called: the notebook's room lies above all others and imports them.
        function = getattr(importlib.import_module("gam_viz.notebook"), self.__name__.rpartition(".")[2])
        return function(*args, **kwargs)


def make_callable(name: str) -> None:
    """Let the module of that name, which is being imported, be called (Python's data model, "Customizing module
    attribute access")."""
    sys.modules[name].__class__ = _CallableRoom
