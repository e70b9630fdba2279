"""Downloading CIFAR-10 in the background: torchvision fetches and checks it; whoever waits can ask how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from gam_viz.datasets.cifar10 import ARCHIVE, load_cifar10

BYTES = 170_498_071  # of the archive


class Cifar10Download:
    """One download, which begins at once, in a thread of its own.

    It cannot be cancelled: torchvision offers no way. When the program ends it ends too, and what it left is fetched
    anew the next time.
    """

    def __init__(self, root: Path, fetch: Callable[[Path], object] | None = None) -> None:
        """Begin.

        Args:
            root: the data folder.
            fetch: downloads and unpacks into it, and raises OSError, RuntimeError or ValueError where it cannot;
                torchvision's download where it is not given.
        """
        self.root = root
        self._fetch = fetch or (lambda folder: load_cifar10("test", folder))
        self._failure: str | None = None
        self._thread = threading.Thread(target=self._run, name="cifar10-download", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it is still under way."""
        return self._thread.is_alive()

    @property
    def failure(self) -> str | None:
        """Why it failed, in a sentence; None where it did not."""
        return self._failure

    @property
    def received(self) -> int:
        """Bytes of the archive on the disk, 0 to `BYTES`."""
        try:
            return min((self.root / ARCHIVE).stat().st_size, BYTES)
        except OSError:
            return 0

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it ends, or for so long; whether it has ended."""
        self._thread.join(seconds)
        return not self.running

    def _run(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._fetch(self.root)
        except (OSError, RuntimeError, ValueError) as error:
            self._failure = str(error.__cause__ or error).strip("<>")
