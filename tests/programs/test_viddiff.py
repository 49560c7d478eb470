"""The whole program on a scripted model."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import dspy
import numpy as np
import pytest
from dspy import lm15

from tests.programs.test_measured import clip as drawn_clip
from tests.support.frames import jpegs_of
from tests.support.loaded import footage_of, noise_footage
from tests.support.models import both, judge_reply
from tests.support.scripted import Asked, labels_of, scripted_lm
from viddiff.core.errors import BackendError
from viddiff.core.types import Outcome
from viddiff.lms import LMs
from viddiff.localizer.localizer import Localizer
from viddiff.programs.statements import parse_differences
from viddiff.programs.viddiff.program import VidDiff
from viddiff.signatures.measurements import measurement_text
from viddiff.video.loaded import LoadedVideo

GIVEN = parse_differences(["the squat is deeper", "the stance is wider", "the arms are higher", "the pause is longer"])
FOOTAGE_A, FOOTAGE_B = noise_footage(16, seed=1), noise_footage(12, seed=2)
STORES = FOOTAGE_A.sequence.store, FOOTAGE_B.sequence.store


@pytest.fixture(autouse=True)
def chat_adapter() -> Iterator[None]:
    with dspy.context(adapter=dspy.ChatAdapter(use_json_adapter_fallback=False), trace=[], disable_history=True):
        yield


def program(lm: dspy.LM, **options: Any) -> VidDiff:
    return VidDiff(LMs(lm), localizer=Localizer("uniform"), **options)


def outcome_of(lm: dspy.LM, closed: bool = True, **options: Any) -> Outcome:
    given = GIVEN if closed else None
    prediction = program(lm, **options)(
        action="squat", video_a=FOOTAGE_A, video_b=FOOTAGE_B, differences=given, n_differences=3
    )
    outcome: Outcome = prediction.outcome
    return outcome


def test_open_mode_proposes_locates_and_judges() -> None:
    lm = scripted_lm(both(lambda asked: judge_reply("b", 90)))
    outcome = outcome_of(lm, closed=False)
    assert [d.statement for d in outcome.proposal.differences] == [
        "the squat is deeper",
        "the stance is wider",
        "the arms are higher",
    ]
    assert [segment.stage for segment in outcome.localization_a.segments] == ["set up", "lower", "hold", "rise"]
    assert {finding.verdict.answer for finding in outcome.differences} == {"b"}
    # A confidence in percent is understood; cited frames are positions.
    assert outcome.differences[0].verdict.confidence == 0.9
    assert outcome.differences[0].verdict.evidence_a == (0,)


def test_the_request_shows_just_the_frames_of_the_linked_stage_labelled_and_in_order() -> None:
    lm = scripted_lm(both(lambda asked: judge_reply()))
    outcome = outcome_of(lm)
    questions = [asked for asked in lm.engine.asked if asked.asks_for("answer")]
    assert len(questions) == len(GIVEN)
    for finding in outcome.differences:
        (shown,) = (asked for asked in questions if finding.difference.statement in asked.prompt)
        assert shown.images == jpegs_of((*finding.frames_a, *finding.frames_b), *STORES)
        labels = labels_of(shown)
        n_a, n_b = len(finding.frames_a), len(finding.frames_b)
        assert labels == [
            f"Video {video}, frame {i} of {n}, t={frame.time_s:.2f} s:"
            for video, n, frames in (("A", n_a, finding.frames_a), ("B", n_b, finding.frames_b))
            for i, frame in enumerate(frames, 1)
        ]
        assert "base64" not in shown.prompt


def test_swapping_keeps_what_agrees_and_doubts_what_does_not() -> None:
    first_image: dict[str, bytes] = {}

    def by_position(asked: Asked) -> str:
        """Always 'a' for the statement on depth (an order bias); the same video for all others."""
        if "the squat is deeper" in asked.prompt:
            return judge_reply("a", 0.9)
        favourite = first_image.setdefault("a", asked.images[0])
        return judge_reply("a" if asked.images[0] == favourite else "b", 0.7)

    given = parse_differences(["the squat is deeper", "the stance is wider"])
    vid_diff = program(scripted_lm(both(by_position)), swap=True, threads=1)
    outcome = vid_diff(action="squat", video_a=FOOTAGE_A, video_b=FOOTAGE_B, differences=given).outcome
    depth, stance = (finding.verdict for finding in outcome.differences)
    assert (depth.status, depth.answer, depth.swapped_answer) == ("unsure", "c", "b")
    assert depth.confidence is not None
    assert depth.confidence < 0.2
    assert (stance.status, stance.answer, stance.swapped_answer, stance.confidence) == ("answered", "a", "a", 0.7)
    assert outcome.order_disagreement == 0.5


def test_measurements_are_told_and_turned_with_the_videos() -> None:
    lm = scripted_lm(both(lambda asked: judge_reply()))
    outcome = (
        program(lm, swap=True)(
            action="squat", video_a=drawn_clip(1, 1.6), video_b=drawn_clip(1, 1.6, hold_s=1.5), differences=GIVEN
        )
    ).outcome
    *others, pause = outcome.differences
    assert {measured.quantity for finding in others for measured in finding.measurements} <= {"hip_over_knee"}
    (measured,) = pause.measurements
    assert measured in outcome.measurements
    prompts = [asked.prompt for asked in lm.engine.asked if asked.asks_for("answer")]
    for told in (measurement_text(measured), measurement_text(measured.swap_sides())):
        (prompt,) = [prompt for prompt in prompts if told in prompt]
        assert pause.difference.statement in prompt


@pytest.mark.parametrize(
    ("reply", "status", "says"),
    [
        ("I'm sorry, I can't help with comparing people.", "refused", "refused"),
        ("The first one, clearly.", "failed", "could not be parsed"),
        ("[[ ## reason ## ]]\nseen\n\n[[ ## answer ## ]]\nd\n\n[[ ## completed ## ]]", "failed", "could not be parsed"),
    ],
)
def test_what_is_no_answer_is_counted_as_failed_and_keeps_its_words(reply: str, status: str, says: str) -> None:
    lm = scripted_lm(both(lambda asked: reply if "wider" in asked.prompt else judge_reply("a")))
    outcome = outcome_of(lm)
    failed = [finding.verdict for finding in outcome.differences if finding.verdict.answer is None]
    assert [verdict.status for verdict in failed] == [status]
    assert says in str(failed[0].error)
    assert failed[0].raw
    assert (
        sum("wider" in a.prompt and a.asks_for("answer") for a in lm.engine.asked) == 3
    )  # asked again, past the cache


def test_a_bad_answer_is_asked_again_with_a_rollout_of_its_own() -> None:
    def fickle(asked: Asked) -> str:
        return "no idea" if asked.temperature is None else judge_reply("b")

    assert {f.verdict.answer for f in outcome_of(scripted_lm(both(fickle))).differences} == {"b"}


def test_one_fault_fails_one_question() -> None:
    def faulty(asked: Asked) -> str:
        if "wider" in asked.prompt:
            raise lm15.ServerError("the server had an error")
        return judge_reply("a")

    outcome = outcome_of(scripted_lm(both(faulty)))
    assert [finding.verdict.status for finding in outcome.differences] == ["answered", "failed", "answered", "answered"]
    assert "the server failed" in str(outcome.differences[1].verdict.error)


def test_a_fault_that_no_call_escapes_ends_the_asking() -> None:
    def unauthorized(asked: Asked) -> str:
        raise lm15.AuthError("Incorrect API key provided: sk-abcdefghijklmnop")

    lm = scripted_lm(both(unauthorized))
    with pytest.raises(BackendError, match="the key was refused") as caught:
        outcome_of(lm, threads=1)
    assert "abcdefghijkl" not in str(caught.value)
    assert len([asked for asked in lm.engine.asked if asked.asks_for("answer")]) == 1


def test_quota_that_ends_midway_keeps_what_was_answered() -> None:
    count = iter(range(100))

    def until_broke(asked: Asked) -> str:
        if next(count) >= 2:
            raise lm15.BillingError("quota")
        return judge_reply("a")

    outcome = outcome_of(scripted_lm(both(until_broke)), threads=1)
    assert [finding.verdict.status for finding in outcome.differences] == ["answered", "answered", "failed", "failed"]
    assert outcome.differences[3].verdict.fault == "unasked"


def test_a_proposer_that_fails_ends_the_comparison_in_one_sentence() -> None:
    with pytest.raises(BackendError, match=r"Nothing could be proposed.*could not be parsed"):
        outcome_of(scripted_lm(lambda asked: "hm"), closed=False)


def crossing(rests: int) -> LoadedVideo:
    """Something crosses the picture within 24 frames, after a rest."""
    frames = np.full((rests + 30, 72, 96, 3), 60, dtype=np.uint8)
    for i, frame in enumerate(frames):
        left = 3 * min(max(i - rests, 0), 24)
        frame[20:60, left : left + 16] = 220
    return footage_of(list(frames), fps=8.0, name=f"rests{rests}.mp4")


def test_aligned_frames_show_the_same_moments() -> None:
    a, b = crossing(0), crossing(12)
    vid_diff = program(scripted_lm(both(lambda asked: judge_reply())), frames="aligned")
    outcome = vid_diff(action="walk", video_a=a, video_b=b, differences=GIVEN).outcome
    late_s = 12 / 8.0
    for finding in outcome.differences:
        # Before it moves, and after, one moment looks like the other.
        moving = [(one, other) for one, other in zip(finding.frames_a, finding.frames_b, strict=False)
                  if 0.5 < one.time_s < 2.5]  # fmt: skip
        assert all(other.time_s - one.time_s == pytest.approx(late_s, abs=0.26) for one, other in moving)
    assert any(0.5 < frame.time_s < 2.5 for finding in outcome.differences for frame in finding.frames_a)
    assert not any("chosen by stage" in notice for notice in outcome.notices)


def test_frames_are_chosen_by_stage_where_the_alignment_is_not_believed() -> None:
    outcome = outcome_of(scripted_lm(both(lambda asked: judge_reply())), frames="aligned")
    expected = outcome_of(scripted_lm(both(lambda asked: judge_reply())))
    assert any("chosen by stage, not by alignment" in notice for notice in outcome.notices)
    assert [finding.frames_b for finding in outcome.differences] == [f.frames_b for f in expected.differences]


def test_more_stages_than_frames() -> None:
    lm = scripted_lm(both(lambda asked: judge_reply()))
    vid_diff = program(lm)
    tiny = noise_footage(2, seed=3), noise_footage(3, seed=4)
    outcome = vid_diff(action="squat", video_a=tiny[0], video_b=tiny[1], differences=GIVEN).outcome
    assert all(finding.frames_a and finding.frames_b for finding in outcome.differences)


def test_a_copy_shares_models_and_localizer_and_asks_alike() -> None:
    vid_diff = program(scripted_lm(both(lambda asked: judge_reply())))
    twin = copy.deepcopy(vid_diff)
    assert twin.lms is vid_diff.lms
    assert twin.localizer is vid_diff.localizer
    names = ["proposer.propose", "proposer.split", "proposer.refine", "proposer.link", "differencer.judge"]
    assert [name for name, _ in vid_diff.named_predictors()] == [f"{name}.predict" for name in names]


def test_memory_stays_flat_over_many_questions_with_distinct_frames() -> None:
    """Frames live as long as their footage: dspy keeps no history, trace or answer with pixels in it."""
    import gc
    import tracemalloc

    from tests.support.models import judge_reply
    from viddiff.programs.differencer import Differencer
    from viddiff.programs.questions import Question, QuestionRunner

    class Forgetful:
        """A scripted engine that records nothing."""

        supports_response_schema = False
        supported_params = frozenset({"temperature", "max_tokens"})

        def complete(self, request: lm15.Request) -> lm15.Response:
            message = lm15.Message.assistant([lm15.TextPart(judge_reply())])
            return lm15.Response(
                id=None, model=request.model, message=message, finish_reason="stop", usage=lm15.Usage()
            )

    asker = QuestionRunner(
        Differencer(), LMs(dspy.LM("scripted/y", engine=Forgetful(), cache=False)), 4, lambda done: None
    )

    def ask(n_clips: int, seed: int) -> None:
        for index in range(n_clips):
            sequence = noise_footage(6, seed=1000 * seed + index, size=(192, 256)).sequence
            frames = tuple(sequence.frame(i) for i in range(6))
            questions = [Question(str(key), f"statement {key}", frames[:3], frames[3:], ()) for key in range(4)]
            assert len(asker.ask_all("squat", questions)) == 4

    ask(3, seed=1)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    ask(15, seed=2)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 60 questions sent 4.7 MB of pictures in base64.
    assert after - before < 2_000_000
