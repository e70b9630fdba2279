"""What attention is worth at inference, on Design; and a folded network on the pages that look at gates."""

import dataclasses
import shutil

import pytest
import torch
from streamlit.testing.v1 import AppTest

from gam_viz.cost import Latency
from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.dependence.fold import FoldedNetwork, folding_path, save_folding
from gam_viz.explain.gates import last_gates
from gam_viz.networks.checkpoints import load, read, save
from gam_viz.networks.gate_folding import fold
from tests.app.visiting import visit


@pytest.fixture
def folder(checkpoint_folder, tmp_path, monkeypatch):
    """A CBAM network, what was measured of it folded, and the folded network."""
    shutil.copy(checkpoint_folder / "scenes-cbam.safetensors", tmp_path)
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(tmp_path))
    checkpoint = read(tmp_path / "scenes-cbam.safetensors")
    network = load(checkpoint)
    gates = last_gates(network, torch.randn(2, 3, *checkpoint.card.sides))
    chosen = {path: gates[path].mean(0) for path in [*list(gates)[:2], list(gates)[-1]]}
    folded = fold(network, chosen)
    save(
        folded,
        dataclasses.replace(checkpoint.card, name="scenes-cbam-folded", config=folded.config),
        tmp_path / "scenes-cbam-folded.safetensors",
    )
    time = Latency(0.75, 0.5, 0.875, 40, "CPU")
    change = Estimate(-0.0125, -0.02, -0.005, "pictures", 80)
    known = FoldedNetwork(
        checkpoint.sha256, tuple(chosen), len(gates), 0.95, 0.9375, change, 2000, 1500, 10_000, 9_000, time
    )
    save_folding(folding_path(tmp_path, "scenes-cbam"), known)
    return tmp_path


def test_what_folding_leaves(folder, app: AppTest, monkeypatch):
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(folder))
    page = visit(app, "design").run()
    assert not page.exception
    assert "What is attention worth at inference?" in [each.value for each in page.header]
    (row,) = page.dataframe[-1].value.to_dict("records")
    assert row["gates made constant"] == "3 of 12"
    assert row["test accuracy"] == "95.0% → 93.8%"
    assert row["change, points"] == "−1.2 (−2.0 … −0.5)"
    assert row["numbers kept"] == "2,000 → 1,500"
    assert row["multiply-adds"] == "−10.0%"
    assert row["time"] == "0.75× (0.50–0.88)"
    assert "gam-viz fold scenes-cbam --to mine" in [each.value for each in page.code]


@pytest.mark.parametrize("name", ["compare", "inside", "evidence"])
def test_a_folded_network_is_looked_at(folder, app: AppTest, name, monkeypatch):
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(folder))
    page = visit(app, name)
    page.query_params["networks"] = "scenes-cbam-folded,scenes-cbam"
    page.run()
    assert not page.exception
    assert not page.error


def test_nothing_was_folded(app: AppTest):
    page = visit(app, "design").run()
    assert "What is attention worth at inference?" not in [each.value for each in page.header]
