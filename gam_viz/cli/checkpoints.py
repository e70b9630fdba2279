"""`checkpoints` and `convert`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gam_viz.networks import STEMS
from gam_viz.networks.checkpoints import SUFFIX, find
from gam_viz.networks.state_dicts import HALF, open_state_dict
from gam_viz.runtime.files import write_atomically


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands to the parser."""
    c = commands.add_parser("checkpoints", parents=[common], help="list the checkpoints")
    c.add_argument("--json", action="store_true", help="whole cards as JSON")
    c.set_defaults(run=_checkpoints)

    v = commands.add_parser("convert", help="make a checkpoint of a state dict in a .pt or .pth file")
    v.add_argument("file", type=Path, help="what torch.save(network.state_dict(), …) wrote")
    v.add_argument("--classes", nargs="+", metavar="NAME", help="one a logit (default: class 0, class 1, …)")
    v.add_argument("--size", type=int, help="side of its pictures (default: 32, 64 or 224, by the stem)")
    v.add_argument("--mean", type=float, nargs=3, default=HALF, metavar=("R", "G", "B"), help="default: 0.5 each")
    v.add_argument("--std", type=float, nargs=3, default=HALF, metavar=("R", "G", "B"), help="default: 0.5 each")
    v.add_argument("--stem", choices=STEMS, help="weights do not tell a 3x3 stem's stride (default: cifar, stride 1)")
    v.add_argument("--channel-sigmoid", action="store_true", help="GAM's channel gate ends in a sigmoid")
    v.add_argument("--no-residual", action="store_true", help="a chain of two modules has no way around it")
    v.add_argument("--name", help="of the network (default: the new file's)")
    v.add_argument("--out", type=Path, required=True, metavar=f"NAME{SUFFIX}", help="the new file")
    v.set_defaults(run=_convert)


def _checkpoints(options: argparse.Namespace) -> None:
    found, refused = find(options.checkpoints)
    if options.json:
        print(json.dumps([json.loads(c.card.to_json()) for c in found], indent=1, ensure_ascii=False))
    else:
        for checkpoint in found:
            card = checkpoint.card
            test = f"test {card.test['accuracy']:.2%}" if card.test else "not tested"
            print(
                f"{card.name:<36} {card.dataset_title:<30} {card.config.architecture} x{card.config.width} "
                f"{card.config.attention:<12} {test}"
            )
    if not found and not refused:
        print(f"no checkpoints in {options.checkpoints}", file=sys.stderr)
    for error in refused:
        print(f"left out: {error}", file=sys.stderr)


def _convert(options: argparse.Namespace) -> None:
    out = options.out if options.out.suffix == SUFFIX else options.out.with_name(f"{options.out.name}{SUFFIX}")
    if out.exists():
        raise ValueError(f"{out} is there already; nothing was written")
    found = open_state_dict(options.file)
    checkpoint = found.checkpoint(
        options.classes,
        input_size=options.size,
        mean=options.mean,
        std=options.std,
        stem=options.stem,
        channel_sigmoid=options.channel_sigmoid,
        residual=not options.no_residual,
        name=options.name or out.stem,
    )
    card, content = checkpoint.card, checkpoint.content
    assert content is not None
    write_atomically(out, lambda part: part.write_bytes(content))
    config = card.config
    options_said = "".join(f", {key} {value}" for key, value in config.attention_options.items())
    print(
        f"{out.name}: {config.architecture} x{config.width}, attention {config.attention}{options_said}, stem "
        f"{config.stem}, {config.num_classes} classes, pictures of {card.input_size} pixels"
    )
    for question in found.questions:
        print(f"  {_ASKED[question]}")


#: What a state dict does not tell, said after a conversion.
_ASKED = {
    "channel_sigmoid": "weights do not tell whether GAM's channel gate ends in a sigmoid: see --channel-sigmoid",
    "stem": "weights do not tell the stride of a 3x3 stem: see --stem",
    "residual": "weights do not tell whether a chain has a way around it: see --no-residual",
}
