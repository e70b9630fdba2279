"""Parameters and multiply-adds of every variant against published or independently derived figures.

The exact parameter counts are those of the project's notes on attention modules; for the plain networks, SE and CBAM
they agree with what torchvision and the papers' authors report. Multiply-adds are half of torch's counted FLOPs at one
picture, to the digits the notes print (one figure, printed there as 10.26, is 10.2548: here with a digit more).
"""

import functools
from decimal import Decimal

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gam_viz.attention import ModuleCost, build_attention
from gam_viz.cost import attention_cost
from gam_viz.networks import NetworkConfig, build_network

#: attention, its options
VARIANTS = {
    "none": ("none", {}),
    "se": ("se", {}),
    "cbam": ("cbam", {}),
    "gam r4": ("gam", {}),
    "gam r4 groups": ("gam", {"groups": 4}),
    "gam r4 factorised": ("gam", {"spatial": "factorised"}),
    "gam r4 depthwise": ("gam", {"spatial": "depthwise"}),
    "gam r16": ("gam", {"rate": 16}),
    "gam r16 groups": ("gam", {"rate": 16, "groups": 4}),
    "gam r16 factorised": ("gam", {"rate": 16, "spatial": "factorised"}),
    "gam r16 depthwise": ("gam", {"rate": 16, "spatial": "depthwise"}),
}
#: network, classes, stem, side of the picture
NETWORKS = {
    "tutorial": ("gam_net", 10, "cifar", 32),
    "resnet18 cifar": ("resnet18", 10, "cifar", 32),
    "resnet18 imagenet": ("resnet18", 1000, "imagenet", 224),
    "resnet50 cifar": ("resnet50", 100, "cifar", 32),
    "resnet50 imagenet": ("resnet50", 1000, "imagenet", 224),
}
#: A row for each variant: parameters and multiply-adds (M or G) in each of the networks.
TABLE = """
none               2779914 421M   11173962  555M  11689512 1.814G   23705252 1.298G   25557032 4.089G
se                 2802370 421M   11263042  556M  11778592 1.814G   26236244 1.301G   28088024 4.092G
cbam               2802970 422M   11263842  556M  11779392 1.815G   26237844 1.303G   28089624 4.096G
gam r4             7085194 1050M  28591562 1394M  29107112 4.383G  526769572 28.14G  528621352 86.30G
gam r4 groups      3924106 588M   15796682  778M  16312232 2.495G  157072804  8.41G  158924584 25.87G
gam r4 factorised  3107402 468M   12490122  618M  13005672 2.007G   61512484  3.31G   63364264 10.255G
gam r4 depthwise   3012426 460M   11999882  604M  12515432 1.963G   44844324  2.48G   46696104  7.72G
gam r16            3858922 578M   15534122  765M  16049672 2.456G  149516644  8.01G  151368424 24.64G
gam r16 groups     3068650 463M   12335402  611M  12850952 1.984G   57092452  3.08G   58944232  9.54G
gam r16 factorised 2836250 429M   11394522  566M  11910072 1.845G   29901508  1.63G   31753288  5.09G
gam r16 depthwise  2874330 439M   11458202  577M  11973752 1.879G   29601732  1.66G   31453512  5.20G
"""


def cells():
    for line in TABLE.strip().splitlines():
        words = line.split()
        variant, numbers = " ".join(words[:-10]), words[-10:]
        for network, parameters, madds in zip(NETWORKS, numbers[::2], numbers[1::2], strict=True):
            # By default every variant in the tutorial's network, and the three of its table in the others.
            default = network == "tutorial" or variant in ("none", "cbam", "gam r4")
            marks = () if default else pytest.mark.long
            yield pytest.param(variant, network, int(parameters), madds, id=f"{variant} in {network}", marks=marks)


def on_meta(network, variant, **changes):
    """The network without memory for its weights."""
    architecture, classes, stem, side = NETWORKS[network]
    attention, options = VARIANTS[variant]
    config = NetworkConfig(
        architecture=architecture,
        num_classes=classes,
        attention=attention,
        attention_options=options,
        stem=stem,
        **changes,
    )
    with torch.device("meta"):
        return build_network(config).eval(), torch.empty(1, 3, side, side)


def parameters_of(module):
    return sum(p.numel() for p in module.parameters())


@functools.cache
def counted(network, variant):
    """Parameters and multiply-adds, counted on a network that was built."""
    module, x = on_meta(network, variant)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(x)
    return parameters_of(module), counter.get_total_flops() // 2


@pytest.mark.parametrize(("variant", "network", "parameters", "madds"), list(cells()))
def test_parameters_and_multiply_adds(variant, network, parameters, madds):
    own, macs = counted(network, variant)
    assert own == parameters
    printed, unit = Decimal(madds[:-1]), {"M": 10**6, "G": 10**9}[madds[-1]]
    assert abs(Decimal(macs) / unit - printed) <= Decimal(1).scaleb(printed.as_tuple().exponent) / 2
    # What attention adds to the counts is what the closed forms say, summed over the blocks.
    architecture, classes, stem, side = NETWORKS[network]
    attention, options = VARIANTS[variant]
    config = NetworkConfig(architecture, classes, attention=attention, attention_options=options, stem=stem)
    without = counted(network, "none")
    assert attention_cost(config, side) == ModuleCost(own - without[0], macs - without[1])


@pytest.mark.parametrize(
    ("name", "options", "counts"),
    [
        ("cbam", {}, (680, 8_564, 33_412)),
        ("gam", {}, (102_720, 1_639_680, 6_556_160)),
        ("gam_sigmoid", {}, (102_720, 1_639_680, 6_556_160)),
        ("gam", {"groups": 4}, (27_456, 435_456, 1_739_264)),
        ("gam", {"spatial": "factorised"}, (8_032, 124_288, 494_336)),
        ("gam", {"spatial": "depthwise"}, (8_416, 82_816, 296_704)),
    ],
    ids=str,
)
def test_parameters_of_one_module(name, options, counts):
    with torch.device("meta"):
        given = tuple(parameters_of(build_attention(name, channels, **options)) for channels in (64, 256, 512))
    assert given == counts


@pytest.mark.parametrize(
    ("rate", "percent"), [(1, "623"), (2, "312"), (4, "156"), (8, "78"), (16, "39"), (32, "19.5"), (64, "9.8")]
)
def test_no_rate_brings_full_gam_under_five_percent(rate, percent):
    """What the tutorial promises ("less than 5 % more parameters") at every rate that its first stage admits."""
    config = NetworkConfig(architecture="resnet18", attention="gam", attention_options={"rate": rate})
    with torch.device("meta"):
        share = Decimal(parameters_of(build_network(config)) * 100) / 11_173_962 - 100
    assert share.quantize(Decimal(percent)) == Decimal(percent)
    assert share > 5


def test_gam_in_the_last_stage_alone():
    module, x = on_meta("resnet18 cifar", "gam r4", attention_stages=(False, False, False, True))
    assert round(parameters_of(module) / 11_173_962 * 100 - 100) == 117
    plain, _ = on_meta("resnet18 cifar", "none")
    with FlopCounterMode(display=False) as counter:
        module(x)
    gated = counter.get_total_flops()
    with FlopCounterMode(display=False) as counter:
        plain(x)
    assert round(gated / counter.get_total_flops() * 100 - 100) == 38
