"""Guided tours: prepared states of the app's own pages, a few sentences at each, and a bar to walk along them."""
