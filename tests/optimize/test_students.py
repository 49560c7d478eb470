"""What an optimizer sees of a program: one call for one example, and failures as predictions."""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any

import dspy
import pytest
from dspy import lm15
from dspy.teleprompt.bootstrap_trace import bootstrap_trace_data

from tests.support.frames import frames_of
from tests.support.loaded import noise_footage
from tests.support.models import judge_reply, proposer_reply
from tests.support.scripted import Asked, scripted_lm
from viddiff.core.errors import BackendError, BudgetError
from viddiff.core.texts import MARKER
from viddiff.core.types import Measurement
from viddiff.lms import LMs
from viddiff.optimize.students import BothOrders, ProposerStudent, swap_measurements
from viddiff.programs.differencer import Differencer
from viddiff.programs.viddiff.proposer import Proposer
from viddiff.signatures.clip import Clip
from viddiff.signatures.measurements import measurement_text

VIDEOS = [noise_footage(3, seed=seed) for seed in (1, 2)]
A, B = (video.sequence for video in VIDEOS)
frames = frames_of(*VIDEOS)
DEPTH = Measurement(name="depth", unit="m", a=0.4, b=0.25, stage="hold, video B ")
INPUTS: dict[str, Any] = {
    "action": "squat",
    "video_a": Clip.of("A", [A.frame(0), A.frame(2)]),
    "video_b": Clip.of("B", [B.frame(1)]),
    "statement": "the squat is deeper",
    "measurements": [measurement_text(DEPTH)],
}


@pytest.fixture(autouse=True)
def chat_adapter() -> Iterator[None]:
    with dspy.context(adapter=dspy.ChatAdapter(use_json_adapter_fallback=False), trace=[], disable_history=True):
        yield


def judging(answer: Callable[[Asked], str], **options: Any) -> tuple[BothOrders, Any]:
    """A student that asks a scripted vision model, and the model's engine."""
    lm = scripted_lm(answer)
    lms = LMs(scripted_lm(lambda asked: pytest.fail("the text model was asked")), lm)
    return BothOrders(Differencer(1), functools.partial(lms.role, "vision"), **options), lm.engine


def by_first_image(asked: Asked) -> str:
    """The true answer is the video that A's first frame is of."""
    return judge_reply("a" if asked.images[0] == A.store.read(A.refs[0]) else "b", 0.7, "Seen.")


def test_one_order_is_one_call_by_the_vision_model() -> None:
    student, engine = judging(by_first_image)
    prediction = student(**INPUTS)
    assert dict(prediction) == {
        "answer": "a",
        "reason": "Seen.",
        "confidence": 0.7,
        "error": None,
        "swapped_answer": None,
        "swapped_error": None,
    }
    assert [len(asked.images) for asked in engine.asked] == [3]


def test_the_exchanged_order_shows_the_other_video_first_and_leaves_no_trace() -> None:
    student, engine = judging(by_first_image, swap=True)
    with dspy.context(trace=[]):
        prediction = student(**INPUTS)
        trace = list(dspy.settings.trace)
    assert (prediction.answer, prediction.swapped_answer) == ("a", "a")
    straight, other = engine.asked
    assert straight.images == [A.store.read(A.refs[0]), A.store.read(A.refs[2]), B.store.read(B.refs[1])]
    assert other.images == [B.store.read(B.refs[1]), A.store.read(A.refs[0]), A.store.read(A.refs[2])]
    assert measurement_text(DEPTH) in straight.prompt
    assert measurement_text(DEPTH.model_copy(update={"a": DEPTH.b, "b": DEPTH.a})) in other.prompt
    assert [step[1]["video_a"] for step in trace] == [INPUTS["video_a"]]


def test_an_answer_that_follows_the_order_is_found_out() -> None:
    student, _ = judging(lambda asked: judge_reply("a"), swap=True)
    prediction = student(**INPUTS)
    assert (prediction.answer, prediction.swapped_answer) == ("a", "b")


@pytest.mark.parametrize(("a", "b"), [(1.5, 0.0), (None, 2.0), (1e-9, -3.25)])
def test_measurements_are_told_with_their_numbers_exchanged(a: float | None, b: float | None) -> None:
    measurement = Measurement(name="speed: video A 3", unit="m/s", a=a, b=b, stage="set, video B 1")
    assert swap_measurements([measurement_text(measurement)]) == [
        measurement_text(measurement.model_copy(update={"a": b, "b": a}))
    ]


def test_a_measurement_in_other_words_is_not_told_of_the_wrong_video() -> None:
    assert swap_measurements(["The left one is faster.", "video A: 3, video B 2"]) == []


