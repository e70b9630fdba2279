"""The declarative list of what the zoo trains, read from a TOML file.

[attention.gam-r16]          # a label, and the module it stands for
module = "gam"
options = { rate = 16 }
stages = [false, false, true]         # which stages carry it; all where this is left out

[[set]]                      # one data set with one recipe
name = "scenes"
data = "scenes"
width = 16
stem = "stride2"
stages = [true, true, false]          # which carry attention, where the attention does not say; else all
recipe = "default"
epochs = 16
seeds = { none = 3, gam-r16 = 1 }     # how many of each: seeds 0, 1, ...
snapshots = { gam-r16 = [0, 1, 16] }  # copies kept after these epochs
start = "another-set"                 # weights to begin with: that set's, of the same attention, seed 0
ships = true
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from gam_viz.attention import build_attention
from gam_viz.datasets import DATASETS
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.training import Recipe, recipe

DEFAULT_PLAN = Path(__file__).with_name("plan.toml")


class PlanError(ValueError):
    """A plan that cannot be followed; the message says in a sentence what is wrong and what is known."""


@dataclass(frozen=True)
class Attention:
    """A label of the plan and the module it stands for; `stages` says which carry it, empty for all."""

    label: str
    module: str
    options: dict[str, Any]
    stages: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Run:
    """One network of the plan.

    Attributes:
        set: the set it belongs to.
        attention: its attention.
        seed: of weights, order and augmentation.
    """

    set: TrainingSet
    attention: Attention
    seed: int

    @property
    def name(self) -> str:
        """Of its checkpoint and its folder."""
        return f"{self.set.name}-{self.attention.label}-s{self.seed}"

    @property
    def shipped_name(self) -> str:
        """Of the checkpoint that ships, one for all seeds."""
        return f"{self.set.name}-{self.attention.label}"

    @property
    def start(self) -> str | None:
        """Name of the run whose weights this one begins with."""
        return f"{self.set.start}-{self.attention.label}-s0" if self.set.start else None

    @property
    def snapshots(self) -> tuple[int, ...]:
        """Epochs after which a copy is kept."""
        return self.set.snapshots.get(self.attention.label, ())

    def config(self, num_classes: int) -> NetworkConfig:
        """The network."""
        return NetworkConfig(
            architecture=self.set.network,
            num_classes=num_classes,
            width=self.set.width,
            attention=self.attention.module,
            attention_options=self.attention.options,
            attention_stages=() if self.attention.module == "none" else self.attention.stages or self.set.stages,
            stem=self.set.stem,
        )


@dataclass(frozen=True)
class TrainingSet:
    """Networks trained on one data set with one recipe, split and budget."""

    name: str
    data: str
    seeds: dict[str, int]
    width: int
    attention: dict[str, Attention] = field(repr=False)
    network: str = "gam_net"
    stem: str = "cifar"
    stages: tuple[bool, ...] = ()
    recipe_name: str = "default"
    epochs: int | None = None
    start: str | None = None
    snapshots: dict[str, tuple[int, ...]] = field(default_factory=dict)
    ships: bool = True
    published: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def recipe(self) -> Recipe:
        """With the set's number of epochs."""
        return recipe(self.recipe_name, epochs=self.epochs)

    @property
    def runs(self) -> list[Run]:
        """All networks, first seeds first."""
        return [
            Run(self, self.attention[label], seed)
            for seed in range(max(self.seeds.values()))
            for label, count in self.seeds.items()
            if seed < count
        ]


def read_plan(path: Path = DEFAULT_PLAN) -> list[TrainingSet]:
    """The sets of a plan, in the file's order.

    Raises:
        PlanError: the file cannot be read, or names something unknown.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanError(f"the plan {path} cannot be opened: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"the plan {path.name} is not TOML: {error}") from error
    _known(values, {"attention", "set"}, path.name)
    try:
        attention = {label: _attention(label, entry) for label, entry in values.get("attention", {}).items()}
        sets = [_set(entry, attention) for entry in values.get("set", [])]
    except (TypeError, AttributeError) as error:
        raise PlanError(f"the plan {path.name} has a value of the wrong kind: {error}") from error
    if not sets:
        raise PlanError(f"the plan {path.name} names no set to train; write at least one [[set]]")
    names = [each.name for each in sets]
    for each in sets:
        if names.count(each.name) > 1:
            raise PlanError(f"two sets of the plan are called {each.name!r}")
        if each.start is not None:
            before = next((s for s in sets[: names.index(each.name)] if s.name == each.start), None)
            if before is None:
                raise PlanError(f"set {each.name!r} starts from {each.start!r}, which is not a set above it")
            lacking = [label for label in each.seeds if label not in before.seeds]
            if lacking:
                raise PlanError(f"set {each.name!r} starts from {each.start!r}, which has no {', '.join(lacking)}")
    return sets


def _attention(label: str, entry: dict[str, Any]) -> Attention:
    _known(entry, {"module", "options", "stages"}, f"attention {label!r}")
    stages = _stages(entry, f"attention {label!r}")
    attention = Attention(label, entry.get("module", label), entry.get("options", {}), stages)
    try:
        build_attention(attention.module, 64, **attention.options)
    except ValueError as error:
        raise PlanError(f"attention {label!r} of the plan: {error}") from error
    return attention


def _stages(entry: dict[str, Any], where: str) -> tuple[bool, ...]:
    stages = tuple(entry.get("stages", ()))
    if not all(type(stage) is bool for stage in stages):
        raise PlanError(f"{where} of the plan: stages is a list of true and false, got {list(stages)}")
    return stages


def _set(entry: dict[str, Any], attention: dict[str, Attention]) -> TrainingSet:
    name = entry.get("name", entry.get("data", "?"))
    known = {
        "name",
        "data",
        "network",
        "width",
        "stem",
        "stages",
        "recipe",
        "epochs",
        "seeds",
        "snapshots",
        "start",
        "ships",
        "published",
    }
    _known(entry, known, f"set {name!r}")
    for key in ("data", "width", "seeds"):
        if key not in entry:
            raise PlanError(f"set {name!r} of the plan lacks {key!r}")
    if entry["data"] not in DATASETS and not str(entry["data"]).startswith("folder:"):
        raise PlanError(
            f"set {name!r} asks for unknown data {entry['data']!r}; known are {', '.join(DATASETS)} and folder:NAME"
        )
    for label in (*entry["seeds"], *entry.get("snapshots", {})):
        if label not in attention:
            raise PlanError(f"set {name!r} asks for unknown attention {label!r}; known are {', '.join(attention)}")
    if not entry["seeds"] or not all(type(count) is int and count >= 1 for count in entry["seeds"].values()):
        raise PlanError(f"set {name!r} needs a number of seeds, 1 or more, for each attention")
    given = {
        key: entry[key] for key in ("network", "width", "stem", "epochs", "start", "ships", "published") if key in entry
    }
    built = TrainingSet(
        name=name,
        data=entry["data"],
        seeds=dict(entry["seeds"]),
        attention=attention,
        stages=_stages(entry, f"set {name!r}"),
        recipe_name=entry.get("recipe", "default"),
        snapshots={label: tuple(epochs) for label, epochs in entry.get("snapshots", {}).items()},
        **given,
    )
    try:
        assert built.recipe
        with torch.device("meta"):  # an option may not fit the width
            for label in built.seeds:
                build_network(Run(built, attention[label], 0).config(num_classes=2))
    except ValueError as error:
        raise PlanError(f"set {name!r} of the plan: {error}") from error
    return built


def _known(entry: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise PlanError(f"{where} has unknown keys {', '.join(unknown)}; known are {', '.join(sorted(known))}")
