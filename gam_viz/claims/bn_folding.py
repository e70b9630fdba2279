"""The tip to fold batch norms into convolutions, measured: the same output, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gam_viz.claims.claim import Claim
from gam_viz.cost import Latency, relative_time
from gam_viz.networks.bn_folding import fuse

ROUNDS = 15
ROUNDING = 1e-4  # of the largest logit


@dataclass(frozen=True)
class Folding:
    """A network against its folded copy.

    Attributes:
        apart: largest difference of a logit, as a share of the largest logit.
        folded, norms: batch norms that were folded, and that there were.
        time: one picture through the folded copy, relative to the network.
    """

    apart: float
    folded: int
    norms: int
    time: Latency


def folding(network: nn.Module, picture: Tensor, *, rounds: int = ROUNDS) -> Folding:
    """Measure on one picture, (1, 3, S, S), normalised; the network is in eval mode and is left as it is."""
    copy = fuse(network)
    with torch.inference_mode():
        before, after = network(picture), copy(picture)
    norms, left = (sum(isinstance(m, nn.BatchNorm2d) for m in each.modules()) for each in (network, copy))
    apart = float((after - before).abs().max() / before.abs().max())
    return Folding(apart, norms - left, norms, relative_time(copy, network, picture, rounds=rounds))


def fold(found: Folding) -> Claim:
    """ "Folding batch norms into convolutions makes inference faster."

    Contradicted where the output changes by more than rounding, or the middle half of the rounds lies above 1; borne
    out where it lies below 1; partly where it holds 1: the same output, and no difference in time on this machine.
    """
    same = found.apart < ROUNDING
    if not same:
        verdict, reason = "not_seen", "other"
    elif found.time.high < 1:
        verdict, reason = "seen", "faster"
    elif found.time.low > 1:
        verdict, reason = "not_seen", "slower"
    else:
        verdict, reason = "partly", "even"
    facts = {
        "apart": {"apart": found.apart, "folded": found.folded, "norms": found.norms},
        "time": {
            "ratio": found.time.ratio,
            "low": found.time.low,
            "high": found.time.high,
            "rounds": found.time.rounds,
            "device": found.time.device,
        },
    }
    return Claim("folding", verdict, reason, facts=facts)  # type: ignore[arg-type]
