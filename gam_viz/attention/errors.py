"""Options of attention modules that do not fit together."""

from __future__ import annotations


class OptionError(ValueError):
    """An attention module that cannot be built with these options; the message says in a sentence which and why.

    Attributes:
        code: the kind of refusal, for who says it in other words: "rate", "groups", "groups_form" or "kernel".
        details: the values in the sentence, by name.
    """

    def __init__(self, message: str, code: str, **details: int | str) -> None:
        super().__init__(message)
        self.code = code
        self.details = details


def odd_kernel(module: str, size: int) -> None:
    """Refuse a kernel that has no middle.

    Raises:
        OptionError: the size is even, or below 1.
    """
    if size < 1 or size % 2 == 0:
        message = f"{module}'s kernel size must be odd so that the gate keeps its size, got {size}"
        raise OptionError(message, "kernel", module=module, given=size)
