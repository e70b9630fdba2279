"""What the tests share. Everything random is seeded; nothing here needs a network or a GPU."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gam_viz.datasets import DatasetInfo, LabelledImages


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-long", action="store_true", help="also run the tests marked long, and fuzz for longer")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--run-long"):
        os.environ.setdefault("GAM_VIZ_FUZZ_EXAMPLES", "300")  # read by tests/fuzzing.py when it is imported


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # First, so that one worker has them all: a server and a browser for each worker would cost more than the tests.
    # The last of them asks what the others heard.
    items.sort(key=lambda item: (item.get_closest_marker("browser") is None, item.path.stem == "test_no_foreign_host"))
    if not config.getoption("--run-long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="long: run with --run-long"))


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Tensors are tiny here: more threads would only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether a test that tries many cases of one kind should try all of them: with --run-long."""
    return bool(pytestconfig.getoption("--run-long"))


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data; tests that need it are skipped where it is not there."""
    given = os.environ.get("GAM_VIZ_DATA")
    if not given:
        pytest.skip("GAM_VIZ_DATA is not set: no real data here")
    return Path(given)


@pytest.fixture
def randomise() -> Callable[[nn.Module], nn.Module]:
    """Gives every weight and every batch norm's statistics a random value, and puts the module into eval mode."""

    def fill(module: nn.Module, seed: int = 0) -> nn.Module:
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, value in module.state_dict().items():
                if name.endswith("running_var"):
                    value.uniform_(0.5, 1.5, generator=generator)
                elif value.is_floating_point():
                    # Small enough that unbounded gates, which multiply features by features, do not run away.
                    scale = 0.6 * value[0].numel() ** -0.5 if value.ndim > 1 else 0.25
                    value.normal_(0, scale, generator=generator)
                    if value.ndim == 1 and name.endswith("weight"):
                        value.add_(1)
        return module.eval()

    return fill


@pytest.fixture
def layouts() -> Callable[..., dict[str, Tensor]]:
    """Random float64 features of one shape in several memory layouts."""

    def make(batch: int, channels: int, height: int, width: int) -> dict[str, Tensor]:
        def draw(*shape: int) -> Tensor:
            return torch.randn(*shape, dtype=torch.float64)

        return {
            "contiguous": draw(batch, channels, height, width),
            "channels_last": draw(batch, channels, height, width).contiguous(memory_format=torch.channels_last),
            "permuted": draw(width, batch, height, channels).permute(1, 3, 2, 0),
            "cropped": draw(batch, channels, height + 3, width + 4)[:, :, 2:-1, 1:-3],
            "strided": draw(batch, 2 * channels, height, 3 * width)[:, ::2, :, ::3],
        }

    return make


@pytest.fixture
def easy_images() -> Callable[..., LabelledImages]:
    """Pictures whose colour tells their class, with noise: learnt in an epoch or two."""

    def make(count: int = 120, *, size: int = 12, seed: int = 0, mirrored: bool = True) -> LabelledImages:
        colours = np.array([[200, 60, 60], [60, 180, 60], [60, 60, 200]])
        generator = np.random.default_rng(seed)
        labels = np.arange(count) % 3
        noise = generator.normal(0, 30, (count, size, size, 3))
        images = np.clip(colours[labels][:, None, None] + noise, 0, 255).astype(np.uint8)
        info = DatasetInfo(
            name="easy",
            title="Easy colours",
            classes=("red", "green", "blue"),
            size=size,
            mean=(0.4, 0.4, 0.4),
            std=(0.3, 0.3, 0.3),
            source="drawn by the tests",
            licence="Apache-2.0",
            mirrored=mirrored,
        )
        return LabelledImages(info, images, labels.astype(np.int64))

    return make
