"""What an audit is of: sources, networks and settings by their digests. Whoever goes on with it has the same."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from gam_viz import __version__
from gam_viz.audit.errors import AuditError
from gam_viz.audit.folder import LISTING, MANIFEST, AuditFolder
from gam_viz.audit.network import AuditedNetwork
from gam_viz.audit.sources import AuditSource, SourceChoices
from gam_viz.networks.card import Card

FORMAT = 1  # of the columns and files; what another one computed is not gone on with
SHARD = 4096  # pictures
_OF_GATE = ("key", "path", "layer", "branch")


@dataclass(frozen=True)
class AuditSettings:
    """How an audit computes.

    Attributes:
        shard: pictures of a shard, which is computed whole or not at all.
        precision: "float32" or "bfloat16", of the passes.
        truth: whether it is known of pictures where their object lies.
    """

    shard: int = SHARD
    precision: str = "float32"
    truth: bool = False

    @property
    def dtype(self) -> torch.dtype:
        """The precision, as torch has it."""
        return torch.bfloat16 if self.precision == "bfloat16" else torch.float32


@dataclass(frozen=True)
class Manifest:
    """An audit's.

    Attributes:
        source: its facts, with its address and the choices that were made of it.
        networks: name, digest, card and gates of each.
        settings: of the computation.
        version: of GAM-Viz that began it.
    """

    source: dict[str, Any]
    networks: list[dict[str, Any]]
    settings: AuditSettings
    version: str = __version__

    @property
    def count(self) -> int:
        """Of pictures."""
        return int(self.source["count"])

    @property
    def shards(self) -> int:
        """How many there are."""
        return -(-self.count // self.settings.shard)

    def span(self, shard: int) -> tuple[int, int]:
        """Numbers of a shard's first picture, and of the one after its last."""
        start = shard * self.settings.shard
        return start, min(self.count, start + self.settings.shard)

    def to_json(self) -> str:
        """As text; the same for equal ones."""
        return json.dumps({"format": FORMAT, **dataclasses.asdict(self)}, ensure_ascii=False, sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str, where: str) -> Manifest:
        """The inverse of `to_json`.

        Raises:
            AuditError: it is none, or of another format.
        """
        try:
            values = json.loads(text)
            format_ = values.pop("format")
            if format_ != FORMAT:
                raise AuditError("audit.refused.other_format", out=where, given=format_, known=FORMAT)
            found = cls(**{**values, "settings": AuditSettings(**values["settings"])})
            found._require_whole()
            return found
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            if isinstance(error, AuditError):
                raise
            raise AuditError("audit.refused.damaged", out=where) from error

    def _require_whole(self) -> None:
        """Look at all that is asked of it later.

        Raises:
            ValueError, LookupError, TypeError, AttributeError: something is missing, or is something else.
        """
        if self.count < 0 or self.settings.shard < 1:
            raise ValueError
        _ = self.source["kind"], self.source["where"], self.source["choices"]
        for network in self.networks:
            Card.from_json(json.dumps(network["card"]))
            texts = [network["name"], network["sha256"], *(each[key] for each in network["gates"] for key in _OF_GATE)]
            if not all(isinstance(each, str) for each in texts):
                raise TypeError
            for gate in network["gates"]:
                _ = gate["bounds"] if gate["bounds"] is None else [float(end) for end in gate["bounds"]]


def manifest_of(
    source: AuditSource, choices: SourceChoices, networks: Sequence[AuditedNetwork], settings: AuditSettings
) -> Manifest:
    """Of what is about to be audited."""
    described = [
        {
            "name": network.name,
            "sha256": network.sha256,
            "card": json.loads(network.card.to_json()),
            "gates": [dataclasses.asdict(gate) for gate in network.gates],
        }
        for network in networks
    ]
    facts = {"where": source.where, "choices": dataclasses.asdict(choices), **source.facts()}
    return Manifest(json.loads(json.dumps(facts)), json.loads(json.dumps(described)), settings)


def known(folder: AuditFolder) -> Manifest | None:
    """The manifest of the audit that a folder holds; None where it holds none.

    Raises:
        AuditError: it is damaged.
    """
    if not folder.has(MANIFEST):
        return None
    return Manifest.from_json(folder.read(MANIFEST).decode("utf-8", "replace"), folder.address)


def begin(folder: AuditFolder, manifest: Manifest, source: AuditSource) -> None:
    """Write an audit's manifest, or make sure that the folder's is the same.

    Raises:
        AuditError: the folder holds another audit, or something else; the sentence says what differs.
    """
    before = known(folder)
    if before is not None:
        _require_same(before, manifest, folder.address)
        return
    folder.check_own()
    if source.listing is not None:
        folder.write(LISTING, source.listing.to_bytes())
    folder.write(MANIFEST, manifest.to_json().encode())


def _require_same(before: Manifest, now: Manifest, out: str) -> None:
    then, asked = ({each["name"]: each["sha256"] for each in of.networks} for of in (before, now))
    if list(then) != list(asked):
        raise AuditError("audit.refused.other_networks", out=out, before=", ".join(then), now=", ".join(asked))
    changed = next((name for name, digest in asked.items() if then[name] != digest), None)
    if changed is not None:
        digests = {"before": then[changed][:12], "now": asked[changed][:12]}
        raise AuditError("audit.refused.other_checkpoint", out=out, network=changed, **digests)
    for field in dataclasses.fields(AuditSettings):
        values = [getattr(each.settings, field.name) for each in (before, now)]
        if values[0] != values[1]:
            raise AuditError("audit.refused.other_settings", out=out, name=field.name, before=values[0], now=values[1])
    facts = [{k: v for k, v in each.source.items() if k not in ("where", "choices")} for each in (before, now)]
    if facts[0] != facts[1]:
        if before.source["kind"] != now.source["kind"]:
            raise AuditError("audit.refused.other_source", out=out, where=before.source["where"])
        counts = {"before": before.count, "now": now.count}
        raise AuditError("audit.refused.source_changed", out=out, where=before.source["where"], **counts)
