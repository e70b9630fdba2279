"""A network that can be looked at, wherever it comes from: a card, an identity, and a way to get the module."""

from __future__ import annotations

from typing import Literal, Protocol

import torch
from torch import nn

from gam_viz.networks.card import Card

#: "file": a checkpoint in a folder; "upload": one whose bytes are held in memory; "live": a module that runs in this
#: process, handed over by the program that made it.
Origin = Literal["file", "upload", "live"]


class OpenedNetwork(Protocol):
    """What the app, the report and the command line ask of a network: `Checkpoint` and `LiveNetwork` have it."""

    @property
    def card(self) -> Card:
        """What is known about it."""

    @property
    def sha256(self) -> str:
        """64 hexadecimal digits that stand for its weights and settings in cache keys and reports; behind them the
        region that it is asked about, where it is."""

    @property
    def origin(self) -> Origin:
        """Where it comes from."""

    @property
    def called(self) -> str:
        """What the command line takes for it: a name or a file; empty where it takes nothing."""

    def load(self, device: torch.device | str) -> nn.Module:
        """The module, in eval mode; what lies in memory already stays on its own device.

        Raises:
            CheckpointError: its weights are not those of the network that the card describes.
        """
