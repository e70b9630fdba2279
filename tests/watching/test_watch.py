"""Watching a training: its numbers are the gates', the training is as it would have been, the folder is whole."""

import copy
import warnings

import numpy as np
import pytest
import torch
from torch import distributed, nn

import gam_viz
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.watching import QUANTITIES, WatchedRun, runs_in
from tests.networks_of_others import OwnGAM, OwnSE, own_network

BATCHES = [torch.randn(8, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) for seed in range(6)]
PICTURES = BATCHES[0][:2]


def trained(network: nn.Module, step, *, autocast: bool = False) -> list[torch.Tensor]:
    """The losses of a few steps; `step` is told of each."""
    inner = network
    optimiser = torch.optim.SGD(inner.parameters(), 0.05)
    losses = []
    for x in BATCHES:
        inner.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            loss = network(x).float().square().mean() + torch.rand(())  # a step takes from the generator, too
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step(x)
        losses.append(loss.detach())
    return losses


def ours() -> nn.Module:
    torch.manual_seed(0)
    return build_network(NetworkConfig(num_classes=3, width=4, attention="cbam"))


@pytest.mark.parametrize(
    "make", [ours, lambda: own_network(OwnGAM), lambda: own_network(OwnSE)], ids=["own", "gam", "se"]
)
def test_what_is_kept_is_what_the_gates_did(make, tmp_path):
    network, copies = make(), {}
    watching = gam_viz.watch(network, every=3, to=tmp_path / "run", pictures=PICTURES)

    def step(x):
        watching.step(x)
        copies[watching.steps] = copy.deepcopy(network).eval()

    trained(network, step)
    run = WatchedRun.open(tmp_path / "run")
    steps, numbers = run.numbers()
    assert steps.tolist() == [3, 6]
    for step_, values in zip(steps, numbers, strict=True):
        # Of the last four batches, a fourth of each; in one plain loop over the pictures.
        seen = [x[:2] for x in BATCHES[max(0, step_ - 4) : step_]]
        readings = [gam_viz.gates(copies[step_], x[None]) for x in torch.cat(seen)]
        shown = [gam_viz.gates(copies[step_], x[None]) for x in PICTURES]
        for place, gate in enumerate(run.gates):
            one = np.stack([of[place].values for of in readings]).astype(np.float64)
            by_name = dict(zip(QUANTITIES, values[place], strict=True))
            assert by_name["mean"] == pytest.approx(one.mean(), abs=1e-6)
            assert by_name["std"] == pytest.approx(one.std(), abs=1e-6)
            assert by_name["spread"] == pytest.approx(np.sqrt(one.var(0).mean()), abs=1e-6)
            if gate.bounds == (0, 1):
                assert by_name["below"] == pytest.approx((one < 0.05).mean())
                assert by_name["above"] == pytest.approx((one > 0.95).mean())
                cells = (0,) if one.shape[1] == 1 else (0, 2, 3)
                assert by_name["closed"] == (one.max(cells) < 0.05).sum()
            kept = run.shown(int(step_), gate.path)
            assert len(kept) == len(PICTURES)
            if not gate.mapped:
                expected = [of[place].channel_means() for of in shown]
                np.testing.assert_allclose(kept, expected, rtol=2e-3, atol=1e-4)
            elif one.shape[1] == 1:
                np.testing.assert_allclose(kept, [of[place].values[0] for of in shown], rtol=2e-3, atol=1e-4)
    np.testing.assert_array_equal(run.fixed().x, PICTURES)
    assert run.fixed().seen.shape == (2, 16, 16, 3)


def traces(network: nn.Module) -> list[object]:
    """What a hook, a mode or a gradient would leave."""
    hooks = [
        [len(value) for key, value in sorted(vars(module).items()) if key.endswith("_hooks") and value is not None]
        for module in network.modules()
    ]
    return [hooks, [module.training for module in network.modules()], [p.requires_grad for p in network.parameters()]]


@pytest.mark.parametrize("autocast", [False, True])
def test_training_is_as_it_would_have_been(autocast, tmp_path):
    network, other = own_network(OwnGAM).train(), own_network(OwnGAM).train()
    before = traces(network)
    torch.manual_seed(3)
    losses = trained(network, gam_viz.watch(network, every=2, to=tmp_path).step, autocast=autocast)
    torch.manual_seed(3)
    assert losses == trained(other, lambda x: None, autocast=autocast)
    assert all(torch.equal(one, two) for one, two in zip(network.parameters(), other.parameters(), strict=True))
    assert traces(network) == before
    assert WatchedRun.open(tmp_path).steps == (2, 4, 6)


def test_a_compiled_and_a_distributed_network(tmp_path, monkeypatch):
    plain = ours()
    trained(plain, gam_viz.watch(plain, every=6, to=tmp_path / "plain").step)
    compiled = torch.compile(ours(), backend="eager")
    trained(compiled, gam_viz.watch(compiled, every=6, to=tmp_path / "compiled").step)
    in_place = ours()
    in_place.layer1.compile(backend="eager")
    trained(in_place, gam_viz.watch(in_place, every=6, to=tmp_path / "part").step)
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        spread = nn.parallel.DistributedDataParallel(ours())
        trained(spread, gam_viz.watch(spread, every=6, to=tmp_path / "spread").step)
        monkeypatch.setattr(distributed, "get_rank", lambda: 1)
        elsewhere = gam_viz.watch(spread, every=1, to=tmp_path / "other rank")
        elsewhere.step(BATCHES[0])
        assert elsewhere.run is None
    finally:
        distributed.destroy_process_group()
    found = runs_in([tmp_path])
    assert list(found) == ["compiled", "part", "plain", "spread"]
    for run in found.values():
        assert run.name == "ResNet"
        np.testing.assert_allclose(run.numbers()[1], found["plain"].numbers()[1], rtol=1e-4, atol=1e-5)


