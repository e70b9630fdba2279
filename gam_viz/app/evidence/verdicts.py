"""The colours that verdicts have everywhere."""

from __future__ import annotations

#: Streamlit's names. Green: the map passed, orange: it failed, grey: nothing was decided.
FAITHFUL_COLOURS = {"better": "green", "worse": "orange", "random": "gray", "flat": "gray"}
RANDOM_COLOURS = {
    "collapses": "green",
    "flattens": "green",
    "resembles": "gray",
    "survives": "orange",
    "flat": "gray",
    "not_finite": "orange",
}
