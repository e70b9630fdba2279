"""The command that looks at a network with the code that made it: what a file that is not opened ends with."""

from __future__ import annotations

import shlex
from pathlib import Path

BARE = (".pth", ".pt", ".ckpt", ".tar", ".bin")  # files of weights without a card
OWN_CODE = "mymodels:build"  # a function of the reader's own that builds the network


def show_line(file: str, architecture: str | None = None) -> str:
    """The command for a file's weights, with the reader's own code or a library's architecture, "timm:seresnet18"."""
    name = "".join(letter if letter.isprintable() else "?" for letter in file)
    return f"gam-viz show {architecture or OWN_CODE} --weights {shlex.quote(name)} --classes classes.txt"


def lines_for(path: Path) -> dict[str, str]:
    """The commands that read weights without a card: `convert` makes a checkpoint of a residual network's."""
    file, out = str(path), f"{path.name.partition('.')[0]}-card.safetensors"
    convert = f"gam-viz convert {shlex.quote(file)} --classes NAME NAME --out {shlex.quote(out)}"
    return {"convert": convert, "show": show_line(file)}
