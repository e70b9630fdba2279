"""The numbers behind a comparison and behind a case, as arrays and as tables."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from gam_viz.evidence.examine import Case
from gam_viz.explain import Explanation
from gam_viz.explain.attributions import Attribution
from gam_viz.report.ablation import measures_of
from gam_viz.report.context import slug
from gam_viz.report.csv_rows import csv_of

Arrays = dict[str, np.ndarray]


def to_npz(
    explanations: Sequence[Explanation],
    attributions: Mapping[str, Sequence[Attribution]],
    facts: Mapping[str, object],
) -> bytes:
    """All arrays of a comparison as an NPZ file, which `np.load(..., allow_pickle=False)` reads.

    Keys: `<network>/logits` (classes,), `<network>/gate/<path>` (C, 1, 1), (1, H, W) or (C, H, W),
    `<network>/attribution/<method>` (h, w), and `facts`, JSON text. A network is called by its `slug`.

    Args:
        explanations: one a network.
        attributions: for a network's card name, those shown.
        facts: picture, digests and settings, to find the view again.
    """
    arrays: Arrays = {}
    names = [slug(explanation.card.name) for explanation in explanations]
    keys = [name if names.count(name) == 1 else f"{place}-{name}" for place, name in enumerate(names, 1)]
    for key, explanation in zip(keys, explanations, strict=True):
        arrays |= _of_network(key, explanation, attributions.get(explanation.card.name, ()))
    return _npz(arrays, facts)


def case_npz(case: Case, names: Sequence[str], facts: Mapping[str, object]) -> bytes:
    """All arrays of a case, likewise. Beside the keys of `to_npz`:

    `<network>/heatmap/<key>` (h, w), `<network>/deletion/<key>` and `insertion/<key>` (steps + 1,) of every map, the
    same with `random.<side>` (orders, steps + 1) of random orders in patches of that side,
    `<network>/removed` and `inserted` (steps + 1,), the shares of pixels;
    `<network>/ablation/names` (n,) "layer branch mode", the layer as "layer2.0:rows" where it has several gates of a
    branch, `<network>/ablation/probability`, `logit` and `margin` (n, 3), changes with the ends of their intervals; of
    outputs that are no probabilities `value`, `summed_logit` or `summed_score` alone;
    `agreement/names` (n,), `agreement/spearman`, `ssim`, `iou` and each with
    `_low` and `_high` (n, n).

    Args:
        case: with its arrays.
        names: one a network, for the keys.
        facts: as for `to_npz`.
    """
    arrays: Arrays = {}
    for network, name in zip(case.networks, names, strict=True):
        arrays |= _of_network(name, network.explanation, network.attributions)
        arrays |= {f"{name}/heatmap/{map_.key}": map_.values for map_ in network.maps}
        if (known := network.faithfulness) is not None:
            arrays |= {f"{name}/removed": known.removed, f"{name}/inserted": known.inserted}
            for key, deletion, insertion in (
                *((c.key, c.deletion, c.insertion) for c in known.curves),
                *((f"random.{pool.grain}", pool.deletion, pool.insertion) for pool in known.pools),
            ):
                arrays |= {f"{name}/deletion/{key}": deletion, f"{name}/insertion/{key}": insertion}
        if network.ablations is not None and network.ablations.results:
            results = network.ablations.results
            arrays[f"{name}/ablation/names"] = np.array([f"{one.place} {one.branch} {one.mode}" for one in results])
            for measure, attribute in measures_of(network):
                changes = [getattr(one, attribute) for one in results]
                arrays[f"{name}/ablation/{measure}"] = np.array([(c.value, c.low, c.high) for c in changes])
    if (alike := case.agreement) is not None:
        known_as = dict(zip((network.name for network in case.networks), names, strict=True))
        labels = zip(alike.labels, alike.maps, strict=True)
        arrays["agreement/names"] = np.array([f"{known_as[label]} {map_.key}" for label, map_ in labels])
        for measure in ("spearman", "ssim", "iou"):
            found = getattr(alike, measure)
            arrays |= {
                f"agreement/{measure}": found.values,
                f"agreement/{measure}_low": found.low,
                f"agreement/{measure}_high": found.high,
            }
    return _npz(arrays, facts)


def to_csv(explanations: Sequence[Explanation], picture: str = "") -> str:
    """A row a network, layer, branch and channel: mean, standard deviation, smallest and largest value over positions.

    A mask that all channels share has one row, its channel left empty. Every row names the picture's digest, and what
    the network predicts with how much; a network without gates has one row of these alone.
    """
    return gates_csv([(explanation.card.name, explanation) for explanation in explanations], picture)


def gates_csv(explanations: Iterable[tuple[str, Explanation]], picture: str = "") -> str:
    """The same, each explanation under a name of its own."""
    rows: list[Sequence[object]] = [
        (
            *("network", "layer", "branch", "gate", "channel", "mean", "std", "min", "max", "height", "width"),
            *("predicted", "value", "picture_sha256"),
        )
    ]
    for name, explanation in explanations:
        told = ("", "")
        if explanation.answered:
            answer = explanation.predicted
            told = explanation.card.classes[answer], f"{explanation.values[answer]:.6g}"
        if not explanation.readings:
            rows.append([name, *[""] * 10, *told, picture])
        for reading in explanation.readings:
            channels, height, width = reading.values.shape
            for channel in range(channels):
                values = reading.values[channel]
                rows.append(
                    [
                        name,
                        reading.layer,
                        reading.branch,
                        reading.module,
                        channel if reading.per_channel else "",
                        *(f"{number:.6g}" for number in (values.mean(), values.std(), values.min(), values.max())),
                        height,
                        width,
                        *told,
                        picture,
                    ]
                )
    return csv_of(rows)


def _of_network(name: str, explanation: Explanation, attributions: Iterable[Attribution]) -> Arrays:
    arrays: Arrays = {f"{name}/logits": explanation.logits}
    arrays |= {f"{name}/gate/{reading.module}": reading.values for reading in explanation.readings}
    return arrays | {f"{name}/attribution/{each.method}": each.values for each in attributions}


def _npz(arrays: Arrays, facts: Mapping[str, object]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, facts=np.asarray(json.dumps(facts, ensure_ascii=False)), **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
