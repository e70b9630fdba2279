"""Memory that is given back to the system after every pass is taken from it again, page by page, for the next one.

glibc hands back what large blocks lay in as soon as they are free, and a network's activations are large: a pass of 16
pictures of 128 x 128 through a network of this project has 5,600 to 7,100 page faults, which are 10 to 20 % of its
processor time (measured). Who runs many passes keeps the memory instead.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of mallopt(3)
_KEPT = 2**30  # bytes: of one block, and of what is free at once; the most that an int takes is twice that


def keep_freed_memory() -> bool:
    """Let this process keep what is freed, up to 1 GiB, for the rest of its life; returns whether its C library
    does. For programs that run passes and then end."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library than glibc
        return False
    return all(set_option(option, _KEPT) for option in (_MMAP, _TRIM))
