"""Does a gate depend on the picture? How each gate varies over many, and what is lost where it no longer does."""
