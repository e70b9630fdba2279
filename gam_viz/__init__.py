"""GAM-Viz: open the gates of attention networks."""

__version__ = "0.5.0"
