"""How long the server takes to redraw Compare's first screen and channel weights when another layer is chosen.

What the networks make of the picture is known by then; the part that depends on the layer is drawn anew alone. The
page runs without a browser, with the checkpoints that ship. Wall and processor time of that part are printed for every
change, and the medians; the target is 100 ms on two quiet cores. Nothing is asserted.

    python benchmarks/layers.py [--rounds 3] [--networks scenes-cbam,scenes-gam]
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gam_viz.app.compare import first_screen
from gam_viz.app.served.application import MAIN


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--networks", default="scenes-cbam,scenes-gam", help="names of checkpoints of the scenes")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # streamlit says of every element that there is no browser
    drawn, took = first_screen._parts, []

    def timed(*given: object) -> None:
        wall, processor = time.perf_counter(), time.process_time()
        drawn(*given)  # type: ignore[arg-type]
        took.append((time.perf_counter() - wall, time.process_time() - processor))

    first_screen._parts = timed  # type: ignore[assignment]
    app = AppTest.from_file(MAIN, default_timeout=300)
    app.query_params["networks-scenes"] = options.networks
    app.run()
    first, layers = took.pop(), app.radio(key="layer").options
    print(f"drawn first: {1000 * first[0]:.0f} ms, {1000 * first[1]:.0f} ms of processor time")
    for _ in range(options.rounds):
        for layer in layers:
            app.radio(key="layer").set_value(layer).run()
            assert not app.exception, app.exception[0].message
            wall, processor = took[-1]
            print(f"{layer:<10} {1000 * wall:>5.0f} ms, {1000 * processor:>5.0f} ms of processor time")
    wall, processor = (statistics.median(side) for side in zip(*took, strict=True))
    print(f"median     {1000 * wall:>5.0f} ms, {1000 * processor:>5.0f} ms of processor time")


if __name__ == "__main__":
    main()
