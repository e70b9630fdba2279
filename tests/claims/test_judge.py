"""All statements together, and the lines that measure them again."""

import fnmatch
import re
import shlex
from pathlib import Path

import pytest
import torch

from gam_viz.claims import SECTIONS, SNIPPETS, VERDICTS, MeasuredNetwork, counted, judge, measure, stand_in
from gam_viz.cli.main import parser
from gam_viz.networks.checkpoints import load, read
from gam_viz.zoo.plan import read_plan
from gam_viz.zoo.results import load_results
from gam_viz.zoo.train import chosen

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shipped():
    subjects = []
    for name in ("scenes-cbam", "scenes-gam"):
        checkpoint = read(ROOT / "checkpoints" / f"{name}.safetensors")
        subjects.append(MeasuredNetwork(load(checkpoint), checkpoint.card, True))
    return measure(*subjects, torch.device("cpu"))


@pytest.fixture(scope="module")
def claims(shipped):
    return {claim.key: claim for claim in judge(load_results(), counted(), shipped)}


def test_every_statement_is_judged_once_and_has_its_lines(claims):
    assert list(claims) == list(SECTIONS) == list(SNIPPETS)
    assert {claim.verdict for claim in claims.values()} <= set(VERDICTS)


@pytest.mark.parametrize("attention", ["cbam", "gam"])
def test_a_stand_in_is_built_as_the_network_that_ships(attention):
    own, ships = stand_in(attention).card, read(ROOT / "checkpoints" / f"scenes-{attention}.safetensors").card
    for name in ("dataset", "classes", "input_size"):
        assert getattr(own, name) == getattr(ships, name), name
    for name in ("architecture", "width", "attention", "attention_stages", "stem", "num_classes"):
        assert getattr(own.config, name) == getattr(ships.config, name), name


def test_without_results_and_checkpoints_there_is_a_verdict_on_each():
    live = measure(stand_in("cbam"), stand_in("gam"), torch.device("cpu"))
    found = judge([], counted(), live)
    assert len(found) == len(SECTIONS)
    assert not live.cbam.trained
    assert {claim.key for claim in found if claim.reason == "nothing"} == {
        "efficiency",
        "beats_cbam",
        "details",
        "deeper",
        "with_se",
        "gain",
    }


def printed(key, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(SNIPPETS[key].python, f"<{key}>", "exec"), {})
    return capsys.readouterr().out


@pytest.mark.parametrize("key", [key for key, snippet in SNIPPETS.items() if snippet.python])
def test_the_lines_run(key, monkeypatch, capsys):
    out = printed(key, monkeypatch, capsys)
    assert out or key in ("deeper", "with_se")  # those print what is trained


def test_the_lines_find_what_the_cards_say(claims, shipped, monkeypatch, capsys):
    out = printed("crossing", monkeypatch, capsys)
    assert re.findall(r": (\d+) of", out) == [
        str(claims["crossing"].facts["channel"]["gam"]),
        str(claims["crossing"].facts["spatial"]["gam"]),
    ]
    erased = [f"{of.erased[0]:.1%}" for of in (shipped.cbam, shipped.gam)]  # of the first scene
    assert re.findall(r"\S+%", printed("kept", monkeypatch, capsys)) == erased
    groups = printed("groups", monkeypatch, capsys)
    fields = claims["groups"].facts["fields"]
    assert re.findall(r"(\w+) (\d+) of", groups) == [
        (place, str(fields[place])) for place in ("between", "last", "none")
    ]
    for key in ("efficiency", "groups", "factorised", "depthwise"):
        rows = re.findall(r"\[(\d+), (\d+), (\d+)\]", printed(key, monkeypatch, capsys))
        assert rows == [tuple(map(str, line.values)) for line in claims[key].table.lines]
    assert re.findall(r"(\d+) columns", printed("factorised", monkeypatch, capsys)) == ["13", "7"]
    shares = re.findall(r"\+[\d.]+%", printed("parameters", monkeypatch, capsys))
    table = {(line.module, str(line.options)): line.values for line in claims["parameters"].table.lines}
    own = table["gam", "{}"], table["gam", str({"rate": 8, "spatial": "factorised"})], table["cbam", "{}"]
    assert shares == [f"{values[network]:+.1%}" for network in (0, 1) for values in own]


def test_the_commands_are_the_command_lines():
    plan, parse = read_plan(), parser().parse_args
    runs = {run.name for each in plan for run in each.runs}
    for key, snippet in SNIPPETS.items():
        for command in snippet.shell.splitlines():
            python, flag, package, *words = shlex.split(command)
            assert [python, flag, package] == ["python", "-m", "gam_viz"], key
            options = parse(words)
            if words[0] == "zoo":
                trained = chosen(plan, options.only)
                assert trained, key
                assert all(fnmatch.filter(runs, pattern) for pattern in options.only), key
                assert not any("gam-sigmoid" in run.name for run in trained) or key == "details", key


def test_the_lines_of_the_docs_run(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "claims.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, "<docs>", "exec"), {})
    assert [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()] == list(SECTIONS)


def test_the_docs_name_every_statement_and_its_section():
    rows = re.findall(
        r"^\| (`.+?): .*? \| ([\d., ]+?) \|", (ROOT / "docs" / "claims.md").read_text("utf-8"), re.MULTILINE
    )
    named = {}
    for keys, sections in rows:
        names = re.findall(r"`(\w+)`", keys)
        named |= dict(zip(names, sections.split(", ") if len(names) > 1 else [sections], strict=True))
    assert named == SECTIONS
