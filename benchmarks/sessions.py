"""How long visitors wait for each other: a first view of Compare alone, and among many, one of them heavy.

    python benchmarks/sessions.py --sessions 20

Serves the app in a process of its own and visits it without browsers, each visitor on another picture, so that nothing
is computed for two. The heavy one asks the Evidence page for faithfulness in 64 steps against 64 random orders, and
asks again when it is done. What counts are ratios, measured in one run: other programs of the machine meet all alike.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.serving import free_port, serving
from tests.visitor import Visitor

PROJECT = Path(__file__).resolve().parents[1]
HEAD_START = 20.0  # seconds, after which the heavy visitor's long work has begun
HEAVY = {"question": "faithful", "steps": "64", "orders": "64", "data": "scenes", "source": "test"}


def first_view(address: str, number: int, page: str = "") -> float:
    """Seconds until a new visitor's page is drawn, on the test picture of that number."""
    query = urlencode({"data": "scenes", "source": "test", "test": number})
    start = time.perf_counter()
    with Visitor(address, page, query) as visitor:
        visitor.run()
    return time.perf_counter() - start


@contextmanager
def heavy_visitor(address: str) -> Iterator[list[int]]:
    """Somebody who computes for long, again and again on another picture; the list grows with every page drawn."""
    over, done = threading.Event(), [0]

    def visit() -> None:
        number = 1000
        while not over.is_set():
            with Visitor(address, "evidence", urlencode(HEAVY | {"test": str(number)})) as visitor:
                visitor.ask()
                for _ in visitor.told(until=lambda message: over.is_set()):
                    pass
            number += 1
            done[0] += 1

    thread = threading.Thread(target=visit, daemon=True)
    thread.start()
    time.sleep(HEAD_START)
    yield done
    over.set()
    thread.join(60)


def together(address: str, count: int, first: int) -> list[float]:
    """Seconds of so many newcomers that come at once."""
    took: list[float] = []
    threads = [
        threading.Thread(target=lambda number=number: took.append(first_view(address, first + number)))
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(took)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--checkpoints", type=Path, default=PROJECT / "checkpoints")
    options = parser.parse_args()
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "GAM_VIZ_CHECKPOINTS": str(options.checkpoints)}
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(command, port, Path(folder) / "app.log", cwd=PROJECT, environment=environment) as (address, _),
    ):
        first_view(address, 0)  # imports, networks, the data set
        alone = statistics.median(first_view(address, number) for number in range(1, 6))
        print(f"alone: {alone:.2f} s", flush=True)
        crowd = together(address, options.sessions, 100)
        told("all at once", crowd, alone)
        with heavy_visitor(address) as done:
            newcomers = sorted(first_view(address, 200 + number) for number in range(5))
            told("a newcomer beside the heavy one", newcomers, alone)
            told("all at once beside the heavy one", together(address, options.sessions, 300), alone)
            print(f"pages that the heavy one had meanwhile: {done[0]}")


def told(name: str, seconds: list[float], alone: float) -> None:
    """Print a line."""
    middle, last = statistics.median(seconds), seconds[-1]
    print(
        f"{name} ({len(seconds)}): median {middle:.2f} s ({middle / alone:.1f} x alone), last {last:.2f} s "
        f"({last / alone:.1f} x), delayed by {middle - alone:.2f} s and at most {last - alone:.2f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
