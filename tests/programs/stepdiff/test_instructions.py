"""Whole videos: their steps are found, matched in order and compared, and what fails is never told as missing."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from dspy import lm15
from hypothesis import given as drawn
from hypothesis import strategies as st

from tests.support.scripted import Asked, chat_reply, scripted_lm
from tests.support.step_videos import CANDIDATE, COLOURS, REFERENCE, Cook, Script, footage
from viddiff.lms import LMs
from viddiff.programs.stepdiff.finder import MOST_LINES, group_cues, segments_of
from viddiff.programs.stepdiff.instructions import InstructionComparer
from viddiff.programs.stepdiff.matching import match_in_order, match_rest
from viddiff.programs.stepdiff.results import PairedStep
from viddiff.signatures.stepdiff.instructions import FoundStep
from viddiff.video.transcript import Cue

CATEGORIES = ("Ingredients", "Technique")


def run(
    answer: Any, reference: Script = REFERENCE, candidate: Script = CANDIDATE, **inputs: Any
) -> tuple[Any, list[Asked]]:
    """What was found, and what was asked."""
    lm = scripted_lm(answer)
    program = InstructionComparer(LMs(lm))
    videos = {"reference": footage(reference), "candidate": footage(candidate)}
    return program(**videos, categories=CATEGORIES, **inputs), lm.engine.asked


def spans(steps: tuple[PairedStep, ...]) -> dict[str, tuple[tuple[float, float] | None, ...]]:
    """Where each step lies in reference and candidate."""
    return {
        step.name: tuple((one.start_s, one.stop_s) if one else None for one in (step.reference, step.candidate))
        for step in steps
    }


def cues(script: Script) -> list[Cue]:
    """What is said: one line for each third second of what is done."""
    said, start_s = [], 0.0
    for name, seconds in script:
        said += [Cue(start_s + k, start_s + k + 2.5, f"Now {name} it.") for k in np.arange(0.0, seconds, 3.0)]
        start_s += seconds
    return said


def truth(script: Script) -> dict[str, tuple[float, float]]:
    """Where each step lies."""
    edges = np.cumsum([0.0, *(seconds for _, seconds in script)]).tolist()
    return {name: span for (name, _), span in zip(script, itertools.pairwise(edges), strict=True) if name != "talk"}


def test_borders_are_finer_than_the_parts_that_are_captioned() -> None:
    script: Script = [("chop", 11), ("fry", 13)]
    found, _ = run(Cook(), script, CANDIDATE)
    assert spans(found.steps)["chop"][0] == pytest.approx((0.0, 11.0), abs=0.26)
    assert spans(found.steps)["fry"][0] == pytest.approx((11.0, 24.0), abs=0.26)


def test_steps_are_found_in_captions_matched_and_compared_by_their_own_frames() -> None:
    cook = Cook()
    found, asked = run(cook)
    both = {name: (truth(REFERENCE).get(name), truth(CANDIDATE).get(name)) for name in COLOURS if name != "talk"}
    assert spans(found.steps) == both
    # In the order of the reference, the extra step after the one that it follows.
    assert [step.name for step in found.steps] == ["chop", "fry", "garnish", "season", "serve"]
    assert sorted(cook.compared) == [(name, {name}, {name}) for name in ("chop", "fry", "serve")]
    compared = {step.name: [one.differences for one in step.categories] for step in found.steps}
    assert compared["season"] == compared["garnish"] == []
    assert [len(one) for one in compared["fry"]] == [0, 1]
    frame = found.steps[1].categories[1].differences[0].frames_candidate[0]
    assert 12.0 <= frame.time_s < 24.0
    assert sum(one.asks_for("doing") for one in asked) == 9 + 8
    assert found.task == "a dish"


def test_a_transcript_tells_the_steps_and_nothing_is_captioned() -> None:
    found, asked = run(Cook(), cues=(cues(REFERENCE), cues(CANDIDATE)))
    assert spans(found.steps)["fry"] == (truth(REFERENCE)["fry"], truth(CANDIDATE)["fry"])
    assert not any(one.asks_for("doing") for one in asked)


def test_a_step_at_another_place_is_not_missing_and_is_compared() -> None:
    candidate = [("serve", 12.0), ("chop", 12.0), ("fry", 12.0)]
    found, _ = run(Cook(), [("chop", 12.0), ("fry", 12.0), ("serve", 12.0)], candidate)
    assert {step.name: step.in_order for step in found.steps} == {"chop": True, "fry": True, "serve": False}
    assert all(step.categories for step in found.steps)


@pytest.mark.parametrize("field", ["steps", "matches"])
def test_a_failure_to_find_steps_is_a_failure_and_no_step_is_called_missing(field: str) -> None:
    def answer(asked: Asked) -> str:
        if asked.asks_for(field):
            raise lm15.ServerError("down")
        return Cook()(asked)

    found, _ = run(answer)
    assert (found.steps, found.localization.fault) == ((), "server")


def test_steps_with_lines_that_are_not_there_cannot_be_used() -> None:
    def answer(asked: Asked) -> str:
        if asked.asks_for("steps"):
            return chat_reply(task="a dish", steps=[{"name": "chop", "first_line": 3, "last_line": 99}])
        return Cook()(asked)

    found, asked = run(answer)
    assert found.localization.fault == "garbled"
    assert "from line 3 to 99" in found.localization.error
    # Asked again before it is given up.
    assert sum(one.asks_for("steps") for one in asked) == 6


def test_a_part_without_a_caption_is_told_and_the_others_are_used() -> None:
    def answer(asked: Asked) -> str:
        if asked.asks_for("doing") and "t=0.00 s" in asked.prompt:
            raise lm15.ServerError("down")
        return Cook()(asked)

    found, _ = run(answer)
    assert [step.name for step in found.steps] == ["chop", "fry", "garnish", "season", "serve"]
    assert found.notices[0].startswith("Reference: 1 of 9 parts have no caption: ")


claims = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 11)), max_size=6)


@drawn(claims)
def test_steps_never_overlap_whatever_lines_are_claimed(claimed: list[tuple[int, int]]) -> None:
    lines = [Cue(2.0 * i, 2.0 * i + 1, "said") for i in range(12)]
    steps = [FoundStep(name="chop", first_line=a, last_line=min(12, a + n)) for a, n in claimed]
    found = segments_of(steps, lines, 30.0)
    assert all(one.start_s < one.stop_s for one in found)
    assert all(one.stop_s <= other.start_s for one, other in itertools.pairwise(found))
    assert len({one.stage for one in found}) == len(found) <= len(steps)
    assert bool(found) == bool(steps)


def test_a_long_transcript_is_told_in_few_lines() -> None:
    lines = group_cues([Cue(i, i + 1, f"word{i}") for i in range(2 * MOST_LINES + 1)])
    assert len(lines) <= MOST_LINES
    assert (lines[0], lines[-1].stop_s) == (Cue(0, 3, "word0 word1 word2"), 2 * MOST_LINES + 1)


def best(similarity: np.ndarray) -> float:
    """The largest gain of all ways to pair rows and columns in order, tried one by one."""
    rows, columns = similarity.shape
    ways = (
        zip(some, others, strict=True)
        for n in range(min(rows, columns) + 1)
        for some in itertools.combinations(range(rows), n)
        for others in itertools.combinations(range(columns), n)
    )
    return float(max(sum(similarity[pair] - 0.5 for pair in way) for way in ways))


@pytest.mark.parametrize("seed", range(20))
def test_pairs_in_order_are_the_best_of_all_ways(seed: int) -> None:
    rng = np.random.default_rng(seed)
    similarity = rng.random((rng.integers(1, 5), rng.integers(1, 5)))
    pairs = match_in_order(similarity)
    assert sum(similarity[pair] - 0.5 for pair in pairs) == pytest.approx(best(similarity))
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in itertools.pairwise(pairs))
    more = match_rest(similarity, pairs)
    assert all(similarity[pair] > 0.5 for pair in pairs + more)
    assert len({i for i, _ in pairs + more}) == len({j for _, j in pairs + more}) == len(pairs + more)
