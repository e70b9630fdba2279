"""One picture and several networks, examined: the settings, what was found, and what could not be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import nn

from gam_viz.evaluation.intervals import FEWEST
from gam_viz.evidence.ablation.ablate import MODES, Ablations
from gam_viz.evidence.agreement import Agreement
from gam_viz.evidence.dependence.verdict import Dependence
from gam_viz.evidence.faithfulness import Faithfulness, Settings
from gam_viz.evidence.measure import MeasureInput, Options
from gam_viz.evidence.omissions import LeftOut
from gam_viz.evidence.randomisation.cascade import SEEDS, Randomisation
from gam_viz.evidence.registry import MEASURES
from gam_viz.evidence.surrogates import FEWEST as FEWEST_MAPS
from gam_viz.explain import Explanation
from gam_viz.explain.attributions import METHODS, NOT_OFFERED, Attribution, Request
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.explain.maps import REDUCTIONS
from gam_viz.images import Fact, Fit, NetworkInput, Picture
from gam_viz.networks.card import Card
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.text.nearest import did_you_mean


@dataclass(frozen=True)
class CaseSettings:
    """How thoroughly. The defaults take two networks of 64x64 pictures well within a minute on two cores.

    Attributes:
        methods: of attribution, beside the gates; a method of a layer is asked of the last block.
        requests: the same with layers and parameters, for those methods that are not asked with their defaults.
        reduction: of gates with a mask for every channel; see `heatmaps`.
        modes: of gate ablation. "data_mean" and "other_picture" need what a case does not have, and are left out.
        shuffles: draws of the mode "shuffled".
        faithfulness: of deletion and insertion; its seed serves ablation and agreement too.
        cascade: whether the randomisation test goes stage by stage as well.
        untrained: how many untrained networks.
        random_maps: for the bands of agreement and randomisation.
        measures: keys of `MEASURES`, None for the usual ones.
        options: of measures that these settings do not name, by key.

    Raises:
        ValueError: a setting is out of its range; the sentence says what is accepted.
    """

    methods: tuple[str, ...] = ("gradcam", "integrated_gradients")
    reduction: str = "gain"
    modes: tuple[str, ...] = ("identity", "position_mean", "channel_mean", "shuffled")
    shuffles: int = 8
    faithfulness: Settings = field(default_factory=Settings)
    cascade: bool = False
    untrained: int = len(SEEDS)
    random_maps: int = 100
    requests: tuple[Request, ...] = ()
    measures: tuple[str, ...] | None = None
    options: Mapping[str, Options] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refused = [method for method in self.methods if method in NOT_OFFERED]
        if refused:
            raise ValueError(f"{refused[0]} is not offered, because it is not valid for networks with gates")
        for what, given, known in (
            ("attribution method", self.methods, tuple(METHODS)),
            ("ablation", self.modes, tuple(mode for mode in MODES if mode not in ("data_mean", "other_picture"))),
            ("reduction", (self.reduction,), REDUCTIONS),
            ("measure", self.measures or (), tuple(MEASURES)),
        ):
            unknown = [name for name in given if name not in known]
            if unknown:
                names = f"{', '.join(known)}{did_you_mean(unknown[0], known)}"
                raise ValueError(f"unknown {what} {unknown[0]!r}; known are {names}")
        if self.shuffles < FEWEST or self.random_maps < FEWEST_MAPS or self.untrained < 1:
            raise ValueError(
                f"a case needs at least {FEWEST} shuffles, {FEWEST_MAPS} random maps and 1 untrained network"
            )

    @property
    def seed(self) -> int:
        """Of shuffles, random orders and random maps."""
        return self.faithfulness.seed

    def asked(self) -> tuple[Request, ...]:
        """The attributions, in the order of the methods."""
        given = {request.method: request for request in self.requests}
        return tuple(given.get(method, Request(method)) for method in self.methods)

    def measured(self) -> tuple[str, ...]:
        """Keys of the measures, in the order in which they are taken."""
        return tuple(
            key for key, each in MEASURES.items() if (each.usual if self.measures is None else key in self.measures)
        )


@dataclass(frozen=True, eq=False)
class LoadedNetwork:
    """A network to examine, of this project or of another library.

    Attributes:
        network: in eval mode.
        card: of that network.
        sha256: of its file; empty where it has none.
        called: what the command line takes for it: a checkpoint's name or file; empty where it takes nothing.
        opened: where it comes from; for what its file tells beside the weights.
    """

    network: nn.Module
    card: Card
    sha256: str = ""
    called: str = ""
    opened: OpenedNetwork | None = None


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
    """

    title: str = ""
    sample: str = ""
    credit: str = ""
    label: str | None = None
    facts: tuple[Fact, ...] = ()
    medical: bool = False
    date: str = ""
    link: str = ""


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
        results: of each measure of `MEASURES` that could be taken, by its key.
        given: what the measures were given.
        dependence: how its gates vary over its test set, where that came with its checkpoint.
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
    results: Mapping[str, Any]
    given: MeasureInput
    dependence: tuple[Dependence, ...] = ()

    @property
    def maps(self) -> tuple[Heatmap, ...]:
        """All that is judged: its spatial gates, then the attributions."""
        return self.given.maps

    @property
    def ablations(self) -> Ablations | None:
        """Its gates, replaced."""
        return self.results.get("ablation")

    @property
    def faithfulness(self) -> Faithfulness | None:
        """Deletion and insertion along its maps."""
        return self.results.get("faithfulness")

    @property
    def randomisation(self) -> Randomisation | None:
        """What random weights do to its maps."""
        return self.results.get("randomisation")

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
        across: results of measures that all networks share, by key.
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
    across: Mapping[str, Any]
    left_out: tuple[LeftOut, ...]
    versions: Mapping[str, str]
    device: str

    @property
    def agreement(self) -> Agreement | None:
        """Of all finite maps of all networks, labelled with the networks' names; None where there is none."""
        known = self.across.get("agreement")
        labels = tuple(network.name for network in self.networks for _ in network.given.finite_maps)
        return None if known is None else replace(known, labels=labels)

    @property
    def of_file(self) -> bool:
        """Whether the picture was a file of somebody's, whose name stays out of all that leaves: it often names a
        patient."""
        return not self.about.sample and self.picture.format not in ("array", "drawn")

    @property
    def medical(self) -> bool:
        """Whether the picture, or what a network was trained on, comes from medicine."""
        trained = any(network.card.domain == "medical" for network in self.networks)
        return self.about.medical or self.picture.format == "DICOM" or trained
