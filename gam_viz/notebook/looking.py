"""Gates, explanations and reports of any network, without a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor, nn

from gam_viz.evidence.case import About, CaseSettings, LoadedNetwork
from gam_viz.evidence.examine import examine
from gam_viz.explain import Explanation, GateReading, read_gates, seen_by, spatial_map
from gam_viz.explain import explain as explain_one
from gam_viz.images import Picture
from gam_viz.images.given import given_pictures
from gam_viz.images.network_input import denormalise
from gam_viz.networks.card import FOREIGN
from gam_viz.networks.live import LiveNetwork
from gam_viz.notebook.opening import Said, open_network, open_networks
from gam_viz.runtime.device import device_of, placed
from gam_viz.runtime.files import write_atomically
from gam_viz.text import words

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MOST_LAYERS = 6  # side by side in a figure


@dataclass(frozen=True, eq=False)
class Gates(Sequence[GateReading]):
    """A network's gates on one picture, in the order they are computed: a sequence of `GateReading`.

    Attributes:
        readings: the gates.
        seen: (H, W, 3) uint8 RGB: the picture as the network saw it.
        name: of the network.
        attention: of its module where that is known; else "foreign".
    """

    readings: tuple[GateReading, ...]
    seen: Any
    name: str = ""
    attention: str = FOREIGN

    @property
    def layers(self) -> tuple[str, ...]:
        """That have gates, in order."""
        return tuple(dict.fromkeys(reading.layer for reading in self))

    def __len__(self) -> int:
        return len(self.readings)

    def __getitem__(self, index: Any) -> Any:
        return self.readings[index]

    def __iter__(self) -> Iterator[GateReading]:
        return iter(self.readings)

    def __repr__(self) -> str:
        lines = [
            f"{reading.module}: {reading.branch}, {tuple(reading.values.shape)}, "
            f"{float(reading.values.min()):.3g} to {float(reading.values.max()):.3g}"
            for reading in self
        ]
        counts = {"gates": len(self), "layers": len(self.layers)}
        return "\n".join([words("en").text("own_networks.counts", **counts), *lines])

    def _repr_png_(self) -> bytes:
        from gam_viz.figures.export import to_bytes

        return to_bytes(self.plot(), "png")

    def plot(self, *layers: str) -> Figure:
        """A Matplotlib figure: of each layer its channel weights and its spatial mask over the picture.

        Args:
            layers: the last six with gates where none is named.

        Raises:
            ValueError: there is no gate, or no such layer; the sentence says which there are.
        """
        from gam_viz.figures.export import ExportColumn, MapPanel, comparison_figure
        from gam_viz.figures.gate_scales import channel_scale, spatial_scale
        from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale
        from gam_viz.figures.style import colour_of

        known = self.layers
        unknown = [layer for layer in layers if layer not in known]
        if unknown or not known:
            where = ", ".join(unknown) or "this network"
            raise ValueError(f"there are no gates in {where}; there are in {', '.join(known) or 'no layer'}")
        columns, shown = [], layers or known[-MOST_LAYERS:]
        of = {(r.layer, r.branch): r for r in reversed(self.readings) if r.branch == "channel" or r.over_picture}
        masked = any((layer, "spatial") in of for layer in shown)
        for layer in shown:
            channel, mask = of.get((layer, "channel")), of.get((layer, "spatial"))
            found = None if mask is None else spatial_map(mask, channel if mask.per_channel else None)
            scale = Scale(0, 1) if found is None else spatial_scale([found])
            caption = "" if found is None else f"{found.values.min():.3g} to {found.values.max():.3g}"
            panel = MapPanel(
                None if found is None else found.values,
                scale,
                DIVERGING[0] if scale.signed else SEQUENTIAL[0],
                "" if found is None else found.reduction,
                caption,
            )
            columns.append(
                ExportColumn(
                    layer,
                    colour_of(self.attention),
                    self.seen,
                    "",
                    channel,
                    Scale(0, 1) if channel is None else channel_scale([channel]),
                    "" if channel is None else f"{channel.shape[0]} channels",
                    (panel,) if masked else (),
                )
            )
        return comparison_figure(self.name, columns)


def gates(network: nn.Module, picture: Any, **said: Any) -> Gates:
    """A network's gates on one picture; `.plot()` draws them, and a notebook shows that by itself.

    Args:
        network: of any library; it is copied in memory and left as it is.
        picture: a file, Pillow's, an array or tensor of bytes or of 0..1; or (1, C, H, W) floats, normalised already.
        said: see `Said`: classes, transform, size, mean, std, output, target, unit, region.

    Raises:
        ValueError: the network or the picture cannot be looked at; the sentence says why.
    """
    opened, x, seen = _opened(network, picture, Said(**said), scores=False)
    _, readings = read_gates(opened.module, x)
    return Gates(readings, seen, opened.card.name, opened.card.config.attention)


def explain(network: nn.Module, picture: Any, **said: Any) -> Explanation:
    """What a network says of one picture, and its gates. Arguments and errors are those of `gates`."""
    opened, x, _ = _opened(network, picture, Said(**said))
    return explain_one(opened.module, opened.card, x)


def report(
    networks: nn.Module | Mapping[str, nn.Module],
    picture: Any,
    out: str | Path,
    *,
    about: str | None = None,
    language: str = "en",
    settings: CaseSettings | None = None,
    **said: Any,
) -> Path:
    """Examine one picture with one or several networks, and write all the evidence as one page; returns its path.

    Args:
        networks: one, or several by name, which have the same classes.
        picture: a file, Pillow's, or an array or tensor of bytes or of 0..1.
        out: report.html, or report.zip for the page with all numbers and pictures.
        about: name of the class to explain; what each network predicts where None.
        language: "en" or "zh".
        settings: how thoroughly.
        said: see `Said`.

    Raises:
        ValueError: a network, the picture or an argument cannot be used; the sentence says why, and nothing is written.
    """
    from gam_viz.report import html, pack

    path = Path(out)
    if path.suffix.lower() not in (".html", ".htm", ".zip"):
        raise ValueError(f"the report is written as .html or .zip, got {path.name}")
    opened = open_networks(networks, Said(**said))
    loaded = [LoadedNetwork(each.module, each.card, each.sha256) for each in opened.values()]
    case = examine(
        loaded,
        _picture(picture),
        fit=loaded[0].card.fit,  # type: ignore[arg-type]
        target=about,
        settings=settings,
        about=About(date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        device=device_of(loaded[0].network),
    )
    made = pack(case, words(language)) if path.suffix.lower() == ".zip" else html(case, words(language)).encode()
    write_atomically(path, lambda part: part.write_bytes(made))
    return path


def _opened(network: nn.Module, picture: Any, said: Said, *, scores: bool = True) -> tuple[LiveNetwork, Tensor, Any]:
    """The network, and the picture as it sees it: (1, C, H, W) on its device, and (H, W, 3) uint8."""
    if isinstance(picture, Tensor) and picture.ndim == 4 and picture.is_floating_point():
        size = said.size or (int(picture.shape[-2]), int(picture.shape[-1]))
        opened = open_network(network, replace(said, size=size), x=picture, scores=scores)
        card, x = opened.card, placed(picture, opened.module)
        if set(card.mean) == {0.0}:  # unknown: drawn from its smallest to its largest value
            x_shown = (x - x.min()) / (x.max() - x.min()).clamp_min(1e-12)
        else:
            x_shown = x
        shown = slice(3 if card.channels >= 3 else 1)  # of more bands the first three
        pixels = denormalise(x_shown[:, shown].float(), card.mean[shown], card.std[shown])
        return opened, x, pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2)
    opened = open_network(network, said, scores=scores)
    seen = seen_by(opened.card, _picture(picture))
    return opened, placed(seen.tensor, opened.module), seen.seen


def _picture(picture: Any) -> Picture:
    return picture if isinstance(picture, Picture) else given_pictures(picture).picture(0)
