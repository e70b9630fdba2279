"""What a faithfulness measurement depends on besides network, picture, class and maps."""

from __future__ import annotations

from dataclasses import dataclass

BASELINES = ("blur", "mean", "noise", "linear")


@dataclass(frozen=True)
class Settings:
    """Hashable, and its values are numbers and words: fit for a cache's key.

    Attributes:
        baseline: what removed pixels become: "blur" (the picture under a Gaussian of an eighth of its shorter side),
            "mean" (0 after normalisation, the data's mean colour), "noise" (uniform over all colours, drawn once) or
            "linear" (each the weighted mean of its neighbours, with a little noise: ROAD, see `fills.Linear`).
        steps: into how many equal parts the pixels are removed or inserted.
        orders: how many random orders a map is held against; 0 for as many as the level needs with these maps, see
            `evaluation.permutation.draws_needed`.
        grain: side of the random orders' patches, in pixels of the network's input: 1 for pixels one by one, None for
            an eighth of the picture's side, and for larger ones where a map is smoother than that. Against patches
            smaller than its own, every smooth map stands out, wherever it lies.
        seed: of random orders, ties and noise.

    Raises:
        ValueError: a setting is out of its range; the sentence says what is accepted.
    """

    baseline: str = "blur"
    steps: int = 8
    orders: int = 0
    grain: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.baseline not in BASELINES:
            raise ValueError(f"the baseline must be one of {', '.join(BASELINES)}, got {self.baseline!r}")
        if self.steps < 1:
            raise ValueError(f"there must be at least 1 step, got {self.steps}")
        if self.orders < 0:
            raise ValueError(f"the number of random orders must be 0 (as many as needed) or more, got {self.orders}")
        if self.grain is not None and self.grain < 1:
            raise ValueError(f"the grain must be at least 1 pixel, got {self.grain}")
        if self.seed < 0:
            raise ValueError(f"the seed must be 0 or more, got {self.seed}")

    def grain_of(self, size: int) -> int:
        """The grain for pictures of that side."""
        return max(1, size // 8) if self.grain is None else self.grain
