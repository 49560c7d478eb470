"""The measured program without poses: right where it answers, silent where it cannot, whichever video comes first."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.motion.drawn_track import draw, squats
from viddiff.core.types import Answer, Difference, Finding, Outcome, VideoInfo
from viddiff.programs.viddiff.measured import MeasuredProgram
from viddiff.video import FrameSequence, FrameStore, GreyTrack, LoadedVideo

ACTION = "bodyweight squat"


def footage_of(track: GreyTrack) -> LoadedVideo:
    """A footage whose sampled frames are every third of the track."""
    store = FrameStore(None)
    refs = []
    for frame in track.frames[::3]:
        buffer = io.BytesIO()
        Image.fromarray(frame).convert("RGB").save(buffer, "JPEG")
        refs.append(store.put(buffer.getvalue()))
    times_s = track.times_s[::3]
    height, width = track.frames.shape[1:]
    stop_s = float(track.times_s[-1]) + 1 / 12
    info = VideoInfo(
        name="drawn.mp4",
        source_hash="0" * 64,
        width=width,
        height=height,
        fps=12,
        duration_s=stop_s,
        start_s=0,
        stop_s=stop_s,
        n_frames=len(refs),
        sampled_fps=4,
    )
    sequence = FrameSequence(times_s, tuple(refs), width, height, 4.0, store)
    return LoadedVideo(info, sequence, lambda: track)


def clip(
    count: int = 3, period_s: float = 1.6, hold_s: float = 0.0, depth: float = 0.3, seed: int = 0, rest_s: float = 1.0
) -> LoadedVideo:
    return footage_of(draw(*squats(count, period_s, rest_s, hold_s), depth=depth, seed=seed))


def measured(a: LoadedVideo, b: LoadedVideo, *statements: str, action: str = ACTION, n: int = 10) -> Outcome:
    given = [Difference(key=str(i), name="it", statement=text) for i, text in enumerate(statements)] or None
    outcome = MeasuredProgram()(action=action, video_a=a, video_b=b, differences=given, n_differences=n).outcome
    assert isinstance(outcome, Outcome)
    return outcome


def ask(statement: str, a: LoadedVideo, b: LoadedVideo) -> Finding:
    outcome = measured(a, b, statement)
    assert len(outcome.differences) == 1
    return outcome.differences[0]


SLOW, FAST = clip(2, 2.4), clip(3, 1.2, seed=1)
SHALLOW, DEEP = clip(2, 2.0, depth=0.15), clip(2, 2.0, depth=0.35, seed=1)
SHORT, LONG = clip(1, 1.6, hold_s=0.0), clip(1, 1.6, hold_s=1.5, seed=1)


@pytest.mark.parametrize(
    ("statement", "a", "b", "answer"),
    [
        ("the squat is faster", SLOW, FAST, "b"),
        ("the squats are slower", SLOW, FAST, "a"),
        ("the repetitions take longer", SLOW, FAST, "a"),
        ("more squats are performed", SLOW, FAST, "b"),
        ("fewer repetitions are completed", SLOW, FAST, "a"),
        ("the action takes longer", SLOW, FAST, "a"),
        ("the squat is deeper", SHALLOW, DEEP, "b"),
        ("the squat is shallower", SHALLOW, DEEP, "a"),
        ("the squat is faster", SHALLOW, DEEP, "c"),
        ("the pause is longer", SHORT, LONG, "b"),
        ("there is no pause", SHORT, LONG, "a"),
        ("there are more pauses", SHORT, LONG, "b"),
        ("the squat is deeper", SHORT, LONG, "c"),
    ],
)
def test_answers_turn_with_the_videos(statement: str, a: LoadedVideo, b: LoadedVideo, answer: Answer) -> None:
    straight, turned = ask(statement, a, b), ask(statement, b, a)
    other: dict[Answer, Answer] = {"a": "b", "b": "a", "c": "c"}
    assert (straight.verdict.status, straight.verdict.answer) == ("answered", answer), straight.verdict.reason
    assert turned.verdict.answer == other[answer]
    assert turned.verdict.confidence == straight.verdict.confidence
    assert (turned.frames_a, turned.frames_b) == (straight.frames_b, straight.frames_a)


def test_evidence_is_sampled_frames_at_the_moments_each_once() -> None:
    finding = ask("the pause is longer", SHORT, LONG)
    for frames, evidence, footage in (
        (finding.frames_a, finding.verdict.evidence_a, SHORT),
        (finding.frames_b, finding.verdict.evidence_b, LONG),
    ):
        refs = [frame.time_s for frame in frames]
        assert refs == sorted(set(refs))
        assert refs
        assert evidence == tuple(range(len(refs)))
        assert set(frames) <= {footage.sequence.frame(i) for i in range(len(footage.sequence))}
    # The squat reaches its lowest point at 1.8 s and leaves it at 3.3 s.
    assert [frame.time_s for frame in finding.frames_b] == pytest.approx([1.8, 3.3], abs=0.4)
    (measurement,) = finding.measurements
    assert measurement.quantity == "longest_pause"
    assert "1.6" in finding.verdict.reason or "1.7" in finding.verdict.reason


def test_what_cannot_be_measured_says_why() -> None:
    finding = ask("the knees bend more", SLOW, FAST)
    assert finding.verdict.status == "not_measurable"
    assert finding.verdict.answer is None
    assert "takes a pose" in finding.verdict.reason
    assert finding.frames_a == finding.frames_b == ()
    assert finding.measurements == ()


def test_pace_of_different_numbers_of_movements_is_not_compared() -> None:
    finding = ask("the motion is faster", SHORT, FAST)
    assert finding.verdict.status == "not_measurable"
    assert "same number of movements" in finding.verdict.reason


def test_a_track_that_cannot_be_believed_is_not_measured() -> None:
    track = SLOW.track
    cut = footage_of(GreyTrack(track.times_s, np.concatenate([track.frames[:30], track.frames[30:, ::-1] // 3])))
    outcome = measured(cut, FAST, "the squat is faster")
    verdict = outcome.differences[0].verdict
    assert (verdict.status, verdict.answer) == ("not_measurable", None)
    assert "whole picture changes at 2.5 s" in verdict.reason
    assert any("Video A cannot be measured" in notice for notice in outcome.notices)
    assert measured(cut, FAST).differences == ()


def test_the_same_track_differs_in_nothing() -> None:
    assert measured(LONG, clip(1, 1.6, hold_s=1.5, seed=1)).differences == ()


def test_open_mode_puts_the_clearest_first_and_heeds_the_limit() -> None:
    outcome = measured(SLOW, FAST)
    confidences = [finding.verdict.confidence or 0 for finding in outcome.differences]
    assert confidences == sorted(confidences, reverse=True)
    told = {finding.difference.statement: finding.verdict.answer for finding in outcome.differences}
    assert told == {"Each repetition takes 1.2 seconds longer.": "a", "The number of repetitions is 1 higher.": "b"}
    assert measured(SLOW, FAST, n=1).differences == outcome.differences[:1]


def check_whole(outcome: Outcome) -> None:
    names = [stage.name for stage in outcome.proposal.stages]
    for located in (outcome.localization_a, outcome.localization_b):
        assert [segment.stage for segment in located.segments] == names
        for before, after in zip(located.segments[:-1], located.segments[1:], strict=True):
            assert before.stop_s == after.start_s
    for finding in outcome.differences:
        assert outcome.proposal.links[finding.difference.key] == finding.stages
    assert Outcome.model_validate_json(outcome.model_dump_json()) == outcome


@pytest.mark.parametrize("pair", [(LONG, LONG), (SHORT, LONG), (SLOW, clip(0, 1.0)), (clip(0, 1.0), clip(0, 1.0))])
def test_an_outcome_is_whole_for_any_pair(pair: tuple[LoadedVideo, LoadedVideo]) -> None:
    check_whole(measured(*pair))


SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "videos"


def test_real_push_ups_are_counted() -> None:
    if not SHARED.exists():
        pytest.skip("shared/videos is not here")
    from viddiff.video import Sampling, load

    a, b = (load(SHARED / f"push_up_{side}.mp4", Sampling(), FrameStore(None)) for side in "ab")
    outcome = measured(a, b, "the push-ups are faster", action="push-up")
    assert outcome.differences[0].verdict.answer == "b"
    counted = next(m for m in outcome.measurements if m.quantity == "repetitions")
    assert (counted.a, counted.b) == (3, 5)
