"""`checkpoints`: what is in the folder of checkpoints."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from gam_viz.cli.common import checkpoint_argument


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("checkpoints", help="list the checkpoints")
    c.add_argument("--json", action="store_true", help="whole cards as JSON")
    checkpoint_argument(c)
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """List them, and say which files cannot be read."""
    from gam_viz.networks.checkpoints import find

    checkpoints, refused = find(options.checkpoints)
    if options.json:
        print(json.dumps([json.loads(c.card.to_json()) for c in checkpoints], indent=1, ensure_ascii=False))
    else:
        for checkpoint in checkpoints:
            card = checkpoint.card
            test = f"test {card.test['accuracy']:.2%}" if card.test else "not tested"
            print(
                f"{card.name:<36} {card.dataset_title:<30} {card.config.architecture} x{card.config.width} "
                f"{card.config.attention:<12} {test}"
            )
    if not checkpoints and not refused:
        print(f"no checkpoints in {options.checkpoints}", file=sys.stderr)
    for error in refused:
        print(f"left out: {error}", file=sys.stderr)
