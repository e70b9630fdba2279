"""`convert`: a checkpoint from a state dict."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from gam_viz.runtime.files import write_atomically

ORDERS = ("mean-first", "maximum-first")
STEMS = ("cifar", "stride2", "imagenet")

#: What a state dict does not tell, said after a conversion.
_ASKED = {
    "channel_sigmoid": "weights do not tell whether GAM's channel gate ends in a sigmoid: see --channel-sigmoid",
    "stem": "weights do not tell the stride of a 3x3 stem: see --stem",
    "pooled": "weights do not tell whether CBAM's mask sees the mean first or the maximum: see --pooled",
    "residual": "weights do not tell whether a chain has a way around it: see --no-residual",
}


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("convert", help="make a checkpoint of the weights that a training script left")
    c.add_argument("file", type=Path, help="weights: .pth, .pt, .ckpt, .pth.tar or .safetensors")
    c.add_argument("--classes", nargs="+", metavar="NAME", help="one a logit (default: class 0, class 1, …)")
    c.add_argument("--size", type=int, help="side of its pictures (default: 32, 64 or 224, by the stem)")
    usual = "default: ImageNet's behind a 7x7 stem, else 0.5 each"
    c.add_argument("--mean", type=float, nargs=3, metavar=("R", "G", "B"), help=usual)
    c.add_argument("--std", type=float, nargs=3, metavar=("R", "G", "B"), help=usual)
    c.add_argument("--stem", choices=STEMS, help="weights do not tell a 3x3 stem's stride (default: cifar, stride 1)")
    c.add_argument("--channel-sigmoid", action="store_true", help="GAM's channel gate ends in a sigmoid")
    c.add_argument("--no-residual", action="store_true", help="a chain of two modules has no way around it")
    c.add_argument(
        "--pooled", choices=ORDERS, help="what CBAM's spatial convolution sees first (default: told by its names)"
    )
    c.add_argument("--name", help="of the network (default: the new file's)")
    c.add_argument("--out", type=Path, required=True, metavar="NAME.safetensors", help="the new file")
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Read the weights, tell the network by them, write its checkpoint."""
    from gam_viz.networks.checkpoints import SUFFIX
    from gam_viz.networks.state_dicts import open_state_dict

    out = options.out if options.out.suffix == SUFFIX else options.out.with_name(f"{options.out.name}{SUFFIX}")
    if out.exists():
        raise ValueError(f"{out} is there already; nothing was written")
    state_dict = open_state_dict(options.file)
    checkpoint = state_dict.checkpoint(
        options.classes,
        input_size=options.size,
        mean=options.mean,
        std=options.std,
        stem=options.stem,
        channel_sigmoid=options.channel_sigmoid,
        residual=not options.no_residual,
        mean_first=None if options.pooled is None else options.pooled == "mean-first",
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
    if options.mean is None or options.std is None:
        mean, std = (" ".join(f"{value:g}" for value in values) for values in (card.mean, card.std))
        print(f"  weights do not tell how pictures were normalised; mean {mean} and std {std} were assumed: see --mean")
    for question in state_dict.questions:
        print(f"  {_ASKED[question]}")
