"""The document: written, read back, and refused when it is not one."""

from __future__ import annotations

import copy
import json

import pytest
from pydantic import ValidationError

from tests.report.sample import sample
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.errors import InputError
from viddiff.core.notices import Notice, with_code
from viddiff.core.types import Measurement, Proposal
from viddiff.core.usage import Usage
from viddiff.signatures.measurements import measurement_text


def test_a_document_reads_back_as_itself() -> None:
    comparison = sample().comparison
    assert ComparisonRecord.from_json(comparison.to_json()) == comparison
    assert json.loads(comparison.to_json())["schema_version"] == 1


def test_a_notice_keeps_its_code_in_a_record_and_is_its_text_in_a_document() -> None:
    notice = Notice("no_stage", "2 differences had no stage.")
    proposal = Proposal(differences=(), stages=(), links={}, notices=(notice, "Another."))
    assert with_code(proposal.notices, "no_stage") == [notice]
    assert with_code(copy.deepcopy(proposal).notices, "no_stage") == [notice]
    assert json.loads(proposal.model_dump_json())["notices"] == ["2 differences had no stage.", "Another."]
    read = Proposal.model_validate_json(proposal.model_dump_json())
    assert read == proposal
    assert with_code(read.notices, "no_stage") == []
    with pytest.raises(ValidationError):
        Proposal.model_validate({**proposal.model_dump(), "notices": [3]})


def test_results_are_frozen() -> None:
    with pytest.raises(ValidationError):
        sample().comparison.action = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(schema_version=2), "schema version 2; this VidDiff reads 1"),
        (lambda d: d.pop("schema_version"), "schema version None"),
        (lambda d: d.pop("action"), "damaged at 'action'"),
        (lambda d: d.update(surprise=1), "damaged at 'surprise'"),
        (lambda d: d["differences"][0]["verdict"].update(answer="d"), "damaged at 'differences.0.verdict.answer'"),
    ],
)
def test_a_damaged_document_says_where(change: object, says: str) -> None:
    data = json.loads(sample().comparison.to_json())
    change(data)  # type: ignore[operator]
    with pytest.raises(InputError, match=says):
        ComparisonRecord.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        ComparisonRecord.from_json(text)


def test_cost_is_unknown_where_any_asked_role_has_no_price() -> None:
    priced = Usage(role="text", model="x", calls=2, cost_usd=0.5)
    unpriced = Usage(role="vision", model="y", calls=1)
    cached = Usage(role="vision", model="y", calls=3, cached_calls=3)
    comparison = sample().comparison
    assert comparison.model_copy(update={"usage": (priced,)}).cost_usd == 0.5
    assert comparison.model_copy(update={"usage": (priced, unpriced)}).cost_usd is None
    assert comparison.model_copy(update={"usage": (priced, cached)}).cost_usd == 0.5
    assert comparison.model_copy(update={"usage": ()}).cost_usd == 0


def test_a_measurement_reads_as_a_sentence() -> None:
    text = measurement_text(Measurement(name="tempo", unit="s", a=1.234, b=None, stage="rise"))
    assert text == "tempo in stage 'rise': video A 1.23 s, video B not measurable"


@pytest.mark.parametrize(("b", "differs"), [(1.0, False), (1.19, False), (1.21, True), (0.79, True), (None, None)])
def test_two_numbers_differ_from_the_clear_difference_on(b: float | None, differs: bool | None) -> None:
    one = Measurement(name="knee angle", unit="deg", a=1.0, b=b, resolution=0.2)
    assert one.differs is differs
    assert one.swap_sides().differs is differs


def test_equal_numbers_do_not_differ_however_fine_they_are() -> None:
    assert Measurement(name="steps", unit="times", a=2.0, b=2.0).differs is False


def test_a_measurement_says_what_was_made_of_its_values() -> None:
    one = Measurement(name="hand height", unit="m/s", a=1.0, b=2.0, statistic="max_speed", moment="at the start")
    assert one.what == "max speed of hand height at the start"
    assert one.model_copy(update={"stage": "rise"}).label == "max speed of hand height at the start in stage 'rise'"
