"""The ranker and the answerer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from dspy import lm15

from tests.programs.stepdiff.answers import names_shown
from tests.support.loaded import noise_footage
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.lms import LMs
from viddiff.programs.stepdiff.answerer import StepAnswerer
from viddiff.programs.stepdiff.ranker import StepRanker, n_comparisons, neighbours
from viddiff.programs.stepdiff.strengths import strengths

REFERENCE = noise_footage(6, seed=9)
CANDIDATES = {f"c{i}": noise_footage(6, seed=i) for i in range(4)}
VIDEOS = {"reference": REFERENCE, **CANDIDATES}
#: The truth: c2 is closest, then c0, c3, c1.
CLOSENESS = {"c2": 3, "c0": 2, "c3": 1, "c1": 0}


class Grader:
    """Gives all the same grade, so that comparisons alone can order them; fails on some candidates."""

    def __init__(self, fails: str = "", compares: bool = True) -> None:
        self.fails, self.compares = fails, compares

    def __call__(self, asked: Asked) -> str:
        names = names_shown(asked, VIDEOS)
        assert names[0] == "reference"
        if asked.asks_for("similarity"):
            if names[1] == self.fails:
                raise lm15.ServerError("down")
            return chat_reply(reason="seen", similarity=50)
        if not self.compares:
            raise lm15.ServerError("down")
        closer = "first" if CLOSENESS[names[1]] > CLOSENESS[names[2]] else "second"
        return chat_reply(reason="seen", closer=closer)


def rank(grader: Any, **options: Any) -> tuple[Any, list[Asked]]:
    """What was found, and what was asked."""
    lm = scripted_lm(grader)
    program = StepRanker(LMs(lm), **options)
    return program(reference=REFERENCE, candidates=tuple(CANDIDATES.values()), category="Technique"), lm.engine.asked


def test_grades_and_comparisons_in_both_orders_give_the_true_order() -> None:
    found, asked = rank(Grader())
    assert [one.index for one in found.ranked] == [2, 0, 3, 1]
    assert len({one.similarity for one in found.ranked}) == 4
    assert len(asked) == 4 + n_comparisons(4) == 16
    assert found.notices == ()


def test_without_comparisons_the_grades_decide() -> None:
    found, asked = rank(Grader(), compares=False)
    assert (len(asked), [one.index for one in found.ranked]) == (4, [0, 1, 2, 3])
    assert {one.similarity for one in found.ranked} == {0.5}


def test_a_candidate_whose_grade_failed_has_no_place() -> None:
    found, _ = rank(Grader(fails="c0"))
    assert [one.index for one in found.ranked] == [2, 3, 1, 0]
    assert (found.ranked[-1].similarity, found.ranked[-1].fault) == (None, "server")


def test_comparisons_that_fail_are_told() -> None:
    found, _ = rank(Grader(compares=False))
    assert found.notices[0].startswith("12 of 12 comparisons of candidates failed: ")
    assert not any(one.failed for one in found.ranked)


def test_strengths_have_the_order_of_the_grades_and_more_wins_are_more() -> None:
    grades = [0.9, 0.2, 0.5]
    assert np.argsort(strengths(grades, {})).tolist() == [1, 2, 0]
    few, many = strengths(grades, {(1, 2): 1.0}), strengths(grades, {(1, 2): 4.0})
    assert many[1] > few[1] > strengths(grades, {})[1]
    assert many[0] == pytest.approx(strengths(grades, {})[0])


def test_many_candidates_are_compared_with_their_neighbours_alone() -> None:
    assert len(neighbours(range(20))) == 3 * 20 - 6


def answer(reply: str) -> Any:
    """The PairedAnswer that a reply becomes."""
    return StepAnswerer(LMs(scripted_lm(lambda asked: reply)), attempts=1)(
        question="why is it drier?", reference=REFERENCE, candidate=CANDIDATES["c0"]
    ).answer


SEEN = {"seen_reference": "wet", "seen_candidate": "dry", "answerable": "yes", "confidence": 90}


def test_an_answer_has_its_frames_and_whether_the_frames_tell() -> None:
    found = answer(chat_reply(answer="Less water.", frames_reference=[2], frames_candidate=[], **SEEN))
    assert (found.answer, found.answerable, found.confidence) == ("Less water.", True, 0.9)
    assert [frame.time_s for frame in found.frames_reference] == [0.25]


@pytest.mark.parametrize(
    "reply", ["nothing of the kind", chat_reply(answer=" ", frames_reference=[], frames_candidate=[], **SEEN)]
)
def test_an_answer_that_cannot_be_read_or_is_empty_has_failed(reply: str) -> None:
    found = answer(reply)
    assert (found.failed, found.fault, found.answer) == (True, "garbled", "")
