"""`show` builds what it is told, in the folder where it is called, and opens the app on it."""

import sys
import threading

import pytest
import torch

from gam_viz.cli import show as command
from gam_viz.cli.main import main
from tests.networks_of_others import OwnSE, own_network

BUILD = """
from tests.networks_of_others import OwnNetwork, OwnSE

def build():
    return OwnNetwork(OwnSE)

def needs(width):
    return OwnNetwork(OwnSE)

def nothing():
    return {}

number = 7
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "mymodels.py").write_text(BUILD, encoding="utf-8")
    (tmp_path / "classes.txt").write_text("cat\ndog\nbird\n", encoding="utf-8")
    torch.save({"state_dict": own_network(OwnSE, seed=3).state_dict(), "epoch": 7}, tmp_path / "best.pth")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("mymodels", None)


SAID = ["--size", "32", "--mean", "0.5", "0.5", "0.5", "--std", "0.5", "0.5", "0.5"]


def test_it_opens_what_the_users_code_builds(folder, monkeypatch, capsys):
    seen = {}

    class Leaving(threading.Event):
        def wait(self, timeout=None):
            from gam_viz.app.shared.own_networks.live import exhibits

            (exhibit,) = exhibits().values()
            seen.update({name: (each.card, each.module) for name, each in exhibit.networks.items()})
            raise KeyboardInterrupt

    monkeypatch.setattr(command.threading, "Event", Leaving)
    monkeypatch.setattr("gam_viz.notebook.showing.ServerBeside", FakeServer)
    status = main(["show", "mine=mymodels:build", "--weights", "best.pth", "--classes", "classes.txt", *SAID])
    assert status == 0
    card, module = seen["mine"]
    assert (card.classes, card.input_size, card.mean) == (("cat", "dog", "bird"), 32, (0.5,) * 3)
    x = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.equal(module(x), own_network(OwnSE, seed=3)(x))
    said = capsys.readouterr()
    assert "http://fake/?show=" in said.out
    assert said.err.endswith("stopped\n")


class FakeServer:
    url, runs = "http://fake", True

    def __init__(self, port=None):
        pass

    def stop(self):
        pass


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["mymodels"], "a network is MODULE:FUNCTION, timm:NAME or torchvision:NAME, got 'mymodels'"),
        (["nowhere:build"], "nowhere cannot be imported"),
        (["mymodels:missing"], "mymodels has no missing"),
        (["mymodels:needs"], "called without arguments, and that fails"),
        (["mymodels:nothing"], "gives no torch.nn.Module but dict"),
        (["mymodels:number"], "neither a module nor a function"),
        (["mymodels:build", "mymodels:build"], "two networks are called build"),
        (["a=mymodels:build", "mymodels:build", "--weights", "best.pth"], "2 networks need as many --weights or none"),
        (["mymodels:build", "--classes", "none.txt", *SAID], "none.txt cannot be read"),
        (["mymodels:build", "--pictures", "nowhere", *SAID], "no picture and no folder nowhere"),
    ],
)
def test_what_cannot_be_shown_ends_in_a_sentence(folder, arguments, sentence, capsys):
    assert main(["show", *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
