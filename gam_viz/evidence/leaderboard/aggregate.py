"""What the gathered numbers say: means with intervals, and differences between networks on the same scenes."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gam_viz.evaluation.intervals import Estimate, accuracy, difference, mean
from gam_viz.evidence.leaderboard.run import TAG_FIELDS, EvidenceError, Gathered, Question
from gam_viz.evidence.leaderboard.scoring import REGIONS, TRIVIAL, Looks, scene_scores
from gam_viz.runtime.files import write_atomically

RESULTS = Path(__file__).with_name("results.json")

#: The mean over a network's gates: what "its gates" do where no one layer is picked afterwards.
ALL_GATES = "gates"
COMPARED_WITH = "cbam"


@dataclass(frozen=True)
class MapRow:
    """One map of a network, or one that no network had a hand in, against one region.

    Attributes:
        key: `Heatmap.key`, "gates" for the mean over all gates, or one of `TRIVIAL`.
        region: "object" or "tag".
        scores: by key of `scene_scores`, over the scenes; None where no scene has one.
        against: measure -> this network's minus that of the CBAM network of the same data, scene by scene, for maps
            that both have; for the mean over gates and methods of attribution.
        flat: in how many scenes the map is flat.
    """

    key: str
    region: str
    scores: dict[str, Estimate | None]
    against: dict[str, Estimate]
    flat: int


@dataclass(frozen=True)
class GateRow:
    """What replacing gates did (see `ReplacedGates`): changes of the accuracy and of the mean margin."""

    layer: str
    branch: str
    by: str
    accuracy: Estimate
    margin: Estimate


@dataclass(frozen=True)
class NetworkRow:
    """One network.

    Attributes:
        name, sha256: of its checkpoint.
        attention, options: its kind.
        accuracy: on the scenes.
        maps, gates: its rows.
        tag: share of right answers with, without and with another's tag, and of answers that follow that tag.
    """

    name: str
    sha256: str
    attention: str
    options: dict[str, Any]
    accuracy: Estimate
    maps: tuple[MapRow, ...]
    gates: tuple[GateRow, ...]
    tag: dict[str, Estimate]


@dataclass(frozen=True)
class Results:
    """Of one question. `areas`: region -> its mean share of the picture."""

    data: str
    count: int
    methods: tuple[str, ...]
    areas: dict[str, float]
    trivial: tuple[MapRow, ...]
    networks: tuple[NetworkRow, ...]


def results(question: Question, trivial: Looks, gathered: Sequence[Gathered]) -> Results:
    """Means, intervals and differences."""
    reference = next((of for of in gathered if of.card.config.attention == COMPARED_WITH), None)
    return Results(
        question.data,
        question.count,
        question.methods,
        {region: float(areas.mean()) for region, areas in trivial.areas.items()},
        tuple(_map_row(key, region, trivial, None) for region in _regions(trivial) for key in TRIVIAL),
        tuple(_network_row(of, reference if reference is not of else None) for of in gathered),
    )


def _regions(of: Looks) -> list[str]:
    return [region for region in REGIONS if region in of.areas]


def _network_row(of: Gathered, reference: Gathered | None) -> NetworkRow:
    gated = any(key.startswith("gate.") for key in of.looks.keys)
    keys = [*([ALL_GATES] if gated else []), *of.looks.keys]
    right = of.answers.right
    gates = tuple(
        GateRow(
            each.layer,
            each.branch,
            each.by,
            difference([each.right.mean()], [right.mean()], [each.right], [right]),
            mean(each.margin),
        )
        for each in of.answers.replaced
    )
    tag = {} if of.tag is None else {name: _share(getattr(of.tag, name)) for name in TAG_FIELDS}
    return NetworkRow(
        of.card.name,
        of.sha256,
        of.card.config.attention,
        dict(of.card.config.attention_options),
        _share(right),
        tuple(
            _map_row(key, region, of.looks, None if reference is None else reference.looks)
            for region in _regions(of.looks)
            for key in keys
        ),
        gates,
        tag,
    )


def _share(right: npt.NDArray[np.bool_]) -> Estimate:
    return accuracy([float(right.mean())], [right])


def _map_row(key: str, region: str, looks: Looks, reference: Looks | None) -> MapRow:
    known = scene_scores()
    values = {measure: _values(looks, key, region, measure) for measure in known}
    scores = {m: mean(of, *known[m].bounds) if (~np.isnan(of)).any() else None for m, of in values.items()}
    against = {}
    # A layer's gate has its own scale of things in each network; all gates together, and methods, can be compared.
    if reference is not None and not key.startswith("gate."):
        for measure in known:
            other = _values(reference, key, region, measure)
            both = values[measure] - other
            if (~np.isnan(both)).any():
                against[measure] = mean(both)
    flat = int(np.isnan(values["pointing"]).sum())
    return MapRow(
        key,
        region,
        scores,
        against,
        flat,
    )


def _values(looks: Looks, key: str, region: str, measure: str) -> npt.NDArray[np.float64]:
    """(N,) of a map; of all gates their mean in each scene; NaN where the network has no such map."""
    nothing = np.full(len(looks.areas[region]), np.nan)
    if key != ALL_GATES:
        return looks.of(key, region, measure) if key in looks.keys else nothing
    gates = [looks.of(name, region, measure) for name in looks.keys if name.startswith("gate.")]
    if not gates:
        return nothing
    with warnings.catch_warnings():  # where all gates of a scene are flat
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(gates, axis=0))


def write(found: Sequence[Results], path: Path) -> None:
    """Write as JSON, atomically."""
    text = json.dumps([dataclasses.asdict(each) for each in found], indent=1, ensure_ascii=False)
    write_atomically(path, lambda part: part.write_text(text + "\n", encoding="utf-8"))


def load_results(path: Path = RESULTS) -> list[Results]:
    """What `write` wrote; empty where there is no such file.

    Raises:
        EvidenceError: the file is damaged or of another version.
    """
    try:
        return [_results_of(values) for values in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EvidenceError(f"{path.name} cannot be read: {error}") from error


def _results_of(values: dict[str, Any]) -> Results:
    networks = [
        NetworkRow(
            **values
            | {
                "accuracy": Estimate(**values["accuracy"]),
                "maps": tuple(_map_of(row) for row in values["maps"]),
                "gates": tuple(
                    GateRow(**row | {k: Estimate(**row[k]) for k in ("accuracy", "margin")}) for row in values["gates"]
                ),
                "tag": {name: Estimate(**of) for name, of in values["tag"].items()},
            }
        )
        for values in values["networks"]
    ]
    trivial = tuple(_map_of(row) for row in values["trivial"])
    return Results(**values | {"methods": tuple(values["methods"]), "trivial": trivial, "networks": tuple(networks)})


def _map_of(row: dict[str, Any]) -> MapRow:
    scores = {m: None if of is None else Estimate(**of) for m, of in row["scores"].items()}
    return MapRow(**row | {"scores": scores, "against": {m: Estimate(**of) for m, of in row["against"].items()}})
