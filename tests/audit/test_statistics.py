"""Every number of an audit is what a plain loop over `explain`, a picture after the other, finds."""

import numpy as np
import pytest
import torch

from gam_viz.attention import ATTENTION
from gam_viz.audit.columns import schema_of
from gam_viz.audit.network import audited as audited_network
from gam_viz.audit.shard import audit_shard
from gam_viz.audit.sources.split import of_scenes, open_split
from gam_viz.audit.statistics import CENTRE
from gam_viz.datasets.scenes.draw import draw_scenes
from gam_viz.evaluation.disagreement import Judged
from gam_viz.evaluation.familiarity import farther_than, stored
from gam_viz.evidence.localisation import Mask, share
from gam_viz.explain import explain, seen_by, spatial_map
from gam_viz.explain.answers import answers_of
from gam_viz.networks.checkpoints import named, read
from tests.audit.audits import write_networks
from tests.checkpoint_files import write_scenes_network

CLOSE = 1e-5
SCENES = of_scenes("data:scenes", draw_scenes(20, split="test"), False)


def checked(source, networks, numbers):
    """Audits some pictures of a source and compares every number with the loop's; returns the table."""
    loaded = [audited_network(each, name, torch.device("cpu")) for name, each in networks.items()]
    items = [source.items(number, number + 1)[0] for number in numbers]
    table = audit_shard(items, loaded, truth=source.masks is not None).rows
    assert table.schema == schema_of(loaded, source.masks is not None)
    rows = table.to_pylist()
    for item, row in zip(items, rows, strict=True):
        picture, known = item.picture(), item.truth()
        explained = [_one(row, name, checkpoint, picture, known) for name, checkpoint in networks.items()]
        if len(networks) > 1:
            judged = Judged("", np.stack([each.values for each in explained]))
            assert (row["disagree"], row["gap"]) == (judged.disagree, pytest.approx(judged.gap, abs=CLOSE))
    return table


def _one(row, name, checkpoint, picture, known):
    network, card = checkpoint.load(), checkpoint.card
    x = seen_by(card, picture).tensor
    explanation = explain(network, card, x)
    answers, scores = answers_of(card), torch.from_numpy(explanation.logits)[None].double()
    target = explanation.predicted
    assert row[f"{name}/prediction"] == card.classes[target]
    assert row[f"{name}/probability"] == pytest.approx(explanation.probabilities[target], abs=CLOSE)
    assert row[f"{name}/margin"] == pytest.approx(float(answers.margin(scores, target)), rel=CLOSE, abs=CLOSE)
    if (familiarity := stored(checkpoint)) is not None:
        assert row[f"{name}/farther"] == pytest.approx(farther_than(network, familiarity, x), abs=0.005)
    keys = [key for key in row if key.startswith(f"{name}/") and key.endswith("/mean")]
    assert len(keys) == len(explanation.readings)
    for key, reading in zip(keys, explanation.readings, strict=True):
        found = {k.rpartition("/")[2]: v for k, v in row.items() if k.rpartition("/")[0] == key.rpartition("/")[0]}
        expected = loop(explanation, reading, None if known is None else known[0])
        assert found.keys() == expected.keys() | ({"object"} & found.keys())
        kept = found.pop("map", None)
        for statistic, value in found.items():
            wanted = expected.get(statistic)
            assert (value is None) == (wanted is None), (key, statistic)
            assert wanted is None or value == pytest.approx(wanted, rel=CLOSE, abs=CLOSE), (key, statistic)
        if kept is not None:
            of_peak = np.frombuffer(kept, np.uint8).reshape(8, 8) / 255 * found["peak"]
            np.testing.assert_allclose(of_peak, expected["map"], atol=found["peak"] / 255 * 0.51)
    return explanation


def loop(explanation, reading, inside):
    """What is known of one gate on one picture, written down plainly."""
    values = reading.values.astype(np.float64)
    found = {"mean": values.mean(), "spread": values.std()}
    if reading.bounds is None or reading.bounds[0] < 0:
        found["negative"] = reading.negative_share
    if reading.bounds is not None:
        low, high = reading.bounds
        found["closed"] = (reading.values < np.float32(low + 0.05 * (high - low))).mean()
        found["open"] = (reading.values > np.float32(high - 0.05 * (high - low))).mean()
    if reading.per_channel:
        found["dead"] = sum(bool((abs(channel) < 0.05).all()) for channel in values)
    if not reading.over_picture:
        return found
    if reading.branch == "spatial":
        channel = explanation.reading(reading.layer, "channel") if reading.per_channel else None
        map_ = spatial_map(reading, channel).values
    else:
        map_ = abs(values).mean(axis=0) if reading.per_channel else values[0]
    found["centre"] = share(map_, CENTRE).inside
    if inside is not None:
        found["object"] = share(map_, Mask(inside)).inside if inside.any() else None
    height, width = map_.shape
    mass = np.maximum(map_, 0)
    tall = np.repeat(np.repeat(mass, 8, axis=0), 8, axis=1)  # cells of 8 x 8 parts, so that new cells are whole parts
    found["map"] = tall.reshape(8, height, 8, width).mean(axis=(1, 3))
    found["peak"] = found["map"].max()
    return found


@pytest.mark.parametrize("attention", ["none", *ATTENTION])
def test_every_gate_of_every_module(attention, tmp_path):
    write_scenes_network(tmp_path, "net", attention, {}, 3)
    checked(SCENES, {"net": read(tmp_path / "net.safetensors")}, range(5))


def test_two_networks_and_where_the_object_lies(tmp_path):
    networks = {name: read(path) for name, path in write_networks(tmp_path).items()}
    table = checked(SCENES, networks, range(20))
    assert None not in table["gam/layer1.0/spatial/object"].to_pylist()


@pytest.mark.long
def test_all_of_a_test_set(data_root):
    source = open_split("data:ucmerced", data_root)
    networks = {name: named(f"ucmerced-{name}") for name in ("cbam", "gam")}
    table = checked(source, networks, range(len(source)))
    known = table["cbam/layer3.1/spatial/object"]
    assert 0 < known.null_count < len(known)  # of some classes nobody knows where the object lies
