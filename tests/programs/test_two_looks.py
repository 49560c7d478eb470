"""The program that looks twice: what it asks, in which order, and what becomes of each answer."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dspy import lm15
from PIL import Image

from tests.support.loaded import noise_footage
from tests.support.poses import KnownPoses, standing
from tests.support.scripted import Asked, chat_reply, labels_of, scripted_lm
from viddiff.core.settings import ProposerName
from viddiff.core.types import Difference, Measurement, Outcome, Verdict
from viddiff.lms import LMs
from viddiff.programs.evidence import MeasuredStatement
from viddiff.programs.viddiff.judgement import UNCONFIRMED_PREFIX
from viddiff.programs.viddiff.two_looks import TwoLooks
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.encode import write_video

A, B = noise_footage(12, seed=1), noise_footage(12, seed=2)
DIFFERENCES = tuple(
    Difference(key=f"k{i}", name=f"d{i}", statement=f"statement {i} is true", num_frames="1") for i in range(8)
)


def statements_of(asked: Asked) -> dict[str, str]:
    """The statements of a question by key."""
    found: dict[str, str] = json.loads(asked.prompt.rpartition("[[ ## statements ## ]]")[2].strip().splitlines()[0])
    return found


def keys_of(asked: Asked) -> list[str]:
    """The keys of the statements of a question."""
    return list(statements_of(asked))


class Reader:
    """A scripted vision model: sure that the video that is shown second shows more, unless it is told otherwise."""

    def __init__(
        self, left_out: str = "", unsure: str = "", finds: bool = True, judges: bool = True, looks_again: bool = True
    ) -> None:
        self.left_out, self.unsure = left_out, unsure
        self.finds, self.judges, self.looks_again = finds, judges, looks_again

    def __call__(self, asked: Asked) -> str:
        if asked.asks_for("found"):
            if not self.finds:
                raise lm15.ServerError("down")
            # In the first question A is shown first: B shows more.
            entry = {"moments_a": [0.5], "moments_b": [1.0], "answer": "b", "confidence": 0.9}
            return chat_reply(found=[{"key": key, **entry} for key in keys_of(asked)])
        if not self.judges or (len(keys_of(asked)) < len(DIFFERENCES) and not self.looks_again):
            raise lm15.ServerError("down")
        return chat_reply(verdicts=[self.entry(key, asked) for key in keys_of(asked) if key != self.left_out])

    def entry(self, key: str, asked: Asked) -> dict[str, Any]:
        """In the judge's first question B is shown first, so that "a" is B; in the second look "b" is B."""
        again = len(keys_of(asked)) < len(DIFFERENCES)
        doubtful = key == self.unsure and not again
        confidence = 0.4 if doubtful else 0.9
        answer = "b" if again or doubtful else "a"
        return {
            "key": key,
            "reason": f"In {answer.upper()} the hips are lower.",
            "size": "clear",
            "answer": answer,
            "confidence": confidence,
            "frames_a": [1],
        }


def run(reader: Reader, given: Mapping[str, Any] = {}, **options: Any) -> tuple[Outcome, list[Asked]]:
    """The outcome of eight statements, and what was asked; nothing is measured unless it is handed in."""
    lm = scripted_lm(reader)
    program = TwoLooks(LMs(lm), **{"measure": False, **options})
    return program(action="squat", video_a=A, video_b=B, differences=DIFFERENCES, **given).outcome, lm.engine.asked


def test_two_calls_judge_eight_statements_in_both_orders() -> None:
    outcome, asked = run(Reader())
    assert [one.asks_for("found") for one in asked] == [True, False]
    assert {finding.verdict.answer for finding in outcome.differences} == {"b"}
    assert min(finding.verdict.confidence or 0 for finding in outcome.differences) > 0.8
    # The close frames: of B, shown as A, at 1.0 s, and of A, shown as B, at 0.5 s.
    assert [label.partition("t=")[2] for label in labels_of(asked[1])] == ["1.00 s:", "0.50 s:"]
    assert asked[1].images == [B.sequence.store.read(B.sequence.refs[4]), A.sequence.store.read(A.sequence.refs[2])]
    finding = outcome.differences[0]
    assert [frame.time_s for frame in finding.frames_b] == [1.0]
    # What was said of the first video shown, and what was cited of it, is told of B.
    assert finding.verdict.reason == "In B the hips are lower."
    assert (finding.verdict.evidence_a, finding.verdict.evidence_b) == ((), (0,))


def test_a_doubtful_statement_gets_a_second_look_in_company() -> None:
    outcome, asked = run(Reader(unsure="3"))
    assert len(asked) == 3
    assert len(keys_of(asked[2])) == 3
    assert DIFFERENCES[2].statement in asked[2].prompt
    # With A first it is B, with B first A: that is no answer.
    answers = [finding.verdict.answer for finding in outcome.differences]
    assert answers == ["b", "b", "c", *["b"] * 5]
    assert outcome.differences[2].verdict.reason == f"{UNCONFIRMED_PREFIX} In B the hips are lower."
    assert len(run(Reader(unsure="3"), effort="low")[1]) == 2


