"""How to measure each statement again: a few lines for a notebook in the project's folder, and what trains networks.

Where they can, the lines go another way than this room does, so that who runs them checks it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    """Lines of Python that print the figures, and commands that make what they read; empty where there is none."""

    python: str = ""
    shell: str = ""


_READ = """\
from gam_viz.zoo.results import load_results

for each in load_results():
"""

_MODULE = """\
import torch
from gam_viz.networks.checkpoints import load, named

network = load(named("scenes-{name}"))
module = network.layer1[0].attention
"""

_DIFFERENCE = (
    _READ
    + """\
    first, second = each.row({first!r}), each.row({second!r})
    if first and second{wanted}:
        print(each.title, first.differences[{second!r}])
"""
)

_PARAMETERS = """\
from gam_viz.attention import GAM, build_attention

for name, options in [{forms}]:
    print(name, options, [
        sum(p.numel() for p in build_attention(name, channels, **options).parameters())
        for channels in (64, 256, 512)
    ])
"""

_ACCURACIES = (
    _READ
    + """\
    for row in each.rows:
        if row.label in {labels}:
            print(each.title, row.label, row.accuracy)
"""
)

SNIPPETS = {
    "kept": Snippet(
        """\
import torch
from gam_viz.networks.checkpoints import load, named
from gam_viz.explain import explain
from gam_viz.images import load_sample, prepare

for name in ("scenes-cbam", "scenes-gam"):
    checkpoint = named(name)
    network, card = load(checkpoint), checkpoint.card
    seen = prepare(load_sample("scene-sailboat-17"), size=card.input_size, mean=card.mean, std=card.std)
    found = explain(network, card, seen.tensor)
    gone = total = 0
    for layer in found.layers:
        product = found.reading(layer, "channel").values * found.reading(layer, "spatial").values
        gone, total = gone + (abs(product) < 0.05).sum(), total + product.size
    print(name, f"{gone / total:.1%}")
"""
    ),
    "crossing": Snippet(
        _MODULE.format(name="gam")
        + """\
x = torch.randn(1, 16, 32, 32)
y = x.clone()
y[:, :, 16, 16] += 5
with torch.no_grad():
    before, after = (module.channel_attention(each.permute(0, 2, 3, 1)) for each in (x, y))
    print("channel gate:", int(((before - after).abs() > 1e-4).any(-1).sum()), "of 1024 positions")
    before, after = (module.spatial_attention.double()(each.double()) for each in (x, y))
    print("mask:", int(((before - after).abs() > 1e-9).any(1).sum()), "of 1024 positions")
"""
    ),
    "efficiency": Snippet(
        _PARAMETERS.format(forms='("cbam", {}), ("gam", {}), ("gam", {"groups": 4})'),
        'python -m gam_viz zoo "*-none-*" "*-cbam-*" "*-gam-s[0-9]"',
    ),
    "beats_cbam": Snippet(
        _DIFFERENCE.format(first="gam", second="cbam", wanted=""), 'python -m gam_viz zoo "*-cbam-*" "*-gam-s[0-9]"'
    ),
    "details": Snippet(
        _DIFFERENCE.format(first="gam", second="cbam", wanted=' and each.domain in ("aerial", "medical")'),
        'python -m gam_viz zoo "ucmerced-*" "mednist-*" "pneumoniamnist-*"',
    ),
    "pooling": Snippet(
        """\
from gam_viz.attention import CBAM, GAM

for module in (CBAM(64), GAM(64)):
    print(type(module).__name__, [type(part).__name__ for part in module.modules() if "Pool" in type(part).__name__])
"""
    ),
    "groups": Snippet(
        _PARAMETERS.format(forms='("gam", {}), ("gam", {"groups": 4})')
        + """\

import torch

for shuffle in ("between", "last", "none"):
    torch.manual_seed(0)
    module = GAM(64, groups=4, shuffle=shuffle).eval()
    x = torch.randn(1, 64, 17, 17, requires_grad=True)
    mask = module.mask_shuffle(module.spatial_attention(x).sigmoid())
    (gradient,) = torch.autograd.grad(mask[0, 0].sum(), x)
    print(shuffle, int((gradient[0].abs().amax((1, 2)) > 0).sum()), "of 64 channels")
