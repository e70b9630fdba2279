"""Many pictures at once from a program: `gam_viz.audit("pictures/", {"cbam": network, "gam": other}, "audit/")`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn
from tqdm import tqdm

from gam_viz.audit.opened import Audit
from gam_viz.audit.run import begun, run
from gam_viz.audit.sources import SourceChoices
from gam_viz.networks.checkpoints import named
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.notebook.opening import Said, open_networks
from gam_viz.runtime.device import pick_device

Networks = nn.Module | Mapping[str, nn.Module] | str | Sequence[str]


def audit(
    source: str | Path,
    networks: Networks,
    out: str | Path = "audit",
    *,
    choices: SourceChoices | None = None,
    device: str = "auto",
    **said: Any,
) -> Audit:
    """Ask networks about every picture of a source, and keep what their gates did. Called again, it goes on.

    Args:
        source: a folder, a ZIP, a list of paths (.csv or .parquet), "data:NAME" or "data:NAME/train" of a data set, or
            a GeoTIFF, which is cut into tiles.
        networks: modules of any library, one or several by name; or names or files of checkpoints.
        out: the folder, or an address that fsspec knows.
        choices: of the source: tile, stride, bands, nodata, data_root.
        device: "auto", "cpu" or "cuda"; modules stay on their own.
        said: about modules, as of `gates`: classes, transform, size, mean, std, output, target, unit.

    Raises:
        ValueError: a network or the source cannot be looked at, or `out` holds another audit; the sentence says why.
        OSError: something cannot be read.
    """
    opened: Mapping[str, OpenedNetwork]
    if isinstance(networks, nn.Module | Mapping):
        opened = open_networks(networks, Said(**said))
    else:
        names = [networks] if isinstance(networks, str) else networks
        opened = {Path(name).stem if name.endswith(".safetensors") else name: named(name) for name in names}
    begun_ = begun(source, opened, out, choices=choices, device=pick_device(device))
    count, done = begun_.manifest.count, begun_.done()
    with tqdm(total=count, initial=done, unit=" pictures", disable=not sys.stderr.isatty()) as bar:
        run(begun_, progress=bar.update)
    return Audit(out)
