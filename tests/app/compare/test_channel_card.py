"""The card of one channel: from what came with the network, from the test set, from an audit, and from nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared.words import speaking
from gam_viz.audit.run import begun, run
from gam_viz.datasets.scenes.dataset import load_scenes
from gam_viz.datasets.scenes.draw import draw_scene
from gam_viz.evidence.channels.measure import GateChannels, gate_channels
from gam_viz.evidence.channels.store import channels_path, save_channels
from gam_viz.evidence.dependence.measure import spread_over
from gam_viz.figures.crops import Crop, crops_html
from gam_viz.networks.checkpoints import load, named
from gam_viz.titles import number
from tests.app.reading import words
from tests.app.visiting import opened
from tests.audit.audits import write_pictures

PATH = "layer2.0.attention.channel_gate"


@pytest.fixture
def kept(checkpoint_folder: Path) -> Iterator[GateChannels]:
    """What is found on a few scenes lies beside scenes-cbam; of one gate it is handed out as well."""
    network = named("scenes-cbam", checkpoint_folder)
    few = spread_over(load_scenes("test", checkpoint_folder, shortcut=False), 20)
    found = gate_channels(load(network), network.card, few)
    path = channels_path(checkpoint_folder, "scenes-cbam")
    save_channels(path, found, checkpoint=network.sha256)
    yield next(each for each in found if each.responses.path == PATH)
    path.unlink()


def card(app: AppTest, **link: str) -> AppTest:
    return opened(app, "compare", layer="layer2.0", **link)


def crops(app: AppTest) -> list[str]:
    """What is written of each cut-out, the two rows together."""
    return re.findall(r"<figcaption>(.*?)</figcaption>", words(app))


def test_what_came_with_a_network_is_drawn_without_asking_it(app: AppTest, kept: GateChannels) -> None:
    card(app, channel="5")
    of, closed = kept.responses, kept.closed
    said = words(app)
    low, high = (number(float(np.float16(each[5]))) for each in (of.low, of.high))
    assert "CBAM, r = 2, layer2.0: over 20 test pictures its" in re.sub(r"\*\*|\[|\]\(.*?\)", "", said)
    assert f"lies between {low} and {high}" in said
    weights = [*of.highest.weights[5], *of.lowest.weights[5]]
    assert crops(app) == [number(float(np.float16(weight))) for weight in weights]
    first = int(of.highest.pictures[5, 0])
    left, top, right, bottom = kept.field.box(int(of.highest.rows[5, 0]), int(of.highest.columns[5, 0]))
    seen = draw_scene(first, split="test").image
    drawn = crops_html([Crop(seen, (left, top, right, bottom), (0, 0, 1, 1), "", "")], "")
    assert re.search(r'src="(.*?)"', drawn)[1] in said  # type: ignore[index]
    assert f"{float(closed.changed[5]):.1%} of the answers change" in said  # type: ignore[union-attr]
    like = next(button for button in app.button if button.key == f"like-{of.nearest[5, 0]}")
    like.click().run()
    assert app.query_params["channel"] == str(of.nearest[5, 0])
    app.number_input(key="channel").set_value(0).run()
    assert app.query_params["channel"] == "0"  # a link opens it there, too
    app.session_state["channel-fold"] = False
    app.run()
    assert not crops(app)
    assert "channel" not in app.query_params
    assert not app.exception


def test_the_test_set_is_asked_on_a_press(app: AppTest) -> None:
    with speaking("zh"):
        card(app, channel="3", channel_of="scenes-gam", channel_gate="spatial", lang="zh")
        assert not crops(app)
        next(button for button in app.button if button.label == "让 GAM 运行 100 张图片").click().run()
    assert not app.exception
    assert len(crops(app)) == 18
    assert "在 100 张测试图片的所有位置上" in words(app)
    assert "放行的特征最大" in words(app)
    assert "的预测改变" in words(app)


def test_the_pictures_of_an_audit(
    app: AppTest, checkpoint_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / "pictures", 12)
    out = tmp_path / "audits" / "mine"
    run(begun(tmp_path / "pictures", {"scenes-cbam": named("scenes-cbam", checkpoint_folder)}, out))
    next((tmp_path / "pictures").rglob("*.png")).unlink()  # one is gone since
    monkeypatch.setenv("GAM_VIZ_AUDITS", str(tmp_path / "audits"))
    card(app, channel="2", source="audit", audit="mine", channel_over="mine")
    next(button for button in app.button if button.label.startswith("Run CBAM, r = 2 on")).click().run()
    assert not app.exception
    assert "over 11 pictures of the audit" in words(app)
    assert len(crops(app)) == 18
    assert "those the network takes for it; 11 pictures in all" in words(app)


def test_without_pictures_it_says_what_is_needed(app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GAM_VIZ_DATA", str(tmp_path))
    opened(app, "compare", data="cifar10", channel="1")
    assert "What a channel is for is seen on many pictures" in words(app)
    assert not crops(app)


def test_an_old_link_to_one_channels_mask_opens_no_card(app: AppTest) -> None:
    card(app, channel="3", reduction="channel")
    assert app.number_input(key="one-channel").value == 3
    assert "channel" not in app.query_params
    assert app.query_params["one-channel"] == "3"
