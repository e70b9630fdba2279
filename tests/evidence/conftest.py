"""Small untrained networks of planted scenes, in checkpoint files."""

from pathlib import Path

import pytest

from gam_viz.networks.checkpoints import Checkpoint, find
from tests.checkpoint_files import write_checkpoints
from tests.explain.conftest import picture, random_network, same_traces, traces

__all__ = ["picture", "random_network", "same_traces", "traces"]


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checkpoint]:
    """By name: scenes-none, scenes-cbam, scenes-gam, scenes-gam_sigmoid, and those of CIFAR-10."""
    folder: Path = tmp_path_factory.mktemp("checkpoints")
    write_checkpoints(folder)
    return {checkpoint.card.name: checkpoint for checkpoint in find(folder)[0]}
