"""How whatever takes long tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

#: Told the share that is done (0..1) and what is at work (a method, a layer, a network); may raise to leave.
Progress = Callable[[float, str], None]
