"""Do the tests notice a small mistake? Random mutants of the package, each run against the tests that touch it.

    python benchmarks/mutants.py --count 200 --seed 1 --out ../mutants

A mutant is the package with one change: an operator, the bound of a comparison, a constant, a boolean, a `not` taken
away, a guard that returns nothing (see `mutations.py`). It is killed when a test fails. Its tests are those of its own
room and those that go the whole way to what a reader reads (`WHOLE_WAY`), and of these the ones that run the changed
function, fastest first. Which they are is measured first: one run of every test file on the package as it is, which
must pass, with a trace of the functions that each test calls.

`--out` keeps `tests.json` (that measurement) and `mutants.jsonl` (an outcome a line). A run that was stopped goes on
where it was; a mutant of a source that has changed since is run anew. Needs `os.fork`: torch and the like are imported
once, and every run of pytest is a child of that process.
"""

import argparse
import hashlib
import importlib
import importlib.util
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.mutations import Mutation, function_at, mutations  # noqa: E402

ROOMS = ("attention", "claims", "cost", "evidence", "explain", "images", "networks", "report")
#: What a reader reads at the end, and the rooms whose mistakes must show there.
WHOLE_WAY = ("tests/report/", "tests/app/test_planted_verdicts.py", "tests/app/test_evidence.py")
READ_AT_THE_END = {"evidence", "explain", "report"}
HEAVY = (
    "torch",
    "captum.attr",
    "scipy.stats",
    "scipy.ndimage",
    "skimage.metrics",
    "matplotlib.figure",
    "plotly.graph_objects",
)
HEAVY += ("PIL.Image", "pydicom", "tifffile", "rasterio", "safetensors.torch", "hypothesis", "streamlit.testing.v1")
SECONDS = 180.0  # of tests for one mutant, as measured, traced, on the package as it is; what comes after is left out
QUIET = ["-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-p", "no:randomly", "--import-mode=importlib"]


class Tracer:
    """A pytest plugin: the seconds of each test and the functions of the package that it calls.

    What a fixture of a module or of the session calls belongs to every test of its file: it is made but once.
    """

    def __init__(self, package: Path, report: Path) -> None:
        self._prefix, self._report = f"{package}{os.sep}", report
        self._seen: set[tuple[str, int]] = set()
        self._shared: set[tuple[str, int]] = set()
        self.tests: dict[str, dict[str, Any]] = {}

    def _trace(self, frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if code.co_filename.startswith(self._prefix):
            self._seen.add((code.co_filename, code.co_firstlineno))

    def pytest_sessionstart(self) -> None:
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Any:
        before, self._seen = self._seen, set()
        try:
            return (yield)
        finally:
            if fixturedef.scope != "function":
                self._shared |= self._seen
            self._seen |= before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self._seen = set()
        sys.settrace(self._trace)  # a test may have taken it away
        started = time.perf_counter()
        result = yield
        self.tests[item.nodeid] = {"seconds": time.perf_counter() - started, "calls": self._named(self._seen)}
        return result

    def pytest_sessionfinish(self) -> None:
        sys.settrace(None)
        self._report.write_text(json.dumps({"shared": self._named(self._shared), "tests": self.tests}))

    def _named(self, calls: set[tuple[str, int]]) -> list[str]:
        return sorted(f"gam_viz/{name.removeprefix(self._prefix)}:{line}" for name, line in calls)


class Chosen:
    """A pytest plugin: only these tests, in this order."""

    def __init__(self, ids: list[str]) -> None:
        self._order = {name: number for number, name in enumerate(ids)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self._order), key=lambda i: self._order[i.nodeid])