def test_an_answer_that_does_not_parse_is_a_prediction_and_stays_in_the_trace() -> None:
    student, engine = judging(lambda asked: f"It is a. {MARKER}", swap=True)
    with dspy.context(trace=[]):
        prediction = student(**INPUTS)
        ((predictor, inputs, said),) = dspy.settings.trace
    assert prediction.answer is None
    assert "could not be parsed" in prediction.error
    # What cannot be answered in one order is not asked in the other.
    assert len(engine.asked) == 1
    assert predictor is student.differencer.judge.predict
    assert inputs["statement"] == INPUTS["statement"]
    assert "It is a." in said.unparsed
    assert MARKER not in said.unparsed


def test_a_failure_in_the_exchanged_order_only_is_told_apart() -> None:
    student, _ = judging(
        lambda asked: judge_reply() if asked.images[0] == A.store.read(A.refs[0]) else "I'm sorry, I can't help.",
        swap=True,
    )
    with dspy.context(trace=[]):
        prediction = student(**INPUTS)
        assert len(dspy.settings.trace) == 1
    assert (prediction.answer, prediction.error, prediction.swapped_answer) == ("a", None, None)
    assert "refused" in prediction.swapped_error


def raising(error: Exception) -> Callable[[Asked], str]:
    def answer(asked: Asked) -> str:
        raise error

    return answer


def test_what_one_question_meets_is_a_prediction_and_what_all_would_meet_is_raised() -> None:
    slow, _ = judging(raising(lm15.ServerError("the server had an error")))
    assert "the server failed" in slow(**INPUTS).error
    locked, _ = judging(raising(lm15.AuthError("bad key")))
    with pytest.raises(BackendError, match="key was refused"):
        locked(**INPUTS)
    with pytest.raises(BackendError, match="key was refused"):
        asking(locked_out)(action="squat", n_differences=2)


def locked_out(asked: Asked) -> str:
    raise lm15.AuthError("bad key")


def test_a_spent_budget_goes_on_as_it_is() -> None:
    @contextlib.contextmanager
    def spent() -> Iterator[None]:
        raise BudgetError("spent")
        yield

    with pytest.raises(BudgetError):
        BothOrders(Differencer(), spent)(**INPUTS)
    with pytest.raises(BudgetError):
        ProposerStudent(Proposer(), spent)(action="squat", n_differences=2)


def test_copies_share_the_models_and_hold_none() -> None:
    student, engine = judging(lambda asked: "nothing")
    copied = student.reset_copy()
    assert copied.differencer is not student.differencer
    copied(**INPUTS)
    copy.deepcopy(student)(**INPUTS)
    assert len(engine.asked) == 2
    state = student.dump_state()
    assert list(state) == ["differencer.judge.predict"]
    assert state["differencer.judge.predict"]["lm"] is None


def asking(answer: Callable[[Asked], str]) -> ProposerStudent:
    lms = LMs(scripted_lm(answer), scripted_lm(lambda asked: pytest.fail("the vision model was asked")))
    return ProposerStudent(Proposer(1), functools.partial(lms.role, "text"))


def test_a_proposing_student_proposes_or_says_why_not() -> None:
    good = asking(lambda asked: proposer_reply(asked, 2))(action="squat", n_differences=2)
    assert good.error is None
    assert [d.statement for d in good.proposal.differences] == ["the squat is deeper", "the stance is wider"]
    student = asking(lambda asked: "no" if asked.asks_for("stages") else proposer_reply(asked, 2))
    with dspy.context(trace=[]):
        bad = student(action="squat", n_differences=2)
        steps = [step[0] for step in dspy.settings.trace]
    assert bad.proposal is None
    assert "could not be parsed" in bad.error
    # The stage that failed is the last of the trace.
    assert steps == [student.proposer.propose.predict, student.proposer.split.predict]


def test_optimizers_keep_a_failed_example_with_its_trace() -> None:
    student, _ = judging(lambda asked: "nothing" if "deeper" in asked.prompt else judge_reply("b"), swap=True)
    examples = [
        dspy.Example(**{**INPUTS, "statement": statement}, answer="b").with_inputs(*INPUTS)
        for statement in ("the squat is deeper", "the stance is wider")
    ]
    found = bootstrap_trace_data(
        student, examples, metric=lambda gold, pred, trace=None: float(pred.answer == gold.answer), num_threads=1
    )
    assert [(data["score"], len(data["trace"])) for data in found] == [(0.0, 1), (1.0, 1)]
    assert all(data["trace"][0][0].signature.equals(student.predictors()[0].signature) for data in found)
