"""`show`: the app beside a program, on networks that it holds. One server a test that needs one: a second each."""

import gc
import sys
import urllib.error
import urllib.request
import weakref

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

import gam_viz
from gam_viz.app.served.beside import ServerError
from gam_viz.app.shared.own_networks.live import Exhibit, exhibits, put_up, take_down
from gam_viz.images.given import given_pictures
from gam_viz.notebook.opening import Said, open_networks
from tests.app.conftest import APP
from tests.app.visiting import visit
from tests.networks_of_others import OwnGAM, OwnSE, own_network

SAID = {"size": 32, "mean": (0.5,) * 3, "std": (0.5,) * 3, "classes": ("cat", "dog", "bird")}


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url.partition("?")[0] + "_stcore/health", timeout=5) as answer:
            return answer.read() == b"ok"
    except (urllib.error.URLError, ConnectionError):
        return False


def test_it_serves_beside_the_program_and_leaves_nothing(capsys):
    network = own_network()
    x = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    before = network(x)
    first = gam_viz.show(network, **SAID)
    assert first.url in capsys.readouterr().out
    assert first.url.startswith("http://127.0.0.1:")
    assert answers(first.url)
    assert torch.equal(network(x), before)

    second = gam_viz.show({"se": own_network(OwnSE), "gam": own_network(OwnGAM)}, **SAID)
    assert second.url.partition("?")[0] == first.url.partition("?")[0]  # one server
    assert second.url != first.url
    assert "<iframe" in second._repr_html_()
    first.stop()
    first.stop()
    assert answers(second.url)

    copy = weakref.ref(next(iter(exhibits()[second._token].networks.values())).module)
    again = gam_viz.show({"se": own_network(OwnSE, seed=1), "gam": own_network(OwnGAM)}, **SAID)
    assert again is second  # the same names: in their place, at the same address
    gc.collect()
    assert copy() is None

    with second:
        pass
    assert second.stopped
    assert not answers(second.url)
    assert exhibits() == {}
    with gam_viz.show(network, **SAID) as third:  # another server, in the same process
        assert answers(third.url)
        with pytest.raises(ServerError, match="serves a Streamlit app already"):
            gam_viz.app.served.beside.ServerBeside()
    assert sys.modules["__main__"].__name__ == "__main__"


def test_what_cannot_be_shown_starts_no_server():
    with pytest.raises(ValueError, match="has 3 outputs, and 2 classes were given"):
        gam_viz.show(own_network(), **{**SAID, "classes": ("a", "b")})
    with pytest.raises(ValueError, match="no picture and no folder"):
        gam_viz.show(own_network(), "no/such/folder", **SAID)
    assert exhibits() == {}


@pytest.fixture(scope="module")
def shown():
    pictures = [torch.linspace(0, 1, 3 * 40 * 30).reshape(3, 40, 30), torch.rand(3, 30, 30)]
    networks = open_networks({"mine": own_network(), "se": own_network(OwnSE)}, Said(**SAID))
    put_up("token", Exhibit(networks, given_pictures(pictures)))
    yield "token"
    take_down("token")


@pytest.fixture
def app(shown, checkpoint_folder, monkeypatch) -> AppTest:
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(checkpoint_folder))
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.query_params["show"] = shown
    return app


@pytest.mark.parametrize("page", ["compare", "inside", "evidence", "my_pictures", "claims", "networks"])
def test_every_page_takes_them(app, page):
    app = visit(app, page).run()
    assert not app.exception
    if page in ("compare", "inside", "evidence"):
        assert ["mine", "se"] in [choice.value for choice in app.sidebar.multiselect]
        assert app.query_params["show"] != []


def test_a_page_that_stays_open_holds_no_network_that_was_taken_back(checkpoint_folder, monkeypatch):
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(checkpoint_folder))
    opened = open_networks({"mine": own_network(), "se": own_network(OwnSE)}, Said(**SAID))
    held = list(opened.values())  # as the arguments of a page's fragments do for as long as its session lasts
    copies = [weakref.ref(each.module) for each in held]
    put_up("left", Exhibit(opened, given_pictures(torch.rand(3, 30, 30))))
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.query_params["show"] = "left"
    app.query_params["methods"] = "saliency"
    app.run()
    assert ["mine", "se"] in [choice.value for choice in app.sidebar.multiselect]
    take_down("left")
    gc.collect()
    assert [copy() for copy in copies] == [None, None]
    app.run()  # whatever is clicked then, the page goes on without them
    assert not app.exception
    assert not any("mine" in str(box.options) for box in app.sidebar.multiselect)


def test_without_the_address_nobody_sees_them(checkpoint_folder, shown, monkeypatch):
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(checkpoint_folder))
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.query_params["show"] = "another"
    visit(app, "networks").run()
    assert not app.exception
    assert not any("mine" in str(box.options) for box in (*app.selectbox, *app.multiselect))


