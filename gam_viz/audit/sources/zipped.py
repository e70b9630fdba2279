"""A ZIP of pictures, read a member at a time; nothing is unpacked to disk."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gam_viz.audit.item import AuditItem
from gam_viz.audit.sources.listing import Listed, Listing, picture_of
from gam_viz.images import LIMITS, Picture
from gam_viz.images.zip_files import Member, members_of

#: What the ZIP may unfold to in all is no matter here: its members come and go one after the other.
_LIMITS = dataclasses.replace(LIMITS, archive_entries=200_000, session_bytes=2**62)


@dataclass(frozen=True, eq=False)
class MemberItem(AuditItem):
    """A file within a ZIP.

    Attributes:
        member: of it.
    """

    member: Member | None = None

    def picture(self) -> Picture:
        assert self.member is not None
        return picture_of(self.member.read(), self.member.name)


@dataclass(frozen=True, eq=False)
class ZippedFiles:
    """A ZIP's files by number, in its order.

    Attributes:
        where: the ZIP.
        members: its files.
        listing: the same as a list.
    """

    where: str
    members: tuple[Member, ...]
    listing: Listing
    kind: str = "zip"

    def __len__(self) -> int:
        return len(self.members)

    def facts(self) -> dict[str, object]:
        """What tells it from other sources, and from itself after a change."""
        return {"kind": self.kind, "count": len(self), "digest": self.listing.digest}

    def items(self, start: int, stop: int) -> list[AuditItem]:
        """Of a shard."""
        return [
            MemberItem(entry.name, entry.label, member=member)
            for entry, member in zip(self.listing.slice(start, stop), self.members[start:stop], strict=True)
        ]


def open_zip(path: Path) -> ZippedFiles:
    """Its list of members is read, none of them.

    Raises:
        PictureError: the ZIP as a whole is refused.
        OSError: it cannot be read.
    """
    members = members_of(path.open("rb"), _LIMITS)
    return ZippedFiles(str(path), members, Listing.of(map(_listed, members)))


def _listed(member: Member) -> Listed:
    label = PurePosixPath(member.path).parent.name or None
    return Listed(member.path.encode("utf-8", "backslashreplace"), member.size, member.checksum, label)
