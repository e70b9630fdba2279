"""The zoo's results, read once while their file stays as it is, and how a difference of accuracies is said."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from gam_viz.evaluation.intervals import Estimate
from gam_viz.text import signed
from gam_viz.zoo.results import RESULTS, SetResults, load_results


def results_of() -> list[SetResults]:
    """The results: of GAM_VIZ_RESULTS, else of the project's own file; none where there is no file.

    Raises:
        ResultsError: the file is damaged.
    """
    path = Path(os.environ.get("GAM_VIZ_RESULTS") or RESULTS)
    if not path.exists():
        return []
    return _results(str(path), path.stat().st_mtime_ns)


@st.cache_resource(show_spinner=False, max_entries=4)
def _results(path: str, stamp: int) -> list[SetResults]:
    return load_results(Path(path))


def points(of: Estimate | None) -> str:
    """A difference of accuracies in percentage points, with its interval."""
    if of is None:
        return ""
    value, low, high = (signed(100 * number, "+.1f") for number in (of.value, of.low, of.high))
    return f"{value} ({low} … {high})"
