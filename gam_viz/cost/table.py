"""What was counted and timed of several designs, as plain values for a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gam_viz.cost.network_cost import Bill
from gam_viz.cost.timing import Latency, Timing
from gam_viz.networks import NetworkConfig


@dataclass(frozen=True)
class Row:
    """One design: what it is, what was counted, and what was timed of it, if anything."""

    config: NetworkConfig
    bill: Bill
    timing: Timing | None = None


def records(rows: Sequence[Row], base: Bill, side: int) -> list[dict[str, Any]]:
    """A dictionary a design, all with the same keys; shares and ratios are against `base`, bytes of one picture.

    Times of the network without attention are empty: it is what the others are measured against.
    """
    return [_record(row, base, side) for row in rows]


def to_csv(given: Sequence[dict[str, Any]]) -> str:
    """The same with a line a design; options and stages are JSON."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(given[0]) if given else [], lineterminator="\n")
    writer.writeheader()
    for record in given:
        writer.writerow({k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in record.items()})
    return out.getvalue()


def _record(row: Row, base: Bill, side: int) -> dict[str, Any]:
    config, bill, timing = row.config, row.bill, row.timing
    return {
        "network": config.architecture,
        "width": config.width,
        "stem": config.stem,
        "size": side,
        "classes": config.num_classes,
        "attention": config.attention,
        "options": dict(config.attention_options),
        "stages": [int(carries) for carries in config.attention_stages],
        "parameters": bill.counts.parameters,
        "parameters_added": bill.counts.parameters / base.counts.parameters - 1,
        "macs": bill.counts.macs,
        "macs_added": bill.counts.macs / base.counts.macs - 1,
        "peak_activation_bytes": bill.peak,
        "kept_for_backward_bytes": bill.kept,
        **_times("time", timing.plain if timing else None, timing.milliseconds if timing else None),
        **_times("fused_time", timing.fused if timing else None, timing.fused_milliseconds if timing else None),
        "rounds": timing.plain.rounds if timing else None,
        "device": timing.plain.device if timing else None,
    }


def _times(name: str, of: Latency | None, milliseconds: float | None) -> dict[str, float | None]:
    return {
        f"{name}_ratio": of.ratio if of else None,
        f"{name}_low": of.low if of else None,
        f"{name}_high": of.high if of else None,
        f"{name}_ms": round(milliseconds, 3) if milliseconds is not None else None,
    }
