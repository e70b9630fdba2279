"""Cases that were computed once, and how a report speaks."""

import dataclasses
from collections.abc import Callable

import pytest

from gam_viz.evidence.examine import About, Case
from gam_viz.images import list_samples
from gam_viz.report import html
from gam_viz.text import words
from tests.evidence.small import QUICK, case_of


@pytest.fixture(scope="session")
def case() -> Case:
    """CBAM and GAM on a built-in scene."""
    sample = list_samples()[0]
    about = About(
        sample=sample.id,
        credit=sample.credit,
        label="b",
        date="2026-01-02 03:04 UTC",
        link="http://localhost:8501/?sample=scene-sailboat-17",
    )
    settings = dataclasses.replace(QUICK, methods=("gradcam", "integrated_gradients"))
    return case_of("cbam", "gam", about=about, settings=settings)


@pytest.fixture(scope="session")
def page(case: Case) -> Callable[..., str]:
    """A case's report in a language; that of `case` is made once."""
    made: dict[str, str] = {}

    def make(given: Case, code: str = "en") -> str:
        if given is not case:
            return html(given, words(code))
        if code not in made:
            made[code] = html(case, words(code))
        return made[code]

    return make
