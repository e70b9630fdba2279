"""One picture and several networks, examined as a whole: what they say, where they look, and whether that means
anything.

Everything that is computed here can be had from `gam_viz.explain` piece by piece; this is the one call that asks for
all of it with the same settings, and goes on where a piece cannot be had.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import TypeVar, get_args

import numpy as np
import torch
from torch import nn

from gam_viz import __version__
from gam_viz.evidence.ablation.ablate import MODES, Ablations, ablations
from gam_viz.evidence.agreement import Agreement, agreement
from gam_viz.evidence.faithfulness import Faithfulness, Settings, faithfulness
from gam_viz.evidence.omissions import LeftOut
from gam_viz.evidence.randomisation.cascade import SEEDS, Randomisation, randomisation
from gam_viz.evidence.similarity import is_flat
from gam_viz.explain import Explanation, explain
from gam_viz.explain.attributions import METHODS, NOT_OFFERED, Attribution, attribute_many
from gam_viz.explain.heatmaps import Heatmap, heatmaps
from gam_viz.explain.maps import REDUCTIONS
from gam_viz.images import Fact, Fit, NetworkInput, Picture, prepare
from gam_viz.networks.card import Card
from gam_viz.networks.checkpoints import Checkpoint, load
from gam_viz.runtime.device import describe

#: What is done for each network, in order; agreement is between all of them.
STEPS = ("prediction", "attributions", "ablation", "faithfulness", "randomisation", "agreement")

#: Share of the whole time that each step takes, about, on two cores; for progress alone.
_EFFORT = dict(zip(STEPS, (0.01, 0.09, 0.16, 0.3, 0.36, 0.08), strict=True))

#: Told the share that is done (0..1), the network's name (empty: all) and one of `STEPS`; may raise to leave.
CaseProgress = Callable[[float, str, str], None]

T = TypeVar("T")


@dataclass(frozen=True)
class CaseSettings:
    """How thoroughly. The defaults take two networks of 64x64 pictures well within a minute on two cores.

    Attributes:
        methods: of attribution, beside the gates; a method of a layer is asked of the last block.
        reduction: of gates with a mask for every channel; see `heatmaps`.
        modes: of gate ablation. "data_mean" and "other_picture" need what a case does not have, and are left out.
        shuffles: draws of the mode "shuffled".
        faithfulness: of deletion and insertion; its seed serves ablation and agreement too.
        cascade: whether the randomisation test goes stage by stage as well.
        untrained: seeds of the untrained networks.
        random_maps: for the bands of agreement and randomisation.

    Raises:
        ValueError: a setting is out of its range; the sentence says what is accepted.
    """

    methods: tuple[str, ...] = ("gradcam", "integrated_gradients")
    reduction: str = "gain"
    modes: tuple[str, ...] = ("identity", "position_mean", "channel_mean", "shuffled")
    shuffles: int = 8
    faithfulness: Settings = field(default_factory=Settings)
    cascade: bool = False
    untrained: tuple[int, ...] = SEEDS
    random_maps: int = 100

    def __post_init__(self) -> None:
        refused = [method for method in self.methods if method in NOT_OFFERED]
        if refused:
            raise ValueError(f"{refused[0]} is not offered, because it is not valid for networks with gates")
        for what, given, known in (
            ("attribution method", self.methods, tuple(METHODS)),
            ("ablation", self.modes, tuple(mode for mode in MODES if mode not in ("data_mean", "other_picture"))),
            ("reduction", (self.reduction,), REDUCTIONS),
        ):
            unknown = [name for name in given if name not in known]
            if unknown:
                raise ValueError(f"unknown {what} {unknown[0]!r}; known are {', '.join(known)}")
        if self.shuffles < 2 or self.random_maps < 2 or not self.untrained:
            raise ValueError("a case needs at least 2 shuffles, 2 random maps and 1 untrained network")

    @property
    def seed(self) -> int:
        """Of shuffles, random orders and random maps."""
        return self.faithfulness.seed


@dataclass(frozen=True, eq=False)
class LoadedNetwork:
    """A network to examine, of this project or of another library.

    Attributes:
        network: in eval mode.
        card: of that network.
        sha256: of its file; empty where it has none.
        called: what the command line takes for it: a checkpoint's name or file; empty where it takes nothing.
    """

    network: nn.Module
    card: Card
    sha256: str = ""
    called: str = ""


@dataclass(frozen=True)
class About:
    """What whoever asks knows of the picture and of the asking; nothing of it is computed with.

    Attributes:
        title: of the picture, for people; its name where empty.
        sample: id of the built-in sample that it is; empty for others.
        credit: who made it.
        label: the class that a person would name, or None where it is not known.
        facts: what its file says about itself (`Source.facts`).
        medical: whether it comes from medicine.
        date: of the asking, as it is to be printed.
        link: of the page that shows the same.
        called: what the command line takes for it: a file's name or "sample:NAME"; empty where it takes nothing.
    """

    title: str = ""
    sample: str = ""
    credit: str = ""
    label: str | None = None
    facts: tuple[Fact, ...] = ()
    medical: bool = False
    date: str = ""
    link: str = ""
    called: str = ""


@dataclass(frozen=True, eq=False)
class Examined:
    """One network on the picture. What could not be had is None or missing, and `Case.left_out` says why.

    Attributes:
        name: the card's, made unique within the case.
        card, sha256, called: as of `LoadedNetwork`.
        input: what the network saw.
        explanation: its prediction and its gates.
        target: index of the class that is explained.
        asked: whether that is the class that was asked for; otherwise it is the network's own prediction.
        attributions: in the order of the settings' methods, without those that failed.
        maps: all that is judged: its spatial gates, then the attributions.
        ablations, faithfulness, randomisation: of these gates and maps.
    """

    name: str
    card: Card
    sha256: str
    called: str
    input: NetworkInput
    explanation: Explanation
    target: int
    asked: bool
    attributions: tuple[Attribution, ...]
    maps: tuple[Heatmap, ...]
    ablations: Ablations | None
    faithfulness: Faithfulness | None
    randomisation: Randomisation | None

    @property
    def target_name(self) -> str:
        """The explained class, as the card names it."""
        return self.card.classes[self.target]


@dataclass(frozen=True, eq=False)
class Case:
    """One picture, several networks.

    Attributes:
        picture: as given.
        about: as given.
        fit: how the picture was made square.
        target: the class that was asked for, by name; None for what each network predicts.
        settings: as given.
        networks: in the order given, without those that gave no answer.
        agreement: of all finite maps of all networks, labelled with the networks' names; None where there is none.
        left_out: what failed or was not done, and what has to be known to compare the rest.
        versions: of what it was computed with.
        device: in words.
    """

    picture: Picture
    about: About
    fit: Fit
    target: str | None
    settings: CaseSettings
    networks: tuple[Examined, ...]
    agreement: Agreement | None
    left_out: tuple[LeftOut, ...]
    versions: Mapping[str, str]
    device: str

    @property
    def medical(self) -> bool:
        """Whether the picture, or what a network was trained on, comes from medicine."""
        trained = any(network.card.domain == "medical" for network in self.networks)
        return self.about.medical or self.picture.format == "DICOM" or trained


def examine(
    networks: Sequence[Checkpoint | LoadedNetwork],
    picture: Picture,
    *,
    fit: Fit = "crop",
    target: str | None = None,
    settings: CaseSettings | None = None,
    about: About | None = None,
    device: torch.device | str = "cpu",
    progress: CaseProgress | None = None,
) -> Case:
    """Ask several networks about one picture, and the evidence about every answer.

    Nothing depends on the clock or on what ran before: equal arguments on one machine give equal numbers. As with all
    that computes, the caller holds the device's `lane`.

    Args:
        networks: checkpoints, or networks that are loaded already (these stay on their own device, which must be
            `device`).
        picture: what they look at.
        fit: how it is made square.
        target: name of the class that is explained, for each network that has it; the others, and all where it is
            None, are asked about what they predict.
        settings: how thoroughly; the defaults where None.
        about: for the report.
        device: that computes.
        progress: may raise to leave.

    Raises:
        ValueError: no network is given, none has the target, none gives an answer, or the fit is unknown; the sentence
            says what is accepted. What fails for one network or one map is no error: see `Case.left_out`.
    """
    settings, about, device = settings or CaseSettings(), about or About(), torch.device(device)
    if not networks:
        raise ValueError("at least one network is needed")
    if fit not in get_args(Fit):
        raise ValueError(f"fit must be one of {', '.join(get_args(Fit))}, got {fit!r}")
    cards = [each.card for each in networks]
    if target is not None and not any(target in card.classes for card in cards):
        known = dict.fromkeys(name for card in cards for name in card.classes)
        raise ValueError(f"no network here has a class {target!r}; they have {', '.join(known)}")
    left_out: list[LeftOut] = []
    examined = []
    for index, (given, name) in enumerate(zip(networks, _unique([card.name for card in cards]), strict=True)):
        one = _One(name, settings, left_out, _part(progress, index, len(networks), name))
        subject = one.attempt("prediction", lambda given=given: _subject(given, device))  # type: ignore[misc]
        found = None if subject is None else one.examine(subject, picture, fit, target, device)
        if found is not None:
            examined.append(found)
    if not examined:
        raise ValueError(f"no network gives an answer to this picture: {'; '.join(map(str, left_out))}")
    left_out += _between(examined)
    together = _One("", settings, left_out, _part(progress, len(networks), len(networks), ""))
    return Case(
        picture=picture,
        about=about,
        fit=fit,
        target=target,
        settings=settings,
        networks=tuple(examined),
        agreement=together.attempt("agreement", lambda: together.agree(examined)),
        left_out=tuple(left_out),
        versions=_versions(),
        device=describe(device),
    )


class _One:
    """Asks one network after another question, and writes down what it cannot answer."""

    def __init__(
        self, name: str, settings: CaseSettings, left_out: list[LeftOut], tell: Callable[[str, float], None]
    ) -> None:
        self.name, self.settings, self.left_out, self.tell = name, settings, left_out, tell

    def attempt(self, step: str, ask: Callable[[], T]) -> T | None:
        """`ask()`; None, and a reason written down, where the library or torch refuses."""
        self.tell(step, 0.0)
        try:
            return ask()
        except (ValueError, RuntimeError) as error:
            # A torch error has many lines, of which the first says what.
            why = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
            self._leave("failed", step, why=why)
            return None

    def examine(
        self, subject: LoadedNetwork, picture: Picture, fit: Fit, target: str | None, device: torch.device
    ) -> Examined | None:
        card, network, settings = subject.card, subject.network, self.settings
        seen = prepare(picture, size=card.input_size, mean=card.mean, std=card.std, fit=fit)
        x = seen.tensor.to(device)
        explanation = self.attempt("prediction", lambda: explain(network, card, x))  # type: ignore[arg-type]
        if explanation is None:
            return None
        if explanation.logits.shape != (len(card.classes),):
            self._leave("not_classes", "prediction", logits=explanation.logits.size, classes=len(card.classes))
            return None
        if not np.isfinite(explanation.logits).all():
            self._leave("not_finite", "prediction")
            return None
        asked = target in card.classes
        index = card.classes.index(target) if target is not None and asked else explanation.predicted
        if target is not None and not asked:
            self._leave("no_such_class", "prediction", target=target, predicted=card.classes[index])
        attributions = self._attributions(network, card, x, index)
        maps = heatmaps(explanation, attributions, reduction=settings.reduction)
        self._look_at(maps)
        found = None
        if explanation.readings:
            found = self.attempt("ablation", lambda: self._ablate(network, x, index))
        else:
            self._leave("no_gates", "ablation")
        faithful = tested = None
        if maps:
            faithful = self.attempt("faithfulness", lambda: self._follow(network, card, x, index, maps))
            methods = [attribution.method for attribution in attributions]
            tested = self.attempt("randomisation", lambda: self._randomise(network, card, x, index, methods))
        else:
            self._leave("no_maps", "faithfulness")
        return Examined(
            name=self.name,
            card=card,
            sha256=subject.sha256,
            called=subject.called,
            input=seen,
            explanation=explanation,
            target=index,
            asked=asked,
            attributions=attributions,
            maps=maps,
            ablations=found,
            faithfulness=faithful,
            randomisation=tested,
        )

    def agree(self, networks: Sequence[Examined]) -> Agreement | None:
        maps = [(each.name, m) for each in networks for m in each.maps if np.isfinite(m.values).all()]
        if not maps:
            return None
        return agreement(
            maps,
            count=self.settings.random_maps,
            seed=self.settings.seed,
            progress=lambda share, _: self.tell("agreement", share),
        )

    def _attributions(self, network: nn.Module, card: Card, x: torch.Tensor, target: int) -> tuple[Attribution, ...]:
        black = [-mean / std for mean, std in zip(card.mean, card.std, strict=True)]

        def ask(methods: Iterable[str]) -> tuple[Attribution, ...]:
            return attribute_many(
                network, x, target, methods, lambda share, _: self.tell("attributions", share), black=black
            )

        try:
            return ask(self.settings.methods)
        except (ValueError, RuntimeError):
            # One of them, perhaps: alone, each says for itself what is wrong.
            found = [self.attempt("attributions", lambda m=m: ask([m])) for m in self.settings.methods]  # type: ignore[misc]
            return tuple(attribution for each in found if each is not None for attribution in each)

    def _look_at(self, maps: Sequence[Heatmap]) -> None:
        for map_ in maps:
            if not np.isfinite(map_.values).all():
                self._leave("map_not_finite", "faithfulness", map=map_.key)
            elif is_flat(map_.values):
                self._leave("flat", "faithfulness", map=map_.key)

    def _ablate(self, network: nn.Module, x: torch.Tensor, target: int) -> Ablations:
        found = ablations(
            network,
            x,
            target,
            modes=self.settings.modes,
            shuffles=self.settings.shuffles,
            seed=self.settings.seed,
            progress=lambda share, _: self.tell("ablation", share),
        )
        for each in found.left_out:
            self._leave("not_ablated", "ablation", layer=each.layer, why=each.why)
        return found

    def _follow(
        self, network: nn.Module, card: Card, x: torch.Tensor, target: int, maps: Sequence[Heatmap]
    ) -> Faithfulness:
        found = faithfulness(
            network,
            x,
            target,
            maps,
            self.settings.faithfulness,
            lambda share, _: self.tell("faithfulness", share),
            mean=card.mean,
            std=card.std,
        )
        finite = {map_.key for map_ in maps if np.isfinite(map_.values).all()}
        for each in found.refused:
            if each.key in finite:  # of the others it is said already
                self._leave("refused", "faithfulness", map=each.key, why=each.why)
        return found

    def _randomise(
        self, network: nn.Module, card: Card, x: torch.Tensor, target: int, methods: Sequence[str]
    ) -> Randomisation:
        found = randomisation(
            network,
            card,
            x,
            target,
            methods,
            reduction=self.settings.reduction,
            cascade=self.settings.cascade,
            seeds=self.settings.untrained,
            count=self.settings.random_maps,
            progress=lambda share, _: self.tell("randomisation", share),
        )
        if found.kept:
            self._leave("kept", "randomisation", count=len(found.kept), names=", ".join(found.kept[:4]))
        return found

    def _leave(self, code: str, step: str, **details: object) -> None:
        self.left_out.append(LeftOut(self.name, step, code, details))


def _subject(given: Checkpoint | LoadedNetwork, device: torch.device) -> LoadedNetwork:
    if isinstance(given, LoadedNetwork):
        return given
    # A file of that name in the folder of checkpoints is called by its name; an upload has no file.
    called = given.card.name if given.path.stem == given.card.name and given.content is None else given.path.name
    return LoadedNetwork(load(given, device), given.card, given.sha256, called)


def _between(networks: Sequence[Examined]) -> list[LeftOut]:
    """What has to be known before the networks' numbers are compared."""
    if len({network.card.classes for network in networks}) > 1:
        return [LeftOut("", "prediction", "other_classes")]
    if len({network.target for network in networks}) > 1:
        return [LeftOut("", "prediction", "other_targets")]
    return []


def _unique(names: Sequence[str]) -> list[str]:
    """The names, those that were there before with a number behind."""
    found: list[str] = []
    for name in names:
        number, free = 1, name
        while free in found:
            number += 1
            free = f"{name} ({number})"
        found.append(free)
    return found


def _part(progress: CaseProgress | None, index: int, count: int, name: str) -> Callable[[str, float], None]:
    """How one network's steps tell the progress of all."""
    alone = 1 - _EFFORT["agreement"]

    def tell(step: str, share: float) -> None:
        if progress is None:
            return
        before = sum(_EFFORT[each] for each in STEPS[: STEPS.index(step)])
        now = before + share * _EFFORT[step]
        whole = alone + share * _EFFORT[step] if step == "agreement" else (index + now / alone) / count * alone
        progress(min(1.0, whole), name, step)

    return tell


def _versions() -> dict[str, str]:
    found = {"gam_viz": __version__, "Python": platform.python_version()}
    return found | {name: metadata.version(name) for name in ("torch", "captum", "numpy")}
