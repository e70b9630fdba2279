"""What an audit as a whole refuses, each in one sentence; what is wrong with one picture is in that picture's row."""

from __future__ import annotations

from gam_viz.text.refusal import RefusalError


class AuditError(RefusalError):
    """An audit that cannot be made or gone on with; the catalogue's sentence (`audit.refused.*`) says why, and what
    would do."""
