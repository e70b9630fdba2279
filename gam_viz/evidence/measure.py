"""What a measure of evidence is: it describes itself, and pages, badges, report, leaderboard and commands draw from it.

A new measure is one file that makes a `Measure`, and one entry in `gam_viz.evidence.registry.MEASURES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from gam_viz.explain.attributions import Attribution, Param, Request
from gam_viz.explain.attributions.method import Value
from gam_viz.explain.explanation import Explanation
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import Heatmap, heatmaps
from gam_viz.networks.card import Card
from gam_viz.runtime.progress import Progress
from gam_viz.text import Words

#: What a measure cannot do without: gates to replace, maps to judge, or the pixels that are known to matter.
Need = Literal["gates", "maps", "truth"]
#: What a verdict means for a map: it passed, it failed, or nothing was decided. Pages give each its colour.
Tone = Literal["passed", "failed", "open"]

#: An option that several measures have.
SEED = Param("seed", 0, 0, 2**31 - 1)

BoolArray = npt.NDArray[np.bool_]
Options = Mapping[str, Value]


@dataclass(frozen=True, eq=False)
class MeasureInput:
    """One network on one picture, as measures see it.

    Attributes:
        key: digests of network and picture, as one text: identity in caches.
        name: of the network, for people who read of several.
        network: in eval mode; only read.
        card: its.
        x: (1, 3, S, S), normalised, on the network's device.
        target: index of the explained class.
        explanation: prediction and gates.
        requests: the attributions that are judged beside the gates, as they were asked for.
        attributions: what came of them; those that failed are in neither.
        reduction: of gates with a mask for every channel; see `heatmaps`.
        truth: what is known to lie where, name -> (S, S) bool over the network's input.
        means: each gate's mean over a data set, for the ablation "data_mean".
        other, other_key: another picture, as `x`, for the ablation "other_picture"; and its identity.
        chosen, chosen_key: maps that are judged in the place of all of its own; and how they came about.
    """

    key: str
    name: str
    network: nn.Module
    card: Card
    x: Tensor
    target: int
    explanation: Explanation
    requests: tuple[Request, ...] = ()
    attributions: tuple[Attribution, ...] = ()
    reduction: str = "gain"
    truth: Mapping[str, BoolArray] = field(default_factory=dict)
    means: Mapping[str, Tensor] | None = None
    other: Tensor | None = None
    other_key: str = ""
    chosen: tuple[Heatmap, ...] | None = None
    chosen_key: tuple[object, ...] = ()

    @cached_property
    def maps(self) -> tuple[Heatmap, ...]:
        """All that is judged: its spatial gates, then the attributions; or those that were chosen."""
        if self.chosen is not None:
            return self.chosen
        return heatmaps(self.explanation, self.attributions, reduction=self.reduction)

    @property
    def finite_maps(self) -> tuple[Heatmap, ...]:
        """Without those that hold NaN or infinity."""
        return tuple(map_ for map_ in self.maps if np.isfinite(map_.values).all())

    def identity(self, needs: Sequence[Need]) -> tuple[object, ...]:
        """Of all that a result rests on which needs these, beside the measure's options."""
        made = (*(request_key(request) for request in self.requests), self.reduction, self.chosen_key)
        return (
            *(self.key, self.target, self.other_key),
            made if "maps" in needs else (),
            tuple(self.truth) if "truth" in needs else (),
        )


def request_key(request: Request) -> tuple[object, ...]:
    """How a map is made, as a cache's key."""
    return request.method, request.layer, tuple(sorted(request.params.items()))


@dataclass(frozen=True)
class Verdict:
    """What a measure says of one map, or of one gate.

    Attributes:
        key: `Heatmap.key` of the map; a gate's "layer branch mode".
        code: one of the measure's `tones`; empty where it only has numbers.
        numbers: what the measure's quantities and sentences name.
    """

    key: str
    code: str = ""
    numbers: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Quantity:
    """A column of a measure's tables.

    Attributes:
        key: into `Verdict.numbers`.
        title_key: in the catalogue; `key` itself where the catalogue has none.
        form: how a number is written, as `format` takes it.
        bounds: what the number cannot be beyond.
        better: whether more of it or less speaks for a map; empty where maps are not ranked by it.
    """

    key: str
    title_key: str = ""
    form: str = ".3f"
    bounds: tuple[float, float] = (-math.inf, math.inf)
    better: Literal["", "more", "less"] = ""

    def title(self, words: Words) -> str:
        """What it is called."""
        return words.text_or(self.title_key, self.key)

    def written(self, verdict: Verdict) -> str:
        """The number, or "–" where the measure has none for this map."""
        value = verdict.numbers.get(self.key)
        return "–" if value is None or value != value else format(value, self.form)


