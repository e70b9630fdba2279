"""How long each page takes to show itself for the first time, and again.

Every page's script runs without a browser, with the checkpoints that ship: first with empty caches, as for the first
visitor of a server that has just started, then once more, as when a choice is changed. All pages take turns, so that a
machine that slows down slows all of them; the ratio to Compare is what to look at. Wall time is what a user waits for,
without what the browser does; processor time is printed beside it, because it moves less when something else runs.
Nothing is asserted; the target for a first view is 3 s on two quiet cores.

    python benchmarks/pages.py [--rounds 3] [--pages inside design ...]
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import time
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gam_viz.app.pages import PAGES

PROJECT = Path(__file__).resolve().parents[1]


def names() -> list[str]:
    """The pages, Compare first."""
    return [page.name for pages in PAGES.values() for page in pages]


def run(app: AppTest, name: str) -> tuple[float, float]:
    """Wall and processor seconds of one run.

    Raises:
        RuntimeError: the page ended in an error.
    """
    wall, processor = time.perf_counter(), time.process_time()
    app.run(timeout=300)
    took = time.perf_counter() - wall, time.process_time() - processor
    if app.exception:
        raise RuntimeError(f"{name} ended in an error: {app.exception[0].message}")
    return took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", nargs="+", help="folders in gam_viz/app (default: all)")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # streamlit says of every element that there is no browser
    chosen = options.pages or names()
    took: dict[tuple[str, str], list[tuple[float, float]]] = {}
    run(AppTest.from_file(str(PROJECT / "app.py")), "compare")  # imports, and what torch does once
    for _ in range(options.rounds):
        for name in chosen:
            st.cache_data.clear()
            st.cache_resource.clear()
            app = AppTest.from_file(str(PROJECT / "app.py"))
            app.switch_page(f"gam_viz/app/{name}/page.py")
            for kind in ("first", "again"):
                took.setdefault((name, kind), []).append(run(app, name))
    print(f"{'page':<10} {'first, s':>9} {'CPU, s':>7} {'to Compare':>11} {'again, s':>9}")
    middle = {key: [statistics.median(side) for side in zip(*of, strict=True)] for key, of in took.items()}
    base = middle.get(("compare", "first"), [float("nan")])[0]
    for name in chosen:
        (wall, processor), (again, _) = middle[name, "first"], middle[name, "again"]
        print(f"{name:<10} {wall:>9.2f} {processor:>7.2f} {wall / base:>11.2f} {again:>9.2f}")


if __name__ == "__main__":
    main()
