"""The program that looks twice: what it asks, in which order, and what becomes of each answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dspy import lm15

from tests.support.loaded import noise_footage
from tests.support.scripted import Asked, chat_reply, labels_of, scripted_lm
from viddiff.core.types import Difference, Outcome
from viddiff.lms import LMs
from viddiff.programs.viddiff.two_looks import TwoLooks

A, B = noise_footage(12, seed=1), noise_footage(12, seed=2)
DIFFERENCES = tuple(
    Difference(key=f"k{i}", name=f"d{i}", statement=f"statement {i} is true", num_frames="1") for i in range(8)
)


def keys_of(asked: Asked) -> list[str]:
    """The keys of the statements of a question."""
    return list(json.loads(asked.prompt.rpartition("[[ ## statements ## ]]")[2].strip().splitlines()[0]))


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
            "reason": "seen",
            "size": "clear",
            "answer": answer,
            "confidence": confidence,
            "frames_a": [1],
        }


def run(reader: Reader, **options: Any) -> tuple[Outcome, list[Asked]]:
    """The outcome of eight statements, and what was asked."""
    lm = scripted_lm(reader)
    program = TwoLooks(LMs(lm), **options)
    return program(action="squat", video_a=A, video_b=B, differences=DIFFERENCES).outcome, lm.engine.asked


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
    # What was cited of the first video shown is evidence in B.
    assert (finding.verdict.evidence_a, finding.verdict.evidence_b) == ((), (0,))


def test_a_doubtful_statement_gets_a_second_look_alone() -> None:
    outcome, asked = run(Reader(unsure="3"))
    assert len(asked) == 3
    assert DIFFERENCES[2].statement in asked[2].prompt
    assert DIFFERENCES[3].statement not in asked[2].prompt
    assert outcome.differences[2].verdict.answer == "b"
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
    assert len(asked[-1].images) == 8
    assert {finding.verdict.answer for finding in outcome.differences} == {"b"}


def test_a_judge_that_cannot_be_reached_is_a_failure_and_never_no_difference() -> None:
    outcome, _ = run(Reader(judges=False))
    assert {finding.verdict.status for finding in outcome.differences} == {"failed"}
    assert {finding.verdict.answer for finding in outcome.differences} == {None}


def test_a_second_look_that_fails_leaves_the_first_and_a_notice() -> None:
    outcome, _ = run(Reader(unsure="3", looks_again=False))
    assert outcome.notices[0].startswith("1 of 1 doubtful statements got no second look: ")
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


def test_open_mode_that_fails_says_so_in_its_fault() -> None:
    def reply(asked: Asked) -> str:
        raise lm15.ServerError("down")

    outcome = TwoLooks(LMs(scripted_lm(reply)))(action="squat", video_a=A, video_b=B).outcome
    assert (outcome.differences, outcome.fault, outcome.passing) == ((), "server", True)
