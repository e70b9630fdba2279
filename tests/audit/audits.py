"""Small networks and pictures for the tests of audits."""

from pathlib import Path

import pyarrow as pa
import torch
from PIL import Image

from gam_viz.audit.opened import Audit
from gam_viz.audit.run import AuditRun, begun, run
from gam_viz.datasets.scenes.draw import CLASSES, draw_scenes
from gam_viz.networks.checkpoints import read
from tests.checkpoint_files import write_scenes_network


def write_networks(folder: Path) -> dict[str, Path]:
    """CBAM and GAM of the scenes, untrained, by name."""
    write_scenes_network(folder, "cbam", "cbam", {"reduction_ratio": 2}, 0)
    write_scenes_network(folder, "gam", "gam", {}, 1)
    return {name: folder / f"{name}.safetensors" for name in ("cbam", "gam")}


def write_pictures(folder: Path, count: int, size: int = 64) -> None:
    """Drawn scenes as PNG, sorted by class."""
    scenes = draw_scenes(count, split="test")
    for number, (pixels, label) in enumerate(zip(scenes.images, scenes.labels, strict=True)):
        path = folder / CLASSES[label] / f"{number:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).resize((size, size)).save(path)


def begin(where, networks: dict[str, Path], out, **choices) -> AuditRun:
    opened = {name: read(path) for name, path in networks.items()}
    return begun(where, opened, out, device=torch.device("cpu"), **choices)


def audited(where, networks: dict[str, Path], out, **choices) -> pa.Table:
    """The whole table of an audit made at once, in the order of its items."""
    run(begin(where, networks, out, **choices))
    return table(out)


def table(out) -> pa.Table:
    return Audit(out).query("select * from pictures order by item")
