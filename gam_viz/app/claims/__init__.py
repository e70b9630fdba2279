"""The parts of the Claims page: what it measures, and one card a statement."""