@dataclass(frozen=True)
class Measure:
    """A measure of evidence; `MEASURES` lists them.

    Attributes:
        key: its name in code and files.
        run: `run(input, options, progress)` for one network; of several where `across`. Raises ValueError where it
            cannot be measured, with a sentence.
        verdicts: of what `run` returned, one a map or gate.
        title_key: in the catalogue; `key` itself is shown where the catalogue has none, and likewise below.
        about_key: what it asks, in a sentence.
        sentence_key: prefix of sentences about a verdict, by code; empty for none.
        badge_key: prefix of badges on Compare, by code; empty where it takes too long for a badge.
        verdict_key: prefix of the codes' names.
        needs: what it cannot do without.
        params: its options, with their ranges.
        quantities: columns of its tables.
        tones: by code.
        across: whether it is asked of all networks at once.
        remakes: whether it makes the maps anew, of other weights or pictures; so it judges those of `heatmaps` alone.
        usual: whether a case measures it where nobody chose; what takes long is asked for by name.
        effort: share of a case's time, about; for progress alone.
        of: what its verdicts are of, where that is neither a map nor a gate: the catalogue's key of the word for it,
            and the prefix of the names of verdicts' keys.
        on_scene: for the leaderboard: `on_scene(values, inside, ignored)`, numbers of one map (h, w) against a mask
            (S, S) bool; `ignored` is None, or (S, S) bool: what counts neither as inside nor as outside.
        asked: the options a case asks it with, from its settings, once or several times; and
        joined: one result of those several.
        covered: other options whose result holds all that these ask for.
        remarks: what has to be said beside the result: code as of `LeftOut` and details.
    """

    key: str
    run: Callable[[Any, Options, Progress | None], Any]
    verdicts: Callable[[Any], Sequence[Verdict]]
    title_key: str = ""
    about_key: str = ""
    sentence_key: str = ""
    badge_key: str = ""
    verdict_key: str = "evidence.verdict"
    needs: tuple[Need, ...] = ("maps",)
    params: tuple[Param, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    tones: Mapping[str, Tone] = field(default_factory=dict)
    across: bool = False
    remakes: bool = False
    usual: bool = True
    effort: float = 0.02
    of: tuple[str, str] | None = None
    on_scene: Callable[[FloatArray, BoolArray, BoolArray | None], Mapping[str, float | None]] | None = None
    asked: Callable[[Any], Sequence[Options]] | None = None
    joined: Callable[[Sequence[Any]], Any] = lambda parts: parts[0]
    covered: Callable[[Options], Sequence[Options]] = lambda options: ()
    remarks: Callable[[Any, MeasureInput], Sequence[tuple[str, Mapping[str, object]]]] = lambda result, given: ()

    @property
    def words(self) -> tuple[str, ...]:
        """The catalogue's keys that it is shown with; where one is missing, its own keys stand in their place."""
        keys = [self.title_key or self.key, *(q.title_key or q.key for q in self.quantities)]
        keys += [self.about_key] if self.about_key else []
        prefixes = (self.verdict_key, self.sentence_key, self.badge_key)
        return (*keys, *(f"{prefix}.{code}" for prefix in prefixes if prefix for code in self.tones))

    def title(self, words: Words) -> str:
        """What it is called."""
        return words.text_or(self.title_key, self.key)

    def name_of(self, words: Words, verdict: Verdict, maps: Mapping[str, str]) -> str:
        """What a verdict is of; `maps` has the titles of maps by their keys."""
        if self.of is not None:
            return words.text_or(f"{self.of[1]}.{verdict.key}", verdict.key)
        return maps.get(verdict.key, verdict.key)

    def verdict_title(self, words: Words, verdict: Verdict) -> str:
        """What a verdict of it is called."""
        return words.text_or(f"{self.verdict_key}.{verdict.code}", verdict.code) if verdict.code else "–"

    def options(self, given: Options | None = None) -> dict[str, Value]:
        """All options, with defaults where nothing is given.

        Raises:
            ValueError: an option is unknown or out of range; the sentence says what is accepted.
        """
        given, known = dict(given or {}), {param.key: param for param in self.params}
        if unknown := sorted(set(given) - set(known)):
            raise ValueError(f"{self.key} does not know {unknown[0]!r}; it takes {', '.join(known) or 'no options'}")
        return {key: param.check(given.get(key, param.default), self.key) for key, param in known.items()}

    def lacks(self, given: MeasureInput) -> Need | None:
        """The first of its needs that is not there; None where it can be measured."""
        there = {"gates": bool(given.explanation.readings), "maps": bool(given.maps), "truth": bool(given.truth)}
        return next((need for need in self.needs if not there[need]), None)

    def result_key(self, given: Sequence[MeasureInput], options: Options) -> tuple[object, ...]:
        """Identity of a result in caches: digests and parameters, never an array."""
        parts = tuple(each.identity(self.needs) for each in given)
        return "+".join(each.key for each in given), parts, tuple(sorted(self.options(options).items()))

    def measure(self, given: Sequence[MeasureInput], options: Options, progress: Progress | None = None) -> Any:
        """Its result for one network, or across several."""
        return self.run(given if self.across else given[0], self.options(options), progress)
