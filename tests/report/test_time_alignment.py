"""The clock of two clips."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.sample import alignment_of, sample
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import Localization, Segment, Side
from viddiff.report.time_alignment import Knot, align, as_recorded, clock_of, synchronise, times_at


def clips(
    a: dict[str, tuple[float, float]],
    b: dict[str, tuple[float, float]],
    part_a: tuple[float, float] = (0.0, 6.0),
    part_b: tuple[float, float] = (0.0, 6.0),
) -> ComparisonRecord:
    """A comparison with these stages in these parts of two files."""

    def localization(side: Side, stages: dict[str, tuple[float, float]]) -> Localization:
        segments = tuple(Segment(stage=name, start_s=start, stop_s=stop) for name, (start, stop) in stages.items())
        return Localization(side=side, strategy="viterbi", segments=segments)

    base = sample().comparison
    return base.model_copy(
        update={
            "video_a": base.video_a.model_copy(update={"start_s": part_a[0], "stop_s": part_a[1]}),
            "video_b": base.video_b.model_copy(update={"start_s": part_b[0], "stop_s": part_b[1]}),
            "localization_a": localization("a", a),
            "localization_b": localization("b", b),
        }
    )


def test_a_stage_lasts_as_long_as_in_the_longer_clip() -> None:
    knots = synchronise(clips({"down": (0, 2), "up": (2, 6)}, {"down": (0, 3), "up": (3, 5)}, part_b=(0, 5)))
    assert knots == (Knot(0, 0, 0), Knot(3, 2, 3), Knot(7, 6, 5))
    assert times_at(knots, 1.5) == (1.0, 1.5)
    assert times_at(knots, 5.0) == (4.0, 4.0)


def test_the_clock_starts_where_the_parts_compared_start() -> None:
    knots = synchronise(
        clips({"down": (10, 12), "up": (12, 14)}, {"down": (1, 2), "up": (2, 4)}, (10.0, 14.0), (1.0, 4.0))
    )
    assert knots == (Knot(0, 10, 1), Knot(2, 12, 2), Knot(4, 14, 4))


def test_a_stage_of_no_length_holds_its_clip_while_the_other_shows_it() -> None:
    stages_a = {"down": (0.0, 2.0), "pause": (2.0, 2.0), "up": (2.0, 6.0)}
    stages_b = {"down": (0.0, 2.0), "pause": (2.0, 3.0), "up": (3.0, 6.0)}
    knots = synchronise(clips(stages_a, stages_b))
    assert times_at(knots, 2.5) == (2.0, 2.5)
    assert clock_of(knots, "a", 2.0) == 2.0
    assert clock_of(knots, "b", 3.0) == 3.0


def test_a_stage_of_one_clip_alone_is_set_against_what_lies_between_the_shared_ones() -> None:
    stages_a = {"down": (0.0, 2.0), "bounce": (2.0, 3.0), "up": (3.0, 6.0)}
    knots = synchronise(clips(stages_a, {"down": (0.0, 2.0), "up": (2.0, 6.0)}))
    assert times_at(knots, 3.0) == (3.0, 2.0)
    assert knots[-1] == Knot(7, 6, 6)


def test_without_a_shared_stage_both_parts_run_linearly() -> None:
    knots = synchronise(clips({"down": (0, 6)}, {"up": (0, 3)}, part_b=(0.0, 3.0)))
    assert knots == (Knot(0, 0, 0), Knot(6, 6, 3))


def test_stages_in_another_order_are_matched_where_both_orders_agree() -> None:
    stages_a = {"down": (0.0, 2.0), "pause": (2.0, 3.0), "up": (3.0, 6.0)}
    stages_b = {"up": (0.0, 1.0), "down": (1.0, 4.0), "pause": (4.0, 6.0)}
    knots = synchronise(clips(stages_a, stages_b))
    assert times_at(knots, clock_of(knots, "a", 2.0)) == (2.0, 4.0)


def test_raw_clips_run_as_recorded_and_the_shorter_one_is_held() -> None:
    knots = as_recorded(clips({}, {}, (1.0, 6.0), (0.0, 2.0)))
    assert times_at(knots, 1.0) == (2.0, 1.0)
    assert times_at(knots, 4.0) == (5.0, 2.0)
    assert clock_of(knots, "b", 2.0) == 2.0
    assert len(as_recorded(clips({}, {}))) == 2


def test_times_outside_of_the_clock_are_its_ends() -> None:
    knots = synchronise(clips({}, {}, (1.0, 3.0), (0.0, 2.0)))
    assert times_at(knots, -1.0) == (1.0, 0.0)
    assert times_at(knots, 99.0) == (3.0, 2.0)
    assert clock_of(knots, "a", 0.0) == 0.0
    assert clock_of(knots, "a", 99.0) == 2.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_do_not_reach_the_clock(bad: float) -> None:
    for comparison in (clips({"down": (0.0, bad)}, {"down": (0.0, 3.0)}), clips({}, {}, (0.0, bad))):
        for knots in (synchronise(comparison), as_recorded(comparison)):
            assert all(math.isfinite(value) for knot in knots for value in (knot.clock_s, knot.a_s, knot.b_s))
            assert knots[-1].clock_s > 0


times = st.floats(min_value=-5, max_value=20)


@settings(max_examples=60, deadline=None)
@given(
    cuts_a=st.lists(times, min_size=4, max_size=4),
    cuts_b=st.lists(times, min_size=4, max_size=4),
    share=st.floats(min_value=0, max_value=1),
)
def test_no_clock_turns_back_or_leaves_the_parts(cuts_a: list[float], cuts_b: list[float], share: float) -> None:
    names = ("down", "pause", "up")
    stages_a = dict(zip(names, itertools.pairwise(cuts_a), strict=True))
    stages_b = dict(zip(names, itertools.pairwise(cuts_b), strict=True))
    comparison = clips(stages_a, stages_b, (1.0, 9.0), (0.0, 4.0))
    for knots in (synchronise(comparison), as_recorded(comparison)):
        assert all(left.clock_s < right.clock_s for left, right in itertools.pairwise(knots))
        assert all(left.a_s <= right.a_s and left.b_s <= right.b_s for left, right in itertools.pairwise(knots))
        assert (knots[0].a_s, knots[0].b_s, knots[-1].a_s, knots[-1].b_s) == (1.0, 0.0, 9.0, 4.0)
        a_s, b_s = times_at(knots, share * knots[-1].clock_s)
        # Where a clip moves, its time and the clock tell each other; where it is held, the clock is where that began.
        assert times_at(knots, clock_of(knots, "a", a_s))[0] == pytest.approx(a_s, abs=1e-6)
        assert times_at(knots, clock_of(knots, "b", b_s))[1] == pytest.approx(b_s, abs=1e-6)
        assert clock_of(knots, "a", a_s) <= share * knots[-1].clock_s + 1e-6


def test_on_the_aligned_clock_both_are_at_the_same_moment() -> None:
    pair = clips({}, {}).model_copy(update={"alignment": alignment_of((0.0, 2.0, 4.0, 5.9), (0.5, 1.0, 4.0, 5.5))})
    knots = align(pair)
    assert [times_at(knots, clock_of(knots, "a", a_s))[1] for a_s in (2.0, 4.0, 5.9)] == pytest.approx([1.0, 4.0, 5.5])
    assert knots[0] == Knot(0, 0, 0)
    assert (knots[-1].a_s, knots[-1].b_s) == (6.0, 6.0)


def test_what_cannot_be_believed_gives_no_aligned_clock() -> None:
    pair = clips({}, {})
    assert align(pair) == ()
    assert align(pair.model_copy(update={"alignment": alignment_of((1.0,), (1.0,), ("collapsed",))})) == ()


TIMES = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=12).map(tuple)


@given(TIMES, TIMES)
@settings(max_examples=60, deadline=None)
def test_whatever_a_document_says_the_aligned_clock_never_turns_back(
    a_s: tuple[float, ...], b_s: tuple[float, ...]
) -> None:
    knots = align(clips({}, {}).model_copy(update={"alignment": alignment_of(a_s, b_s)}))
    assert all(one.clock_s < other.clock_s for one, other in itertools.pairwise(knots))
    assert all(one.a_s <= other.a_s and one.b_s <= other.b_s for one, other in itertools.pairwise(knots))
    assert (knots[-1].a_s, knots[-1].b_s) == (6.0, 6.0)
