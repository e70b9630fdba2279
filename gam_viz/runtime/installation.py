"""Where the project's own files are: beside the package in a checkout, inside it where it was installed."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
#: A wheel brings into the package what lies beside it in a checkout (setup.py); an editable install does not.
INSTALLED = (PACKAGE / "checkpoints").is_dir()
SHIPPED = PACKAGE / "checkpoints" if INSTALLED else PACKAGE.parent / "checkpoints"
STREAMLIT_CONFIG = (PACKAGE / "settings" if INSTALLED else PACKAGE.parent / ".streamlit") / "config.toml"


def checkpoint_folder() -> Path:
    """Where checkpoints are looked for: $GAM_VIZ_CHECKPOINTS, else the ones that ship."""
    return Path(os.environ.get("GAM_VIZ_CHECKPOINTS") or SHIPPED)


def new_checkpoints() -> Path:
    """Where a training writes: the same, but never into an installed package, which an update replaces."""
    return Path("checkpoints") if INSTALLED and checkpoint_folder() == SHIPPED else checkpoint_folder()


def audit_folders() -> tuple[Path, ...]:
    """Folders that hold audits, or are ones: those of $GAM_VIZ_AUDITS, separated as in $PATH, else `audits` here."""
    given = os.environ.get("GAM_VIZ_AUDITS")
    return tuple(map(Path, given.split(os.pathsep))) if given else (Path("audits"),)


def run_folders() -> tuple[Path, ...]:
    """The same of watched trainings: those of $GAM_VIZ_RUNS, else `runs` here."""
    given = os.environ.get("GAM_VIZ_RUNS")
    return tuple(map(Path, given.split(os.pathsep))) if given else (Path("runs"),)
