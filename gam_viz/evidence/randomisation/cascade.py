"""Does a map change when the network's weights become random? (Adebayo et al., arXiv 1810.03292, section 4)

A map that stays the same says little of what the weights hold: it shows the picture, or the architecture. Two
tests, both on a copy, with the initialisation that this project's training starts from:

- the cascade: fresh weights from the head down, stage by stage, and the maps anew after each;
- the untrained network: all weights fresh, several times over.

What survives need not be the picture: zero padding shapes the borders of untrained maps as well (a third to a half of
the likeness of |gradient| on two networks), and random maps of the same smoothness know nothing of borders.

A gate does not depend on what comes after it, so in the cascade it stays as it is until its own stage is reached.

Batch norms become as fresh as the weights: their statistics 0 and 1, their weights as initialised. Nothing vanishes or
explodes for that: logits of untrained CBAM and GAM networks (width 32) stayed within 0.2. Statistics of the picture
itself would make untrained gates of GAM vary 20 to 120 times as much, but belong to no network that ever was. CBAM's
spatial batch norm starts with weight 0, so its untrained masks are 0.5 everywhere: flat, and like nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gam_viz.evidence.randomisation.map_change import MapTest, Original, RandomisedMap, verdict_of
from gam_viz.evidence.randomisation.maps import maps_under, noisy_pictures
from gam_viz.evidence.randomisation.reinitialise import fresh_weights, kept, load_at_once, stages_of
from gam_viz.evidence.similarity import TOP
from gam_viz.explain.attributions import Request
from gam_viz.explain.checks import check_picture
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.networks.card import Card
from gam_viz.networks.copies import copy_of
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError

#: Of fresh weights. The seed a network was trained with would give back the weights its training began with, which
#: are no strangers to the trained ones.
SEEDS = (1001, 1002, 1003)
COUNT = 100  # random maps, for a band
NOISE = 0.1  # standard deviation, as a share of the picture's range


@dataclass(frozen=True, eq=False)
class Randomisation:
    """The randomisation tests of one network on one picture.

    Attributes:
        target: the class that attributions explain.
        stages: as they became random, from the head down or from the stem up.
        seeds: of the untrained networks; the cascade has the first.
        kept: parameters of a foreign network that could not become random, since their module does not say how.
        maps: the gates in order, then the attributions as asked for.
    """

    target: int
    stages: tuple[str, ...]
    seeds: tuple[int, ...]
    kept: tuple[str, ...]
    maps: tuple[MapTest, ...]


def randomisation(
    network: nn.Module,
    card: Card,
    x: Tensor,
    target: int,
    requests: Sequence[Request | str] = (),
    *,
    reduction: str = "gain",
    cascade: bool = True,
    seeds: Sequence[int] = SEEDS,
    top: float = TOP,
    count: int = COUNT,
    bottom_up: bool = False,
    samples: int = 1,
    noise: float = NOISE,
    progress: Progress | None = None,
) -> Randomisation:
    """Make a copy of the network random, and compare its maps with the network's own.

    Args:
        network: in eval mode; only read.
        card: of that network.
        x: (1, 3, H, W), normalised, on the network's device.
        target: index of the class; kept for random networks, whatever they answer.
        requests: attributions beside the gates.
        reduction: of gates with a mask for every channel; see `heatmaps`.
        cascade: whether to go stage by stage as well.
        seeds: of fresh weights, at least one.
        top: see `similarity`.
        count: of random maps, for the bands.
        bottom_up: whether the cascade goes from the stem up, and
        samples, noise: of how many pictures maps are means, see `noisy_pictures`: the smooth test, see `smooth`.
        progress: told the share that is done and the stage, or "untrained"; may raise to leave.

    Raises:
        ValueError: picture, target or request does not fit; no seed is given; or the network has no weights that can
            become random.
    """
    check_picture(x)
    if not seeds or count < 2:
        raise ValueError("a randomisation test needs at least one seed, and two random maps for its band")
    stages = dict(stages_of(network))
    if not stages:
        raise RefusalError("errors.reason.no_fresh_weights")
    stages = dict(reversed(stages.items())) if bottom_up else stages
    total, done = 1 + (len(stages) if cascade else 1) + len(seeds) - 1, 0

    pictures = noisy_pictures(x, samples, noise)

    def maps_of(subject: nn.Module, label: str) -> tuple[Heatmap, ...]:
        nonlocal done

        def tell(share: float) -> None:
            if progress is not None:
                progress((done + share) / total, label)

        found = maps_under(subject, card, pictures, target, requests, reduction, tell)
        done += 1
        tell(0)
        return found

    originals = [Original(heatmap, top, count) for heatmap in maps_of(network, "trained")]
    in_cascade: list[list[RandomisedMap]] = [[] for _ in originals]
    untrained: list[list[RandomisedMap]] = [[] for _ in originals]
    for turn, seed in enumerate(seeds):
        fresh = fresh_weights(network, seed)
        with torch.inference_mode(False):
            subject = copy_of(network)
        for stage, keys in stages.items():
            load_at_once(subject, {key: fresh[key] for key in keys})
            last = stage == list(stages)[-1]
            step_by_step = cascade and turn == 0
            if not (step_by_step or last):
                continue
            found = maps_of(subject, stage if step_by_step else "untrained")
            for index, (original, heatmap) in enumerate(zip(originals, found, strict=True)):
                compared = original.against(heatmap.values, stage, seed, with_band=last)
                if step_by_step:
                    in_cascade[index].append(compared)
                if last:
                    untrained[index].append(compared)
    tests = [
        MapTest(o.heatmap, o.spread, tuple(steps), tuple(alone), verdict_of(o, alone))
        for o, steps, alone in zip(originals, in_cascade, untrained, strict=True)
    ]
    return Randomisation(target, tuple(stages), tuple(seeds), kept(network), tuple(tests))
