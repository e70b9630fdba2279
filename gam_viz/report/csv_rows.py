"""Rows of numbers as CSV, as a spreadsheet reads them without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from gam_viz.evaluation.disagreement import harmless


def csv_of(rows: Iterable[Sequence[object]]) -> str:
    """The rows; what would be a formula is none."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([harmless(cell) if isinstance(cell, str) and not _is_number(cell) else cell for cell in row])
    return buffer.getvalue()


def _is_number(cell: str) -> bool:
    """A negative number begins as a formula does, and is none."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def short(value: float | None) -> str:
    """A number with six digits; empty where there is none."""
    return "" if value is None or np.isnan(value) else f"{value:.6g}"
