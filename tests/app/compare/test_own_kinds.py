"""Gates of networks that somebody else wrote, on axes of their own: each is said for what it is, and none crashes."""

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

from gam_viz.app.shared.own_networks.live import Exhibit, put_up, take_down
from gam_viz.attention import SIGMOID, Gate
from gam_viz.images.given import given_pictures
from gam_viz.notebook.opening import Said, open_networks
from tests.app.conftest import APP
from tests.app.visiting import visit
from tests.networks.adapters.kinds import CHANNELS, KINDS

SAID = {"size": 8, "mean": (0.5,) * 3, "std": (0.5,) * 3, "classes": ("cat", "dog", "bird")}
SENTENCES = {
    "class token": "no grid of the picture",
    "planes": "the same in every row",
    "groups": "Mean over channels",
    "one cell": "nothing spatial to see",
}


class OneCell(nn.Module):
    """A mask over a map of one cell."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.gate = nn.Conv2d(CHANNELS, 1, 1), Gate("spatial", bounds=SIGMOID)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.amax((2, 3), keepdim=True)
        return self.gate(x, self.one(x).sigmoid())


class _Network(nn.Module):
    """A stem, a module of one kind, a head."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.stem, self.attention = nn.Conv2d(3, CHANNELS, 3, padding=1), module
        self.head = nn.Linear(CHANNELS, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.attention(self.stem(x)).mean((2, 3)))


@pytest.mark.parametrize("kind", SENTENCES)
def test_compare_says_what_a_gate_is(kind, checkpoint_folder, monkeypatch):
    torch.manual_seed(0)
    network = _Network(OneCell() if kind == "one cell" else KINDS[kind][0]()).eval()
    put_up("kinds", Exhibit(open_networks({"mine": network}, Said(**SAID)), given_pictures([torch.rand(3, 8, 8)])))
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(checkpoint_folder))
    try:
        app = AppTest.from_file(str(APP), default_timeout=120)
        app.query_params["show"] = "kinds"
        app = visit(app, "compare").run()
        assert not app.exception
        assert any(
            SENTENCES[kind] in said
            for said in (*(c.value for c in app.caption), *(h.proto.body for h in app.get("html")))
        )
    finally:
        take_down("kinds")