def test_a_resumed_training_goes_on_in_its_folder(tmp_path):
    network = ours()
    trained(network, gam_viz.watch(network, every=2, to=tmp_path, pictures=PICTURES).step)
    again = gam_viz.watch(network, every=2, to=tmp_path)
    assert again.steps == 6
    again.step(BATCHES[0])
    again.step(BATCHES[1])
    run = WatchedRun.open(tmp_path)
    assert run.steps == (2, 4, 6, 8)
    np.testing.assert_array_equal(run.fixed().x, PICTURES)  # the film goes on with its pictures
    older = gam_viz.watch(network, every=2, to=tmp_path)
    older.step(BATCHES[0], at=5)  # from a state after four steps: the later ones are made again
    assert run.steps == (2, 4)
    older.step(BATCHES[0], at=6)
    assert run.steps == (2, 4, 6)
    with pytest.warns(UserWarning, match="holds another network's training; choose another folder"):
        gam_viz.watch(own_network(OwnSE), every=1, to=tmp_path).step(BATCHES[0])
    (tmp_path / "watch.json").write_text("{")
    with pytest.raises(ValueError, match="holds no watched training"):
        gam_viz.watch(network, to=tmp_path)


def test_what_goes_wrong_is_said_once_and_training_goes_on(tmp_path, monkeypatch):
    network = ours()
    watching = gam_viz.watch(network, every=1, to=tmp_path / "run")
    watching.step(BATCHES[0])
    before = traces(network)

    def full(self, step, numbers, shown):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(WatchedRun, "write", full)
        with pytest.warns(UserWarning, match="No space left") as told:
            trained(network, watching.step)
    assert len(told) == 1
    good = copy.deepcopy(network.state_dict())
    with torch.no_grad():
        next(network.parameters()).fill_(torch.nan)
    with pytest.warns(UserWarning, match="is not finite"):
        watching.step(BATCHES[0])
    network.load_state_dict(good)
    watching.step(BATCHES[0])
    assert WatchedRun.open(tmp_path / "run").steps == (1, 9)
    assert traces(network) == before
    for hopeless, x, sentence in (
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), BATCHES[0], "Sequential has no gates to watch"),
        (ours(), [1, 2], r"a step is told with its batch, \(B, C, H, W\); got list"),
        (ours(), torch.zeros(4, 5), r"got \(4, 5\)"),
        (own_network(OwnSE), torch.zeros(4, 9, 8, 8), "OwnNetwork cannot be watched: "),
    ):
        watching = gam_viz.watch(hopeless, every=1, to=tmp_path / "none")
        with pytest.warns(UserWarning, match=sentence):
            watching.step(x)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            watching.step(x)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"every": 0}, "every 1 or more steps, got every=0"),
        ({"network": "net"}, "a torch.nn.Module is watched, got str"),
        ({"pictures": torch.zeros(3, 4, 4)}, r"\(n, C, H, W\); got \(3, 4, 4\)"),
        ({"mean": [0.5] * 3}, "mean and std are given together"),
    ],
)
def test_arguments_that_do_not_fit(arguments, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        gam_viz.watch(**{"network": nn.ReLU(), "to": tmp_path, **arguments})


def test_tensorboard_is_told(tmp_path):
    told = {}

    class Writer:
        def add_scalar(self, tag, scalar_value, global_step):
            told[tag, global_step] = scalar_value

        def add_histogram(self, tag, values, global_step):
            told[tag, global_step] = values

    network = own_network(OwnSE)
    trained(network, gam_viz.watch(network, every=3, to=tmp_path, writer=Writer()).step)
    run = WatchedRun.open(tmp_path)
    steps, numbers = run.numbers()
    for place, gate in enumerate(run.gates):
        for step, values in zip(steps.tolist(), numbers, strict=True):
            for quantity, value in zip(QUANTITIES, values[place], strict=True):
                if not np.isnan(value):
                    assert told[f"gates/{gate.path}/{quantity}", step] == value
            values = told[f"gates/{gate.path}", step]
            assert values.size == (6 if step == 3 else 8) * gate.shape[0]  # two of each of the last batches
            assert values.mean() == pytest.approx(numbers[list(steps).index(step)][place][0], abs=1e-5)


def test_a_damaged_reading_costs_only_itself(tmp_path):
    network = own_network(OwnSE)
    trained(network, gam_viz.watch(network, every=2, to=tmp_path).step)
    run = WatchedRun.open(tmp_path)
    (tmp_path / "steps" / "000000004.npz").write_bytes(b"PK\x03\x04 half of it")
    assert run.numbers()[0].tolist() == [2, 6]
    with pytest.raises(ValueError, match=r"000000004\.npz cannot be read"):
        run.shown(4, run.gates[0].path)
    with pytest.raises(ValueError, match="no reading after 5 steps"):
        run.shown(5, run.gates[0].path)
    with pytest.raises(ValueError, match="has no gate 'x'; it has "):
        run.shown(2, "x")
