"""The laws of the house (ARCHITECTURE.md), read off the files: what may import what, how long a file is, names."""

import ast
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from gam_viz.app.pages import PAGES

ROOT = Path(__file__).resolve().parents[1]
#: Rooms from the ground up: each imports those before it alone. Two modules stand beside the rooms.
FLOORS = (
    *("runtime", "text", "attention", "datasets", "networks", "images", "titles", "explain", "cost", "evaluation"),
    *("figures", "training", "evidence", "audit", "watching", "zoo", "claims"),
    *("report", "app", "notebook", "cli", "__main__"),
)
LONGEST = 250
#: Longer, each for a reason.
LONG = {
    "gam_viz/datasets/scenes/shapes.py": "ten shapes, a function each",
}


@cache
def modules() -> dict[str, Path]:
    """Dotted name -> file, of the whole package."""
    names = {}
    for path in sorted((ROOT / "gam_viz").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> frozenset[str]:
    """What a module imports, anywhere in it: modules of ours by their full names, others by their first."""
    names = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names |= {f"{node.module}.{each.name}" for each in node.names}
    return frozenset(_module(name) for name in names)


def _module(name: str) -> str:
    if name.partition(".")[0] != "gam_viz":
        return name.partition(".")[0]
    while name not in modules():  # what a module defines
        name = name.rpartition(".")[0]
    return name


def ours(module: str) -> set[str]:
    """Modules of ours that it imports. The package itself has no room: it knows the version alone."""
    return {name for name in imports(module) if name.startswith("gam_viz.")} - {module}


def room(module: str) -> str:
    return module.split(".")[1]


def page_of(module: str) -> str | None:
    """The page whose folder a module lies in."""
    parts = module.split(".")
    pages = {page.name for section in PAGES.values() for page in section}
    return parts[2] if parts[1:2] == ["app"] and len(parts) > 2 and parts[2] in pages else None


def test_every_room_has_its_floor():
    assert {room(module) for module in modules() if module != "gam_viz"} == set(FLOORS)


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_go_down(floor):
    below = FLOORS[: FLOORS.index(floor) + 1]
    up = {(m, n) for m in modules() if m != "gam_viz" and room(m) == floor for n in ours(m) if room(n) not in below}
    assert not up


def test_no_circle():
    """Not even between two modules of one room, nor by an import inside a function."""
    try:
        TopologicalSorter({module: ours(module) for module in modules()}).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_streamlit_is_known_to_the_app_alone():
    assert not [m for m in modules() if "streamlit" in imports(m) and not m.startswith("gam_viz.app")]


def test_statistics_are_imported_when_they_are_asked_for():
    """`scipy.stats` takes a second; `scipy` imports it at its first use."""
    by_name = [
        module
        for module in modules()
        for node in ast.walk(tree(module))
        if (isinstance(node, ast.ImportFrom) and node.module == "scipy.stats")
        or (isinstance(node, ast.ImportFrom | ast.Import) and any("stats" in name.name for name in node.names))
    ]
    assert by_name == []


def test_attention_imports_nothing_of_ours():
    assert not [(m, n) for m in modules() if m.startswith("gam_viz.attention") for n in ours(m) if room(n) != room(m)]


def test_no_page_imports_another():
    """What two pages share is in gam_viz/app/shared, which imports no page either."""
    app = [module for module in modules() if module.startswith(("gam_viz.app.shared", *_folders()))]
    pairs = {(page_of(m) or "shared", page_of(n)) for m in app for n in ours(m) if page_of(n) not in (None, page_of(m))}
    assert not pairs


def _folders() -> list[str]:
    return [f"gam_viz.app.{page.name}" for section in PAGES.values() for page in section]


def test_every_page_is_a_folder_with_its_script():
    folders = {path.parent.name for path in (ROOT / "gam_viz" / "app").glob("*/page.py")}
    assert folders - {"shared"} == {page.name for section in PAGES.values() for page in section}


def test_no_file_is_long():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules().values()
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST and name not in LONG} == {}


def test_no_two_public_classes_have_one_name():
    places = defaultdict(list)
    for module in modules():
        for node in tree(module).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_product_module_is_named_as_a_test():
    assert not [m for m, path in modules().items() if path.name.startswith("test_") or path.name.endswith("_test.py")]
