"""Evidence: do the gates depend on the picture? What a reader is told of planted gates, in both languages."""

import dataclasses

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.dependence.statistics import GateStatistics
from gam_viz.evidence.dependence.store import dependence_path, load_dependence, save_dependence
from gam_viz.evidence.dependence.verdict import Dependence
from gam_viz.networks.checkpoints import read
from tests.app.visiting import visit


def planted(path, branch, change, between, by_class=0.0, shape=(8, 1, 1)):
    values = {field.name: 0.25 for field in dataclasses.fields(GateStatistics)} | {
        "path": path,
        "layer": path.rpartition(".attention")[0],
        "branch": branch,
        "shape": shape,
        "pictures": 100,
        "bounds": (0.0, 1.0),
        "between_pictures": between,
        "by_class": by_class,
        "class_means": np.full((10, 8), 0.25),
        "closed": 3,
        "open": 1,
    }
    interval = Estimate(change, change - 0.005, change + 0.005, "pictures", 100)
    return Dependence(GateStatistics(**values), interval)


@pytest.fixture
def kept(checkpoint_folder):
    """What came with the CBAM network; GAM's is not known."""
    checkpoint = read(checkpoint_folder / "scenes-cbam.safetensors")
    found = (
        planted("layer1.0.attention.channel_gate", "channel", 0.0, 0.02),
        planted("layer1.0.attention.spatial_gate", "spatial", -0.2, 0.9, 0.8, (1, 32, 32)),
        planted("layer2.0.attention.channel_gate", "channel", -0.1, 0.4, 0.1),
    )
    path = dependence_path(checkpoint_folder, "scenes-cbam")
    save_dependence(path, found, checkpoint=checkpoint.sha256)
    yield found
    path.unlink()


def said(app: AppTest) -> str:
    return "\n".join(each.value for each in app.markdown)


def test_it_is_kept_whole(kept, checkpoint_folder):
    checkpoint = read(checkpoint_folder / "scenes-cbam.safetensors")
    path = dependence_path(checkpoint_folder, "scenes-cbam")
    found = load_dependence(path, checkpoint=checkpoint.sha256)
    for ours, given in zip(found, kept, strict=True):
        assert ours.change == given.change
        assert ours.verdict == given.verdict
        for field in dataclasses.fields(GateStatistics):
            a, b = getattr(ours.statistics, field.name), getattr(given.statistics, field.name)
            assert np.array_equal(a, b) if field.name == "class_means" else a == b, field.name
    assert load_dependence(path, checkpoint="another") is None
    path.write_bytes(path.read_bytes()[:100])
    assert load_dependence(path, checkpoint=checkpoint.sha256) is None


def test_what_came_with_a_network_is_said_and_the_rest_is_offered(app: AppTest, kept) -> None:
    visit(app, "evidence").query_params["question"] = "depend"
    app.run()
    assert not app.exception
    assert (
        "CBAM, r = 2: 3 gates over 100 test pictures: 1 could be a constant (within one point of accuracy), 1 is "
        "needed as it varies, 1 is needed and goes by the class. What varies from picture to picture is 2% of the "
        "variance (layer1.0, channel) to 90% (layer1.0, spatial)" in said(app)
    )
    assert "GAM: not measured." in said(app)
    table = app.dataframe[0].value
    assert list(table["the answers"]) == ["do not need it to vary", "need it to vary by class", "need it to vary"]
    assert list(table["always below 0.05"]) == ["3"] * 3
    press = next(each for each in app.button if "measure on" in each.label)
    press.click().run()
    assert not app.exception
    assert "GAM: not measured." not in said(app)
    assert "not replaced" in said(app)


def test_in_chinese(app: AppTest, kept) -> None:
    app.query_params["lang"] = "zh"
    visit(app, "evidence").query_params["question"] = "depend"
    app.run()
    assert not app.exception
    assert "3 个门控，100 张测试图片：1 个可以换成常数（准确率变化在一个百分点以内），1 个的变化不可缺少" in said(app)


def test_compare_says_beside_a_layers_gates_how_they_vary(app: AppTest, kept) -> None:
    app.query_params["layer"] = "layer1.0"
    app.run()
    assert not app.exception
    captions = "\n".join(caption.value for caption in app.caption)
    varies = "The {} gate varies by ±0.250 over 100 test pictures"
    assert f"{varies.format('channel')}; a constant would do." in captions
    assert f"{varies.format('spatial')}, 80% of it by class, and the answers need it." in captions
