"""What the documents say is so: their code runs, their commands exist, their paths, names and labels are there."""

import argparse
import doctest
import pkgutil
import re
import shlex
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pydicom
import pytest
import torch
from pydicom.data import get_testdata_file

from gam_viz.attention.registry import ATTENTION
from gam_viz.cli.main import parser
from gam_viz.explain.attributions import attribute
from gam_viz.explain.attributions.registry import METHODS
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.text import words
from tests.checkpoint_files import write_checkpoints

ROOT = Path(__file__).resolve().parents[1]
#: Tells of files as they were called then.
DOCS = [
    path for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))) if path.stem != "CHANGELOG"
]
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCS]
#: A fragment, which runs in the namespace of the module that it would be a part of.
FRAGMENTS = {"docs/adding-a-method.md": "gam_viz.explain.attributions.gradients"}
PATH = re.compile(
    r"`((?:gam_viz|tests|docs|benchmarks|checkpoints|\.ci|\.streamlit)/[\w./-]*|[\w./-]+\.(?:py|md|toml|json))`"
)
#: Written by a command, or by the reader.
MADE = re.compile(r"runs/|checkpoints/mine\.|(manifest|audit|watch)\.json|log\.jsonl")


@cache
def content(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", content(name), re.DOTALL | re.MULTILINE)


def prose(name):
    return re.sub(r"^```.*?^```", "", content(name), flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_percent_is_written_as_on_the_pages(name):
    assert not re.findall(r".*\d %(?!\w).*", content(name))


#: Its networks are examined in full: half a minute of those that ship, which are wider.
SMALL = "docs/report.md"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A reader's folder: the checkpoints, and files of theirs that the documents name. What they register is undone."""
    monkeypatch.chdir(tmp_path)
    before = dict(ATTENTION), dict(METHODS)
    Path("checkpoints").symlink_to(ROOT / "checkpoints")
    torch.save(build_network(NetworkConfig(num_classes=3, width=8, attention="gam")).state_dict(), "gam.pth")
    pydicom.dcmread(get_testdata_file("CT_small.dcm")).save_as("scan.dcm")
    yield
    for registry, entries in zip((ATTENTION, METHODS), before, strict=True):
        registry.clear()
        registry.update(entries)


@pytest.mark.parametrize("name", [name for name in NAMES if blocks(name, "python")])
def test_code_runs(name, folder, capsys, monkeypatch):
    """Block after block in one namespace, as in a notebook."""
    if name == SMALL:
        write_checkpoints(Path("small"))
        monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", "small")
    if "import timm" in content(name) and find_spec("timm") is None:
        pytest.skip("timm is not installed")
    namespace = {}
    if name in FRAGMENTS:
        namespace |= vars(pkgutil.resolve_name(FRAGMENTS[name]))
    for block in blocks(name, "python"):
        exec(compile(block, f"<{name}>", "exec"), namespace)
    said = capsys.readouterr().out
    assert "Error" not in said
    assert said or "print(" not in content(name)


def test_the_method_of_the_guide_works(folder):
    name = "docs/adding-a-method.md"
    namespace = dict(vars(pkgutil.resolve_name(FRAGMENTS[name])))
    (block,) = blocks(name, "python")
    exec(compile(block, f"<{name}>", "exec"), namespace)
    METHODS["squared_smoothgrad"] = namespace["SQUARED_SMOOTHGRAD"]
    network = build_network(NetworkConfig(num_classes=3, width=8, attention="gam")).eval()
    picture = torch.randn(1, 3, 16, 16)
    heat = attribute(network, picture, 1, "squared_smoothgrad", params={"samples": 8})
    assert heat.values.shape == (16, 16)
    assert (heat.values >= 0).all()
    assert heat.values.max() > 0


EXAMPLES = [
    path.relative_to(ROOT) for path in sorted(ROOT.glob("gam_viz/**/*.py")) if ">>> " in path.read_text("utf-8")
]


@pytest.mark.parametrize("path", EXAMPLES, ids=str)
def test_examples_in_docstrings_run(path):
    module = pkgutil.resolve_name(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed


@cache
def options(command: str) -> frozenset[str]:
    (commands,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    return frozenset(commands.choices[command]._option_string_actions)


def commands(text):
    return re.findall(r"(?:python -m gam_viz|gam-viz) +([a-z][^`\n]*)", text)


@pytest.mark.parametrize("name", [name for name in NAMES if commands(content(name))])
def test_commands_and_their_options_exist(name):
    for command in (line for block in blocks(name, "") for line in commands(block)):
        parser().parse_args(shlex.split(command, comments=True))
    for command in commands(prose(name)):
        word, *rest = command.split()
        assert {option for option in rest if option.startswith("--")} <= options(word), command


@pytest.mark.parametrize("name", NAMES)
def test_paths_exist(name):
    here = (ROOT / name).parent
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose(name))
    for target in (target for target in targets if "://" not in target):
        assert (here / target).exists(), target
    for said in PATH.findall(prose(name)):
        if not MADE.match(said):
            assert (ROOT / said).exists() or ("/" not in said and any((ROOT / "gam_viz").rglob(said))), said


@pytest.mark.parametrize("name", NAMES)
def test_names_can_be_imported(name):
    for dotted in re.findall(r"`(gam_viz(?:\.\w+)+)", prose(name)):
        pkgutil.resolve_name(dotted)


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_those_of_the_pages(name):
    """What a document sets in *italics* with a capital letter is a word of the page, or a path through its menu."""
    sentences = " | ".join(words("en").sentences.values())
    for label in re.findall(r"(?<!\*)\*([A-Z][^*\n]*)\*(?!\*)", prose(name)):
        parts = re.sub(r", stop \d+$", "", label).split(", ")
        assert label in sentences or all(part in sentences for part in parts), label


#: Idioms that a native speaker stumbles over.
STUMBLED_OVER = re.compile(
    r"\bhangs? on\b|\bspeaks? of\b|\banew\b|\bbell\b|\bway around\b|\bdearer\b|\bsurest\b|"
    r"\b(bar|weight|row|pixels|MB) a (channel|side|file|session|picture)\b"
)


@pytest.mark.parametrize("name", NAMES)
def test_plain_words(name):
    assert STUMBLED_OVER.findall(prose(name)) == []


def test_tests_that_the_documents_name_exist() -> None:
    known = set(re.findall(r"def (test_\w+)", "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))))
    for path in (ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")):
        named = set(re.findall(r"`(test_\w+)`", path.read_text()))
        unknown = [name for name in named if not any(test.startswith(name) for test in known)]
        assert not unknown, path.name
