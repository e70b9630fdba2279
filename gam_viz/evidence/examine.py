"""One picture and several networks, examined as a whole: what they say, where they look, and whether that means
anything.

Everything that is computed here can be had from `gam_viz.explain` and the measures piece by piece; this is the one call
that asks for all of it with the same settings, and goes on where a piece cannot be had.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import get_args

import torch

from gam_viz import __version__
from gam_viz.evidence.bench import Bench
from gam_viz.evidence.case import About, Case, CaseSettings, Examined, LoadedNetwork
from gam_viz.evidence.examination import CaseQuestion, Examination
from gam_viz.evidence.measure import BoolArray
from gam_viz.evidence.omissions import LeftOut
from gam_viz.evidence.registry import MEASURES
from gam_viz.images import Fit, Picture
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.device import describe
from gam_viz.text.nearest import did_you_mean
from gam_viz.text.refusal import RefusalError

__all__ = ["About", "Case", "CaseProgress", "CaseSettings", "Examined", "LoadedNetwork", "examine", "steps_of"]

#: Told the share that is done (0..1), the network's name (empty: all) and one of `steps_of`; may raise to leave.
CaseProgress = Callable[[float, str, str], None]

_EFFORT = {"prediction": 0.01, "attributions": 0.09}


def steps_of(settings: CaseSettings) -> tuple[str, ...]:
    """What is done for each network, in order, and then across them."""
    chosen = [MEASURES[key] for key in settings.measured()]
    return (*_EFFORT, *(each.key for each in sorted(chosen, key=lambda each: each.across)))


def examine(
    networks: Sequence[OpenedNetwork | LoadedNetwork],
    picture: Picture,
    *,
    fit: Fit = "crop",
    target: str | None = None,
    settings: CaseSettings | None = None,
    about: About | None = None,
    truth: Mapping[str, BoolArray] | None = None,
    device: torch.device | str = "cpu",
    progress: CaseProgress | None = None,
    bench: Bench | None = None,
) -> Case:
    """Ask several networks about one picture, and the evidence about every answer.

    Nothing depends on the clock or on what ran before: equal arguments on one machine give equal numbers. As with all
    that computes, the caller holds the device's `lane`, or hands in a bench that does.

    Args:
        networks: to be loaded, or loaded already (these stay on their own device, which must be
            `device`).
        picture: what they look at.
        fit: how it is made square.
        target: name of the class that is explained, for each network that has it; the others, and all where it is
            None, are asked about what they predict.
        settings: how thoroughly; the defaults where None.
        about: for the report.
        truth: what is known to lie where, name -> (H, W) bool over the picture.
        device: that computes.
        progress: may raise to leave.
        bench: computes the pieces; one that has some already hands those out instead.

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
    if len(kinds := sorted({f"{card.output} {card.unit}".strip() for card in cards})) > 1:
        raise RefusalError("errors.reason.other_outputs", kinds=", ".join(kinds))
    if target is not None and not any(target in card.classes for card in cards):
        known = dict.fromkeys(name for card in cards for name in card.classes)
        names = f"{', '.join(known)}{did_you_mean(target, known)}"
        raise ValueError(f"no network here has a class {target!r}; they have {names}")
    left_out: list[LeftOut] = []
    examined = []
    asked = CaseQuestion(picture, fit, target, settings, truth or {}, device, bench or Bench())
    for index, (given, name) in enumerate(zip(networks, _unique([card.name for card in cards]), strict=True)):
        one = Examination(name, asked, left_out, _part(settings, progress, index, len(networks), name))
        loaded = one.attempt("prediction", lambda given=given: _loaded(given, device))  # type: ignore[misc]
        result = None if loaded is None else one.examine(loaded)
        if result is not None:
            examined.append(result)
    if not examined:
        raise ValueError(f"no network gives an answer to this picture: {'; '.join(map(str, left_out))}")
    left_out += _between(examined)
    together = Examination("", asked, left_out, _part(settings, progress, len(networks), len(networks), ""))
    return Case(
        picture=picture,
        about=about,
        fit=fit,
        target=target,
        settings=settings,
        networks=tuple(examined),
        across=together.measure([each.given for each in examined], across=True),
        left_out=tuple(left_out),
        versions=_versions(),
        device=describe(device),
    )


def _loaded(given: OpenedNetwork | LoadedNetwork, device: torch.device) -> LoadedNetwork:
    if isinstance(given, LoadedNetwork):
        return given
    return LoadedNetwork(given.load(device), given.card, given.sha256, given.called, given)


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


def _part(
    settings: CaseSettings, progress: CaseProgress | None, index: int, count: int, name: str
) -> Callable[[str, float], None]:
    """How one network's steps tell the progress of all."""
    effort = _EFFORT | {key: MEASURES[key].effort for key in settings.measured()}
    steps, across = steps_of(settings), {key for key in settings.measured() if MEASURES[key].across}
    shared = sum(effort[key] for key in across)
    alone = sum(effort.values()) - shared

    def tell(step: str, share: float) -> None:
        if progress is None:
            return
        # Networks in turn, then what they share.
        same = [each for each in steps if (each in across) == (step in across)]
        now = sum(effort[each] for each in same[: same.index(step)]) + share * effort[step]
        whole = count * alone + now if step in across else index * alone + now
        progress(min(1.0, whole / (count * alone + shared)), name, step)

    return tell


def _versions() -> dict[str, str]:
    found = {"gam_viz": __version__, "Python": platform.python_version()}
    return found | {name: metadata.version(name) for name in ("torch", "captum", "numpy")}
