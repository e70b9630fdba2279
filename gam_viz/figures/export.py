"""A comparison as one Matplotlib figure, to print or to put into a paper."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from gam_viz.explain import GateReading
from gam_viz.figures.channels import channel_order
from gam_viz.figures.scales import Scale, number
from gam_viz.figures.style import CHOSEN, GUIDE, grey

#: Latin, then Chinese; of these, Matplotlib warns for every letter of each that is not installed.
FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC")


@cache
def fonts() -> list[str]:
    """Those of `FONTS` that are installed here."""
    installed = set(font_manager.get_font_names())
    return [name for name in FONTS if name in installed]


@dataclass(frozen=True)
class MapPanel:
    """A map over the picture: values (h, w), or None for a gap; its scale,
    a Matplotlib colour map's name, title and caption."""

    values: npt.NDArray[np.floating] | None
    scale: Scale
    colours: str
    title: str
    caption: str


@dataclass(frozen=True)
class ExportColumn:
    """One network's column: heading, colour, the picture it saw, its channel gate (or None), and its maps."""

    title: str
    colour: str
    seen: npt.NDArray[np.uint8]
    prediction: str
    channel: GateReading | None
    channel_scale: Scale
    channel_caption: str
    maps: tuple[MapPanel, ...]


_DIRECTIONS = {0x2068: None, 0x2069: None}


def comparison_figure(
    title: str,
    columns: Sequence[ExportColumn],
    *,
    opacity: float = 0.65,
    foot: str = "",
    box: tuple[float, float, float, float] | None = None,
) -> Figure:
    """Networks in columns; rows: picture and prediction, channel weights, then each map with its scale bar.

    Args:
        title: above all.
        columns: one a network; all need the same number of maps.
        opacity: of the maps over the grey picture.
        foot: below all: what it was made from and with.
        box: left, top, right, bottom of a region on every picture, in 0..1.

    Raises:
        ValueError: no column, or columns of different lengths.
    """
    if not columns or len({len(column.maps) for column in columns}) != 1:
        raise ValueError("a comparison needs columns with the same number of maps")
    rows = 2 + len(columns[0].maps)
    # Names come from files: what looks like mathematics in them is none.
    style: Any = {"font.family": fonts(), "font.size": 9, "svg.fonttype": "path", "text.parse_math": False}
    with mpl.rc_context(style):
        figure = Figure(figsize=(4.0 * len(columns), 0.4 + 1.9 + 1.7 + 3.1 * (rows - 2)), layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(title, fontsize=11)
        ratios = [1.9, 1.7] + [3.1] * (rows - 2)
        axes = figure.subplots(rows, len(columns), squeeze=False, height_ratios=ratios)
        for index, column in enumerate(columns):
            _picture(axes[0, index], column, box)
            _bars(axes[1, index], column)
            for row, panel in enumerate(column.maps):
                _map(figure, axes[2 + row, index], panel, column.seen, opacity)
        if foot:
            figure.supxlabel(foot, fontsize=7, color=GUIDE)
        for drawn in figure.findobj(Text):  # fonts have no sign for what keeps a name's direction to itself
            drawn.set_text(drawn.get_text().translate(_DIRECTIONS))
    return figure


def to_bytes(figure: Figure, form: str) -> bytes:
    """The figure as "png" (200 dots an inch) or "svg"."""
    buffer = io.BytesIO()
    # The creation date would make two downloads of one view differ.
    metadata = {"Date": None} if form == "svg" else {}
    figure.savefig(buffer, format=form, dpi=200, metadata=metadata)
    return buffer.getvalue()


def _picture(axes: Axes, column: ExportColumn, box: tuple[float, float, float, float] | None) -> None:
    axes.imshow(column.seen, interpolation="nearest")
    if box is not None:
        (left, top, right, bottom), (height, width) = box, column.seen.shape[:2]
        place = (left * width - 0.5, top * height - 0.5)
        size = {"width": (right - left) * width, "height": (bottom - top) * height}
        axes.add_patch(Rectangle(place, **size, fill=False, edgecolor=CHOSEN, linewidth=1.5, linestyle="--"))
    axes.set_title(column.title, color=column.colour, fontweight="bold")
    axes.set_xlabel(column.prediction)
    axes.set_xticks([])
    axes.set_yticks([])


def _bars(axes: Axes, column: ExportColumn) -> None:
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_xticks([])
    if column.channel is None:
        axes.set_axis_off()
        return
    means = column.channel.channel_means()
    order = channel_order(column.channel)
    places = np.arange(len(order))
    if column.channel.per_position:
        low, high = column.channel.channel_quantiles()
        axes.fill_between(places, low[order], high[order], color=GUIDE, alpha=0.3, linewidth=0)
    axes.bar(places, means[order], color=column.colour, width=0.85)
    axes.axhline(0, color=GUIDE, linewidth=0.8)
    axes.axhline(1, color=GUIDE, linewidth=0.8, linestyle=":")
    span = column.channel_scale.high - column.channel_scale.low
    axes.set_ylim(column.channel_scale.low - 0.03 * span, column.channel_scale.high + 0.03 * span)
    axes.set_xlabel(column.channel_caption, fontsize=7, wrap=True)


def _map(figure: Figure, axes: Axes, panel: MapPanel, seen: npt.NDArray[np.uint8], opacity: float) -> None:
    norm = Normalize(panel.scale.low, panel.scale.high)
    extent = (0.0, 1.0, 1.0, 0.0)
    if panel.values is None:
        axes.set_axis_off()
        axes.text(0.5, 0.5, panel.caption, ha="center", va="center", transform=axes.transAxes, fontsize=8)
        return
    axes.imshow(grey(seen), extent=extent, interpolation="nearest")
    axes.imshow(panel.values, extent=extent, cmap=panel.colours, norm=norm, alpha=opacity, interpolation="nearest")
    axes.set_aspect(seen.shape[0] / seen.shape[1])
    axes.set_title(panel.title, fontsize=9)
    axes.set_xlabel(panel.caption, fontsize=7, wrap=True)
    axes.set_xticks([])
    axes.set_yticks([])
    bar = figure.colorbar(ScalarMappable(norm, panel.colours), ax=axes, fraction=0.046, pad=0.02)
    middle = 0.0 if panel.scale.signed else (panel.scale.low + panel.scale.high) / 2
    ticks = [panel.scale.low, middle, panel.scale.high]
    bar.set_ticks(ticks, labels=[number(tick) for tick in ticks])
    bar.ax.tick_params(labelsize=7)
