"""Statements that share frames share a call, and none is lost or counted as wrong for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import dspy
import pytest
from dspy import lm15

from tests.support.loaded import noise_footage
from tests.support.models import both, judge_reply, proposer_reply
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.core.errors import BackendError
from viddiff.core.settings import Settings
from viddiff.core.types import Outcome, Verdict
from viddiff.lms import LMs, adapter_of
from viddiff.localizer.localizer import Localizer
from viddiff.programs.differencer import Differencer
from viddiff.programs.questions import Question
from viddiff.programs.statements import parse_differences
from viddiff.programs.viddiff.batch import group_by_frames
from viddiff.programs.viddiff.estimate import estimate_comparison
from viddiff.programs.viddiff.program import VidDiff
from viddiff.signatures.viddiff.batch import MAX_STATEMENTS

FOOTAGE_A, FOOTAGE_B = noise_footage(16, seed=1), noise_footage(12, seed=2)
#: Answers in the true order of the videos, by the adjective of the statement.
TRUE = {"deeper": "a", "wider": "b", "higher": "c", "longer": "a"}
GIVEN = parse_differences([f"the squat is {word}" for word in TRUE])
Judge = Callable[[Asked], str]


@pytest.fixture(autouse=True)
def adapter() -> Iterator[None]:
    with dspy.context(adapter=adapter_of("chat"), trace=[], disable_history=True):
        yield


def answer_to(asked: Asked, statement: str) -> str:
    """The right answer for the order in which the videos are shown."""
    answer = TRUE[statement.rsplit(" ", 1)[1]]
    shown = [FOOTAGE_A.sequence.store.read(ref) for ref in FOOTAGE_A.sequence.refs]
    return answer if asked.images[0] in shown else {"a": "b", "b": "a", "c": "c"}[answer]


def statements_of(asked: Asked) -> dict[str, str]:
    (written,) = re.findall(r"\[\[ ## statements ## \]\]\n(\{.*\})", asked.prompt)
    found: dict[str, str] = json.loads(written)
    return found


def entries(asked: Asked) -> list[dict[str, Any]]:
    """Right entries for all statements of a batch."""
    return [
        {"key": key, "reason": f"on {text}", "answer": answer_to(asked, text), "confidence": 90, "frames_a": [1, 99]}
        for key, text in statements_of(asked).items()
    ]


def alone(asked: Asked) -> str:
    (statement,) = (d.statement for d in GIVEN if d.statement in asked.prompt)
    return judge_reply(answer_to(asked, statement), reason="asked alone")


def model(together: Judge, alone: Judge = alone) -> Judge:
    """Plays proposer (all statements on one stage) and judge, of one statement or of several."""

    def answer(asked: Asked) -> str:
        if asked.asks_for("verdicts"):
            return together(asked)
        if asked.asks_for("links"):
            return chat_reply(links=[{"key": str(i), "stages": ["hold"]} for i in range(len(GIVEN))])
        return alone(asked) if asked.asks_for("answer") else proposer_reply(asked)

    return answer


def right(asked: Asked) -> str:
    return chat_reply(verdicts=entries(asked))


class Kept:
    """Answers of an earlier run, and those kept now."""

    def __init__(self, **verdicts: Verdict) -> None:
        self.verdicts = verdicts
        self.new: list[str] = []

    def get(self, key: str) -> Verdict | None:
        return self.verdicts.get(key)

    def keep(self, key: str, verdict: Verdict) -> None:
        self.verdicts[key] = verdict
        self.new.append(key)


def outcome_of(lm: dspy.LM, answers: Kept | None = None, **options: Any) -> Outcome:
    program = VidDiff(LMs(lm), localizer=Localizer("uniform"), batch=True, **options)
    outcome: Outcome = program(
        action="squat", video_a=FOOTAGE_A, video_b=FOOTAGE_B, differences=GIVEN, verdicts=answers
    ).outcome
    return outcome


def asked_for(lm: dspy.LM, field: str) -> list[Asked]:
    return [asked for asked in lm.engine.asked if asked.asks_for(field)]


def answers_of(outcome: Outcome) -> list[str | None]:
    return [finding.verdict.answer for finding in outcome.differences]


def test_one_call_answers_all_statements_on_the_same_frames() -> None:
    lm = scripted_lm(model(right))
    heard: list[tuple[int, int]] = []
    outcome = outcome_of(
        lm, progress=lambda task, done, total: heard.append((done, total)) if task == "asking" else None
    )
    (batch,) = asked_for(lm, "verdicts")
    assert not asked_for(lm, "answer")
    assert list(statements_of(batch).values()) == [difference.statement for difference in GIVEN]
    finding = outcome.differences[0]
    assert len(batch.images) == len(finding.frames_a) + len(finding.frames_b)
    assert answers_of(outcome) == list(TRUE.values())
    # A confidence in percent is understood; frames that were not shown are dropped.
    assert (finding.verdict.confidence, finding.verdict.evidence_a, finding.verdict.evidence_b) == (0.9, (0,), ())
    assert heard == [(done, 4) for done in range(5)]


def test_what_is_missing_invalid_doubled_or_unknown_in_the_answer_is_asked_alone() -> None:
    def spoilt(asked: Asked) -> str:
        first, second, third, fourth = entries(asked)
        # The model writes the number of the key alone, a word that is no answer, one statement twice, one that is none.
        del fourth
        doubled = [third, {**third, "answer": "b"}]
        return chat_reply(verdicts=[{**first, "key": 1}, {**second, "answer": "both"}, *doubled, {**third, "key": "9"}])

    lm = scripted_lm(model(spoilt))
    outcome = outcome_of(lm)
    assert answers_of(outcome) == list(TRUE.values())
    reasons = [finding.verdict.reason for finding in outcome.differences]
    assert reasons == ["on the squat is deeper", "asked alone", "asked alone", "asked alone"]
    assert len(asked_for(lm, "answer")) == 3


@pytest.mark.parametrize("reply", ["I'm sorry, I can't compare people.", chat_reply(verdicts="none"), ""])
def test_an_answer_that_is_none_costs_a_call_and_no_statement(reply: str) -> None:
    lm = scripted_lm(model(lambda asked: reply))
    outcome = outcome_of(lm)
    assert answers_of(outcome) == list(TRUE.values())
    assert (len(asked_for(lm, "verdicts")), len(asked_for(lm, "answer"))) == (1, 4)


def test_a_fault_of_the_server_costs_no_statement_and_a_refused_key_ends_the_asking() -> None:
    def raising(error: Exception) -> Judge:
        def answer(asked: Asked) -> str:
            raise error

        return answer

    outcome = outcome_of(scripted_lm(model(raising(lm15.ServerError("the server had an error")))))
    assert answers_of(outcome) == list(TRUE.values())
    lm = scripted_lm(model(raising(lm15.AuthError("Incorrect API key"))))
    with pytest.raises(BackendError, match="the key was refused"):
        outcome_of(lm)
    assert not asked_for(lm, "answer")


def test_both_orders_are_asked_in_calls_of_their_own() -> None:
    lm = scripted_lm(model(right))
    outcome = outcome_of(lm, swap=True)
    assert len(asked_for(lm, "verdicts")) == 2
    assert answers_of(outcome) == list(TRUE.values())
    assert [finding.verdict.swapped_answer for finding in outcome.differences] == list(TRUE.values())
    assert outcome.order_disagreement == 0


def test_what_is_known_is_not_asked_and_every_new_verdict_is_kept() -> None:
    lm = scripted_lm(model(lambda asked: chat_reply(verdicts=entries(asked)[:1])))
    answers = Kept(**{GIVEN[1].key: Verdict(status="answered", answer="b", reason="of yesterday")})
    outcome = outcome_of(lm, answers)
    (batch,) = asked_for(lm, "verdicts")
    assert GIVEN[1].statement not in batch.prompt
    assert sorted(answers.new) == sorted(GIVEN[i].key for i in (0, 2, 3))
    assert len(asked_for(lm, "answer")) == 2
    assert answers_of(outcome) == list(TRUE.values())
    assert outcome.differences[1].verdict.reason == "of yesterday"


def test_statements_on_other_frames_are_asked_alone() -> None:
    """One statement on each of the four stages."""
    lm = scripted_lm(both(alone))
    assert answers_of(outcome_of(lm)) == list(TRUE.values())
    assert len(asked_for(lm, "answer")) == 4


def test_a_call_takes_so_many_statements_at_the_most_and_only_those_of_equal_frames() -> None:
    frames = tuple(FOOTAGE_A.sequence.frame(i) for i in range(4))
    many = [Question(str(i), f"s{i}", frames[:2], frames[2:], ()) for i in range(MAX_STATEMENTS + 2)]
    other = Question("other", "s", frames[:1], frames[2:], ())
    groups = group_by_frames([*many, *(question.swap_sides() for question in many[:3]), other])
    assert [len(group) for group in groups] == [MAX_STATEMENTS, 2, 3]
    assert {question.swapped for question in groups[2]} == {True}
    assert [question for group in groups[:2] for question in group] == many


def test_a_compiled_differencer_beside_it_is_said_to_be_left_out() -> None:
    compiled = Differencer()
    predictor = compiled.judge.predict
    predictor.signature = predictor.signature.with_instructions("Look twice.")
    lm = scripted_lm(model(right))
    assert any("--batch-questions" in notice for notice in outcome_of(lm, differencer=compiled).notices)
    assert not any("--batch-questions" in notice for notice in outcome_of(lm).notices)


def test_the_plan_says_what_sharing_can_save() -> None:
    settings = Settings(lm="openai/x", batch_questions=True, swap=True, n_differences=12)
    vision = estimate_comparison(settings, FOOTAGE_A, FOOTAGE_B, None).roles[1]
    assert vision.least is not None
    # 24 questions; each order in a call of ten and one of two.
    assert (vision.calls, vision.least.calls) == (24, 4)
    assert vision.least.images * 6 == vision.images
    assert vision.least.input_tokens < vision.input_tokens
    alone = settings.model_copy(update={"batch_questions": False})
    assert estimate_comparison(alone, FOOTAGE_A, FOOTAGE_B, None).roles[1].least is None
