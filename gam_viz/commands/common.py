"""What commands share: arguments, and checkpoints by name or file."""

from __future__ import annotations

import argparse
from pathlib import Path

from gam_viz.checkpoints import SUFFIX, Checkpoint, read

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"


def shared_arguments() -> argparse.ArgumentParser:
    """Where data and checkpoints are, and what computes."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data-root", help="folder that holds the data sets (default: $GAM_VIZ_DATA, else ./data)")
    common.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    common.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, help="folder of checkpoints")
    return common


def checkpoint_of(given: str, folder: Path) -> Checkpoint:
    """A checkpoint by its name in the folder, or by its file."""
    path = Path(given)
    return read(path if path.suffix == SUFFIX else folder / f"{given}{SUFFIX}")
