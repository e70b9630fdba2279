"""Experiments on the Inside page: change one place, shuffle the patches, build the module otherwise."""
