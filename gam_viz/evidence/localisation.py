"""Does a map point at what is known to matter?

Two ways to ask. `held_against.score` holds a map at the picture's resolution against a mask of the truth: energy,
pointing, overlap. `share` says how much of a map's mass, cell by cell, lies in any region, against how much of the
picture the region is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from gam_viz.evidence.held_against import score
from gam_viz.evidence.measure import Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.evidence.own_maps import GAIN, LayerMaps, by_chance, trivial_maps
from gam_viz.explain.gates import FloatArray
from gam_viz.networks import ResidualNetwork
from gam_viz.runtime.progress import Progress


@dataclass(frozen=True)
class Box:
    """A rectangle in shares of the square that the network saw: 0 is its left or top edge, 1 its right or bottom.

    Raises:
        ValueError: it is empty or reaches beyond the square.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(
                f"a box needs 0 <= left < right <= 1 and 0 <= top < bottom <= 1, got {self.left}, {self.top}, "
                f"{self.right}, {self.bottom}"
            )

    def coverage(self, height: int, width: int) -> FloatArray:
        """(height, width) float32: the share of each cell that lies inside, 0..1."""
        rows = _covered(self.top, self.bottom, height)
        columns = _covered(self.left, self.right, width)
        return np.outer(rows, columns).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Mask:
    """Any region, as (S, S) bool over the square that the network saw.

    Raises:
        ValueError: nothing, or everything, lies inside.
    """

    inside: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.inside.ndim != 2 or self.inside.all() or not self.inside.any():
            raise ValueError("a mask needs two axes, and pixels both inside and outside")

    @classmethod
    def as_seen(
        cls, mask: npt.NDArray[np.bool_], box: tuple[float, float, float, float], size: tuple[int, int]
    ) -> Mask:
        """A mask over the whole picture, cut as the network's input was.

        Args:
            mask: (H, W) bool, over the picture.
            box: `NetworkInput.box`, where the input lies in pixels of the picture.
            size: (height, width) of the input, in pixels.

        Raises:
            ValueError: nothing, or everything, of the input lies inside.
        """
        height, width = mask.shape
        left, top, right, bottom = box
        down, across = ((np.arange(side) + 0.5) / side for side in size)
        columns = np.floor(left + across * (right - left)).astype(int)
        rows = np.floor(top + down * (bottom - top)).astype(int)
        seen = mask[np.ix_(rows.clip(0, height - 1), columns.clip(0, width - 1))]
        outside = (rows < 0) | (rows >= height), (columns < 0) | (columns >= width)
        return cls(seen & ~outside[0][:, None] & ~outside[1][None, :])

    def coverage(self, height: int, width: int) -> FloatArray:
        """(height, width) float32: the share of each cell that lies inside, 0..1."""
        whole = Image.fromarray(self.inside.astype(np.float32))
        return np.asarray(whole.resize((width, height), Image.Resampling.BOX), np.float32)  # means over the cells


Region = Box | Mask


def seen_truth(
    masks: Mapping[str, npt.NDArray[np.bool_]], box: tuple[float, float, float, float], size: tuple[int, int]
) -> dict[str, npt.NDArray[np.bool_]]:
    """Masks over a picture, name -> (H, W), as the network's input was cut: name -> bool of its size, see
    `Mask.as_seen`; without those of which it shows nothing, or nothing else."""
    seen = {}
    for name, mask in masks.items():
        try:
            seen[name] = Mask.as_seen(mask, box, size).inside
        except ValueError:
            continue
    return seen


@dataclass(frozen=True)
class Share:
    """Of one map in one region.

    Attributes:
        inside: share of the map's mass that lies inside, 0..1; None where the map has none.
        area: share of the square that lies inside, 0..1: what a flat map would have.
        hit: whether the map's largest value lies inside (the pointing game of Zhang et al., arXiv 1608.00507,
            section 4.1, without its margin); None where no one cell is the largest.
    """

    inside: float | None
    area: float
    hit: bool | None

    @property
    def density(self) -> float | None:
        """inside / area: 1 for a map that does not favour the region."""
        return None if self.inside is None else self.inside / self.area


def share(values: npt.NDArray[np.floating], region: Region) -> Share:
    """How much of a map (h, w) lies inside. Its mass is its positive part: what speaks for a class, or what a gate
    lets through."""
    coverage = region.coverage(*values.shape)
    area = float(coverage.mean())
    mass = np.maximum(values, 0).astype(np.float64)
    total = float(mass.sum())
    inside = float((mass * coverage).sum()) / total if total > 0 else None
    largest = values == values.max()
    hit = bool(coverage[largest][0] >= 0.5) if largest.sum() == 1 else None
    return Share(inside, area, hit)


def _covered(start: float, end: float, count: int) -> npt.NDArray[np.float64]:
    """(count,): the share of each of `count` equal parts of 0..1 that lies within start..end."""
    edges = np.arange(count + 1) / count
    return np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0, None) * count


def _localise(given: MeasureInput, options: Options, progress: Progress | None) -> tuple[Verdict, ...]:
    """Every map, then what it has to beat: the layers' features, channel weights and masks alone, and no network."""
    maps = {map_.key: map_.values for map_ in given.finite_maps}
    layers: dict[str, FloatArray] = {}
    if isinstance(given.network, ResidualNetwork) and given.chosen is None:
        layers = LayerMaps(given.network, given.card)(given.x)
    maps |= {key: values for key, values in layers.items() if not key.startswith(f"{GAIN}.")}  # the gates' own maps
    maps |= trivial_maps(_picture(given))
    found = []
    for region, inside in given.truth.items():
        for key, values in maps.items():
            if np.isfinite(values).all():
                numbers = asdict(score(values, inside))
                if key == "area":
                    numbers |= {measure: by_chance(measure, numbers["area"]) for measure in _SCORES}
                found.append(Verdict(key, "", {"region": region, **numbers}))
    return tuple(found)


def _picture(given: MeasureInput) -> npt.NDArray[np.floating]:
    """(S, S, 3): the network's input as a picture again, 0..1."""
    picture: npt.NDArray[np.floating] = given.x[0].permute(1, 2, 0).float().cpu().numpy()
    return picture * np.asarray(given.card.std) + np.asarray(given.card.mean)


def _on_scene(
    values: FloatArray, inside: npt.NDArray[np.bool_], ignored: npt.NDArray[np.bool_] | None
) -> dict[str, float | None]:
    of_map = score(values, inside, ignored)
    return {"energy": of_map.energy, "pointing": of_map.pointing, "overlap": of_map.overlap}


_SCORES = ("energy", "pointing", "overlap")

LOCALISATION = Measure(
    "localisation",
    _localise,
    tuple,
    title_key="evidence.section.board",
    needs=("maps", "truth"),
    quantities=tuple(Quantity(key, f"evidence.score.{key}", ".1%", (0, 1), "more") for key in _SCORES),
    on_scene=_on_scene,
)
