"""No row depends on the rows beside it, nor on who computed it: not in the last bit of a float32."""

import random

import numpy as np
import pytest
import torch

from gam_viz.audit import shard as shard_module
from gam_viz.audit.network import audited as audited_network
from gam_viz.audit.run import run
from gam_viz.audit.shard import audit_shard
from gam_viz.audit.sources import SourceChoices, open_audit_source
from gam_viz.audit.sources.split import of_scenes
from gam_viz.datasets.scenes.draw import draw_scenes
from gam_viz.networks.checkpoints import read
from tests.audit.audits import audited, begin, table
from tests.checkpoint_files import write_scenes_network


@pytest.fixture(scope="module")
def whole(pictures, networks, tmp_path_factory):
    """All in one shard."""
    return audited(pictures, networks, tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("shard", [1, 7, 40])
def test_shards(shard, whole, pictures, networks, tmp_path):
    assert audited(pictures, networks, tmp_path, shard=shard).equals(whole)


@pytest.mark.parametrize("lot", [1, 5, 16])
def test_how_many_are_decoded_together(lot, whole, pictures, networks, tmp_path, monkeypatch):
    monkeypatch.setattr(shard_module, "lot_size", lambda networks: lot)
    assert audited(pictures, networks, tmp_path).equals(whole)


def test_shares_in_any_order(whole, pictures, networks, tmp_path):
    shares = [begin(pictures, networks, tmp_path, shard=8) for _ in range(3)]
    for number in (3, 1, 2):
        run(shares[number - 1], (number, 3))
    assert table(tmp_path).equals(whole)


@pytest.mark.parametrize("attention", ["cbam", "gam", "se"])
def test_order_and_threads(attention, tmp_path):
    """Widths at which processors choose other ways to sum for other numbers of pictures."""
    write_scenes_network(tmp_path, "net", attention, {}, 5)
    network = audited_network(read(tmp_path / "net.safetensors"), "net", torch.device("cpu"))
    items = of_scenes("data:scenes", draw_scenes(35, split="test"), False).items(0, 35)
    order = random.Random(0).sample(range(35), 35)
    plain = audit_shard(items, [network], truth=True)
    torch.set_num_threads(2)
    try:
        shuffled = audit_shard([items[number] for number in order], [network], truth=True)
    finally:
        torch.set_num_threads(1)
    back = shuffled.rows.take(np.argsort(order))
    for column in plain.rows.column_names[1:]:  # all but the number
        assert back[column].to_pylist() == plain.rows[column].to_pylist(), column
    for column in ("lowest", "highest", "count"):
        assert shuffled.channels[column].equals(plain.channels[column])
    np.testing.assert_allclose(shuffled.channels["sum"], plain.channels["sum"], rtol=1e-12)


def test_channels_are_those_of_the_rows(networks, pictures):
    """Over a channel's pictures: the gate's mean over all of them is the mean of its channels' means."""
    items = open_audit_source(pictures, SourceChoices(), 64).items(0, 41)
    tables = audit_shard(items, [audited_network(read(networks["gam"]), "gam", torch.device("cpu"))])
    found = tables.channels.to_pandas()
    for gate, channels in found.groupby("gate", observed=True):
        mean = tables.rows[f"gam/{gate}/mean"].to_numpy()
        assert set(channels["count"]) == {40}
        assert (channels["sum"] / channels["count"]).mean() == pytest.approx(np.nanmean(mean), rel=1e-5)
        assert (channels["lowest"] <= channels["sum"] / 40 + 1e-4).all()  # where a channel is constant, they are equal
        assert (channels["sum"] / 40 <= channels["highest"] + 1e-4).all()
