"""The numbers to take home are the numbers that were computed."""

import csv
import dataclasses
import io
import json

import numpy as np
import pytest
import torch

from gam_viz.explain import Explanation, explain
from gam_viz.explain.attributions import attribute_many
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import Card
from gam_viz.report import to_csv, to_npz


@pytest.fixture(scope="module")
def explanations() -> list[Explanation]:
    found = []
    for attention in ("cbam", "gam"):
        torch.manual_seed(0)
        network = build_network(NetworkConfig(width=4, attention=attention, num_classes=3)).eval()
        card = Card(attention, "d", "D", ("a", "b", "c"), 16, (0.5,) * 3, (0.5,) * 3, network.config)
        found.append(explain(network, card, torch.randn(1, 3, 16, 16)))
    return found


def test_an_npz_holds_every_gate_and_needs_no_pickle(explanations: list[Explanation]) -> None:
    torch.manual_seed(0)
    network = build_network(NetworkConfig(width=4, attention="gam", num_classes=3)).eval()
    maps = attribute_many(network, torch.randn(1, 3, 16, 16), 1, ["saliency"])
    data = to_npz(explanations, {"gam": maps}, {"picture_sha256": "abc", "name": "图"})
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        assert json.loads(str(arrays["facts"])) == {"picture_sha256": "abc", "name": "图"}
        for explanation in explanations:
            np.testing.assert_array_equal(arrays[f"{explanation.card.name}/logits"], explanation.logits)
            for reading in explanation.readings:
                np.testing.assert_array_equal(arrays[f"{explanation.card.name}/gate/{reading.module}"], reading.values)
        np.testing.assert_array_equal(arrays["gam/attribution/saliency"], maps[0].values)


def test_a_csv_has_a_row_a_channel_and_one_for_a_shared_mask(explanations: list[Explanation]) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(explanations))))
    for explanation in explanations:
        for reading in explanation.readings:
            of_gate = [r for r in rows if (r["network"], r["gate"]) == (explanation.card.name, reading.module)]
            assert len(of_gate) == reading.values.shape[0]
            assert [r["channel"] for r in of_gate] == (
                [str(c) for c in range(reading.shape[0])] if reading.per_channel else [""]
            )
            np.testing.assert_allclose([float(r["mean"]) for r in of_gate], reading.values.mean((1, 2)), rtol=1e-4)
            np.testing.assert_allclose([float(r["max"]) for r in of_gate], reading.values.max((1, 2)), rtol=1e-4)


def test_a_csv_says_of_which_picture_and_what_was_predicted(explanations: list[Explanation]) -> None:
    bare = dataclasses.replace(explanations[0], readings=())
    rows = list(csv.DictReader(io.StringIO(to_csv([*explanations[1:], bare], "abc"))))
    assert {row["picture_sha256"] for row in rows} == {"abc"}
    assert [row["channel"] for row in rows if row["network"] == bare.card.name] == [""]
    for explanation in explanations:
        of = next(row for row in rows if row["network"] == explanation.card.name)
        assert of["predicted"] == explanation.card.classes[explanation.predicted]
        assert float(of["value"]) == pytest.approx(explanation.values[explanation.predicted], rel=1e-5)


def test_names_of_networks_lead_out_of_no_folder(explanations: list[Explanation]) -> None:
    """An NPZ is a ZIP: who unpacks it must not find a file elsewhere."""
    named = [dataclasses.replace(e, card=dataclasses.replace(e.card, name="../../a b")) for e in explanations]
    with np.load(io.BytesIO(to_npz(named, {}, {}))) as arrays:
        assert {key.partition("/")[0] for key in arrays} == {"1-a_b", "2-a_b", "facts"}
