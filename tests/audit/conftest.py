"""What the tests of audits share."""

from pathlib import Path

import pytest

from tests.audit.audits import write_networks, write_pictures


@pytest.fixture(scope="session")
def networks(tmp_path_factory) -> dict[str, Path]:
    return write_networks(tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """A folder of 41 pictures by class, one of which is none: an odd number of passes, lots and shards."""
    folder = tmp_path_factory.mktemp("pictures")
    write_pictures(folder, 40)
    (folder / "note.png").write_text("no picture")
    return folder
