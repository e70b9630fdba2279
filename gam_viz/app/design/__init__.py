"""The parts of the Design page: a network with attention, what it costs, and what else it could be."""
