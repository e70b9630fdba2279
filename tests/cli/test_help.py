"""`--help` answers at once, and what it lists is what the library knows."""

import argparse
import subprocess
import sys
from typing import get_args

import pytest

from gam_viz.cli import common, convert, explain, train
from gam_viz.cli.main import parser
from gam_viz.evidence.faithfulness import BASELINES
from gam_viz.explain.maps import REDUCTIONS
from gam_viz.images import Fit
from gam_viz.networks import ARCHITECTURES, STEMS
from gam_viz.training import RECIPES

HEAVY = ("torch", "streamlit", "numpy", "matplotlib", "PIL")
(SUBPARSERS,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
COMMANDS = (
    "app",
    "show",
    "explain",
    "audit",
    "evidence",
    "gates",
    "fold",
    "idsds",
    "cost",
    "train",
    "evaluate",
    "zoo",
    "convert",
    "checkpoints",
)


def test_the_commands():
    assert tuple(SUBPARSERS.choices) == COMMANDS


def test_help_imports_nothing_heavy():
    """All commands' help in one fresh process."""
    program = f"""
import sys
from gam_viz.cli.main import main
for arguments in ([], *([name] for name in {COMMANDS}), ["--version"]):
    try:
        main([*arguments, *([] if arguments == ["--version"] else ["--help"])])
    except SystemExit as stopped:
        assert stopped.code == 0, arguments
print("imported", *sorted(set({HEAVY}) & set(sys.modules)))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.endswith("imported\n")
    for name in COMMANDS:
        assert f"usage: gam-viz {name}" in said


def test_the_module_says_how_it_was_called():
    said = subprocess.run([sys.executable, "-m", "gam_viz", "--help"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("usage: python -m gam_viz ")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_has_its_words(name):
    for action in SUBPARSERS.choices[name]._actions:
        assert action.help, action.dest


def test_the_names_are_those_of_the_library():
    assert tuple(ARCHITECTURES) == common.ARCHITECTURES
    assert tuple(RECIPES) == train.RECIPES
    assert convert.STEMS == STEMS
    assert get_args(Fit) == explain.FITS
    assert (explain.REDUCTIONS, explain.BASELINES) == (REDUCTIONS, BASELINES)
