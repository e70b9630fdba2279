"""The commands of `python -m gam_viz`, each with its arguments and what it does."""
