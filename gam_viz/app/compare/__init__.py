"""The rows of the Compare page, each a fragment: its controls rerun it alone."""
