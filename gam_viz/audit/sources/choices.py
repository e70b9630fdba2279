"""What can be said of a source beside its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gam_viz.audit.errors import AuditError


@dataclass(frozen=True)
class SourceChoices:
    """Choices of a source; those that a source has no use for are left alone.

    Attributes:
        tile: side of a scene's tiles in pixels; None: that of the networks' input.
        stride: from one tile to the next, in pixels; None: the tile's side, so that tiles touch.
        bands: of a scene that are read, counted from 1; None: what it calls red, green and blue.
        nodata: largest share of a tile without data, 0..1; tiles with more are left out.
        data_root: the folder that holds the data sets; None: where they are looked for elsewhere, too.
    """

    tile: int | None = None
    stride: int | None = None
    bands: tuple[int, ...] | None = None
    nodata: float = 0.5
    data_root: str | None = None

    def __post_init__(self) -> None:
        for name in ("tile", "stride"):
            if (given := getattr(self, name)) is not None and given < 1:
                raise AuditError("audit.refused.not_positive", name=name, given=given)
        if not 0 <= self.nodata <= 1:
            raise AuditError("audit.refused.not_a_share", given=self.nodata)

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> SourceChoices:
        """The inverse of `dataclasses.asdict`, through JSON."""
        return cls(**{**given, "bands": None if given["bands"] is None else tuple(given["bands"])})