def test_a_statement_that_the_model_left_out_has_failed() -> None:
    outcome, asked = run(Reader(left_out="2"))
    verdicts = {finding.difference.key: finding.verdict for finding in outcome.differences}
    assert (verdicts["k1"].status, verdicts["k1"].answer, verdicts["k1"].fault) == ("failed", None, "garbled")
    assert {verdict.answer for key, verdict in verdicts.items() if key != "k1"} == {"b"}
    # It was asked for again before it counts as failed.
    assert [one.asks_for("verdicts") for one in asked] == [False, True, True, True]


def test_without_moments_the_clips_are_shown_evenly_and_a_notice_says_so() -> None:
    outcome, asked = run(Reader(finds=False))
    assert outcome.notices[0].startswith("No moments were found, so the clips are shown evenly: ")
    assert len(asked[-1].images) == 24
    assert {finding.verdict.answer for finding in outcome.differences} == {"b"}


def test_a_judge_that_cannot_be_reached_is_a_failure_and_never_no_difference() -> None:
    outcome, _ = run(Reader(judges=False))
    assert {finding.verdict.status for finding in outcome.differences} == {"failed"}
    assert {finding.verdict.answer for finding in outcome.differences} == {None}


def test_a_second_look_that_fails_leaves_the_first_and_a_notice() -> None:
    outcome, _ = run(Reader(unsure="3", looks_again=False))
    assert outcome.notices[0].startswith("3 of 3 statements got no second look: ")
    assert outcome.differences[2].verdict.answer is not None


@pytest.mark.parametrize("n_differences", [1, 3])
def test_open_mode_names_what_the_overview_shows(n_differences: int) -> None:
    def reply(asked: Asked) -> str:
        if asked.asks_for("differences"):
            seen = {"moments_a": [0.5], "moments_b": [0.5], "answer": "b", "confidence": 0.9}
            return chat_reply(differences=[{"statement": f"the squat is deeper {i}", **seen} for i in range(4)])
        return Reader()(asked)

    lm = scripted_lm(reply)
    outcome = TwoLooks(LMs(lm))(action="squat", video_a=A, video_b=B, n_differences=n_differences).outcome
    assert len(outcome.differences) == n_differences
    assert lm.engine.asked[0].asks_for("differences")


def named_by_text(asked: Asked) -> str:
    """A text model that names two differences; an overview sees the one that it is told, and another."""
    if not asked.images:
        return chat_reply(differences=[{"name": "d", "statement": f"the squat is deeper {i}"} for i in range(2)])
    if asked.asks_for("differences"):
        seen = {"moments_a": [0.5], "moments_b": [0.5], "answer": "b", "confidence": 0.9}
        told = [f"the squat is deeper {i}" for i in (1,) if f"the squat is deeper {i}" in asked.prompt]
        return chat_reply(differences=[{"statement": one, **seen} for one in (*told, "the stance is wider")])
    return Reader()(asked)


@pytest.mark.parametrize(
    ("proposes", "statements"),
    [
        ("overview", ["the stance is wider"]),
        ("text", ["the squat is deeper 0", "the squat is deeper 1"]),
        ("both", ["the squat is deeper 1", "the stance is wider"]),
    ],
)
def test_in_open_mode_an_overview_a_text_model_or_both_name_the_differences(
    proposes: ProposerName, statements: list[str]
) -> None:
    lm = scripted_lm(named_by_text)
    program = TwoLooks(LMs(lm), measure=False, proposes=proposes)
    outcome = program(action="squat", video_a=A, video_b=B, n_differences=3).outcome
    assert sorted(one.difference.statement for one in outcome.differences) == statements
    assert sum(not one.images for one in lm.engine.asked) == (proposes != "overview")


def test_a_text_model_that_fails_is_a_fault_and_beside_an_overview_a_notice() -> None:
    def reply(asked: Asked) -> str:
        if not asked.images:
            raise lm15.ServerError("down")
        return named_by_text(asked)

    def outcome_of(proposes: ProposerName) -> Outcome:
        program = TwoLooks(LMs(scripted_lm(reply)), measure=False, proposes=proposes)
        outcome: Outcome = program(action="squat", video_a=A, video_b=B).outcome
        return outcome

    alone, both = outcome_of("text"), outcome_of("both")
    assert (alone.differences, alone.fault) == ((), "server")
    assert (len(both.differences), both.fault) == (1, None)
    assert both.notices[0].startswith("Nothing was proposed by the text model: ")


def test_open_mode_that_fails_says_so_in_its_fault() -> None:
    def reply(asked: Asked) -> str:
        raise lm15.ServerError("down")

    outcome = TwoLooks(LMs(scripted_lm(reply)))(action="squat", video_a=A, video_b=B).outcome
    assert (outcome.differences, outcome.fault, outcome.retryable) == ((), "server", True)


