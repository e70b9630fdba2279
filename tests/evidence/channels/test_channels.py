"""What is found of channels: on a network in which it is known, and against plain loops over real ones."""

import numpy as np
import pytest
import torch

from gam_viz.datasets.scenes.draw import draw_scenes
from gam_viz.evaluation.predictions import batches
from gam_viz.evidence.channels.closing import close_channels
from gam_viz.evidence.channels.field import receptive_field
from gam_viz.evidence.channels.measure import gate_channels
from gam_viz.evidence.channels.responses import channel_responses
from gam_viz.evidence.channels.store import load_channels, save_channels
from gam_viz.evidence.leaderboard.pictures import drawn
from gam_viz.evidence.leaderboard.scoring import inputs
from gam_viz.explain import explain
from gam_viz.explain.answers import ANSWERS
from gam_viz.explain.gates import gates_of
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import load
from tests.evidence.channels.planted import ColourNetwork, card, squares

SCENES = drawn(draw_scenes(14, split="test"))


@pytest.mark.parametrize("branch", ["channel", "spatial"])
def test_a_planted_channel_is_found_out(branch: str) -> None:
    network, (data, places) = ColourNetwork(branch).eval(), squares()
    shares: list[float] = []
    (found,) = gate_channels(network, card(network), data, lambda share, at: shares.append(share))
    of, closed = found.responses, found.closed
    assert (of.by_weight, of.pictures, of.shape) == (branch == "channel", 40, (4, 16, 16))
    assert closed is not None
    for colour in range(3):
        planted = np.flatnonzero(data.labels == colour)[::-1]  # the brightest first
        assert of.highest.pictures[colour].tolist() == planted[:9].tolist()
        assert not set(of.lowest.pictures[colour]) & set(planted)
        for number, row, column in zip(
            of.highest.pictures[colour], of.highest.rows[colour], of.highest.columns[colour], strict=True
        ):
            left, top, right, bottom = found.field.box(row, column)
            assert (top, left, bottom, right) == (*(places[number] - 1), *(places[number] + 2))
            assert data.images[number, top:bottom, left:right, colour].min() > 0
            assert data.images[number].sum() == data.images[number, top:bottom, left:right].sum()
        row = closed.of(colour)
        assert closed.closed_score[row, colour] == 0  # its class's logit, which all came from there
        others = [k for k in range(3) if k != colour]
        assert np.array_equal(closed.closed_value[row, others], closed.value[others])
        assert closed.closed_value[row, colour] < closed.value[colour] - 0.3
    assert closed.changed[3] == 0
    assert np.array_equal(closed.closed_value[3], closed.value)  # nothing hangs on the fourth
    assert (of.nearest[0, 0], of.nearest[3, 0]) == (3, 0)
    assert of.correlation[0, 0] > 0.9
    assert max(of.correlation[1]) < 0
    assert 0 <= min(shares) <= max(shares) <= 1


@pytest.mark.parametrize("name", ["scenes-cbam", "scenes-gam"])
def test_they_equal_a_plain_loop(checkpoints, name: str) -> None:
    network, of_card = load(checkpoints[name]), checkpoints[name].card
    found = channel_responses(network, [inputs(SCENES, of_card, at, min(at + 5, 14), "cpu") for at in (0, 5, 10)])
    passed: dict[str, list[torch.Tensor]] = {path: [] for path in gates_of(network)}
    handles = [
        gate.register_forward_hook(lambda _, given, out, path=path: passed[path].append(out[0]))
        for path, gate in gates_of(network).items()
    ]
    seen = [explain(network, of_card, inputs(SCENES, of_card, at, at + 1, "cpu")).readings for at in range(14)]
    for handle in handles:
        handle.remove()
    gates = {
        reading.module: np.stack([each[n].values for each in seen]).astype(np.float64)
        for n, reading in enumerate(seen[0])
    }
    assert [of.path for of in found] == [path for path, values in gates.items() if values.shape[1] > 1]
    for of in found:
        values = gates[of.path]  # (N, C, h, w)
        features = torch.stack(passed[of.path]).numpy()  # (N, C, H, W), gated
        assert of.by_weight == (values.shape[2:] == (1, 1))
        score = values[:, :, 0, 0] if of.by_weight else features.max((2, 3))
        for ends, order in ((of.highest, np.argsort(-score, 0)), (of.lowest, np.argsort(score, 0))):
            assert np.allclose(np.take_along_axis(score, ends.pictures.T, 0), np.take_along_axis(score, order[:9], 0))
            for channel in range(0, of.shape[0], 7):
                number, row, column = (each[channel, 0] for each in (ends.pictures, ends.rows, ends.columns))
                assert features[number, channel, row, column] == pytest.approx(
                    features[number, channel].max(), abs=1e-5
                )
                weight = np.broadcast_to(values[number], of.shape)[channel, row, column]
                assert ends.weights[channel, 0] == pytest.approx(weight, rel=1e-4, abs=1e-6)
        assert np.allclose(of.low, values.min((0, 2, 3)), atol=1e-6)
        assert np.allclose(of.mean, values.mean((0, 2, 3)), atol=1e-5)
        like = np.corrcoef(values.mean((2, 3)).T)
        np.fill_diagonal(like, -2)
        for channel in range(0, of.shape[0], 7):
            if of.nearest[channel, 0] >= 0:
                assert of.correlation[channel, 0] == pytest.approx(np.nanmax(like[channel]), abs=2e-3)


