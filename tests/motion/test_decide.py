"""Deciding between two numbers: clear, none, in between, and what cannot be compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.motion.drawn import still
from viddiff.core.types import Answer
from viddiff.motion.measurement.decide import SAME_SHARE, decide, probability
from viddiff.motion.measurement.evaluate import evaluate
from viddiff.motion.measurement.reading import Reading, Refusal
from viddiff.motion.measurement.spec import MeasurementSpec
from viddiff.motion.quantities import QUANTITIES

HIGHER = MeasurementSpec(quantity="hip_height")
LOWER = MeasurementSpec(quantity="hip_height", more="lower")
OTHER: dict[Answer | None, Answer | None] = {"a": "b", "b": "a", "c": "c", None: None}


def reading(value: float, error: float = 0.05, least: float = 0.15, **said: object) -> Reading:
    known = {"quantity": "hip_height", "value": value, "error": error, "least": least, "view": "side", **said}
    return Reading.model_validate(known)


numbers = st.builds(
    reading,
    value=st.floats(-200, 200),
    error=st.floats(0, 50),
    least=st.floats(0.01, 30),
    view=st.sampled_from(["side", "front", "back", "oblique"]),
    quantity=st.sampled_from(["hip_height", "knee_angle", "repetitions"]),
)


@given(numbers, numbers, st.sampled_from(["higher", "lower"]))
def test_exchanged_clips_exchange_the_answer(a: Reading, b: Reading, more: str) -> None:
    b = b.model_copy(update={"quantity": a.quantity})
    spec = MeasurementSpec.model_validate({"quantity": a.quantity, "more": more})
    straight, swapped = decide(spec, a, b), decide(spec, b, a)
    assert swapped.status == straight.status
    assert swapped.answer == OTHER[straight.answer]
    assert swapped.confidence == straight.confidence


@given(numbers, st.sampled_from(["higher", "lower"]))
def test_the_same_clip_twice_is_never_more_of_anything(a: Reading, more: str) -> None:
    spec = MeasurementSpec.model_validate({"quantity": a.quantity, "more": more})
    assert decide(spec, a, a).answer in ("c", None)


@given(numbers, numbers)
def test_the_opposite_statement_has_the_opposite_answer(a: Reading, b: Reading) -> None:
    b = b.model_copy(update={"quantity": a.quantity})
    up, down = (MeasurementSpec(quantity=a.quantity, more=more) for more in ("higher", "lower"))
    assert decide(down, a, b).answer == OTHER[decide(up, a, b).answer]


@pytest.mark.parametrize(
    ("b", "status", "answer"),
    [
        (reading(1.0), "answered", "c"),
        (reading(1.04), "answered", "c"),
        (reading(1.1), "unsure", None),
        (reading(1.16), "answered", "b"),
        (reading(0.5), "answered", "a"),
        # A clip that is known badly neither differs nor is the same.
        (reading(1.16, error=0.3), "unsure", None),
        (reading(1.0, error=0.3), "unsure", None),
    ],
)
def test_clear_none_and_in_between(b: Reading, status: str, answer: Answer | None) -> None:
    verdict = decide(HIGHER, reading(1.0), b)
    assert (verdict.status, verdict.answer) == (status, answer)
    assert decide(LOWER, reading(1.0), b).answer == OTHER[answer]
    assert (verdict.confidence is not None) == (answer is not None)
    assert "1 ± 0.098" in verdict.reason


def test_a_number_that_is_missing_is_not_measurable() -> None:
    missing = reading(0.0).model_copy(
        update={"value": None, "refusal": Refusal(cause="no_person", why="no person is seen in the clip")}
    )
    verdict = decide(HIGHER, reading(1.0), missing)
    assert verdict.status == "not_measurable"
    assert verdict.reason == "In video B, no person is seen in the clip."


def test_clips_from_two_views_are_compared_only_in_what_does_not_depend_on_it() -> None:
    spec = MeasurementSpec(quantity="knee_angle")
    a, b = (
        reading(100.0 + 60 * turn, quantity="knee_angle", view=view) for turn, view in enumerate(("side", "oblique"))
    )
    assert decide(spec, a, b).status == "not_measurable"
    assert "depends on the view" in decide(spec, a, b).reason
    assert decide(spec, a, a.model_copy(update={"value": 160.0})).answer == "b"
    front, back = (
        reading(1.0, view="front", quantity="stance_width"),
        reading(2.0, view="back", quantity="stance_width"),
    )
    assert decide(MeasurementSpec(quantity="stance_width"), front, back).answer == "b"
    assert decide(HIGHER, reading(1.0, view="front"), reading(2.0, view="side")).answer == "b"


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_a_greater_effect_is_surer(one: float, other: float) -> None:
    if abs(one) >= 1 or abs(one) <= SAME_SHARE:
        assert 0.5 < probability(one) < 1
    if abs(other) >= abs(one) >= 1:
        assert probability(other) >= probability(one)
    if abs(one) <= abs(other) < 1:
        assert probability(other) <= probability(one)


def test_somebody_drawn_twice_differs_in_nothing() -> None:
    clip = still()
    for name in QUANTITIES:
        spec = MeasurementSpec(quantity=name)
        assert decide(spec, evaluate(spec, *clip), evaluate(spec, *clip)).answer not in ("a", "b")
