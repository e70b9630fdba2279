"""A notebook calls `show` on two networks of its own, or of timm: both are seen in a browser, and gone after."""

import os
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.browser.conftest import PROJECT
from tests.browser.waiting import PATIENCE, compare_settles, rest

pytestmark = pytest.mark.browser
TIMM = """
import gam_viz.runtime.torchvision_shim
import timm
SE = timm.create_model("legacy_seresnet18", num_classes=3)
"""
OWN = """
from tests.networks_of_others import OwnSE
SE = own_network(OwnSE)
"""
NOTEBOOK = """
import gc
import weakref
import gam_viz
import torch
from gam_viz.app.shared.own_networks.live import exhibits
from tests.networks_of_others import own_network
{se}
torch.manual_seed(0)
networks = {{"my SE": SE, "my GAM": own_network()}}
x = torch.randn(1, 3, 32, 32)
before = {{name: network.eval()(x) for name, network in networks.items()}}
said = dict(classes=["cat", "dog", "bird"], size=32, mean=(0.5,) * 3, std=(0.5,) * 3)
shown = gam_viz.show(networks, torch.rand(3, 32, 32), **said)
other = gam_viz.show({{"another": own_network()}}, **said)  # the server goes on, and the pages stay open
print("at", shown.url, flush=True)
input()
weights = [next(copy.module.parameters()) for each in exhibits().values() for copy in each.networks.values()]
weights = [weakref.ref(each) for each in weights[:2]]
shown.stop()
gc.collect()
assert [each() for each in weights] == [None, None], "an open page holds a network that was taken back"
other.stop()
assert all(torch.equal(network(x), before[name]) for name, network in networks.items())
print("stopped", flush=True)
input()
"""


@pytest.mark.parametrize("se", [OWN, pytest.param(TIMM, marks=pytest.mark.long)], ids=["own", "timm"])
def test_a_notebooks_networks_are_seen_and_gone(browser, se, thorough):
    if se is TIMM:
        pytest.importorskip("timm", reason="timm is not installed: requirements-timm.txt")
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", NOTEBOOK.format(se=se)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    notebook = subprocess.Popen(command, env=environment, **pipes)
    try:
        line = next(line for line in notebook.stdout if line.startswith("at "))
        url = line.split()[1]
        page = browser.new_context(viewport={"width": 1280, "height": 2000}).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{url}&lang=en")
        compare_settles(page)
        main = page.inner_text('[data-testid="stMain"]')
        assert "my SE" in main
        assert "my GAM" in main
        assert "weights" in main
        assert page.locator('[data-testid="stException"]').count() == 0
        if thorough:  # the address keeps them when the reader goes on to another page
            page.goto(url.replace("/?", "/inside?") + "&lang=en")
            rest(page)
            page.get_by_text("my GAM").first.wait_for()
            assert "my GAM" in page.inner_text('[data-testid="stMain"]')
        notebook.stdin.write("\n")
        notebook.stdin.flush()
        assert notebook.stdout.readline() == "stopped\n"
        with pytest.raises((urllib.error.URLError, ConnectionError)):
            urllib.request.urlopen(url.partition("?")[0], timeout=5)
    finally:
        notebook.kill()
        notebook.wait()
