"""Layers with several gates of a branch, on axes of their own: all are read, told apart, replaced and exported."""

import csv
import io

import numpy as np
import pytest
import torch

from gam_viz.evidence.ablation.ablate import ablations
from gam_viz.explain import explain, spatial_map
from gam_viz.explain.heatmaps import heatmaps, place_of, spatial_maps
from gam_viz.figures.gate_scales import spatial_scale
from gam_viz.figures.scales import Scale
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import Card
from gam_viz.report.tables import to_csv, to_npz

LAYER = "layer1.0"
SIDE = 8


@pytest.fixture
def explained(randomise):
    def make(attention):
        network = randomise(build_network(NetworkConfig(num_classes=3, width=4, attention=attention)))
        card = Card("n", "easy", "Easy", ("a", "b", "c"), SIDE, (0.5,) * 3, (0.5,) * 3, network.config)
        x = torch.randn(1, 3, SIDE, SIDE)
        return network, x, explain(network, card, x)

    return make


SHAPES = {
    "triplet": {"channels_columns": (4, 1, 8), "channels_rows": (4, 8, 1), "rows_columns": (1, 8, 8)},
    "coordinate": {"columns": (4, 1, 8), "rows": (4, 8, 1)},
    "bam": {"joint": (4, 8, 8)},
    "simam": {"neurons": (4, 8, 8)},
}


@pytest.mark.parametrize("attention", SHAPES)
def test_every_gate_is_read_and_found_by_its_name(attention, explained):
    _, _, explanation = explained(attention)
    gates = explanation.gates(LAYER, "spatial")
    assert {gate.name: gate.values.shape for gate in gates} == SHAPES[attention]
    assert all(explanation.reading(LAYER, "spatial", gate.name) is gate for gate in gates)
    assert explanation.reading(LAYER, "spatial") is gates[0]
    assert explanation.reading(LAYER, "spatial", "nowhere") is gates[0]
    assert explanation.reading(LAYER, "channel") is None
    assert explanation.layers[0] == LAYER


def test_a_gate_off_the_pictures_axes_is_no_map(explained):
    _, _, explanation = explained("triplet")
    assert list(spatial_maps(explanation, [LAYER])) == [f"{LAYER}:rows_columns"]
    keys = [map_.key for map_ in heatmaps(explanation)]
    assert keys == [f"gate.{layer}:rows_columns" for layer in explanation.layers]
    rows = explanation.reading(LAYER, "spatial", "channels_rows")
    assert not rows.over_picture
    with pytest.raises(ValueError, match="channels_rows_gate has no value for every row and column"):
        spatial_map(rows)
    assert spatial_maps(explained("coordinate")[2]) == {}


def test_one_gate_alone_keeps_its_layers_name(explained):
    _, _, explanation = explained("bam")
    assert place_of(explanation, explanation.readings[0]) == LAYER
    assert list(spatial_maps(explanation, [LAYER])) == [LAYER]


@pytest.mark.parametrize(
    ("reduction", "lowest", "highest"),
    [("gain", 1.0, 2.0), ("mean", 1.0, 2.0), ("channel", 1.0, 2.0), ("spread", 0, 0.5)],
)
def test_bams_range_is_one_to_two(reduction, lowest, highest, explained):
    (map_,) = spatial_maps(explained("bam")[2], [LAYER], reduction=reduction).values()
    assert (map_.lowest, map_.highest) == (lowest, highest)
    assert lowest <= map_.values.min() <= map_.values.max() <= highest
    assert spatial_scale([map_]) == Scale(lowest, max(1.0, highest))


def test_beside_a_mask_of_sigmoids_bam_shares_a_scale_that_holds_both(explained):
    maps = [map_ for name in ("bam", "cbam") for map_ in spatial_maps(explained(name)[2]).values()]
    assert spatial_scale(maps) == Scale(0.0, 2.0)


def test_each_gate_is_replaced_and_named(explained):
    network, x, _ = explained("triplet")
    results = ablations(network, x, 0, modes=["identity"]).results
    of_layer = [(one.place, one.branch, len(one.paths)) for one in results if one.layer == LAYER]
    names = [f"{LAYER}:{name}" for name in SHAPES["triplet"]]
    assert of_layer == [*((name, "spatial", 1) for name in names), (LAYER, "both", 3)]
    assert len({(one.place, one.branch) for one in results}) == len(results)
    network, x, _ = explained("cbam")
    assert {one.gate for one in ablations(network, x, 0, modes=["identity"]).results} == {""}


@pytest.mark.parametrize("mode", ["position_mean", "channel_mean", "shuffled"])
def test_replacements_keep_the_shape_of_a_gate_on_its_own_axes(mode, explained):
    network, x, _ = explained("coordinate")
    results = ablations(network, x, 0, modes=[mode], shuffles=6).results
    assert {one.gate for one in results if one.branch == "spatial"} == {"rows", "columns"}


def test_all_gates_are_exported(explained):
    _, _, explanation = explained("triplet")
    arrays = np.load(io.BytesIO(to_npz([explanation], {}, {})))
    stored = [arrays[f"n/gate/{LAYER}.attention.{name}_gate"].shape for name in SHAPES["triplet"]]
    assert stored == list(SHAPES["triplet"].values())
    rows = list(csv.DictReader(io.StringIO(to_csv([explanation]))))
    assert len({row["gate"] for row in rows if row["layer"] == LAYER}) == 3
