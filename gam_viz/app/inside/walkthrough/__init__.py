"""The parts of the Inside page's walk: an attention module taken apart, station by station."""
