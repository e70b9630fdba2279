"""Errors say themselves in either language, and survive the way between processes."""

import pickle

import torch
from torch import nn

from gam_viz.evidence.ablation.ablate import ablations
from gam_viz.evidence.examine import Case
from gam_viz.evidence.omissions import LeftOut
from gam_viz.report.context import ReportContext
from gam_viz.text import words
from gam_viz.text.refusal import RefusalError, said
from tests.evidence.ablation.test_ablate import Small
from tests.evidence.small import case_of


def test_the_text_is_english_and_the_sentence_is_the_readers() -> None:
    error = RefusalError("errors.reason.too_few_pixels", pixels=4, steps=8)
    assert str(error) == "4 pixels cannot be removed in 8 steps"
    assert said(error, words("zh")) == "4 个像素无法分 8 步移除"
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.key, copy.details, str(copy)) == (error.key, error.details, str(error))


def test_of_other_errors_the_first_line_is_said() -> None:
    assert said(RuntimeError("a sentence\nand a long tail"), words("zh")) == "a sentence"
    assert said(RuntimeError(), words("en")) == "RuntimeError"


def test_a_reason_from_the_library_is_in_the_reports_language() -> None:
    network: nn.Module = Small(torch.full((1, 3, 1, 1), 0.5), times=2).eval()
    (left,) = ablations(network, torch.ones(1, 3, 2, 2), 0).left_out
    case: Case = case_of("none")
    omission = LeftOut("", "ablation", "not_ablated", {"layer": left.layer, "why": left.reason})
    assert "is computed 2 times in a pass" in str(omission)
    assert "被计算 2 次" in ReportContext(case, words("zh")).reason(omission)
    assert "is computed 2 times in a pass" in ReportContext(case, words("en")).reason(omission)
