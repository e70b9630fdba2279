"""Where the pictures of an audit come from: a folder, a ZIP, a list, a data set's split, a scene cut into tiles."""

from gam_viz.audit.sources.choices import SourceChoices
from gam_viz.audit.sources.opening import AuditSource, open_audit_source

__all__ = ["AuditSource", "SourceChoices", "open_audit_source"]
