"""`show`: the app on your own networks, built by your own code or by name, with weights from files."""

from __future__ import annotations

import argparse
import importlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

LIBRARIES = ("timm", "torchvision")


def add(commands: Any) -> None:
    """Add the command to the parser."""
    s = commands.add_parser("show", help="open the app on your own networks")
    s.add_argument(
        "networks",
        nargs="+",
        metavar="NETWORK",
        help="MODULE:FUNCTION that builds it (imported from this folder, too), timm:NAME or torchvision:NAME; "
        "with TITLE= before it, it is called so",
    )
    s.add_argument("--weights", nargs="+", type=Path, metavar="FILE", help="of the networks, in their order")
    s.add_argument("--pictures", metavar="PATH", help="a folder or a file to look at")
    s.add_argument("--classes", metavar="FILE", help="names of the outputs, a name a line")
    s.add_argument("--transform", metavar="MODULE:NAME", help="what pictures are validated with, or what makes it")
    s.add_argument("--size", nargs="+", type=int, metavar="PIXELS", help="side of the input, or its height and width")
    s.add_argument("--mean", nargs="+", type=float, metavar="NUMBER", help="of the normalisation, a number a channel")
    s.add_argument("--std", nargs="+", type=float, metavar="NUMBER", help="of the normalisation, a number a channel")
    s.add_argument("--output", metavar="MODULE:FUNCTION", help="from what the network returns to (B, outputs)")
    s.add_argument("--target", help="what the outputs are (default: told by their shape); what is unknown lists them")
    s.add_argument("--unit", default="", help="of a regression's value")
    s.add_argument("--port", type=int, help="default: a free one")
    s.add_argument("--browser", action="store_true", help="open it in the browser at once")
    s.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Build, open, and wait until it is stopped."""
    import gam_viz
    from gam_viz.networks.libraries import own_transform

    networks, facts = _networks(options)
    size = None if options.size is None else tuple(options.size)
    given = {"size": size[0] if size is not None and len(size) == 1 else size, "mean": options.mean, "std": options.std}
    if size is not None and len(size) > 2:
        raise ValueError(f"--size is the side of the input, or its height and width, got {len(size)} numbers")
    transform = None if options.transform is None else _named(options.transform)
    if transform is None and facts is not None and None in given.values():
        side, mean, std = facts.input_size, facts.mean, facts.std
        print(
            f"where you say nothing, as {facts.architecture}'s own weights: {side} pixels, {mean=}, {std=}",
            file=sys.stderr,
        )
        transform = own_transform(facts.architecture)
        # One channel has other numbers than the library's three.
        given |= {name: getattr(facts, name) for name in ("mean", "std") if given[name] is None}
    shown = gam_viz.show(
        networks,
        options.pictures,
        classes=None if options.classes is None else Path(options.classes),
        transform=transform() if callable(transform) and not hasattr(transform, "transforms") else transform,
        output=None if options.output is None else _named(options.output),
        target=options.target,
        unit=options.unit,
        port=options.port,
        **given,
    )
    with shown:
        if options.browser:
            import webbrowser

            webbrowser.open(shown.url)
        print("Ctrl-C ends it", file=sys.stderr)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)


def _networks(options: argparse.Namespace) -> tuple[dict[str, nn.Module], Any]:
    """By title; and what a library says of the pictures of the last one that it built."""
    from gam_viz.networks.named import build_named
    from gam_viz.networks.state_dicts import load_weights, open_weights

    files = options.weights or []
    if files and len(files) != len(options.networks):
        raise ValueError(f"{len(options.networks)} networks need as many --weights or none, got {len(files)}")
    built: dict[str, nn.Module] = {}
    facts = None
    for number, given in enumerate(options.networks):
        title, equals, source = given.rpartition("=")
        file = files[number] if files else None
        if source.partition(":")[0] in LIBRARIES:
            facts = build_named(source, file)
            module = facts.module
        else:
            module = _built(source)
            if file is not None:
                left_over = load_weights(module, open_weights(file), source)
                if left_over:
                    print(
                        f"{file.name}: {len(left_over)} weights are not the network's, {left_over[0]} …",
                        file=sys.stderr,
                    )
        name = title if equals else source.rpartition(":")[2]
        if name in built:
            raise ValueError(f"two networks are called {name}; call one otherwise, as in mine={source}")
        built[name] = module.eval()
    return built, facts


def _built(source: str) -> nn.Module:
    """What the user's own code builds: it is run, as an `import` of it would be."""
    from torch import nn

    found = _named(source)
    if not isinstance(found, nn.Module):
        if not callable(found):
            raise ValueError(f"{source} is neither a module nor a function that builds one")
        try:
            found = found()
        except TypeError as error:
            raise ValueError(f"{source} is called without arguments, and that fails: {error}") from error
    if not isinstance(found, nn.Module):
        raise ValueError(f"{source} gives no torch.nn.Module but {type(found).__name__}")
    return found


def _named(source: str) -> Callable[..., Any]:
    """MODULE:NAME, imported from where the command runs, too."""
    module, colon, name = source.partition(":")
    if not (module and colon and name):
        raise ValueError(f"a network is MODULE:FUNCTION, timm:NAME or torchvision:NAME, got {source!r}")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(module)
    except ImportError as error:
        raise ValueError(f"{module} cannot be imported: {error}") from error
    finally:
        sys.path.pop(0)
    for part in name.split("."):
        if not hasattr(found, part):
            raise ValueError(f"{module} has no {name}")
        found = getattr(found, part)
    return found
