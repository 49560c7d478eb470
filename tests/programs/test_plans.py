"""Plans of measurements: by the grammar, by a text model, or from a file."""

from __future__ import annotations

import json
from pathlib import Path

import dspy
import pytest

from tests.support.plans import statements_in
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.build import plans as plans_of_settings
from viddiff.cli import main
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.lms import LMs
from viddiff.motion.measurement.spec import MeasurementSpec, NotMeasurable
from viddiff.programs.statements import parse_differences
from viddiff.programs.viddiff.planner import ModelPlans
from viddiff.programs.viddiff.plans import GrammarPlans, WrittenPlans

GIVEN = parse_differences(["the squat is deeper", "the ball is higher"])
STANCE = {"quantity": "stance_width", "more": "higher"}


def planner(asked: Asked) -> str:
    """A text model that measures the stance, whatever is asked."""
    entries = [{"key": number, "measurement": STANCE, "why_not": ""} for number in statements_in(asked)]
    return chat_reply(measurements=entries)


def test_the_grammar_plans_or_says_why_not() -> None:
    plans, notices = GrammarPlans().plan("squat", GIVEN)
    depth, ball = (plans[one.key] for one in GIVEN)
    assert isinstance(depth, MeasurementSpec)
    assert depth.quantity == "hip_over_knee"
    assert isinstance(ball, NotMeasurable)
    assert notices == ()


def test_a_model_plans_all_statements_in_one_call_and_is_not_asked_again() -> None:
    lm = scripted_lm(planner)
    plans = plans_of_settings(Settings(plans="model"), LMs(lm))
    with dspy.context(adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        first, _ = plans.plan("squat", GIVEN)
        again, _ = plans.plan("squat", GIVEN[:1])
        assert len(lm.engine.asked) == 1
        plans.plan("lunge", GIVEN[:1])
    assert len(lm.engine.asked) == 2
    assert first[GIVEN[0].key] == again[GIVEN[0].key] == MeasurementSpec.model_validate(STANCE)


def test_what_a_model_failed_to_plan_the_grammar_plans_and_the_next_pair_asks_again() -> None:
    lm = scripted_lm(lambda asked: "no")
    plans = plans_of_settings(Settings(plans="model"), LMs(lm))
    assert isinstance(plans, ModelPlans)
    with dspy.context(adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        planned, notices = plans.plan("squat", GIVEN)
        n_asked = len(lm.engine.asked)
        plans.plan("squat", GIVEN)
    assert planned == GrammarPlans().plan("squat", GIVEN)[0]
    assert "grammar planned them" in notices[0]
    assert len(lm.engine.asked) > n_asked


def test_a_statement_that_a_model_leaves_out_stays_with_the_grammar_and_each_pair_is_told() -> None:
    def answer(asked: Asked) -> str:
        number = {text: number for number, text in statements_in(asked).items()}[GIVEN[0].statement]
        return chat_reply(measurements=[{"key": number, "measurement": STANCE}])

    lm = scripted_lm(answer)
    plans = plans_of_settings(Settings(plans="model", attempts=2), LMs(lm))
    with dspy.context(adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        first, told = plans.plan("squat", GIVEN)
        again, told_again = plans.plan("squat", GIVEN)
        _, told_of_the_other = plans.plan("squat", GIVEN[:1])
    depth, ball = (first[one.key] for one in GIVEN)
    assert depth == MeasurementSpec.model_validate(STANCE)
    assert ball == GrammarPlans().plan("squat", GIVEN)[0][GIVEN[1].key]
    assert len(lm.engine.asked) == 2
    assert (first, told) == (again, told_again)
    assert "'the ball is higher', so the grammar planned it" in told[0]
    assert told_of_the_other == ()


def test_plans_without_a_text_model_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="give --lm or --text-lm"):
        plans_of_settings(Settings(plans="model"))


def test_a_file_of_plans_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "plans.json"
    file.write_text(json.dumps({"the squat is  deeper": STANCE, "the stance is wider": {"why": "hidden"}}))
    plans = plans_of_settings(Settings(plans=file))
    assert isinstance(plans, WrittenPlans)
    planned, _ = plans.plan(
        "squat", parse_differences(["the squat is deeper", "the stance is wider", "the squat is faster"])
    )
    depth, stance, pace = planned.values()
    assert depth == MeasurementSpec.model_validate(STANCE)
    assert stance == NotMeasurable(why="hidden")
    assert isinstance(pace, MeasurementSpec)
    file.write_text(plans.to_json())
    assert WrittenPlans.read(file).plans == plans.plans


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not a file of plans"),
        ("[]", "is not a file of plans"),
        ('{"it is wider": {"quantity": "stance_width", "size": 1}}', "at 'it is wider'"),
        ('{"it is wider": {"quantity": "charm"}}', "'charm', which is not a quantity"),
        ('{"it is wider": {"quantity": "stance_width", "at": {"kind": "extreme", "of": "luck"}}}', "'luck'"),
    ],
)
def test_a_bad_file_of_plans_is_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "plans.json"
    file.write_text(text)
    with pytest.raises(InputError, match=told):
        WrittenPlans.read(file)
    with pytest.raises(InputError, match="cannot be read"):
        WrittenPlans.read(tmp_path / "none.json")


def test_the_command_writes_what_the_others_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["plan", "--action", "squat", "--out", "plans.json", *(one.statement for one in GIVEN)])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "hips over knees at the minimum" in printed
    assert "does not know" in " ".join(printed.split())
    assert set(WrittenPlans.read(tmp_path / "plans.json").plans) == {one.statement for one in GIVEN}
