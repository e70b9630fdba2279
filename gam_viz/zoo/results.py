"""The zoo's results: one row for each data set and attention, gathered from the runs' cards, kept as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gam_viz.cost import Latency, count, latency
from gam_viz.evaluation.intervals import Estimate, accuracy, difference
from gam_viz.networks.checkpoints import read
from gam_viz.runtime.files import write_atomically
from gam_viz.zoo.plan import Run, TrainingSet
from gam_viz.zoo.ship import best_of
from gam_viz.zoo.train import Workshop, finished

RESULTS = Path(__file__).with_name("results.json")
COMPARED_WITH = ("none", "cbam", "gam", "gam-first")


class ResultsError(ValueError):
    """Results that cannot be read; the message says in a sentence why."""


@dataclass(frozen=True)
class AttentionResults:
    """The networks of one attention on one data set.

    Attributes:
        label: of the attention in the plan.
        module, options: what the label stands for.
        parameters, macs: of one network, for one picture.
        latency: of one picture against the network without attention; None where that was not measured.
        epochs: trained, those of the weights it started from included.
        device: that trained it.
        seeds: seed -> {"validation", "accuracy", and "balanced_accuracy" and "auc" where the test says them}.
        accuracy: on the test split.
        auc: over the same, or None.
        differences: label -> this accuracy minus that label's.
        shipped: the checkpoint's name.
        stages: which stages carry the attention; empty for all.
        balanced: mean of the classes' accuracies, over seeds; None of one seed, which `seeds` has.
    """

    label: str
    module: str
    options: dict[str, Any]
    parameters: int
    macs: int
    latency: Latency | None
    epochs: int
    device: str
    seeds: dict[int, dict[str, float]]
    accuracy: Estimate
    auc: float | None
    differences: dict[str, Estimate]
    shipped: str
    stages: tuple[bool, ...] = ()
    balanced: Estimate | None = None


@dataclass(frozen=True)
class SetResults:
    """One data set.

    Attributes:
        name, data: of the set and of its data.
        title, domain, classes: of the data.
        network, width, size: what was trained, on square pictures of that side.
        recipe: how.
        start: the set whose weights it started from, or None.
        published: {"network", "accuracy", "source", and "auc"} of another's result to compare with, or empty.
        test_count: test pictures.
        rows: in the plan's order.
    """

    name: str
    data: str
    title: str
    domain: str
    classes: int
    network: str
    width: int
    size: int
    recipe: dict[str, Any]
    start: str | None
    published: dict[str, Any]
    test_count: int
    rows: tuple[AttentionResults, ...]

    def row(self, label: str) -> AttentionResults | None:
        """Of one attention, where it was trained."""
        return next((row for row in self.rows if row.label == label), None)


def gather(plan: Sequence[TrainingSet], shop: Workshop, before: Sequence[SetResults] = ()) -> list[SetResults]:
    """Results of all finished runs. Latencies in `before` are kept; what is missing is measured, which takes seconds.

    Raises:
        CheckpointError: a run's file is damaged.
    """
    gathered = []
    for each in plan:
        runs = [run for run in each.runs if each.ships and finished(run, shop)]
        if runs:
            old = next((r for r in before if r.name == each.name), None)
            gathered.append(_set_results(each, runs, shop, old))
    return gathered


def _set_results(each: TrainingSet, runs: list[Run], shop: Workshop, old: SetResults | None) -> SetResults:
    by_label: dict[str, list[Run]] = {
        label: [run for run in runs if run.attention.label == label] for label in each.seeds
    }
    by_label = {label: of for label, of in by_label.items() if of}
    cards = {run.name: read(shop.path(run.name)).card for run in runs}
    accuracies = {label: [cards[run.name].test["accuracy"] for run in of] for label, of in by_label.items()}
    correct = {label: [np.load(shop.correct_path(run.name)) for run in of] for label, of in by_label.items()}
    best = best_of(runs, shop)
    rows = []
    for label, of in by_label.items():
        card = cards[of[0].name]
        counts = count(card.config, card.sides[0])
        shipped = of[0].shipped_name
        balanced = [test["balanced_accuracy"] for run in of if "balanced_accuracy" in (test := cards[run.name].test)]
        aucs = [cards[run.name].test["auc"] for run in of if "auc" in cards[run.name].test]
        base = cards[by_label["none"][0].name].config if "none" in by_label else None
        known = old.row(label) if old else None
        measured = known.latency if known and known.parameters == counts.parameters else None
        if measured is None and base is not None and label != "none":
            measured = latency(card.config, base, card.sides[0], shop.device)
        first_epochs = read(shop.path(str(of[0].start))).card.epochs if of[0].start else 0
        rows.append(
            AttentionResults(
                label=label,
                module=of[0].attention.module,
                options=of[0].attention.options,
                parameters=counts.parameters,
                macs=counts.macs,
                latency=measured,
                epochs=first_epochs + card.epochs,
                device=card.versions.get("device", ""),
                seeds={
                    run.seed: {
                        "validation": cards[run.name].validation["accuracy"],
                        **{
                            key: cards[run.name].test[key]
                            for key in ("accuracy", "balanced_accuracy", "auc")
                            if key in cards[run.name].test
                        },
                    }
                    for run in of
                },
                accuracy=accuracy(accuracies[label], correct[label]),
                auc=float(np.mean(aucs)) if aucs else None,
                differences={
                    other: difference(accuracies[label], accuracies[other], correct[label], correct[other])
                    for other in COMPARED_WITH
                    if other != label and other in by_label
                },
                shipped=best[shipped].shipped_name,
                stages=of[0].attention.stages,
                balanced=accuracy(balanced, correct[label]) if len(balanced) > 1 else None,
            )
        )
    card = cards[runs[0].name]
    return SetResults(
        name=each.name,
        data=each.data,
        title=card.dataset_title,
        domain=card.domain,
        classes=len(card.classes),
        network=each.network,
        width=each.width,
        size=card.sides[0],
        recipe=card.recipe,
        start=each.start,
        published=each.published,
        test_count=card.test["count"],
        rows=tuple(rows),
    )


def write(results: Sequence[SetResults], path: Path) -> None:
    """Write results as JSON, atomically."""
    text = json.dumps([dataclasses.asdict(each) for each in results], indent=1, ensure_ascii=False)
    write_atomically(path, lambda part: part.write_text(text + "\n", encoding="utf-8"))


def load_results(path: Path = RESULTS) -> list[SetResults]:
    """Results written before; none where there is no such file.

    Raises:
        ResultsError: the file is damaged.
    """
    if not path.exists():
        return []
    try:
        return [_set_of(values) for values in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise ResultsError(f"the results in {path.name} cannot be read: {error}") from error


def _set_of(values: dict[str, Any]) -> SetResults:
    return SetResults(**{**values, "rows": tuple(_row_of(row) for row in values["rows"])})


def _row_of(values: dict[str, Any]) -> AttentionResults:
    return AttentionResults(
        **{
            **values,
            "latency": Latency(**values["latency"]) if values["latency"] else None,
            "accuracy": Estimate(**values["accuracy"]),
            "differences": {label: Estimate(**each) for label, each in values["differences"].items()},
            "seeds": {int(seed): each for seed, each in values["seeds"].items()},
            "stages": tuple(values.get("stages", ())),
            "balanced": Estimate(**values["balanced"]) if values.get("balanced") else None,
        }
    )