def in_a_child(copy: Path, arguments: list[str], plugin: object, cpu_seconds: float) -> tuple[str, str]:
    """How pytest ended in a child of this process (passed, failed, error, time) and the test that failed first."""
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if not child:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds) + 1, int(cpu_seconds) + 6))
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            os.chdir(copy)
            sys.path[:] = [str(copy), *(entry for entry in sys.path if Path(entry).resolve() != PROJECT)]
            for name in [name for name in sys.modules if name.partition(".")[0] in {"benchmarks", "tests", "gam_viz"}]:
                del sys.modules[name]
            code = 99
            try:
                code = int(pytest.main([*QUIET, "-rfE", "--rootdir", str(copy), *arguments], plugins=[plugin]))
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        status = _waited(child, 10 * cpu_seconds)
        output.seek(0)
        lines = [line for line in output.read().splitlines() if line.startswith(("FAILED", "ERROR"))]
    outcome = {0: "passed", 5: "passed", 1: "failed"}.get(status, "time" if status < 0 else "error")
    return outcome, lines[0].split(" - ")[0] if lines else ""


def _waited(child: int, seconds: float) -> int:
    """Its exit code, negative if a signal ended it; it and what it started are ended after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.02)


def folders_of(room: str) -> tuple[str, ...]:
    return (f"tests/{room}/", *(WHOLE_WAY if room in READ_AT_THE_END else ()))


def digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def measure(copy: Path, rooms: list[str], kept: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """For every test file of the rooms and of the whole way: its tests, their seconds and what they call."""
    before: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    known = {}
    package = digest(*sorted((copy / "gam_viz").rglob("*.py")))
    wanted = tuple(folder for room in rooms for folder in folders_of(room))
    for file in sorted((copy / "tests").rglob("test_*.py")):
        name = str(file.relative_to(copy))
        if not name.startswith(wanted):
            continue
        state = digest(file) + package
        if before.get(name, {}).get("state") != state:
            report = copy / "traced.json"
            report.unlink(missing_ok=True)
            outcome, failed = in_a_child(copy, [name], Tracer(copy / "gam_viz", report), 900)
            if outcome != "passed":
                say(f"left out, it does not pass as it is: {name} ({outcome} {failed})")
                continue
            before[name] = {"state": state, **json.loads(report.read_text())}
            kept.write_text(json.dumps(before))
        known[name] = before[name]
    return known


def tests_for(name: str, functions: set[int], known: dict[str, Any], room: str) -> list[str]:
    """The tests that run one of these functions, or anything of that file for what is run when it is imported.

    A test file's own are followed by its other tests: what a test finds cached, an earlier one has computed.
    """
    places = {f"{name}:{line}" for line in functions}

    def touches(calls: list[str]) -> bool:
        return any(call in places or (not functions and call.startswith(f"{name}:")) for call in calls)

    near, far = [], []
    for file, measured in known.items():
        if not file.startswith(folders_of(room)):
            continue
        everywhere = touches(measured["shared"])
        hit = {test: everywhere or touches(entry["calls"]) for test, entry in measured["tests"].items()}
        if any(hit.values()):
            cost = {test: entry["seconds"] for test, entry in measured["tests"].items()}
            own = sorted((test for test in hit if hit[test]), key=cost.__getitem__)
            near.append((sum(cost[test] for test in own), own, cost))
            far.append(([test for test in hit if not hit[test]], cost))
    chosen, seconds = [], 0.0
    for _, own, cost in sorted(near, key=lambda entry: entry[0]):
        for test in own:
            if seconds + cost[test] <= SECONDS or not chosen:
                chosen.append(test)
                seconds += cost[test]
    for others, cost in far:
        for test in others:
            if seconds + cost[test] <= SECONDS / 2:
                chosen.append(test)
                seconds += cost[test]
    return chosen


def draw(rooms: list[str], count: int, seed: int) -> Iterator[tuple[str, Path, Mutation]]:
    """Mutants of the rooms in turn; in a room every kind of change is as likely, and so is every change of a kind."""
    generator = random.Random(seed)
    by_room: dict[str, dict[str, list[tuple[Path, Mutation]]]] = {}
    for room in rooms:
        by_room[room] = defaultdict(list)
        for path in sorted((PROJECT / "gam_viz" / room).rglob("*.py")):
            for mutation in mutations(path.read_text()):
                by_room[room][mutation.kind].append((path, mutation))
    for number in range(count):
        room = rooms[number % len(rooms)]
        kinds = by_room[room]
        kind = generator.choice(sorted(kind for kind in kinds if kinds[kind]))
        yield room, *kinds[kind].pop(generator.randrange(len(kinds[kind])))


def of_lines(places: list[str]) -> Iterator[tuple[str, Path, Mutation]]:
    """Every mutant of the lines, each given as a file of the project and a line."""
    for place in places:
        name, _, line = place.rpartition(":")
        for mutation in mutations((PROJECT / name).read_text()):
            if mutation.line == int(line):
                yield Path(name).parts[1], PROJECT / name, mutation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rooms", nargs="+", default=list(ROOMS), choices=ROOMS)
    parser.add_argument(
        "--at", nargs="+", metavar="FILE:LINE", help="every mutant of these lines, instead of random ones"
    )
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "gam-viz-mutants")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name in HEAVY:
        if importlib.util.find_spec(name.partition(".")[0]):
            importlib.import_module(name)
    sys.modules["torch"].set_num_threads(1)

    outcomes = given.out / "mutants.jsonl"
    done = {entry["id"]: entry for entry in map(json.loads, outcomes.open())} if outcomes.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=PROJECT, capture_output=True)
        for file in filter(None, files.stdout.decode().split("\0")):
            if (PROJECT / file).is_file():
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / file, copy / file)
        chosen_mutants = list(of_lines(given.at) if given.at else draw(given.rooms, given.count, given.seed))
        known = measure(copy, sorted({room for room, *_ in chosen_mutants}), given.out / "tests.json", print)
        drawn = []
        for room, path, mutation in chosen_mutants:
            name = str(path.relative_to(PROJECT))
            source = path.read_text()
            key = f"{name}:{mutation.start}:{mutation.old}->{mutation.new}:{digest(path)}"
            if key not in done:
                functions = function_at(source, mutation.line)
                chosen = tests_for(name, functions, known, room)
                outcome, by = run(copy, name, mutation.apply(source), chosen, known)
                done[key] = {
                    "id": key, "room": room, "file": name, "line": mutation.line, "kind": mutation.kind,
                    "old": mutation.old, "new": mutation.new, "outcome": outcome, "by": by, "tests": len(chosen),
                }  # fmt: skip
                with outcomes.open("a") as log:
                    log.write(json.dumps(done[key]) + "\n")
            drawn.append(done[key])
            print(_line(drawn[-1]), flush=True)
    _summary(drawn)


def run(copy: Path, name: str, mutated: str, chosen: list[str], known: dict[str, Any]) -> tuple[str, str]:
    """What becomes of a mutant: killed by a test, by running on and on, or not at all."""
    if not chosen:
        return "survived", ""
    target = copy / name
    original, stamp = target.read_bytes(), target.stat()
    seconds = sum(known[test.partition("::")[0]]["tests"][test]["seconds"] for test in chosen)
    target.write_text(mutated)
    os.utime(target, (time.time() + random.random() * 1e6,) * 2)  # no compiled file of another mutant is of this time
    try:
        files = list(dict.fromkeys(test.partition("::")[0] for test in chosen))
        outcome, by = in_a_child(copy, ["-x", *files], Chosen(chosen), 3 * seconds + 30)
    finally:
        target.write_bytes(original)
        os.utime(target, (stamp.st_atime, stamp.st_mtime))
    return ("survived" if outcome == "passed" else "killed"), by or outcome


def _line(entry: dict[str, Any]) -> str:
    return f"{entry['outcome']:8} {entry['file']}:{entry['line']}  {entry['old']!r} -> {entry['new']!r}  {entry['by']}"


def _summary(drawn: list[dict[str, Any]]) -> None:
    print("\nroom         killed  of")
    for room, total in Counter(entry["room"] for entry in drawn).items():
        killed = sum(entry["room"] == room and entry["outcome"] == "killed" for entry in drawn)
        print(f"{room:12} {killed:6} {total:3}")
    killed = sum(entry["outcome"] == "killed" for entry in drawn)
    print(f"{'all':12} {killed:6} {len(drawn):3}  {killed / max(1, len(drawn)):.0%}\n")
    for entry in drawn:
        if entry["outcome"] != "killed":
            print(f"{entry['tests']} tests, {_line(entry)}")


if __name__ == "__main__":
    main()
