"""The parts of the Audit page: each question of an audit a section, answered from its parts on disk."""