def test_closing_equals_hooks_that_close(checkpoints) -> None:
    name, path, channel = "scenes-gam", "layer2.0.attention.spatial_gate", 5
    network, of_card = load(checkpoints[name]), checkpoints[name].card
    x = inputs(SCENES, of_card, 0, 14, "cpu")

    def close(module: torch.nn.Module, given: object, out: torch.Tensor) -> torch.Tensor:
        out[:, channel] = 0
        return out

    with torch.inference_mode():
        before = network(x).double().softmax(1).numpy()
        handle = gates_of(network)[path].register_forward_hook(close)
        logits = network(x).double()
        handle.remove()
    after = logits.softmax(1).numpy()
    wanted = {path: [3, channel], "layer1.0.attention.channel_gate": [0]}  # and one that comes before it
    found = close_channels(network, ANSWERS["class"], [x[:6], x[6:]], SCENES.labels, wanted)[0]
    row = found.of(channel)
    assert found.of(7) is None
    for k in range(len(of_card.classes)):
        of_class = SCENES.labels == k
        assert found.counts[k] == of_class.sum()
        if of_class.any():
            assert found.value[k] == pytest.approx(before[of_class, k].mean(), abs=1e-6)
            assert found.closed_value[row, k] == pytest.approx(after[of_class, k].mean(), abs=1e-6)
            assert found.closed_score[row, k] == pytest.approx(float(logits[of_class, k].mean()), abs=1e-4)
    assert found.changed[row] == pytest.approx((before.argmax(1) != after.argmax(1)).mean())
    # Without labels, what the network answers stands in their place; other outputs are means over all.
    own = close_channels(network, ANSWERS["class"], [x], None, wanted)[0]
    assert own.counts.tolist() == np.bincount(before.argmax(1), minlength=len(of_card.classes)).tolist()
    values = close_channels(network, ANSWERS["regression"], [x], None, wanted)[0]
    assert np.allclose(values.closed_value[row], logits.mean(0), atol=1e-4)
    assert np.isnan(values.changed).all()


def test_the_field_is_that_of_the_arithmetic() -> None:
    network = build_network(NetworkConfig("resnet18", width=4, attention="se", stem="imagenet")).eval()
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    for layer, size, step in (("layer1.0", 27, 4), ("layer1.1", 43, 4), ("layer2.1", 99, 8)):
        field = receptive_field(network, f"{layer}.attention.channel_gate", torch.zeros(1, 3, 224, 192))
        middle = len(field.rows) // 2
        low, high = field.rows[middle]
        assert high - low == size
        assert field.rows[middle + 1][0] - low == step
        assert (field.rows[0][0], field.columns[-1][1]) == (0, 192)
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())


def test_kept_and_read_again(tmp_path) -> None:
    network, (data, _) = ColourNetwork().eval(), squares(12)
    found = gate_channels(network, card(network), data)
    path = tmp_path / "channels" / "planted.npz"
    save_channels(path, found, checkpoint="abc")
    (again,) = load_channels(path, checkpoint="abc")
    for name in ("pictures", "rows", "columns"):
        assert np.array_equal(getattr(again.responses.highest, name), getattr(found[0].responses.highest, name))
    assert np.allclose(again.responses.lowest.weights, found[0].responses.lowest.weights, atol=1e-3)
    assert np.allclose(again.closed.closed_value, found[0].closed.closed_value, atol=1e-3)
    assert again.field.box(3, 4) == found[0].field.box(3, 4)
    assert load_channels(path, checkpoint="another") is None
    path.write_bytes(path.read_bytes()[:200])
    assert load_channels(path, checkpoint="abc") is None


def test_bad_input() -> None:
    network, (data, _) = ColourNetwork().eval(), squares(4)
    (x,) = batches(data, (0.0,) * 3, (1.0,) * 3, torch.device("cpu"))
    with pytest.raises(ValueError, match="gate is not finite on some of these pictures"):
        channel_responses(network, [x, x * torch.nan])
    with pytest.raises(ValueError, match="has maps of several sizes"):
        channel_responses(network, [x, x[:, :, :8]])
    with pytest.raises(ValueError, match="at least one picture"):
        channel_responses(network, [])
    with pytest.raises(ValueError, match="no finite answer"):
        close_channels(network, ANSWERS["class"], [x * torch.nan], None, {"gate": [0]})
    (one,) = channel_responses(network, [x[:1]])  # of one picture nothing goes with anything
    assert one.highest.pictures.shape == (4, 1)
    assert (one.nearest == -1).all()
