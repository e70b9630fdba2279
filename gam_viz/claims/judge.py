"""All statements together: what is counted, what is measured on networks, and the verdict on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from gam_viz.claims import accuracy as trained
from gam_viz.claims import bn_folding as folding
from gam_viz.claims import gam_variants, parameters, plug_and_play, reading
from gam_viz.claims.claim import SECTIONS, Claim, Table
from gam_viz.claims.gate_behaviour import Behaviour, behaviour
from gam_viz.claims.parameters import RateCost, module_table
from gam_viz.datasets.scenes.draw import CLASSES
from gam_viz.evidence.randomisation.reinitialise import fresh_weights
from gam_viz.explain import seen_by
from gam_viz.images import list_samples, load_sample
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.card import Card
from gam_viz.zoo.results import SetResults

FULL: dict[str, Any] = {}
FACTORISED: dict[str, Any] = {"spatial": "factorised"}
DEPTHWISE: dict[str, Any] = {"spatial": "depthwise"}


@dataclass(frozen=True)
class Counted:
    """What needs no network with weights.

    Attributes:
        added: share of parameters that forms of attention add to whole networks.
        rates: one GAM module at each rate.
        shuffles: what a mask channel depends on at each place of the shuffle.
        fit: where GAM goes in.
    """

    added: Table
    rates: Mapping[int, RateCost]
    shuffles: Mapping[str, gam_variants.ReceptiveField]
    fit: plug_and_play.PlugAndPlay


@dataclass(frozen=True)
class Live:
    """What was measured on two networks and the built-in scenes.

    Attributes:
        cbam, gam: how their gates behave.
        folding: GAM's with folded batch norms.
    """

    cbam: Behaviour
    gam: Behaviour
    folding: folding.Folding


@dataclass(frozen=True)
class MeasuredNetwork:
    """A network to measure: it, its card, and whether it is trained."""

    network: nn.Module
    card: Card
    trained: bool


def counted() -> Counted:
    """Count everything; about a second."""
    return Counted(
        parameters.added_table(), parameters.rate_costs(), gam_variants.shuffle_fields(), plug_and_play.fit()
    )


def stand_in(attention: str) -> MeasuredNetwork:
    """A network with fresh weights of seed 0, for where no trained one is."""
    config = NetworkConfig(width=16, attention=attention, stem="stride2", num_classes=len(CLASSES))
    with torch.device("meta"):  # whoever draws at the same time is not disturbed
        network = build_network(config)
    network.to_empty(device="cpu").load_state_dict(fresh_weights(network, 0))
    card = Card(
        name=attention,
        dataset="scenes",
        dataset_title="Planted scenes",
        classes=CLASSES,
        input_size=64,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        config=config,
    )
    return MeasuredNetwork(network.eval(), card, False)


def measure(cbam: MeasuredNetwork, gam: MeasuredNetwork, device: torch.device) -> Live:
    """Measure two networks on the built-in scenes without a tag; about a second.

    Raises:
        ValueError: a network's gates cannot be measured; the sentence says why.
    """
    found = []
    for subject in (cbam, gam):
        card = subject.card
        seen = [
            seen_by(card, load_sample(sample.id)).tensor
            for sample in list_samples()
            if sample.group == "scene" and sample.tag_name is None
        ]
        pictures = torch.cat(seen).to(device)
        found.append(behaviour(subject.network, pictures, name=card.name, trained=subject.trained))
    return Live(found[0], found[1], folding.folding(gam.network, pictures[:1]))


def judge(results: Sequence[SetResults], counted: Counted, live: Live) -> list[Claim]:
    """The verdict on every statement, in the tutorial's order."""
    factorised = module_table([("gam", FULL), ("gam", FACTORISED)])
    claims = [
        reading.kept(live.cbam, live.gam),
        reading.crossing(live.cbam, live.gam),
        trained.efficiency(
            results, module_table([("cbam", {}), ("gam", FULL), ("gam", {"groups": gam_variants.GROUPS})])
        ),
        trained.beats_cbam(results),
        trained.details(results),
        reading.pooling(live.cbam, live.gam),
        gam_variants.groups(module_table([("gam", FULL), ("gam", {"groups": gam_variants.GROUPS})]), counted.shuffles),
        reading.range_(live.gam),
        plug_and_play.kernel(),
        plug_and_play.plug(counted.fit),
        parameters.rate(counted.rates),
        plug_and_play.learning(),
        trained.deeper(results),
        trained.with_se(results),
        gam_variants.factorised(factorised, counted.shuffles["full"], gam_variants.mask_field(**FACTORISED), results),
        parameters.depthwise(module_table([("gam", FULL), ("gam", FACTORISED), ("gam", DEPTHWISE)])),
        folding.fold(live.folding),
        trained.gain(results),
        parameters.parameters(counted.added),
    ]
    assert [claim.key for claim in claims] == list(SECTIONS)
    return claims
