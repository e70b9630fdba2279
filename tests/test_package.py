"""What `pip install .` brings: the wheel is built, installed outside the checkout, and used from another folder."""

import os
import signal
import site
import subprocess
import sys
import urllib.request
import venv
import zipfile
from email import message_from_string
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from gam_viz import __version__
from tests.serving import free_port, serving

PROJECT = Path(__file__).resolve().parents[1]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, since a build leaves folders in its project."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "project"
    for name in ("gam_viz", "checkpoints", ".streamlit"):
        copytree(PROJECT / name, copy / name, ignore=ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", *(p.name for p in PROJECT.glob("require*.txt"))):
        (copy / name).write_bytes((PROJECT / name).read_bytes())
    build = ["wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder), str(copy)]
    subprocess.run([*PIP, *build], check=True)
    return folder / f"gam_viz-{__version__}-py3-none-any.whl"


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of commands of a fresh environment. Its dependencies are borrowed from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    subprocess.run([*PIP, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)], check=True)
    (own,) = folder.glob("lib/python*/site-packages")
    (own / "borrowed.pth").write_text("\n".join(site.getsitepackages()))
    return folder / "bin"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Another folder to be in, and an environment that does not lead back to the checkout."""
    for name in [name for name in os.environ if name.startswith(("GAM_VIZ_", "STREAMLIT_", "PYTHONPATH"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_wheel_holds_every_file(wheel):
    places = {"gam_viz": "gam_viz", "checkpoints": "gam_viz/checkpoints", ".streamlit": "gam_viz/settings"}
    expected = {
        f"{place}/{path.relative_to(PROJECT / name).as_posix()}"
        for name, place in places.items()
        for path in (PROJECT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as file:
        assert {name for name in file.namelist() if ".dist-info/" not in name} == expected


def test_the_pins_are_those_of_the_requirements(wheel):
    with zipfile.ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith("/METADATA"))
        about = message_from_string(file.read(name).decode())
    pins = about.get_all("Requires-Dist")
    assert [pin for pin in pins if "extra" not in pin] == (PROJECT / "requirements.txt").read_text().split()
    assert about.get_all("Provides-Extra") == ["scale", "timm", "pretrained", "dev"]
    assert all("==" in pin for pin in pins)


def test_nothing_of_the_checkout_is_used(installed, elsewhere):
    """The package, its networks and results, and a page that draws them."""
    program = """
import gam_viz, torch
from streamlit.testing.v1 import AppTest
from gam_viz.app import main
from gam_viz.evidence.leaderboard import results_file as evidence
from gam_viz.runtime import installation
from gam_viz.zoo import results as zoo
from streamlit.util import calc_hash
print(gam_viz.__file__, installation.SHIPPED, installation.new_checkpoints(), sep="\\n")
print(len(list(installation.SHIPPED.rglob("*.safetensors"))), len(zoo.load_results()), len(evidence.load_results()))
page = AppTest.from_file(main.__file__, default_timeout=120)
page.query_params["lang"] = "en"
page._page_hash = calc_hash("networks")  # as tests/app/visiting.py goes to a page
page.run()
print([error.value for error in (*page.error, *page.exception)], len(page.title))
"""
    package, shipped, new, counts, page = said(str(installed / "python"), "-c", program).splitlines()
    assert Path(package).is_relative_to(installed.parent)
    assert Path(shipped) == Path(package).parent / "checkpoints"
    assert new == "checkpoints"  # in this folder: an update would remove what lies in the package
    assert counts.split() == [str(len(list((PROJECT / "checkpoints").rglob("*.safetensors")))), "6", "2"]
    assert page == "[] 1"


def test_gam_viz_explain(installed, elsewhere):
    quick = ["--methods", "saliency", "--measures", "faithfulness", "--steps", "2", "--orders", "2", "--device", "cpu"]
    command = ["explain", "sample:scene-sailboat-17", "--networks", "scenes-gam", *quick, "--out", "report.html"]
    assert said(str(installed / "gam-viz"), *command).startswith("report.html: ")
    assert "scenes-gam" in Path("report.html").read_text(encoding="utf-8")


def test_gam_viz_app(installed, elsewhere):
    port, log = free_port(), elsewhere / "app.log"
    command = [str(installed / "gam-viz"), "app", "--port", str(port)]
    with serving(command, port, log, cwd=elsewhere, environment=os.environ) as (address, server):
        with urllib.request.urlopen(f"{address}/inside") as answer:
            assert b"<title>" in answer.read()
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=30) == 0
    assert address in log.read_text()
