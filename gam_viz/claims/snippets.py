"""How to measure each statement again, read from `snippets.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Snippet:
    """Lines of Python that print the figures, and commands that make what they read; empty where there is none."""

    python: str = ""
    shell: str = ""


_TABLE = tomllib.loads((files(__package__) / "snippets.toml").read_text(encoding="utf-8"))
SNIPPETS = {claim: Snippet(**lines) for claim, lines in _TABLE.items()}
