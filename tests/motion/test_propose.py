"""Proposals without a model, from the exact landmarks of rendered clips."""

from __future__ import annotations

from typing import Any

import pytest

from tests.motion.test_evaluate import squats
from viddiff.motion.measurement.propose import amount, moment_phrase, propose
from viddiff.motion.measurement.series import MeasuredClip
from viddiff.motion.measurement.spec import Moment
from viddiff.motion.quantities import QUANTITIES
from viddiff.programs.statements import fault_in
from viddiff.synthetic.clip import SyntheticClip as DrawnClip
from viddiff.synthetic.demo import demo_clips
from viddiff.synthetic.landmarks import landmarks_of, true_cycles
from viddiff.synthetic.pairs import plan_pair


def seen(drawn: DrawnClip[Any]) -> MeasuredClip:
    return MeasuredClip(landmarks_of(drawn), true_cycles(drawn.performance))


@pytest.fixture(scope="module")
def demo() -> tuple[MeasuredClip, MeasuredClip]:
    a, b = demo_clips(0)
    return seen(a), seen(b)


Pair = tuple[MeasuredClip, MeasuredClip]


def test_what_the_demo_is_made_to_differ_in_is_proposed(demo: Pair) -> None:
    stories = {QUANTITIES[proposed.spec.quantity].group: proposed for proposed in propose(*demo)}
    # Arms, depth, pause and stance differ; see the labels of the demo.
    assert {"elbows", "reach", "legs", "pause", "stance"} <= set(stories)
    assert stories["legs"].verdict.answer == "a"
    assert stories["stance"].verdict.answer == "a"
    assert stories["pause"].verdict.answer == "b"


def test_exchanged_clips_give_the_same_statements_with_the_other_answer(demo: Pair) -> None:
    straight, swapped = propose(*demo), propose(*demo[::-1])
    assert [one.difference for one in straight] == [one.difference for one in swapped]
    other = {"a": "b", "b": "a"}
    assert [other[str(one.verdict.answer)] for one in straight] == [one.verdict.answer for one in swapped]


def test_the_same_clip_twice_gives_nothing(demo: Pair) -> None:
    assert propose(demo[0], demo[0]) == ()
    assert propose(MeasuredClip(*squats(0.6, 0.6)), MeasuredClip(*squats(0.6, 0.6))) == ()


def test_one_cause_is_one_sentence() -> None:
    deeper = propose(MeasuredClip(*squats(0.4)), MeasuredClip(*squats(0.9)))
    assert len([one for one in deeper if QUANTITIES[one.spec.quantity].group == "legs"]) == 1
    assert all(one.verdict.answer == "b" for one in deeper)


def test_no_more_than_asked_for_and_the_clearest_first(demo: Pair) -> None:
    found = propose(*demo)
    assert len(found) <= 10
    assert propose(*demo, n=3) == found[:3]
    effects = [one.effect for one in found]
    assert effects == sorted(effects, reverse=True)


def test_statements_can_be_asked_and_say_when_and_by_how_much() -> None:
    for index in range(6):
        pair = plan_pair(index, 7)
        found = propose(seen(pair.a), seen(pair.b))
        for proposed in found:
            assert fault_in(proposed.difference.statement) is None
            assert "{" not in proposed.difference.statement
            assert proposed.a.times_s
            assert proposed.b.times_s
        assert len({one.difference.key for one in found}) == len(found)


def test_amounts_and_moments_are_words() -> None:
    assert amount(28.6, "deg") == "29 degrees"
    assert amount(0.2834, "torso lengths") == "0.28 torso lengths"
    assert amount(1.52, "s") == "1.5 seconds"
    assert amount(2.0, "times") == "2"
    assert moment_phrase(Moment(kind="extreme", of="hip_height", which="min")) == "at the bottom"
    assert moment_phrase(Moment(kind="start")) == "at the start"
    assert moment_phrase(Moment(kind="extreme")) == ""
