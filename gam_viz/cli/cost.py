"""`cost`: what a network with attention costs, counted exactly and timed on this machine."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gam_viz.cli.common import device_argument, network_arguments, network_of
from gam_viz.runtime.files import write_atomically

if TYPE_CHECKING:
    from gam_viz.cost import Bill, Latency, Row
    from gam_viz.networks import NetworkConfig


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("cost", help="count what a network with attention costs, and time it")
    network_arguments(c)
    c.add_argument("--size", type=int, default=32, help="side of the square picture in pixels (default: 32)")
    c.add_argument("--classes", type=int, default=10, help="how many (default: 10)")
    c.add_argument("--stages", metavar="0,0,1", help="which stages carry attention, 1 or 0 each (default: all)")
    c.add_argument("--compare", action="store_true", help="beside it, what it is usually compared with")
    c.add_argument("--latency", action="store_true", help="time one picture, too, with and without folded batch norms")
    c.add_argument("--rounds", type=int, help="of timing, 2 and more (default: as many as 3 seconds allow, 5 to 40)")
    device_argument(c)
    how = c.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="print JSON")
    how.add_argument("--csv", type=Path, metavar="FILE", help="write a table there, too")
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Count, and time where that was asked for."""
    from tqdm import tqdm

    from gam_viz.cost import Row, bill, records, to_csv, usual
    from gam_viz.runtime.device import describe, pick_device

    if options.size < 1:
        raise ValueError(f"the size must be at least 1 pixel, got {options.size}")
    if options.rounds is not None and options.rounds < 2:
        raise ValueError(f"timing needs at least 2 rounds, got {options.rounds}")
    config = network_of(options, options.classes, _stages(options.stages, options.network))
    device = pick_device(options.device) if options.latency else None
    without, *others = usual(config)
    base = bill(without, options.size)
    rows = [Row(without, base)]
    if config.attention != "none":
        rows.append(Row(config, bill(config, options.size)))
    for other in others if options.compare else []:
        try:
            counted = bill(other, options.size)
        except ValueError as error:
            print(f"left out: {_name(other)}: {error}", file=sys.stderr)
            continue
        # The chosen one may be among them, with other words for the same options.
        if (other.attention, counted) not in [(row.config.attention, row.bill) for row in rows]:
            rows.append(Row(other, counted))
    if device is not None:
        with tqdm(total=len(rows) - 1, unit="design", disable=not sys.stderr.isatty()) as bar:
            rows = [rows[0], *(_timed(row, without, options, device, bar) for row in rows[1:])]
    told = records(rows, base, options.size)
    if options.json:
        print(json.dumps(told, indent=1))
        return
    print(_title(config, options.size))
    _print(rows, base)
    if device is not None:
        print(
            f"time: one picture on {describe(device)}, against the network without attention, in turn with it; median "
            f"and middle half of the rounds. Folded: batch norms folded into convolutions, in both"
        )
    if options.csv:
        write_atomically(options.csv, lambda part: part.write_text(to_csv(told), encoding="utf-8"))
        print(f"{options.csv}: {len(rows)} rows")


def _stages(given: str | None, network: str) -> tuple[bool, ...]:
    from gam_viz.networks import ARCHITECTURES

    if given is None:
        return ()
    values = given.split(",")
    if len(values) != len(ARCHITECTURES[network]) or not set(values) <= {"0", "1"}:
        raise ValueError(f"{network} has {len(ARCHITECTURES[network])} stages: give a 0 or 1 for each, got {given!r}")
    return tuple(value == "1" for value in values)


def _timed(row: Row, without: NetworkConfig, options: argparse.Namespace, device: Any, bar: Any) -> Row:
    from gam_viz.cost import TooLargeError, timing

    try:
        measured = timing(row.config, without, options.size, device, rounds=options.rounds)
    except TooLargeError as error:
        print(f"not timed: {_name(row.config)}: {error}", file=sys.stderr)
        return row
    finally:
        bar.update()
    return dataclasses.replace(row, timing=measured)


def _title(config: NetworkConfig, size: int) -> str:
    stages = config.attention_stages
    carried = f", attention in stages {','.join(str(int(carries)) for carries in stages)}" if stages else ""
    return (
        f"{config.architecture}, width {config.width}, stem {config.stem}, {config.num_classes} classes, pictures of "
        f"{size}x{size} pixels{carried}"
    )


def _name(config: NetworkConfig) -> str:
    return " ".join([config.attention, *(f"{key}={value}" for key, value in config.attention_options.items())])


def _print(rows: Sequence[Row], base: Bill) -> None:
    from gam_viz.cost.units import added, amount

    timed = any(row.timing for row in rows)
    table = [
        ["attention", "parameters", "added", "MACs", "added", "activations", "for backward"]
        + (["time", "folded"] if timed else [])
    ]
    for row in rows:
        counts = row.bill.counts
        first = row.bill is base
        table.append(
            [
                _name(row.config),
                f"{counts.parameters:,}",
                "" if first else added(counts.parameters / base.counts.parameters - 1),
                amount(counts.macs),
                "" if first else added(counts.macs / base.counts.macs - 1),
                amount(row.bill.peak, "B"),
                amount(row.bill.kept, "B"),
            ]
        )
        if timed:
            table[-1] += [_ratio(row.timing.plain), _ratio(row.timing.fused)] if row.timing else ["", ""]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(table[0]))]
    for cells in table:
        first_cell, *rest = cells
        line = "  ".join([first_cell.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True))])
        print(line.rstrip())


def _ratio(of: Latency) -> str:
    return f"{of.ratio:.2f}x ({of.low:.2f}-{of.high:.2f})"