def test_a_second_look_shows_the_person_alone_before_and_after_the_moments(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (40, 60, 80, 3), dtype=np.uint8)
    video = load(write_video(tmp_path / "clip.mp4", frames, 20, 80, 60), Sampling(), FrameStore(None))
    poses = KnownPoses({"clip.mp4": standing(video, 0.4, 0.6)})
    lm = scripted_lm(Reader(unsure="3"))
    TwoLooks(LMs(lm), poses=poses)(action="squat", video_a=video, video_b=video, differences=DIFFERENCES)
    first, second = (one for one in lm.engine.asked if one.asks_for("verdicts"))
    sizes = [{Image.open(io.BytesIO(jpeg)).size for jpeg in one.images} for one in (first, second)]
    assert sizes[0] == {(80, 60)}
    assert max(width for width, _ in sizes[1]) < 50
    assert [label.partition("t=")[2] for label in labels_of(second)] == ["0.35 s:", "0.65 s:", "0.85 s:", "1.15 s:"]


def test_what_one_order_alone_names_is_seen_again_in_the_other() -> None:
    """With A first the third statement is B, with B first it is nothing for sure."""

    class Overruled(Reader):
        def entry(self, key: str, asked: Asked) -> dict[str, Any]:
            again = len(keys_of(asked)) < len(DIFFERENCES)
            none = {"answer": "c", "size": "none", "confidence": 0.5} if key == "3" and not again else {}
            return super().entry(key, asked) | ({"answer": "a"} if again else {}) | none

    outcome, asked = run(Overruled())
    assert len(asked) == 3
    # B is shown first, as in the first look.
    assert asked[2].images[0] in {B.sequence.store.read(ref) for ref in B.sequence.refs}
    assert [finding.verdict.answer for finding in outcome.differences] == ["b"] * 8


def measured(answer: str, **numbers: Any) -> dict[str, MeasuredStatement]:
    """Evidence for the first statement alone."""
    number = Measurement(name="knee angle", unit="degrees", resolution=5, **numbers)
    verdict = Verdict(status="answered", answer=answer, confidence=0.95)
    return {"k0": MeasuredStatement(difference=DIFFERENCES[0], verdict=verdict, measurement=number)}


NUMBERS = {"a": 70.0, "b": 90.0, "error_a": 2.0, "error_b": 3.0, "moment": "at the bottom"}


def test_what_was_measured_stands_beside_its_statement_in_the_order_shown() -> None:
    outcome, asked = run(Reader(), {"evidence": measured("b", **NUMBERS, times_a=(2.0,), times_b=(2.5,))})
    # The statement whose moments come last stands last.
    assert (
        "8: knee angle at the bottom: video A 90 ± 3 degrees, video B 70 ± 2 degrees (a clear difference, 95% sure)"
        in asked[1].prompt
    )
    # Its moments are shown beside those that the finder named.
    assert [label.partition("t=")[2] for label in labels_of(asked[1])] == ["1.00 s:", "2.50 s:", "0.50 s:", "2.00 s:"]
    assert [number.a for number in outcome.differences[0].measurements] == [70.0]
    assert outcome.differences[1].measurements == ()


def test_a_measurement_that_decides_nothing_is_not_told_to_the_judge() -> None:
    unsure = {
        key: one.model_copy(update={"verdict": Verdict(status="unsure", reason="it lies within its uncertainty")})
        for key, one in measured("b", **NUMBERS | {"b": 71.0}).items()
    }
    outcome, asked = run(Reader(), {"evidence": unsure})
    assert all("knee angle" not in one.prompt for one in asked)
    assert [number.b for number in outcome.differences[0].measurements] == [71.0]


def test_a_measurement_against_what_is_seen_is_looked_at_again() -> None:
    assert len(run(Reader(), {"evidence": measured("b", **NUMBERS)})[1]) == 2
    _, asked = run(Reader(), {"evidence": measured("a", **NUMBERS)})
    assert DIFFERENCES[0].statement in asked[2].prompt
    assert DIFFERENCES[7].statement not in asked[2].prompt


def test_measuring_of_its_own_speaks_of_no_stage() -> None:
    slower = Difference(key="slow", name="slow", statement="the squat is slower", num_frames="gt_1")
    lm = scripted_lm(Reader())
    outcome = TwoLooks(LMs(lm))(action="squat", video_a=A, video_b=B, differences=(slower,)).outcome
    assert all(number.stage is None for number in outcome.measurements)


@pytest.mark.parametrize(
    ("part", "n_calls", "first"),
    [
        ("finder", 1, "B"),
        ("other_order", 2, "A"),
        ("second_look", 2, "B"),
        ("close_frames", 3, "B"),
        ("zoom", 3, "B"),
        ("impression", 3, "B"),
    ],
)
def test_each_part_can_be_left_out(part: str, n_calls: int, first: str) -> None:
    """``first``: whose frame the judge sees first; the second look is at the third statement."""
    reader = Reader(unsure="3")
    _, asked = run(reader, without=[part])
    assert len(asked) >= n_calls
    if part != "other_order":
        assert len(asked) == n_calls + (part == "finder")
    judged = next(one for one in asked if one.asks_for("verdicts"))
    of_a = {A.sequence.store.read(ref) for ref in A.sequence.refs}
    assert (judged.images[0] in of_a) is (first == "A")
