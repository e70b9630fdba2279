"""Why weights are those of no network that is known here."""

from gam_viz.text.refusal import Phrase


class UnknownError(Exception):
    """What does not fit; `phrase` says it.

    Attributes:
        phrase: of the catalogue, `checkpoints.why.<why>`.
    """

    def __init__(self, why: str, **details: object) -> None:
        super().__init__(why)
        self.phrase = Phrase(f"checkpoints.why.{why}", details)
