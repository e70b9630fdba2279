"""`explain`: one picture, several networks, all the evidence, as a report to take home."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gam_viz.cli.common import checkpoint_argument, device_argument, say_new_folder, value_of
from gam_viz.runtime.files import write_atomically
from gam_viz.text import LANGUAGES, words
from gam_viz.text.nearest import did_you_mean

if TYPE_CHECKING:
    from gam_viz.evidence.examine import About, Case, LoadedNetwork
    from gam_viz.explain.attributions import Request
    from gam_viz.images import Picture
    from gam_viz.networks.checkpoints import Checkpoint

SAMPLE = "sample:"
MEDICAL = ("histology", "ophthalmology")  # domains of samples
# Names that `--help` lists; a test holds them, and the defaults below, to the library, which takes seconds to import.
FITS = ("crop", "pad", "stretch")
REDUCTIONS = ("gain", "spread", "top", "channel", "mean")
BASELINES = ("blur", "mean", "noise", "linear")


def add(commands: Any) -> None:
    """Add the command to the parser."""
    e = commands.add_parser("explain", help="examine one picture with several networks; write a report")
    e.add_argument("picture", metavar="PICTURE", help=f"a picture file, or {SAMPLE}NAME for a built-in one")
    e.add_argument("--networks", nargs="+", metavar="NAME", help="names or files (default: CBAM and GAM of scenes)")
    e.add_argument("--target", metavar="CLASS", help="the class to explain (default: what each network predicts)")
    e.add_argument("--fit", choices=FITS, default="crop", help="how it is made square (default: crop)")
    e.add_argument("--look", metavar="KEY", help="frame, window, bands … as the page's address has them")
    e.add_argument(
        "--methods",
        nargs="+",
        default=["gradcam", "integrated_gradients"],
        metavar="NAME",
        help="of attribution; one that is unknown lists those known (default: gradcam integrated_gradients)",
    )
    e.add_argument("--layer", metavar="NAME", help="of methods that are asked of a layer (default: the last block)")
    e.add_argument(
        "--param", nargs="+", default=[], metavar="METHOD.NAME=VALUE", help="as integrated_gradients.steps=32"
    )
    e.add_argument("--measures", nargs="+", metavar="NAME", help="of evidence; one that is unknown lists those known")
    e.add_argument("--reduction", choices=REDUCTIONS, default="gain", help="of masks for every channel (default: gain)")
    e.add_argument("--baseline", choices=BASELINES, default="blur", help="what removed pixels become (default: blur)")
    e.add_argument("--steps", type=int, default=8, help="of deletion and insertion (default: %(default)s)")
    e.add_argument("--orders", type=int, default=0, help="random orders; 0: as many as the level needs (default)")
    e.add_argument("--shuffles", type=int, default=8, help="of each gate, 6 or more (default: %(default)s)")
    e.add_argument("--seed", type=int, default=0, help="of everything random (default: %(default)s)")
    e.add_argument("--cascade", action="store_true", help="make the network random stage by stage, too (slow)")
    e.add_argument("--language", choices=LANGUAGES, default="en", help="of the report (default: en)")
    e.add_argument("--zip", action="store_true", help="write a ZIP with all numbers and pictures beside the report")
    e.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="report.html, or report.zip for the ZIP alone"
    )
    device_argument(e)
    checkpoint_argument(e)
    e.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Examine, then write."""
    from tqdm import tqdm

    from gam_viz.evidence.examine import CaseSettings, LoadedNetwork, examine
    from gam_viz.evidence.faithfulness import Settings
    from gam_viz.networks.checkpoints import load
    from gam_viz.runtime.device import pick_device

    settings = CaseSettings(
        methods=tuple(dict.fromkeys(options.methods)),
        reduction=options.reduction,
        shuffles=options.shuffles,
        faithfulness=Settings(options.baseline, options.steps, options.orders, None, options.seed),
        cascade=options.cascade,
        measures=None if options.measures is None else tuple(options.measures),
        requests=_requests(options),
    )
    targets = _targets(options.out, options.zip)
    device = pick_device(options.device)
    picture, about = _picture(options.picture, options.look)
    subjects = [
        LoadedNetwork(load(checkpoint, device), checkpoint.card, checkpoint.sha256, called)
        for checkpoint, called in _networks(options)
    ]
    _check_layer(options.layer, subjects)
    try:
        # Everything is made before the first file is written: what stops it leaves no file behind.
        with tqdm(total=100, bar_format="{l_bar}{bar}| {elapsed}<{remaining}", disable=not sys.stderr.isatty()) as bar:

            def progress(share: float, name: str, step: str) -> None:
                bar.n = round(100 * share)
                bar.set_description(f"{name} {step}".strip())

            case = examine(
                subjects,
                picture,
                fit=options.fit,
                target=options.target,
                settings=settings,
                about=about,
                device=device,
                progress=progress,
            )
        made = _made(case, targets, options.language)
        say_new_folder(options.out.parent)
        for path, content in made:
            write_atomically(path, lambda part, content=content: part.write_bytes(content))  # type: ignore[misc]
            print(f"{path}: {len(content) / 1e6:.1f} MB")
    except KeyboardInterrupt:
        print("stopped; no file was left half-written", file=sys.stderr)
        raise SystemExit(130) from None
    for left in case.left_out:
        print(f"left out: {left}", file=sys.stderr)