"""
    ),
    "range": Snippet(
        _MODULE.format(name="gam")
        + """\
x = torch.randn(8, 16, 32, 32)
with torch.no_grad():
    mask = module.spatial_attention(x).sigmoid()
    weights = module.channel_attention(x.permute(0, 2, 3, 1))
print(mask.min().item(), mask.max().item(), weights.min().item(), weights.max().item())
"""
    ),
    "kernel": Snippet(),
    "plug": Snippet(
        """\
import torch

x = torch.zeros(2, 16, 8, 8)
for features in (x, x[:, :, 1:-1, 1:-1]):
    try:
        print(features.permute(0, 2, 3, 1).view(2, -1, 16).shape)
    except RuntimeError as error:
        print(error)
"""
    ),
    "rate": Snippet(
        """\
from gam_viz.attention import GAM

for rate in (1, 2, 4, 8, 16, 32):
    parameters = sum(p.numel() for p in GAM(64, rate=rate).parameters())
    print(rate, parameters, "hidden:", 64 // rate * 128 * 128)
"""
    ),
    "learning": Snippet(
        shell="""\
python -m gam_viz train --data cifar10 --width 32 --attention gam --learning-rate 0.15
python -m gam_viz train --data cifar10 --width 32 --attention gam --learning-rate 0.105"""
    ),
    "deeper": Snippet(
        _ACCURACIES.format(labels='("none", "gam", "gam-first", "gam-last")'),
        'python -m gam_viz zoo "cifar10-none-*" "cifar10-gam-s[0-9]" "cifar10-gam-first-*" "cifar10-gam-last-*"',
    ),
    "with_se": Snippet(
        _ACCURACIES.format(labels='("none", "se", "gam", "se-gam")'),
        'python -m gam_viz zoo "cifar10-none-*" "cifar10-gam-s[0-9]" "cifar10-se-gam-*"',
    ),
    "factorised": Snippet(
        _PARAMETERS.format(forms='("gam", {}), ("gam", {"spatial": "factorised"})')
        + """\

import torch

for spatial in ("full", "factorised"):
    torch.manual_seed(0)
    module = GAM(64, spatial=spatial).eval()
    x = torch.randn(1, 64, 17, 17, requires_grad=True)
    (gradient,) = torch.autograd.grad(module.spatial_attention(x)[0, :, 8, 8].sum(), x)
    print(spatial, int((gradient[0].abs().amax((0, 1)) > 0).sum()), "columns")
"""
    ),
    "depthwise": Snippet(
        _PARAMETERS.format(forms='("gam", {}), ("gam", {"spatial": "factorised"}), ("gam", {"spatial": "depthwise"})')
    ),
    "folding": Snippet(
        """\
import torch
from gam_viz.networks.bn_folding import fuse
from gam_viz.networks.checkpoints import load, named

network = load(named("scenes-gam"))
folded, x = fuse(network), torch.randn(1, 3, 64, 64)
with torch.inference_mode():
    print((folded(x) - network(x)).abs().max().item())
"""
    ),
    "gain": Snippet(
        _DIFFERENCE.format(first="gam", second="none", wanted=' and each.data == "cifar10"'),
        'python -m gam_viz zoo "cifar10-none-*" "cifar10-gam-s[0-9]"',
    ),
    "parameters": Snippet(
        """\
from gam_viz.cost import count
from gam_viz.networks import NetworkConfig

for architecture in ("resnet18", "gam_net"):
    plain = count(NetworkConfig(architecture=architecture), 32).parameters
    for name, options in [("gam", {}), ("gam", {"rate": 8, "spatial": "factorised"}), ("cbam", {})]:
        config = NetworkConfig(architecture=architecture, attention=name, attention_options=options)
        print(architecture, name, options, f"{count(config, 32).parameters / plain - 1:+.1%}")
"""
    ),
}
