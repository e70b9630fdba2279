"""`show`: the app on networks that this program holds, in one line."""

from __future__ import annotations

import atexit
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from torch import Tensor, nn

from gam_viz.app.served.beside import ServerBeside
from gam_viz.app.shared.own_networks.live import KEY, Exhibit, exhibits, put_up, take_down
from gam_viz.images.given import given_pictures
from gam_viz.images.preparation import Size
from gam_viz.networks.card import OutputKind
from gam_viz.notebook.opening import Classes, Said, gates_found, notes_of, open_networks

HEIGHT = 900  # pixels of the frame in a notebook


class Show:
    """What `show` opened: its address, and how to end it. In a notebook it is drawn as a frame.

    Attributes:
        url: the address; whoever on this machine has it sees the networks.
        names: of the networks.
    """

    def __init__(self, url: str, token: str, names: tuple[str, ...]) -> None:
        self.url = url
        self.names = names
        self._token = token

    @property
    def stopped(self) -> bool:
        """Whether it was ended."""
        return self._token not in exhibits()

    def stop(self) -> None:
        """Show it no longer and let go of the networks; with the last one the server ends. Twice does no harm."""
        with _lock:
            take_down(self._token)
            _shows.pop(self._token, None)
            if not _shows and _servers:
                _servers.pop().stop()

    def __enter__(self) -> Show:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Show({', '.join(self.names)}: {'stopped' if self.stopped else self.url})"

    def _repr_html_(self) -> str:
        if self.stopped:
            return escape(repr(self))
        return f'<iframe src="{escape(self.url)}" width="100%" height="{HEIGHT}" style="border:0"></iframe>'


_lock = threading.RLock()
_shows: dict[str, Show] = {}
_servers: list[ServerBeside] = []  # one or none: a process has one


def show(
    networks: nn.Module | Mapping[str, nn.Module],
    pictures: Any = None,
    *,
    classes: Classes | None = None,
    transform: Any = None,
    size: Size | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    output: Callable[[Any], Tensor] | None = None,
    target: OutputKind | None = None,
    unit: str = "",
    port: int | None = None,
) -> Show:
    """Open the app on one network or several, beside this program; prints the address.

    The networks are copied in memory and left as they are: nothing is pickled or written to disk, and their weights
    stay on their device. The server listens at a free port of this machine alone, in a thread. Networks of the same
    names as ones that are shown take their place, at the same address.

    Args:
        networks: a module, or several by name: they are compared, and have the same classes.
        pictures: a folder, files, pictures in memory or a data set; see `given_pictures`.
        classes: names, one an output: a list, a mapping from numbers, or a text file with a name a line.
        transform: what pictures are validated with; size, resize, mean and std are read from it.
        size: side of the square input in pixels, or (height, width).
        mean, std: of the normalisation.
        output: from what the network returns to (B, outputs), where that is not a tensor of logits.
        target: what the outputs are; see `Said`.
        unit: of a regression's value.
        port: of the server; a free one where None.

    Raises:
        ValueError: a network or a picture cannot be looked at, or what is said does not fit; the sentence says what
            would.
        TypeError: something is no module.
        ServerError: the server cannot start.
    """
    said = Said(classes, transform, size, mean, std, output, target, unit)
    opened = open_networks(networks, said)
    exhibit = Exhibit(opened, None if pictures is None else given_pictures(pictures))
    with _lock:
        known = next((shown for shown in _shows.values() if shown.names == tuple(opened)), None)
        if known is None:
            if not (_servers and _servers[0].runs):
                _servers[:] = [ServerBeside(port)]
            token = secrets.token_urlsafe(16)
            known = Show(f"{_servers[0].url}/?{KEY}={token}", token, tuple(opened))
        put_up(known._token, exhibit)
        _shows[known._token] = known
    for name, network in opened.items():
        channel, spatial = gates_found(network)
        found = channel + spatial
        print(f"{name}: {found} {'gate' if found == 1 else 'gates'} ({channel} channel, {spatial} spatial)")
        for note in notes_of(network):
            print(f"  {note}")
    print(known.url)
    return known


@atexit.register
def _stop_all() -> None:
    for shown in list(_shows.values()):
        shown.stop()
