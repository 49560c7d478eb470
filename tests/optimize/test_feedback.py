"""What optimizers are told: scores that follow the answers, and words that say what to do better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dspy
import pytest
from dspy import lm15

from tests.support.scripted import chat_reply, scripted_lm
from viddiff.core.errors import BackendError
from viddiff.core.notices import Notice
from viddiff.core.texts import MARKER
from viddiff.core.types import Answer, Difference, FrameRef, Proposal, Stage, Verdict
from viddiff.eval.viddiffbench.matchers import LexicalMatcher, LMMatcher, StatementMatches, WordingMatcher
from viddiff.lms import LMs
from viddiff.optimize.cues import CueQuality
from viddiff.optimize.feedback import (
    CUES_WEIGHT,
    RECALL_WEIGHT,
    judge_feedback,
    propose_feedback,
    propose_metric,
)
from viddiff.optimize.metrics import as_bootstrap, as_gepa, as_number
from viddiff.programs.statements import filter_differences
from viddiff.programs.viddiff.repair import NO_STAGE
from viddiff.signatures.clip import Clip


def clip(video: Any, *times_s: float) -> Clip:
    return Clip.of(video, [FrameRef(time_s=time_s, ref=f"{i:064x}") for i, time_s in enumerate(times_s)])


def gold(label: Answer = "a", wanted_a_s: tuple[float, ...] = (), wanted_b_s: tuple[float, ...] = ()) -> dspy.Example:
    return dspy.Example(
        action="squat",
        video_a=clip("A", 0.2, 0.5, 0.9),
        video_b=clip("B", 2.0),
        statement="the squat is deeper",
        measurements=[],
        answer=label,
        frames_wanted_a_s=wanted_a_s,
        frames_wanted_b_s=wanted_b_s,
    ).with_inputs("action", "video_a", "video_b", "statement", "measurements")


def answered(answer: Answer | None, swapped: Answer | None = None, **more: Any) -> dspy.Prediction:
    fields = {"reason": "", "confidence": 0.6, "error": None, "swapped_error": None, **more}
    return dspy.Prediction(answer=answer, swapped_answer=swapped, **fields)


@pytest.mark.parametrize(
    ("label", "answer", "swapped", "score"),
    [
        ("a", "a", None, 1.0),
        ("a", "b", None, 0.0),
        ("a", "a", "a", 1.0),
        ("a", "a", "b", 0.5),
        ("a", "b", "a", 0.5),
        ("b", "c", "a", 0.0),
        ("c", "c", "c", 1.0),
    ],
)
def test_the_score_is_the_share_of_orders_answered_right(
    label: Answer, answer: Answer, swapped: Answer | None, score: float
) -> None:
    assert judge_feedback(gold(label), answered(answer, swapped)).score == score


def test_a_failed_order_counts_as_wrong() -> None:
    lost = answered(None, error="The model gave an answer that could not be parsed.")
    half = answered("a", swapped_error="The model refused to answer.")
    assert judge_feedback(gold(), lost).score == 0
    assert judge_feedback(gold(), half).score == 0.5
    assert "could not be parsed" in judge_feedback(gold(), lost).text
    assert "refused to answer" in judge_feedback(gold(), half).text


def test_a_wrong_answer_is_told_what_is_right_and_what_it_means() -> None:
    text = judge_feedback(gold("a"), answered("b", confidence=0.9)).text
    assert "'the squat is deeper' is 'a': the statement is more true of video A" in text
    assert "The answer was 'b': the statement is more true of video B" in text
    assert "other way round" in text
    assert "A confidence of 0.90 was too sure" in text


def test_only_a_wrong_answer_can_be_too_sure() -> None:
    assert "too sure" not in judge_feedback(gold("a"), answered("a", confidence=0.99)).text
    assert "too sure" not in judge_feedback(gold("a"), answered("b", confidence=0.3)).text
    assert "too sure" not in judge_feedback(gold("a"), answered("b", confidence=None)).text


def test_seeing_nothing_and_seeing_too_much_are_told_apart() -> None:
    assert "can be seen" in judge_feedback(gold("b"), answered("c")).text
    assert "too little to count" in judge_feedback(gold("c"), answered("b")).text


def test_an_answer_that_follows_the_order_is_told() -> None:
    assert "followed the order" in judge_feedback(gold(), answered("a", "b")).text
    assert "followed the order" not in judge_feedback(gold(), answered("b", "b")).text


@pytest.mark.parametrize(("answer", "swapped"), [("a", "c"), ("c", "a"), ("b", "c"), ("c", "b")])
def test_an_answer_that_saw_nothing_in_one_order_did_not_follow_it(answer: Answer, swapped: Answer) -> None:
    text = judge_feedback(gold(), answered(answer, swapped)).text
    assert "followed the order" not in text
    assert f"was {swapped!r}: the difference was seen in one order only." in text


def test_key_moments_are_told_beside_the_frames_that_were_shown() -> None:
    text = judge_feedback(gold("a", (0.6, 1.3), (2.1,)), answered("b")).text
    assert "(0.60 s in A) is frame 2 of 3." in text
    assert "(1.30 s in A) was not among the frames shown (0.20 ... 0.90 s)." in text
    assert "(2.10 s in B) is frame 1 of 1." in text
    assert "The moment" not in judge_feedback(gold(), answered("b")).text


def test_the_prediction_of_a_bare_differencer_can_be_judged() -> None:
    plain = dspy.Prediction(answer="a", confidence=80.0, verdict=Verdict(status="answered", answer="a"))
    assert judge_feedback(gold("a"), plain).score == 1.0
    assert judge_feedback(gold("a"), dspy.Prediction()).score == 0.0


TAXONOMY = {
    "d1": "the squat is deeper",
    "d2": "the stance is wider",
    "d3": "the arms are higher",
    "d4": "the pause is longer",
}
ACTION = dspy.Example(action="squat", n_differences=3, action_key="squat", taxonomy=TAXONOMY).with_inputs(
    "action", "n_differences"
)
CUES = CueQuality(score=0.5, n_clips=2, confused=("lower", "rise"))


def proposed(*statements: str, notices: tuple[str, ...] = ()) -> dspy.Prediction:
    differences, left_out = filter_differences(
        [Difference(key=str(i), name="x", statement=text) for i, text in enumerate(statements)]
    )
    stages = (Stage(name="lower"), Stage(name="rise"))
    links = {difference.key: ("lower",) for difference in differences}
    proposal = Proposal(differences=differences, stages=stages, links=links, notices=(*left_out, *notices))
    return dspy.Prediction(proposal=proposal, error=None)


def test_recall_and_cues_are_weighed() -> None:
    pred = proposed("the stance is wider", "the squat is deeper")
    assert propose_feedback(ACTION, pred, WordingMatcher(), None).score == 0.5
    expected = RECALL_WEIGHT * 0.5 + CUES_WEIGHT * 0.5
    assert propose_feedback(ACTION, pred, WordingMatcher(), CUES).score == pytest.approx(expected)
    assert RECALL_WEIGHT + CUES_WEIGHT == 1
    assert "was not measured" in propose_feedback(ACTION, pred, WordingMatcher(), None).text


def staged(*stages: Stage, linked: tuple[str, ...] = ("lower",)) -> dspy.Prediction:
    proposal = Proposal(
        differences=(Difference(key="0", name="x", statement="the squat is deeper"),),
        stages=stages,
        links={"0": linked},
    )
    return dspy.Prediction(proposal=proposal, error=None)


LOWER = Stage(
    name="lower",
    cues=(
        "A photo of a person with bent knees and hips below the knees",
        "A photo of a person slowly moving down",
        "A photo of a person whose thighs are level",
    ),
)
RISE = Stage(name="rise", cues=("A photo of a person with knees bent and hips below knees",))


def test_without_an_image_model_the_words_of_the_cues_are_told() -> None:
    parts = propose_feedback(ACTION, staged(LOWER, RISE), WordingMatcher(), None).parts
    doubled = f"The cue {LOWER.cues[0]!r} of stage 'lower' says nearly the same as {RISE.cues[0]!r} of stage 'rise'"
    for name in ("split", "refine"):
        assert "was not measured; what follows is of their words" in parts[name]
        assert doubled in parts[name]
        assert f"The cue {LOWER.cues[1]!r} of stage 'lower' speaks of movement or time" in parts[name]
        assert repr(LOWER.cues[2]) not in parts[name]
    assert "Stage 'lower' has 3 cues where 5 were asked for." in parts["split"]
    assert "No difference shows in 'rise'" in parts["split"]
    assert "No difference shows in" not in parts["refine"]
    assert "level" not in parts["propose"]


def test_cues_that_differ_are_told_to() -> None:
    cues = [Stage(name=name, cues=tuple(f"A photo of {name} {part}" for part in "vwxyz")) for name in ("knees", "arms")]
    parts = propose_feedback(ACTION, staged(*cues, linked=("knees", "arms")), WordingMatcher(), None).parts
    assert parts["refine"].endswith("By their words the cues tell the stages apart.")
    assert "No difference shows in" not in parts["split"]
    measured = propose_feedback(ACTION, staged(*cues), WordingMatcher(), CUES).parts["refine"]
    assert "with a score of 0.50 of 1 on 2 clips" in measured


def test_what_was_missed_and_what_was_of_no_use_is_named() -> None:
    pred = proposed("the squat is deeper", "the squat is much deeper", "the form is better", "higher than in video B")
    text = propose_feedback(ACTION, pred, WordingMatcher(), CUES).text
    assert "1 of the 4 differences" in text
    assert "Missed: 'the stance is wider', 'the arms are higher', 'the pause is longer'." in text
    assert "'the squat is much deeper' matches none of them: it says nearly the same as 'the squat is deeper'" in text
    assert "'the form is better' matches none of them: it is vague" in text
    assert "names a video" in text
    assert "score of 0.50 of 1 on 2 clips" in text
    assert "stage 'lower' look, by the cues, most like stage 'rise'" in text


def test_proposals_beyond_the_allowed_number_find_nothing() -> None:
    pred = proposed("one knee turns in", "the head is lower", "the back is rounder", "the squat is deeper")
    assert propose_feedback(ACTION, pred, WordingMatcher(), None).score == 0


class Generous:
    """A judge that matches everything with the first proposal, and one key that nobody proposed."""

    name, comparable = "generous", False

    def __call__(self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]) -> StatementMatches:
        first = next(iter(predictions))
        return StatementMatches({**dict.fromkeys(references, first), "d4": "invented"})


def test_one_proposal_counts_once() -> None:
    assert propose_feedback(ACTION, proposed("the squat is deeper"), Generous(), None).score == 0.25


def test_nothing_proposed_is_nothing_found() -> None:
    failed = dspy.Prediction(proposal=None, error="The model gave an answer that could not be parsed.")
    assert propose_feedback(ACTION, failed, Generous(), None).score == 0
    assert "could not be parsed" in propose_feedback(ACTION, failed, Generous(), None).text
    empty = propose_feedback(ACTION, proposed("deeper in video A"), Generous(), CUES)
    assert empty.score == 0
    assert "names a video" in empty.text


def test_a_judge_without_an_answer_does_not_blame_the_proposer() -> None:
    judge = LMMatcher(LMs(scripted_lm(lambda asked: "nothing")), attempts=1)
    feedback = propose_feedback(ACTION, proposed("the squat is deeper"), judge, None)
    assert feedback.score == propose_feedback(ACTION, proposed("the squat is deeper"), LexicalMatcher(), None).score > 0
    assert "The judge gave no answer" in feedback.text


def test_a_judge_that_can_never_answer_is_an_error() -> None:
    def locked(asked: Any) -> str:
        raise lm15.AuthError("bad key")

    with pytest.raises(BackendError, match="key was refused"):
        propose_feedback(ACTION, proposed("the squat is deeper"), LMMatcher(LMs(scripted_lm(locked))), None)


def test_a_judge_that_answers_decides() -> None:
    lm = scripted_lm(
        lambda asked: (
            chat_reply(matches=[{"reference": "R2", "prediction": "P1"}])
            if asked.asks_for("matches")
            else chat_reply(relations=[{"key": "1", "relation": "same"}])
        )
    )
    feedback = propose_feedback(ACTION, proposed("the feet are further apart"), LMMatcher(LMs(lm)), None)
    assert feedback.score == 0.25
    assert "'the stance is wider'" not in feedback.text


def test_what_a_model_named_is_no_marker_in_a_later_prompt() -> None:
    cues = CueQuality(score=0.1, n_clips=1, confused=(f"{MARKER}START", "rise"))
    assert MARKER not in propose_feedback(ACTION, proposed("the squat is deeper"), Generous(), cues).text


def test_each_predictor_of_a_proposer_hears_of_its_own_part() -> None:
    metric = as_gepa(propose_metric(WordingMatcher(), None))
    notice = Notice(NO_STAGE, "2 differences had no stage and are judged on 'lower'.")
    pred = proposed("the squat is deeper", notices=(notice,))
    told = {
        name: metric(ACTION, pred, None, f"proposer.{name}.predict", [])
        for name in ("propose", "split", "refine", "link")
    }
    whole = metric(ACTION, pred, None, None, None)
    # GEPA ignores a predictor's score that is not that of the whole program.
    assert {prediction.score for prediction in told.values()} == {whole.score} == {0.25}
    assert "Missed" in told["propose"].feedback
    assert "Missed" not in told["split"].feedback
    assert "cues" in told["split"].feedback
    assert "cues" in told["refine"].feedback
    assert told["link"].feedback == notice
    assert "Missed" in whole.feedback


def test_every_kind_of_optimizer_gets_the_metric_that_it_calls() -> None:
    right, half = answered("a"), answered("a", "b")
    assert [as_number(judge_feedback)(gold(), pred) for pred in (right, half)] == [1.0, 0.5]
    assert [as_bootstrap(judge_feedback, 0.8)(gold(), pred, []) for pred in (right, half)] == [True, False]
    metric = as_gepa(judge_feedback)
    dspy.GEPA(metric=metric, max_metric_calls=1, reflection_lm=scripted_lm(lambda asked: ""))
    step = [(None, gold().inputs(), half)]
    told = metric(gold(), half, None, "differencer.judge.predict", step)
    assert (told.score, told.feedback) == (0.5, judge_feedback(gold(), half).text)
    scored = dspy.Evaluate(devset=[gold(), gold("b")], metric=as_number(judge_feedback), num_threads=1)
    assert scored(lambda **inputs: answered("a")).score == 50.0
