"""`audit`: what networks say of every picture of a folder, a data set or a scene, and what their gates did."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from gam_viz.cli.common import checkpoint_argument, data_argument, device_argument

if TYPE_CHECKING:
    from gam_viz.audit.explained import Explaining
    from gam_viz.audit.run import AuditRun
    from gam_viz.networks.checkpoints import Checkpoint

PRECISIONS = ("float32", "bfloat16")
SHARD = 4096  # pictures; a test holds it to the library's, which takes seconds to import


def add(commands: Any) -> None:
    """Add the command to the parser."""
    a = commands.add_parser("audit", help="ask networks about every picture of a folder, a data set or a scene")
    a.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder, a ZIP, a list of paths (.csv, .parquet), data:NAME[/train], or a GeoTIFF",
    )
    a.add_argument("--networks", nargs="+", required=True, metavar="NAME", help="names or files, of the same classes")
    a.add_argument("--out", required=True, metavar="FOLDER", help="where it is written: a folder, or s3://… and such")
    a.add_argument("--tile", type=int, metavar="PIXELS", help="side of a scene's tiles (default: the networks' input)")
    a.add_argument("--stride", type=int, metavar="PIXELS", help="from one tile to the next (default: the tile's side)")
    a.add_argument("--bands", type=int, nargs="+", metavar="N", help="of a scene, from 1 (default: red, green, blue)")
    a.add_argument(
        "--nodata",
        type=float,
        default=0.5,
        metavar="SHARE",
        help="tiles with a larger share without data are left out (default: %(default)s)",
    )
    a.add_argument("--shard", default="1/1", metavar="K/N", help="compute the K-th of N shares, beside others")
    a.add_argument("--shard-size", type=int, default=SHARD, metavar="N", help="pictures a shard (default: %(default)s)")
    a.add_argument(
        "--ray", nargs="?", const="local", metavar="ADDRESS", help="on a Ray cluster; without an address, on one here"
    )
    a.add_argument("--precision", choices=PRECISIONS, default="float32", help="of the passes (default: float32)")
    a.add_argument(
        "--explain",
        type=int,
        default=0,
        metavar="N",
        help="attributions and ablations, of the N pictures on which the networks are farthest apart",
    )
    a.add_argument("--methods", nargs="+", default=["gradcam"], metavar="METHOD", help="of them (default: gradcam)")
    data_argument(a)
    device_argument(a)
    checkpoint_argument(a)
    a.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Compute what is missing."""
    from gam_viz.audit.explained import Explaining
    from gam_viz.audit.run import begun
    from gam_viz.audit.sources import SourceChoices
    from gam_viz.runtime.device import pick_device
    from gam_viz.runtime.kept_memory import keep_freed_memory

    keep_freed_memory()
    share = _share(options.shard)
    asked = Explaining(options.explain, tuple(options.methods)) if options.explain else None
    choices = SourceChoices(
        options.tile,
        options.stride,
        None if options.bands is None else tuple(options.bands),
        options.nodata,
        options.data_root,
    )
    networks = _networks(options)
    audit = begun(
        options.source,
        networks,
        options.out,
        choices=choices,
        shard=options.shard_size,
        precision=options.precision,
        device=pick_device(options.device),
    )
    _say_begin(audit)
    try:
        _compute(audit, networks, options.ray, share)
        if asked is not None and not audit.missing():
            _explain(audit, asked)
    except KeyboardInterrupt:
        _say("stopped", done=audit.done(), count=audit.manifest.count, to=sys.stderr)
        raise SystemExit(130) from None
    _say_end(audit)


def _compute(audit: AuditRun, networks: dict[str, Checkpoint], ray: str | None, share: tuple[int, int]) -> None:
    from tqdm import tqdm

    from gam_viz.audit.run import run as run_here

    number, of = share
    spans = [audit.manifest.span(shard) for shard in audit.missing() if shard % of == number - 1]
    left = sum(stop - start for start, stop in spans)
    done = audit.done() if of == 1 else 0
    with tqdm(total=done + left, initial=done, unit=" pictures", disable=not sys.stderr.isatty()) as bar:
        if ray is None:
            run_here(audit, share, bar.update)
        else:
            from gam_viz.audit.on_ray import run_on_ray

            run_on_ray(audit, {name: each.path for name, each in networks.items()}, ray, bar.update)


def _explain(audit: AuditRun, asked: Explaining) -> None:
    from tqdm import tqdm

    from gam_viz.audit.explained import explain_rows

    with tqdm(total=asked.count, unit=" explained", disable=not sys.stderr.isatty()) as bar:
        explain_rows(audit, asked, bar.update)


def _networks(options: argparse.Namespace) -> dict[str, Checkpoint]:
    """By the names that their columns have: a file's is what it is called without its folders."""
    from gam_viz.audit.errors import AuditError
    from gam_viz.networks.checkpoints import named

    found: dict[str, Checkpoint] = {}
    for given in dict.fromkeys(options.networks):
        checkpoint = named(given, options.checkpoints)
        if checkpoint.path.stem in found:
            raise AuditError("audit.refused.same_name", network=checkpoint.path.stem)
        found[checkpoint.path.stem] = checkpoint
    return found


def _share(given: str) -> tuple[int, int]:
    from gam_viz.audit.errors import AuditError

    number, slash, of = given.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise AuditError("audit.refused.shard", given=given)
    return int(number), int(of)


def _say(key: str, *, to: Any = None, **values: object) -> None:
    from gam_viz.text import words

    print(words("en").text(f"audit.progress.{key}", **values), file=to or sys.stdout, flush=True)


def _say_begin(audit: AuditRun) -> None:
    names = ", ".join(network.name for network in audit.networks)
    _say("begins", count=audit.manifest.count, networks=names, shards=audit.manifest.shards)
    if done := audit.done():
        _say("goes_on", done=done, count=audit.manifest.count)


def _say_end(audit: AuditRun) -> None:
    from gam_viz.audit.opened import Audit

    left = len(audit.missing())
    if left:
        _say("part_done", out=audit.folder.address, left=left, shards=audit.manifest.shards)
        return
    audit.folder.clear()
    counts = Audit(audit.folder.address).counts()
    _say("done", out=audit.folder.address, count=audit.manifest.count, refused=counts.get("refused", 0))
