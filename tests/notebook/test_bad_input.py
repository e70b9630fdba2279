"""What cannot be looked at ends in one sentence, in the reader's language where a page says it."""

import pytest
import torch
from torch import Tensor, nn

from gam_viz.networks.adapters import adapt
from gam_viz.notebook.opening import Said, open_network
from gam_viz.text import words
from gam_viz.text.refusal import RefusalError
from tests.notebook.test_show import SAID, shown_on_compare

PLAIN = {**SAID, "classes": ("cat", "dog")}


class _Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)

    def forward(self, picture: Tensor, age: Tensor, sex: Tensor | None = None) -> Tensor:
        return self.conv(picture).mean((2, 3)) + age


class _NoGate(nn.Module):
    """Features times features: a product, and no gate."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.other, self.head = nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(3, 4, 3, 2, 1), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x) * self.other(x)
        return self.head(x.mean((2, 3)))


class _Odd(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)[None]


@pytest.mark.parametrize(
    ("network", "said", "english", "chinese"),
    [
        (_Two(), PLAIN, "needs 2 inputs (picture, age), and a picture is one", "需要 2 个输入（picture, age）"),
        (nn.Linear(7, 2), PLAIN, "cannot be run on (1, 3, 32, 32)", "无法在 (1, 3, 32, 32) 上运行"),
        (_Odd(), PLAIN, "say which they are with output=", "output="),
    ],
)
def test_what_cannot_be_opened_is_one_sentence_in_both_languages(network, said, english, chinese):
    with pytest.raises(RefusalError) as refused:
        open_network(network.eval(), Said(**said))
    assert english in refused.value.sentence(words("en"))
    assert chinese in refused.value.sentence(words("zh"))
    assert "\n" not in str(refused.value)


def test_a_network_that_is_too_large_to_be_copied_is_one_sentence():
    class Large(nn.Module):
        def __deepcopy__(self, memo: object) -> nn.Module:
            raise MemoryError("2 GB")

    with pytest.raises(RefusalError) as refused:
        adapt(Large(), torch.zeros(1, 3, 8, 8))
    assert refused.value.sentence(words("zh")) == "无法复制这个网络：2 GB"


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en",
            (
                "no gates were found",
                "multiplies features (1, C, H, W)",
                "multiplies 1 × 4 × 16 × 16 by 1 × 4 × 16 × 16",
            ),
        ),
        ("zh", ("没有找到门控", "与特征 (1, C, H, W) 相乘", "把 1 × 4 × 16 × 16 与 1 × 4 × 16 × 16 相乘")),
    ],
)
def test_where_no_gate_is_found_the_page_says_what_was_multiplied(checkpoint_folder, monkeypatch, language, sentences):
    torch.manual_seed(0)
    app = shown_on_compare(monkeypatch, checkpoint_folder, {"plain": _NoGate().eval()}, PLAIN, lang=language)
    assert not app.exception
    told = "\n".join(caption.value for caption in app.caption)
    for sentence in sentences:
        assert sentence in told.replace("\\", "")
