"""What a user takes home: the numbers behind a comparison."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

import numpy as np

from gam_viz.explain import Explanation
from gam_viz.explain.attributions import Attribution


def to_npz(
    explanations: Sequence[Explanation],
    attributions: Mapping[str, Sequence[Attribution]],
    facts: Mapping[str, object],
) -> bytes:
    """All arrays of a comparison as an NPZ file, which `np.load(..., allow_pickle=False)` reads.

    Keys: `<network>/logits` (classes,), `<network>/gate/<path>` (C, 1, 1), (1, H, W) or (C, H, W),
    `<network>/attribution/<method>` (h, w), and `facts`, JSON text.

    Args:
        explanations: one a network.
        attributions: for a network's card name, those shown.
        facts: picture, digests and settings, to find the view again.
    """
    arrays: dict[str, np.ndarray] = {"facts": np.asarray(json.dumps(facts, ensure_ascii=False))}
    for explanation in explanations:
        name = explanation.card.name
        arrays[f"{name}/logits"] = explanation.logits
        for reading in explanation.readings:
            arrays[f"{name}/gate/{reading.module}"] = reading.values
        for attribution in attributions.get(name, ()):
            arrays[f"{name}/attribution/{attribution.method}"] = attribution.values
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def to_csv(explanations: Sequence[Explanation]) -> str:
    """A row a network, layer, branch and channel: mean, standard deviation, smallest and largest value over positions.

    A mask that all channels share has one row, its channel left empty.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["network", "layer", "branch", "gate", "channel", "mean", "std", "min", "max", "height", "width"])
    for explanation in explanations:
        for reading in explanation.readings:
            channels, height, width = reading.values.shape
            for channel in range(channels):
                values = reading.values[channel]
                writer.writerow(
                    [
                        explanation.card.name,
                        reading.layer,
                        reading.branch,
                        reading.module,
                        channel if reading.per_channel else "",
                        *(f"{number:.6g}" for number in (values.mean(), values.std(), values.min(), values.max())),
                        height,
                        width,
                    ]
                )
    return buffer.getvalue()
