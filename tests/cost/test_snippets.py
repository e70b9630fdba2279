"""The code and the command as they are shown: run as they stand, they build that design."""

import json
import shlex

import pytest
import torch

from gam_viz.cli.main import main
from gam_viz.cost import count
from gam_viz.cost.snippets import command, module_code, network_code
from gam_viz.networks import NetworkConfig

DESIGNS = [
    NetworkConfig(width=4, num_classes=3),
    NetworkConfig(width=16, attention="se", attention_options={"reduction_ratio": 8}),
    NetworkConfig("resnet18", 5, 8, "cbam", {"reduction_ratio": 2, "kernel_size": 3}, (False, True, False, True)),
    NetworkConfig(
        width=8, attention="gam", attention_options={"rate": 2, "groups": 2, "shuffle": "last"}, stem="stride2"
    ),
    NetworkConfig("resnet34", 4, 4, "se_gam", {"rate": 2, "spatial": "depthwise", "channel_gate": "sigmoid"}),
]


@pytest.mark.parametrize("config", DESIGNS, ids=str)
def test_code_of_the_network(config):
    names = {}
    exec(network_code(config, 16), names)
    assert names["config"] == config
    assert names["logits"].shape == (1, config.num_classes)


@pytest.mark.parametrize("config", DESIGNS[1:], ids=str)
def test_code_of_the_module(config):
    names = {}
    exec(module_code(config, 16), names)
    with torch.no_grad():
        assert names["y"].shape == names["x"].shape
    carrying = config.attention_stages.index(True) if config.attention_stages else 0
    assert names["x"].shape[1] == config.width * 2**carrying


def test_no_attention_has_no_module():
    assert module_code(DESIGNS[0], 16) == ""
    assert module_code(NetworkConfig(attention="gam", attention_stages=(False, False, False)), 16) == ""


@pytest.mark.parametrize("config", DESIGNS, ids=str)
def test_the_command(config, capsys):
    words = shlex.split(command(config, 16))
    assert words[:3] == ["python", "-m", "gam_viz"]
    assert main([*words[3:], "--json"]) == 0
    told = json.loads(capsys.readouterr().out)[-1]
    assert (told["network"], told["attention"], told["options"]) == (
        config.architecture,
        config.attention,
        config.attention_options,
    )
    assert (told["parameters"], told["macs"]) == (count(config, 16).parameters, count(config, 16).macs)