def _requests(options: argparse.Namespace) -> tuple[Request, ...]:
    """The attributions that are not asked with their defaults."""
    from gam_viz.explain.attributions import METHODS, Request

    params: dict[str, dict[str, Any]] = {}
    for given in options.param:
        name, equals, value = given.partition("=")
        method, dot, param = name.partition(".")
        if not (equals and dot and method in METHODS):
            near = did_you_mean(method, METHODS) if dot else ""
            raise ValueError(f"a parameter is METHOD.NAME=VALUE of a method that is known, got {given!r}{near}")
        params.setdefault(method, {})[param] = value_of(value)
    requests = [
        Request(name, options.layer if METHODS[name].needs_layer else None, params.get(name, {}))
        for name in dict.fromkeys(options.methods)
        if name in METHODS  # of others, the settings say which are known
    ]
    for request in requests:
        METHODS[request.method].complete(request.params)
    return tuple(r for r in requests if r.params or r.layer)


def _check_layer(name: str | None, subjects: Sequence[LoadedNetwork]) -> None:
    """Before minutes are spent: that one of the networks has the layer."""
    from gam_viz.explain.attributions.prepare import layers_of

    if name is not None and not any(name in dict(each.network.named_modules()) for each in subjects):
        known = dict.fromkeys(layer for each in subjects for layer in layers_of(each.network))
        raise ValueError(
            f"no network here has a layer {name!r}; they have {', '.join(known)}{did_you_mean(name, known)}"
        )


def _made(case: Case, targets: Sequence[Path], language: str) -> list[tuple[Path, bytes]]:
    """The files' contents."""
    with _quiet():
        from gam_viz import report  # with Matplotlib, which only this needs

        said = words(language)
        return [
            (path, report.pack(case, said) if path.suffix.lower() == ".zip" else report.html(case, said).encode())
            for path in targets
        ]


@contextmanager
def _quiet() -> Iterator[None]:
    """Matplotlib says which fonts it does without, which cannot be mended here."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _targets(out: Path, beside: bool) -> list[Path]:
    """The files to write, checked before anything is computed."""
    if out.suffix.lower() not in (".html", ".htm", ".zip"):
        raise ValueError(f"the report is written as .html or .zip, got {out.name}")
    targets = [out, out.with_suffix(".zip")] if beside and out.suffix.lower() != ".zip" else [out]
    for path in targets:
        if path.is_dir():
            raise ValueError(f"{path} is a folder; name a file")
    return targets


def _networks(options: argparse.Namespace) -> list[tuple[Checkpoint, str]]:
    """Checkpoints, and what the command line calls each: a name, or a file without the folders it lies in."""
    from gam_viz.networks.checkpoints import SUFFIX, find, named
    from gam_viz.networks.default_comparison import default_networks

    if not options.networks:
        return [(checkpoint, checkpoint.path.stem) for checkpoint in default_networks(find(options.checkpoints)[0])]
    given = list(dict.fromkeys(options.networks))
    return [(named(name, options.checkpoints), Path(name).name if name.endswith(SUFFIX) else name) for name in given]


def _picture(given: str, look: str | None) -> tuple[Picture, About]:
    """The picture and what is known about it."""
    from gam_viz.evidence.examine import About
    from gam_viz.images import LIMITS, Rendering, first_look, list_samples, load_sample, open_source, render

    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if given.startswith(SAMPLE):
        name = given.removeprefix(SAMPLE)
        if look:
            raise ValueError("a built-in picture can be looked at in one way only; leave --look away")
        picture = load_sample(name)
        sample = next(sample for sample in list_samples() if sample.id == name)
        about = About(
            title=sample.title,
            sample=name,
            credit=f"{sample.credit}; {sample.licence}",
            label=sample.label_name,
            medical=sample.domain in MEDICAL,
            date=date,
        )
        return picture, about
    path = Path(given)
    LIMITS.check_file_size(path.stat().st_size)  # before it is read
    source = open_source(path.read_bytes(), path.name)
    picture = render(source, Rendering.from_key(look) if look else first_look(source))
    return picture, About(facts=source.facts, medical=source.kind == "dicom", date=date)
