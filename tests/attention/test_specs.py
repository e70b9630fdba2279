"""What the registry says of its modules is true of the modules."""

import pytest
import torch

from gam_viz.attention import ATTENTION, build_attention
from tests.networks.test_counts import VARIANTS


def test_every_design_that_others_are_compared_with_has_published_counts() -> None:
    published = [(name, ATTENTION[name].filled(given)) for name, given in VARIANTS.values() if name in ATTENTION]
    for name in dict.fromkeys(name for name, _ in published):
        for options in ATTENTION[name].usual:
            assert (name, ATTENTION[name].filled(options)) in published, (name, options)


@pytest.mark.parametrize("name", ATTENTION)
def test_a_default_of_the_page_is_the_modules_own(name: str) -> None:
    with torch.device("meta"):
        bare, told = build_attention(name, 64), build_attention(name, 64, **ATTENTION[name].filled({}))
    assert repr(bare) == repr(told)
    assert {k: v.shape for k, v in bare.state_dict().items()} == {k: v.shape for k, v in told.state_dict().items()}


@pytest.mark.parametrize("name", ATTENTION)
def test_words_and_odd_numbers_that_are_offered_can_be_built(name: str) -> None:
    for option in ATTENTION[name].options:
        odd = range(option.lowest, option.highest + 1, option.step) if option.step == 2 else ()
        for value in (*option.choices, *odd):
            with torch.device("meta"):
                build_attention(name, 64, **{option.name: value})
        if odd:
            with pytest.raises(ValueError, match="odd"):
                build_attention(name, 64, **{option.name: option.lowest + 1})


def test_a_design_mentions_the_reduction_and_what_is_not_at_its_default() -> None:
    spec = ATTENTION["cbam"]
    assert spec.design({}) == {}
    assert spec.design({"kernel_size": 7}) == {}
    assert spec.design({"kernel_size": 3}) == {"kernel_size": 3}
    assert spec.design({"reduction_ratio": 16, "kernel_size": 7}) == {"reduction_ratio": 16}
    assert spec.design({"reduction_ratio": 4, "kernel_size": 3, "other": 1}) == {"reduction_ratio": 4, "kernel_size": 3}


def test_ends_of_what_can_be_asked_for() -> None:
    ends = {o.name: (o.lowest, o.highest, o.step) for spec in ATTENTION.values() for o in spec.options if not o.choices}
    assert ends["kernel_size"] == (1, 31, 2)
    assert ends["groups"] == (1, 64, 1)
    assert ends["rate"] == ends["reduction_ratio"] == (1, 4096, 1)