def test_rows_go_by_depth_where_no_layer_has_a_name_in_common(checkpoint_folder, monkeypatch):
    class Renamed(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.gate, self.b = nn.Conv2d(3, 8, 3, 2, 1), OwnSE(8), nn.Linear(8, 3)

        def forward(self, x):
            return self.b(self.gate(self.a(x)).mean((2, 3)))

    app = shown_on_compare(monkeypatch, checkpoint_folder, {"long": own_network(), "short": Renamed()})
    assert not app.exception
    said = [caption.value for caption in app.caption]
    assert any("long: attention2 · short: gate" in each.replace("\\", "") for each in said)
    assert any("same depth" in each and "resolution" not in each for each in said)
    assert not any("has no channel gate here" in each for each in said)


def test_networks_without_spatial_gates_have_no_controls_of_masks(checkpoint_folder, monkeypatch):
    app = shown_on_compare(monkeypatch, checkpoint_folder, {"se": own_network(OwnSE)})
    assert not app.exception
    assert any("No spatial gate in this layer." in each.proto.body for each in app.get("html"))
    assert not any(box.key == "reduction" for box in app.selectbox)


def test_rows_go_by_resolution_where_that_is_known(checkpoint_folder, monkeypatch):
    app = shown_on_compare(
        monkeypatch, checkpoint_folder, {"four": Staged("a", 3, 1), "two": Staged("b", 1, 1)}, layer="a.2.2", cam="a.2"
    )
    assert not app.exception
    said = [caption.value.replace("\\", "") for caption in app.caption]
    # By their places alone, the third of four would stand beside the second of two, which has another resolution.
    for pair in ("four: a.2.2 · two: b.0.2", "four: a.2 · two: b.0"):
        assert any("same resolution" in each and f"({pair})" in each for each in said), said


def test_pictures_that_were_handed_over_are_in_the_table(checkpoint_folder, monkeypatch, tmp_path):
    """What cannot be opened is said in its row, and more than the table takes are counted."""
    (tmp_path / "odd.png").write_bytes(b"none")
    handed = given_pictures([torch.rand(3, 30, 30), tmp_path / "odd.png", *[torch.rand(3, 8, 8)] * 24])
    put_up("table", Exhibit(open_networks({"se": own_network(OwnSE), "b": own_network(OwnSE)}, Said(**SAID)), handed))
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(checkpoint_folder))
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.query_params["show"] = "table"
    try:
        page = visit(app, "my_pictures").run()
    finally:
        take_down("table")
    assert not page.exception
    links = {link.proto.label: link.proto.query_string for link in page.get("page_link")}
    assert "source=given&given=0" in links["picture 0"]
    assert "picture 23" in links
    assert "picture 24" not in links
    assert any("first 24 of the pictures" in each.value and "other 2 " in each.value for each in page.caption)
    assert any("odd.png" in each.value for each in page.markdown)


class _Tokens(nn.Module):
    """Eight by eight patches, a class token, one layer of attention."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.token = nn.Conv2d(3, 8, 4, 4), nn.Parameter(torch.zeros(1, 1, 8))
        self.attention, self.head = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(x), -1, -1), tokens], dim=1)
        return self.head((tokens + self.attention(tokens, tokens, tokens)[0])[:, 0])


class Staged(nn.Module):
    """Gated blocks at half of the resolution, then at a quarter of it, under a name of their own."""

    def __init__(self, name: str, half: int, quarter: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        steps = [2, *[1] * (half - 1), 2, *[1] * (quarter - 1)]
        blocks = [
            nn.Sequential(nn.Conv2d(8 if k else 3, 8, 3, step, 1), nn.ReLU(), OwnSE(8)) for k, step in enumerate(steps)
        ]
        setattr(self, name, nn.ModuleList(blocks))
        self.name, self.head = name, nn.Linear(8, 3)
        self.eval()

    def forward(self, x):
        for block in getattr(self, self.name):
            x = block(x)
        return self.head(x.mean((2, 3)))


def shown_on_compare(monkeypatch, checkpoint_folder, networks, said=SAID, pictures=None, **params):
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(checkpoint_folder))
    put_up("once", Exhibit(open_networks(networks, Said(**said)), pictures))
    app = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in {"show": "once", **params}.items():
        app.query_params[name] = value
    try:
        return app.run()
    finally:
        take_down("once")


def test_attention_over_tokens_is_a_row_of_its_own(checkpoint_folder, monkeypatch):
    torch.manual_seed(0)
    app = shown_on_compare(monkeypatch, checkpoint_folder, {"tokens": _Tokens().eval(), "se": own_network(OwnSE)})
    assert not app.exception
    assert "Attention maps" in [heading.value for heading in app.header]
    said = [caption.value for caption in app.caption]
    assert any(each.startswith("What the answer's token takes from where, over all layers. 8×8 cells") for each in said)
    assert "This network has no attention over tokens." in said


def test_a_network_that_cannot_see_the_picture_is_named(checkpoint_folder, monkeypatch):
    said = {**SAID, "mean": (0.5,) * 5, "std": (0.5,) * 5}
    app = shown_on_compare(monkeypatch, checkpoint_folder, {"bands": own_network(channels=5)}, said)
    assert not app.exception
    assert any("bands" in error.value for error in app.error)
