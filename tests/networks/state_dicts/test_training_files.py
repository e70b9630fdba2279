"""Files as training scripts leave them: the weights are read, whatever is beside or around them."""

import argparse
import collections
import enum
import functools
import io
import pathlib

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import CheckpointError, load
from gam_viz.networks.state_dicts import load_weights, open_state_dict, open_weights, read_weights

NETWORK = build_network(NetworkConfig(width=4, num_classes=3, attention="se")).eval()
WEIGHTS = NETWORK.state_dict()


class Phase(enum.Enum):
    TRAIN = 1


class Callback:
    """As Lightning's: an object with attributes, slots and what it listens to."""

    def __init__(self):
        self.path, self.best, self.owner = pathlib.Path("x"), np.float32(0.5), self

    def __eq__(self, other):
        raise AssertionError("built")

    __hash__ = None


class Config(dict):
    """As omegaconf's or easydict's: a dict of a class of its own."""


def saved(thing, **options):
    file = io.BytesIO()
    torch.save(thing, file, **options)
    return file.getvalue()


def before(prefix, weights=WEIGHTS):
    return {prefix + key: value for key, value in weights.items()}


ODD = {
    "args": argparse.Namespace(lr=0.1, out=pathlib.Path("runs") / "a", phase=Phase.TRAIN),
    "best": np.float64(0.9),
    "history": collections.defaultdict(list, {"loss": [np.float32(0.1)] * 3}),
    "counter": collections.Counter("aab"),
    "path": pathlib.PurePosixPath("x"),
    "config": Config(name="a", nested=Config(deep=(1, 2))),
    "phase": Phase.TRAIN,
    "confusion": np.zeros((3, 3)),
    "partial": functools.partial(max, 1),
    "device": torch.device("cpu"),
    "dtype": torch.float16,
    "generator": torch.get_rng_state(),
    "mask": torch.ones(3, dtype=torch.bool),
    "sparse": torch.zeros(3).to_sparse(),
    "callback": Callback(),
    "set": {1, 2},
    "bytes": b"abc",
    "big": 2**3000,
    "complex": 1 + 2j,
    "slice": slice(1, 2),
    (1, 2): "a key that is a tuple",
    Phase.TRAIN: 3,
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("where", ["beside", "among"])
def test_what_else_a_file_holds_is_stepped_over(where, zipped, monkeypatch):
    """`among`: thrown into the state dict itself."""
    content = {"state_dict": WEIGHTS, **ODD} if where == "beside" else {**WEIGHTS, **ODD}
    if where == "among":  # tensors among the weights would be weights
        content = {k: v for k, v in content.items() if k not in ("generator", "mask", "sparse")}
    content = saved(content, _use_new_zipfile_serialization=zipped)
    monkeypatch.setattr(Callback, "__new__", lambda cls: pytest.fail("built"))
    monkeypatch.setattr(Config, "__init__", lambda self: pytest.fail("built"))
    found = read_weights(content, "x.pth")
    assert found.keys() == WEIGHTS.keys()
    assert all(torch.equal(found[key], WEIGHTS[key]) for key in found)
    assert open_state_dict(content, "x.pth").config == NETWORK.config


LIGHTNING = {
    "epoch": 3,
    "global_step": 100,
    "pytorch-lightning_version": "2.5.0",
    "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 1}}}},
    "callbacks": {"ModelCheckpoint{'monitor': 'val'}": {"best_model_score": torch.tensor(0.5), "dirpath": "x"}},
    "optimizer_states": [torch.optim.AdamW(NETWORK.parameters()).state_dict()],
    "lr_schedulers": [],
    "hparams_name": "kwargs",
    "hyper_parameters": Config(lr=0.1, model=Callback()),
}


@pytest.mark.parametrize(
    ("content", "taken", "others"),
    [
        ({"model_state_dict": WEIGHTS, "optimizer_state_dict": {"state": {}}}, "model_state_dict", ()),
        ({"net": before("module."), "acc": 91.2, "epoch": 3}, "net", ()),
        (before("_orig_mod.module."), "", ()),
        (before("module._orig_mod."), "", ()),
        (before("_fsdp_wrapped_module.model."), "", ()),
        ({"model": WEIGHTS, "model_ema": {**WEIGHTS}}, "model", ("model_ema",)),
        ({"model": None, "ema": WEIGHTS}, "ema", ()),
        ({"state_dict": WEIGHTS, "state_dict_ema": before("module.")}, "state_dict", ("state_dict_ema",)),
        ({"n_averaged": torch.tensor(7), **before("module.")}, "", ()),
        ({"ema": {"module": WEIGHTS, "decay": 0.99}}, "ema.module", ()),
        ({"model": {"state_dict": WEIGHTS}, "best": torch.tensor(0.9)}, "model.state_dict", ()),
        ({"what": {**before("net."), "n": 3}, "loss": torch.zeros(())}, "what", ()),
        ({"state_dict": before("model."), **LIGHTNING}, "state_dict", ()),
        (NETWORK, "", ()),
        (nn.DataParallel(NETWORK), "", ()),
        (torch.optim.swa_utils.AveragedModel(NETWORK), "", ()),
        ({"epoch": 1, "model": NETWORK, "optimizer": torch.optim.SGD(NETWORK.parameters(), 0.1)}, "model", ()),
        ({key: nn.Parameter(value) if value.is_floating_point() else value for key, value in WEIGHTS.items()}, "", ()),
        (collections.defaultdict(int, WEIGHTS), "", ()),
        (Config(state_dict=Config(WEIGHTS)), "state_dict", ()),
    ],
)
def test_where_the_weights_are(content, taken, others):
    file = open_weights(saved(content), "x.ckpt")
    assert (file.taken, file.others) == (taken, others)
    assert file.shapes == {key: tuple(value.shape) for key, value in WEIGHTS.items()}
    assert all(torch.equal(value, WEIGHTS[key]) for key, value in file.tensors().items())


def test_another_place_can_be_named():
    other = {key: value + 1 for key, value in WEIGHTS.items()}
    content = saved({"model": WEIGHTS, "ema": other})
    found = read_weights(content, "x.pth", key="ema")
    assert all(torch.equal(found[key], other[key]) for key in other)
    with pytest.raises(CheckpointError, match=r"x.pth has no weights at 'teacher'; they are at 'model', 'ema'$"):
        open_weights(content, "x.pth", key="teacher")


def test_parts_of_one_network_lie_apart():
    file = open_weights(saved({"encoder": WEIGHTS, "head": {"weight": torch.ones(2, 3)}, "epoch": 3}), "x.pth")
    assert file.shapes.keys() == {*before("encoder."), "head.weight"}


@pytest.mark.parametrize("name", ["a.pth.tar", "a.ckpt", "a.pt", "a.bin"])
def test_a_lightning_module_with_a_loss_of_its_own(name):
    """Its weights are not all the network's: those beside "model." are left over."""
    content = saved({"state_dict": {**before("model."), "criterion.weight": torch.ones(3)}, **LIGHTNING})
    network = build_network(NETWORK.config)
    assert load_weights(network, open_weights(content, name)) == ("criterion.weight",)
    x = torch.randn(1, 3, 8, 8)
    assert torch.equal(network.eval()(x), NETWORK(x))
    state = open_state_dict(content, name)
    assert (state.name, state.config) == ("a", NETWORK.config)
    assert torch.equal(load(state.checkpoint())(x), NETWORK(x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_other_precisions_and_safetensors(dtype, kind):
    weights = before("module.", {k: v.to(dtype) if v.is_floating_point() else v for k, v in WEIGHTS.items()})
    content = saved(weights) if kind == "pth" else save(weights, metadata={"format": "pt"})
    file = open_weights(content, f"x.{kind}")
    assert file.dtypes["conv1.weight"] == dtype
    network = build_network(NETWORK.config)
    load_weights(network, file)
    assert network.fc.weight.dtype == torch.float32
    assert torch.equal(network.fc.weight, WEIGHTS["fc.weight"].to(dtype).float())
    assert open_state_dict(content, f"x.{kind}").config == NETWORK.config


def test_networks_that_have_a_prefix_themselves():
    """The file was saved from the inner module, the network at hand is the wrapping one."""
    network = nn.ModuleDict({"backbone": build_network(NETWORK.config)})
    assert load_weights(network, open_weights(saved(WEIGHTS), "x.pth")) == ()
    assert torch.equal(network["backbone"].fc.weight, WEIGHTS["fc.weight"])


def test_weights_that_do_not_fit_change_nothing():
    network = build_network(NetworkConfig(width=4, num_classes=5, attention="se"))
    was = {key: value.clone() for key, value in network.state_dict().items()}
    needed = sum(not key.endswith("tracked") for key in was)
    weights = {key.replace("mlp.0", "fc1"): value for key, value in WEIGHTS.items() if key != "bn1.bias"}
    with pytest.raises(CheckpointError) as caught:
        load_weights(network, open_weights(saved(weights), "x.pth"), "mymodels:build")
    assert str(caught.value) == (
        f"x.pth does not fit mymodels:build: {needed - 15} of its {needed} weights are there in the right shape; "
        "13 are missing (bn1.bias is the first); 12 have no place in it (layer1.0.attention.fc1.weight is the first; "
        "nearest to it is layer1.0.attention.mlp.0.weight); 2 have another shape (fc.weight is (3, 16), not (5, 16))"
    )
    assert all(torch.equal(value, was[key]) for key, value in network.state_dict().items())


def test_a_module_that_a_network_holds_twice_is_in_its_file_once():
    """Siamese encoders, blocks repeated as `[block] * 3`: their names share the numbers."""
    twice = nn.ModuleList([nn.Linear(64, 64)] * 3)
    found = read_weights(saved(twice.state_dict()), "a.pth")
    assert found.keys() == twice.state_dict().keys()
    assert all(torch.equal(found[key], value) for key, value in twice.state_dict().items())
