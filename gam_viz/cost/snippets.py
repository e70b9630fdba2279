"""The code and the command that build a design: to be copied, and run by the tests as they stand."""

from __future__ import annotations

import json
import shlex

from gam_viz.cost.stages import stages_of
from gam_viz.networks import NetworkConfig


def network_code(config: NetworkConfig, side: int) -> str:
    """Python that builds the network and runs it on one picture."""
    lines = [
        f"architecture={config.architecture!r},",
        f"num_classes={config.num_classes},",
        f"width={config.width},",
        f"stem={config.stem!r},",
    ]
    if config.attention != "none":
        lines.append(f"attention={config.attention!r},")
        if len(config.attention_options) == 1:
            lines.append(f"attention_options={config.attention_options!r},")
        elif config.attention_options:  # one a line, so that none is out of sight
            lines.append("attention_options={")
            lines += [f"    {key!r}: {value!r}," for key, value in config.attention_options.items()]
            lines.append("},")
        if config.attention_stages:
            lines.append(f"attention_stages={config.attention_stages!r},")
    inner = "\n".join(f"    {line}" for line in lines).replace("'", '"')
    return f"""import torch

from gam_viz.networks import NetworkConfig, build_network

config = NetworkConfig(
{inner}
)
network = build_network(config).eval()
logits = network(torch.randn(1, 3, {side}, {side}))  # (1, {config.num_classes})
"""


def module_code(config: NetworkConfig, side: int) -> str:
    """Python that builds the attention module alone, as it stands in the first stage that carries it; empty where the
    network has none."""
    carrying = [stage for stage in stages_of(config, side) if stage.carries]
    if config.attention == "none" or not carrying:
        return ""
    stage = carrying[0]
    given = "".join(f", {key}={value!r}" for key, value in config.attention_options.items()).replace("'", '"')
    shape = f"1, {stage.channels}, {stage.side}, {stage.side}"
    return f"""import torch

from gam_viz.attention import build_attention

attention = build_attention("{config.attention}", {stage.channels}{given})
x = torch.randn({shape})  # what {stage.name} gives it
y = attention(x)  # ({shape})
"""


def command(config: NetworkConfig, side: int) -> str:
    """The command that counts it."""
    words = ["python", "-m", "gam_viz", "cost", "--network", config.architecture, "--width", str(config.width)]
    words += ["--stem", config.stem, "--size", str(side), "--classes", str(config.num_classes)]
    words += ["--attention", config.attention]
    for key, value in config.attention_options.items():
        words += ["--attention-option", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
    if config.attention_stages:
        words += ["--stages", ",".join(str(int(carries)) for carries in config.attention_stages)]
    return shlex.join(words)
