"""Documents of steps that were written before are read."""

from __future__ import annotations

from tests.report.step_sample import ABOUT, CANDIDATE, COMPARISON
from viddiff.programs.stepdiff.results import InstructionComparisonRecord, OrderCheck, read_step_document


def test_checks_and_documents_of_before_are_read() -> None:
    check = OrderCheck.model_validate({"outcome": "holds", "as_told": 0.9, "exchanged": 0.25})
    assert (check.p_true, check.p_true_swapped, check.contrast) == (0.9, 0.25, 0.65)
    for made in (COMPARISON, InstructionComparisonRecord(**ABOUT, candidate=CANDIDATE, steps=())):
        text = made.to_json()
        old = text.replace('"p_true_swapped"', '"exchanged"').replace('"p_true"', '"as_told"')
        old = old.replace('"localization"', '"finding"')
        assert old != text
        assert read_step_document(old) == read_step_document(text) == made
