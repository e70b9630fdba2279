"""`idsds`: copies of networks tuned with cells removed, and maps scored so that networks can be compared."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gam_viz.cli.common import (
    checkpoint_argument,
    checkpoints_of,
    data_argument,
    device_argument,
    result_files,
    say_new_folder,
)

if TYPE_CHECKING:
    from gam_viz.evidence.single_deletion.results import InDomain


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("idsds", help="score maps so that networks compare, on tuned copies (IDSDS)")
    c.add_argument("networks", nargs="+", metavar="NETWORK", help="names or files, of one or more data sets")
    c.add_argument("--pictures", type=int, default=200, help="of the test split, spread over it (default: 200)")
    c.add_argument("--grid", type=int, default=4, help="cells a side (default: 4)")
    c.add_argument("--epochs", type=int, default=3, help="of tuning (default: 3)")
    c.add_argument("--methods", nargs="+", metavar="NAME", help="of attribution (default: those of docs/evidence.md)")
    c.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="of the tuned copies (default: beside the checkpoint where one is, else --runs)",
    )
    c.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="folder of idsds.json and idsds.md (default: the project's own, else the folder of runs)",
    )
    data_argument(c)
    device_argument(c)
    checkpoint_argument(c)
    c.add_argument("--runs", type=Path, default=Path("runs"), help="folder of logs, states and each network's numbers")
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Tune what is not tuned, score what is not scored, write what is known."""
    from gam_viz.evidence.single_deletion.results import RESULTS as OWN
    from gam_viz.evidence.single_deletion.results import InDomain, load_in_domain, rows_of, write_in_domain
    from gam_viz.evidence.single_deletion.table import write_table

    if options.pictures < 2 or not 2 <= options.grid <= 16 or options.epochs < 1:
        raise ValueError("at least 2 pictures, 2 to 16 cells a side and 1 epoch are needed")
    of_data: dict[str, list[Any]] = {}
    for checkpoint in checkpoints_of(options):
        of_data.setdefault(checkpoint.card.dataset, []).append(checkpoint)
    file, table = result_files(options.out, OWN, "idsds", options.runs)
    found = {each.data: each for each in load_in_domain(file)}
    for data, checkpoints in of_data.items():
        gathered = [(checkpoint, _scored(checkpoint, options)) for checkpoint in checkpoints]
        count = len(gathered[0][1].before)
        found[data] = InDomain(data, count, options.grid, options.epochs, rows_of(gathered))
        say_new_folder(file.parent)
        # After each data set: who is stopped in the second has the first.
        write_in_domain(list(found.values()), file)
        write_table(list(found.values()), table)
        _say(found[data])


def _scored(checkpoint: Any, options: argparse.Namespace) -> Any:
    """A network's scores; tuned and measured where that was not done before."""
    from filelock import FileLock, Timeout
    from tqdm import tqdm

    from gam_viz.datasets import data_root, load_dataset
    from gam_viz.evidence.dependence.measure import spread_over
    from gam_viz.evidence.leaderboard.scoring import METHODS
    from gam_viz.evidence.single_deletion.in_domain import deletions, kept_deletions
    from gam_viz.evidence.single_deletion.tuned import tune, tuned_path
    from gam_viz.networks.checkpoints import load
    from gam_viz.runtime.device import pick_device
    from gam_viz.training import TrainingError

    card, device = checkpoint.card, pick_device(options.device)
    split = partial(load_dataset, card.dataset, root=data_root(options.data_root), size=card.sides[0])
    lock = options.runs / f"{card.name}-without-a-cell" / "lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    beside = checkpoint.path.parent  # where copies that ship are
    to = options.to or (beside if tuned_path(beside, card.name).is_file() else options.runs)
    try:
        with FileLock(lock, timeout=0):
            tuned = tune(
                *(checkpoint, split("train")),
                to=to,
                runs=options.runs,
                device=device,
                grid=options.grid,
                epochs=options.epochs,
                progress=sys.stderr.isatty(),
            )
    except Timeout:
        raise TrainingError(f"another tuning of {card.name} runs; wait for it") from None
    pictures, methods = spread_over(split("test"), options.pictures), tuple(options.methods or METHODS)
    facts = {"checkpoint": checkpoint.sha256, "tuned": tuned.sha256, "pictures": len(pictures), "methods": methods}
    path = options.runs / "idsds" / f"{card.name}-{checkpoint.sha256[:8]}-{len(pictures)}.npz"
    with tqdm(total=1.0, desc=card.name, bar_format="{l_bar}{bar}| {remaining}", disable=None) as bar:
        networks = load(checkpoint, device), load(tuned, device)
        measure = partial(deletions, *networks, card, pictures, methods, options.grid, lambda s: bar.update(s - bar.n))
        return kept_deletions(path, facts, measure)


def _say(found: InDomain) -> None:
    for row in found.networks:
        print(
            f"{row.name}: accuracy {row.before.value:.1%}, with a cell removed {row.before_without.value:.1%}; tuned "
            f"{row.after.value:.1%} and {row.after_without.value:.1%}"
        )
        for key, of in row.maps.items():
            apart = row.apart.get(key)
            beside = f"; CBAM's {apart.value:+.3f} ({apart.low:+.3f} to {apart.high:+.3f}) away" if apart else ""
            print(f"  {key}: {of.value:+.3f} ({of.low:+.3f} to {of.high:+.3f}){beside}")
    sys.stdout.flush()
