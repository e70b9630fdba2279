"""What removed pixels become. A fill makes pictures from what is kept of one; all but one paste a second picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse
from scipy.sparse.linalg import splu
from torch import Tensor

from gam_viz.evidence.faithfulness.settings import Settings
from gam_viz.explain.attributions.work import Work
from gam_viz.images.all_bands import takes_stored
from gam_viz.images.network_input import normalise_batch

#: (n, 1, H, W) bool, True where the picture is kept -> (n, C, H, W).
Fill = Callable[[Tensor], Tensor]

NOISE = 0.01  # standard deviation that "linear" adds, in units of normalised pixels, as the authors' code has it


def fill_of(work: Work, settings: Settings, mean: Sequence[float] | None, std: Sequence[float] | None) -> Fill:
    """The fill of a baseline, for one picture.

    Raises:
        ValueError: "noise" without mean and std of the normalisation.
    """
    x = work.x
    if settings.baseline == "linear":
        return Linear(x, settings.seed)
    if settings.baseline != "noise":
        base = work.baseline(settings.baseline)
    elif mean is None or std is None:
        raise ValueError("the baseline 'noise' needs mean=(r, g, b) and std=(r, g, b) of the normalisation")
    else:
        base = uniform_noise((int(x.shape[-2]), int(x.shape[-1])), settings.seed, mean, std).to(x)
    return partial(pasted, x, base)


def pasted(x: Tensor, base: Tensor, kept: Tensor) -> Tensor:
    """(1, C, H, W) where it is kept, another picture where not."""
    return torch.where(kept, x, base)


class Linear:
    """Noisy linear imputation (Rong et al., ROAD, ICML 2022, arXiv 2202.00449, section 5.1).

    Each missing pixel is the weighted mean of its neighbours, 1/6 for each of the four beside it and 1/12 for each on
    a diagonal (at the picture's edge of those there are, in proportion). Missing neighbours are unknowns of the same
    sparse linear system, so that what is kept is carried on smoothly into what is not, and no outline of what was
    removed is left for the network to read. A little noise, drawn once, keeps the mean from giving itself away.
    Where nothing is kept the system leaves the level open: it is the picture's mean colour.

    Args:
        x: (1, C, H, W), normalised.
        seed: of the noise.
        noise: its standard deviation.
    """

    def __init__(self, x: Tensor, seed: int = 0, noise: float = NOISE) -> None:
        self._x = x
        self._pixels = x[0].flatten(1).T.double().cpu().numpy()  # (H W, C)
        self._beside = _neighbours(int(x.shape[-2]), int(x.shape[-1]))
        self._weight = np.asarray(self._beside.sum(1)).ravel()
        generator = torch.Generator().manual_seed(seed)
        self._noise = noise * torch.randn(x.shape, generator=generator).to(x)

    def __call__(self, kept: Tensor) -> Tensor:
        """(n, 1, H, W) bool -> (n, C, H, W)."""
        filled = np.stack([self._filled(one) for one in kept.flatten(1).cpu().numpy()])  # (n, H W, C)
        whole = torch.from_numpy(filled).to(self._x).transpose(1, 2).reshape(-1, *self._x.shape[1:])
        return torch.where(kept, self._x, whole + self._noise)

    def _filled(self, kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:  # (H W,) -> (H W, C)
        missing = np.flatnonzero(~kept)
        if not len(missing):
            return self._pixels
        found = self._pixels.copy()
        if len(missing) == len(kept):
            found[:] = self._pixels.mean(0)
            return found
        beside = self._beside[missing]
        found[missing] = 0
        known = beside @ found
        # Symmetric and diagonally dominant, so that no pivot has to be looked for.
        system = (sparse.diags_array(self._weight[missing]) - beside[:, missing]).tocsc()
        options = {"SymmetricMode": True}
        found[missing] = splu(system, "MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options).solve(known)
        return found


def _neighbours(height: int, width: int) -> sparse.csr_array:
    """(H W, H W): the weight of each pixel's neighbours."""

    def beside(side: int) -> sparse.dia_array:
        return sparse.diags_array([np.ones(side - 1)] * 2, offsets=[-1, 1], shape=(side, side))

    # Neighbours in rows times neighbours in columns are those on diagonals.
    rows, columns = beside(height), beside(width)
    direct = sparse.kron(rows, sparse.eye_array(width)) + sparse.kron(sparse.eye_array(height), columns)
    return sparse.csr_array(direct / 6 + sparse.kron(rows, columns) / 12)


def uniform_noise(size: tuple[int, int], seed: int, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(1, C, H, W), normalised: each channel of each pixel drawn evenly from 0..255, on the CPU.

    Bands that a network takes as stored have no largest number: theirs are drawn evenly about the normalisation's mean,
    with its standard deviation.
    """
    generator = torch.Generator().manual_seed(seed)
    if takes_stored(mean, std):
        return (torch.rand((1, len(mean), *size), generator=generator) * 2 - 1) * math.sqrt(3)
    pixels = torch.randint(0, 256, (1, len(mean), *size), generator=generator, dtype=torch.uint8)
    return normalise_batch(pixels, mean, std)
