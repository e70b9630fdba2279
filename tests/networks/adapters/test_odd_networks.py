"""Networks as people have them: traced, pruned, quantised, in double precision, holding locks, answering in nests."""

import re
import threading
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune

import gam_viz
from gam_viz.explain.attributions import METHODS, attribute
from gam_viz.networks.copies import copy_of
from gam_viz.notebook.opening import Said, open_network
from gam_viz.text.refusal import RefusalError

SAID = {"classes": ("a", "b", "c"), "size": 32, "mean": (0.0,) * 3, "std": (1.0,) * 3}
PICTURE = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
WITHOUT_GRADIENTS = (
    "occlusion",
    "feature_ablation",
    "rise",
    "kernel_shap",
    "layer_activation",
    "score_cam",
    "eigen_cam",
)


class Masked(nn.Module):
    """(B, 3, 32, 32) -> (B, 3), with one spatial gate; `answer` makes of the features what is returned."""

    def __init__(self, answer=None):
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.mask = nn.Conv2d(8, 1, 7, padding=3)
        self.head = nn.Linear(8, 3)
        self.answer = answer or (lambda network, features: network.scores(features))

    def scores(self, features):
        return self.head(F.relu(features).mean((2, 3)))

    def forward(self, x):
        features = self.stem(x)
        return self.answer(self, features * torch.sigmoid(self.mask(features)))


def pruned():
    network = Masked()
    prune.l1_unstructured(network.stem, "weight", 0.3)
    return network


def holding(thing):
    network = Masked()
    network.held = {"deep": [thing]}
    return network


def traced():
    class Plain(Masked):
        def forward(self, x):
            features = self.stem(x)
            return self.head(F.relu(features * torch.sigmoid(self.mask(features))).mean((2, 3)))

    return torch.fx.symbolic_trace(Plain())


def quantised():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(Masked(), {nn.Linear})


class Standardised(nn.Conv2d):
    """A convolution whose weights are multiplied by a gain in each pass."""

    def forward(self, x):
        gain = torch.full_like(self.weight, 1.5)
        return F.conv2d(x, self.weight * gain, self.bias, self.stride, self.padding)


def standardised():
    network = Masked()
    stem = Standardised(3, 8, 3, stride=2, padding=1)
    stem.load_state_dict(network.stem.state_dict())
    network.stem = stem
    return network


OPENED = {
    "weights times a gain": standardised,
    "holds a lock": lambda: holding(threading.Lock()),
    "holds a generator": lambda: holding(each for each in range(3)),
    "pruned": pruned,
    "traced": traced,
    "quantised": quantised,
    "double": lambda: Masked().double(),
    "a nest": lambda: Masked(lambda network, y: ((network.scores(y), None), {"features": y})),
    "a map of one cell": lambda: Masked(lambda network, y: network.scores(y)[..., None, None]),
}


@pytest.mark.parametrize("kind", OPENED)
def test_it_is_opened_with_its_own_answer_and_gate(kind):
    network = OPENED[kind]().eval()
    x = torch.from_numpy(PICTURE / 255.0).permute(2, 0, 1)[None].to(next(network.parameters()).dtype)
    with torch.no_grad():
        expected = network(x)
        features = network.stem(x)
        mask = torch.sigmoid(network.mask(features))
    while not isinstance(expected, torch.Tensor):
        expected = expected[0]
    found = gam_viz.explain(network, PICTURE, **SAID)
    (gate,) = gam_viz.gates(network, PICTURE, **SAID)
    np.testing.assert_allclose(found.logits, expected.flatten().numpy(), atol=1e-5)
    np.testing.assert_allclose(gate.values, mask[0].numpy(), atol=1e-6)


@pytest.mark.parametrize("kind", [kind for kind in OPENED if kind != "quantised"])
def test_its_attributions_are_the_plain_networks(kind):
    """Copies of the copy work as well: attributions run on two."""
    opened = open_network(OPENED[kind]().eval(), Said(**SAID))
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    plain = standardised() if "gain" in kind else Masked()
    if kind == "pruned":
        plain.stem.weight.data = opened.module.stem.weight.detach()
    for method in ("saliency", "occlusion"):
        found, expected = (attribute(network.eval(), x, 1, method).values for network in (opened.module, plain))
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_a_copy_shares_what_cannot_be_copied_and_nothing_else():
    network = holding(lock := threading.Lock())
    copied = copy_of(network)
    assert copied.held["deep"][0] is lock
    assert copied.stem.weight is not network.stem.weight
    assert torch.equal(copied.stem.weight, network.stem.weight)
    copied.stem.weight.data.zero_()
    assert network.stem.weight.any()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Masked().to("meta"), "shapes and no numbers"),
        (lambda: Masked(torch.inference_mode()(lambda network, y: network.scores(y * torch.sigmoid(y)))), None),
        (lambda: Masked(lambda network, y: (("words", y), {"only": None})), "output=lambda o: o[0][1]"),
    ],
)
def test_what_cannot_be_opened_is_said(make, sentence):
    if sentence is None:
        network, sentence = make(), "inference mode"
        network.forward = torch.inference_mode()(network.forward)
    else:
        network = make()
    with pytest.raises(RefusalError, match=re.escape(sentence)):
        gam_viz.explain(network.eval(), PICTURE, **SAID)


def cut(by):
    def answer(network, features):
        if by == "detach":
            return network.scores(features.detach())
        if by == "numpy":
            return network.scores(torch.from_numpy(features.detach().numpy()))
        with torch.no_grad():
            return network.scores(features)

    return Masked(answer).eval()


@pytest.mark.parametrize("by", ["detach", "numpy", "no_grad", "quantised"])
def test_where_no_gradient_leads_back_methods_that_need_none_work_and_the_others_say_so(by):
    network = open_network(quantised().eval() if by == "quantised" else cut(by), Said(**SAID)).module
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    for method, entry in METHODS.items():
        params = {param.key: param.low for param in entry.params if param.key in ("steps", "samples")}
        if method in WITHOUT_GRADIENTS:
            assert (
                np.abs(
                    attribute(network, x, 1, method, layer="stem" if entry.needs_layer else None, params=params).values
                ).max()
                > 0
            )
        elif "deconvolution" not in method and "guided" not in method:  # these ask for nn.ReLU first
            with pytest.raises(RefusalError, match="no gradient leads"):
                attribute(network, x, 1, method, params=params)
