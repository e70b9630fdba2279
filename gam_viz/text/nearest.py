"""What somebody may have meant by a name that nothing here has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], most: int = 4) -> list[str]:
    """Those of the known names that resemble `name` or hold it, the nearest first."""
    known = list(dict.fromkeys(known))
    close = difflib.get_close_matches(name, known, n=most)
    return [*close, *(each for each in known if len(name) > 2 and name in each and each not in close)][:most]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence that refuses `name`: "; did you mean scenes-cbam?", empty where nothing is near."""
    near = nearest(name, known, most=3)
    return f"; did you mean {' or '.join(near)}?" if near else ""
