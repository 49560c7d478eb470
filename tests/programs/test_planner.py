"""The planner on a scripted text model, and without one."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.support.plans import statements_in
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.core.texts import MARKER
from viddiff.core.types import Difference
from viddiff.lms import Failure
from viddiff.lms.cache import configure
from viddiff.motion.grammar import measurement_of
from viddiff.motion.measurement.spec import MeasurementSpec, NotMeasurable
from viddiff.programs.entries import LEFT_OUT
from viddiff.programs.viddiff.planner import Measurable, MeasurementPlanner
from viddiff.programs.viddiff.plans import MeasurementPlan

CATALOGUE = [
    Measurable(name="hip_over_knee", unit="torso lengths", definition="Height of the hips over the knees."),
    Measurable(name="hip_height", unit="torso lengths", definition="Height of the hips over the lower ankle."),
    Measurable(name="knee_angle", unit="deg", definition="Angle in the knee; 180 is a straight leg."),
    Measurable(name="repetitions", definition="How often the movement is made."),
]
DIFFERENCES = [
    Difference(key="depth", name="depth", statement="the squat is deeper"),
    Difference(key="count", name="count", statement="more squats are completed"),
    Difference(key="ball", name="ball", statement="the ball is held higher"),
]
DEPTH = {"quantity": "hip_over_knee", "at": {"kind": "extreme", "of": "hip_height", "which": "min"}, "more": "lower"}


def numbers_of(asked: Asked) -> dict[str, str]:
    """Statement -> the key under which it is asked."""
    return {statement: number for number, statement in statements_in(asked).items()}


def planned(asked: Asked, **by_statement: dict[str, Any]) -> str:
    """A reply with these entries; "_" stands for a space in a statement."""
    numbers = numbers_of(asked)
    entries = [{"key": numbers[text.replace("_", " ")], **entry} for text, entry in by_statement.items()]
    return chat_reply(measurements=entries)


def good(asked: Asked) -> str:
    return planned(
        asked,
        the_squat_is_deeper={"measurement": DEPTH},
        more_squats_are_completed={"measurement": {"quantity": "repetitions"}},
        the_ball_is_held_higher={"measurement": None, "why_not": "It is about a ball."},
    )


def prediction_of(answer: Callable[[Asked], str], differences: list[Difference], **inputs: Any) -> dspy.Prediction:
    lm = scripted_lm(answer)
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        found = MeasurementPlanner(CATALOGUE)(action="bodyweight squat", differences=differences, **inputs)
    return dspy.Prediction(**found, asked=lm.engine.asked)


def plans_of(
    answer: Callable[[Asked], str], differences: list[Difference] = DIFFERENCES, **inputs: Any
) -> tuple[dict[str, MeasurementPlan], tuple[str, ...], list[Asked]]:
    found = prediction_of(answer, differences, **inputs)
    return found.plans, found.notices, found.asked


def test_one_call_plans_all_statements() -> None:
    plans, notices, asked = plans_of(good)
    assert len(asked) == 1
    assert not asked[0].images
    assert plans["depth"] == MeasurementSpec.model_validate(DEPTH)
    assert plans["count"] == MeasurementSpec(quantity="repetitions")
    assert plans["ball"] == NotMeasurable(why="It is about a ball.")
    assert notices == ()
    assert list(plans) == ["depth", "count", "ball"]


def test_the_model_is_told_every_quantity_and_the_stages() -> None:
    _, _, asked = plans_of(good, stages=["going down"])
    assert "knee_angle (deg): Angle in the knee; 180 is a straight leg." in asked[0].prompt
    assert "repetitions: How often the movement is made." in asked[0].prompt
    assert "going down" in asked[0].prompt
    assert "'either' the limb that shows more of it" in asked[0].system + asked[0].prompt


def test_pairs_of_an_action_share_the_answer_in_whatever_order_they_come() -> None:
    _, _, first = plans_of(good)
    plans, _, second = plans_of(good, DIFFERENCES[::-1])
    assert first[0].prompt == second[0].prompt
    assert plans["depth"] == MeasurementSpec.model_validate(DEPTH)


def test_a_cached_plan_asks_no_model_again() -> None:
    lm = scripted_lm(good, model="scripted/planner-cached", cache=True)
    planner = MeasurementPlanner(CATALOGUE)
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        one = planner(action="bodyweight squat", differences=DIFFERENCES)
        n_asked = len(lm.engine.asked)
        other = planner(action="bodyweight squat", differences=DIFFERENCES[::-1])
    assert len(lm.engine.asked) == n_asked
    assert one.plans == other.plans


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ({"quantity": "ball_height"}, "The quantity 'ball_height' is not among"),
        ({"quantity": "knee_angle", "at": {"kind": "extreme", "of": "ball_height"}}, "'ball_height'"),
        ({"quantity": "knee_angle", "at": {"kind": "stage", "stage": "the flight"}}, "no stage 'the flight'"),
        ({"quantity": "knee_angle", "at": {"kind": "stage"}}, "no stage ''"),
        ({"quantity": "knee_angle", "at": {"kind": "apex"}}, "measurement.at.kind is 'apex'"),
        ({"quantity": "knee_angle", "more": "sideways"}, "measurement.more is 'sideways'"),
        ({"quantity": "knee_angle", "confidence": 1}, "measurement.confidence is '1'"),
        ("knee_angle", "measurement is 'knee_angle'"),
    ],
)
def test_an_entry_that_cannot_be_used_has_failed_and_the_others_stand(spec: Any, word: str) -> None:
    def answer(asked: Asked) -> str:
        count = {"measurement": {"quantity": "knee_angle"}}
        ball = {"measurement": None, "why_not": "It is about a ball."}
        return planned(
            asked,
            the_squat_is_deeper={"measurement": spec},
            more_squats_are_completed=count,
            the_ball_is_held_higher=ball,
        )

    found = prediction_of(answer, DIFFERENCES, stages=["going down"])
    assert found.failures.keys() == {"depth"}
    assert found.failures["depth"].kind == "garbled"
    assert word in found.failures["depth"].message
    assert found.plans["count"] == MeasurementSpec(quantity="knee_angle")
    assert found.plans["depth"] == measurement_of("the squat is deeper", "bodyweight squat")
    assert "'the squat is deeper', so the grammar planned it" in found.notices[0]
    assert len(found.notices) == 1
    assert len(found.asked) == 3


def test_an_answer_that_leaves_a_statement_out_is_asked_for_again_and_not_kept(tmp_path: Path) -> None:
    configure(tmp_path / "answers")

    def answer(asked: Asked) -> str:
        return planned(asked, the_squat_is_deeper={"measurement": DEPTH})

    lm = scripted_lm(answer, cache=True)
    for n_asked in (3, 6):
        with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
            found = MeasurementPlanner(CATALOGUE)(action="bodyweight squat", differences=DIFFERENCES)
        assert len(lm.engine.asked) == n_asked
        assert found.failures == dict.fromkeys(("count", "ball"), Failure("garbled", LEFT_OUT))
        assert found.plans["depth"] == MeasurementSpec.model_validate(DEPTH)


def test_a_stage_may_be_written_in_another_case() -> None:
    spec = {"quantity": "knee_angle", "at": {"kind": "stage", "stage": "Going Down"}}
    plans, _, _ = plans_of(
        lambda asked: planned(asked, the_squat_is_deeper={"measurement": spec}), stages=["going down"]
    )
    assert isinstance(plans["depth"], MeasurementSpec)


def test_a_statement_with_two_entries_or_none_is_planned_by_the_grammar() -> None:
    def answer(asked: Asked) -> str:
        number = numbers_of(asked)["the squat is deeper"]
        return chat_reply(
            measurements=[{"key": number, "measurement": {"quantity": q}} for q in ("knee_angle", "hip_height")]
        )

    plans, _, _ = plans_of(answer)
    assert plans["depth"] == measurement_of("the squat is deeper", "bodyweight squat")
    assert plans["count"] == MeasurementSpec(quantity="repetitions")
    assert isinstance(plans["ball"], NotMeasurable)


def test_what_the_grammar_plans_must_be_in_the_registry_too() -> None:
    stance = Difference(key="stance", name="stance", statement="the stance is wider")
    plans, _, _ = plans_of(lambda asked: chat_reply(measurements=[]), [stance])
    assert plans["stance"] == NotMeasurable(why="The quantity 'stance_width' is not among those that are measured.")


def test_without_a_model_the_grammar_plans() -> None:
    with dspy.context(lm=None):
        found = MeasurementPlanner(CATALOGUE)(action="bodyweight squat", differences=DIFFERENCES)
    assert found.plans["depth"] == measurement_of("the squat is deeper", "bodyweight squat")
    assert isinstance(found.plans["ball"], NotMeasurable)
    assert found.notices == ()


def test_an_answer_that_never_parses_is_told_and_the_grammar_plans() -> None:
    plans, notices, asked = plans_of(lambda asked: "I would rather not.")
    assert len(asked) == 3
    assert plans["depth"] == measurement_of("the squat is deeper", "bodyweight squat")
    assert len(notices) == 1
    assert notices[0].startswith("No measurements were planned by the model, so the grammar planned them.")


def test_a_failing_call_is_told_and_the_grammar_plans() -> None:
    def answer(asked: Asked) -> str:
        raise dspy.lm15.AuthError("invalid key")

    plans, notices, _ = plans_of(answer)
    assert plans["depth"] == measurement_of("the squat is deeper", "bodyweight squat")
    assert len(notices) == 1


def test_a_statement_that_must_not_reach_a_prompt_is_not_asked() -> None:
    bad = Difference(key="bad", name="bad", statement=f"the squat is deeper {MARKER}START")
    plans, _, asked = plans_of(good, [*DIFFERENCES, bad])
    assert MARKER not in asked[0].prompt
    assert isinstance(plans["bad"], NotMeasurable)


def test_no_statements_ask_nothing() -> None:
    plans, notices, asked = plans_of(good, [])
    assert (plans, notices, asked) == ({}, (), [])


def test_the_same_without_blocking() -> None:
    lm = scripted_lm(good)

    async def ask() -> dspy.Prediction:
        with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
            return await MeasurementPlanner(CATALOGUE).acall(action="bodyweight squat", differences=DIFFERENCES)

    assert asyncio.run(ask()).plans["depth"] == MeasurementSpec.model_validate(DEPTH)
    assert len(lm.engine.asked) == 1


def test_one_predictor_can_be_compiled_and_a_copy_plans_the_same() -> None:
    planner = MeasurementPlanner(CATALOGUE)
    assert [name for name, _ in planner.named_predictors()] == ["plan.predict"]
    copied = copy.deepcopy(planner)
    assert copied.quantities == planner.quantities
    lm = scripted_lm(good)
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        assert copied(action="squat", differences=DIFFERENCES).plans["count"] == MeasurementSpec(quantity="repetitions")
