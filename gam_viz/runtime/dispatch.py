"""What sees every operation of a thread, without torch's compiler."""

from __future__ import annotations

from torch.utils._python_dispatch import TorchDispatchMode


class Watching(TorchDispatchMode):
    """Torch's mode, which would import the compiler, and a computer algebra system with it, only to be left alone by
    it: two seconds in every process."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False
