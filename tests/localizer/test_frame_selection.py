"""Which frames are looked at."""

from __future__ import annotations

import itertools
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viddiff.core.types import Localization, NumFrames, Segment
from viddiff.localizer.frame_selection import select_frames

TIMES_S = np.arange(40) / 4.0


def located(*edges_s: float) -> Localization:
    segments = tuple(
        Segment(stage=f"s{i}", start_s=start, stop_s=stop)
        for i, (start, stop) in enumerate(itertools.pairwise(edges_s))
    )
    return Localization(side="a", strategy="uniform", segments=segments)


def test_one_frame_is_the_middle_of_the_first_linked_stage() -> None:
    # Frames 8..15 lie in [2, 4): the middle is 11.
    assert select_frames(TIMES_S, located(0, 2, 4, 10), ["s1", "s2"], "1") == (11,)


def test_the_paper_takes_three_frames_around_the_middle_of_the_span() -> None:
    # The middle of [2, 10) is 6 s; 5.65, 6.0 and 6.35 s are nearest to frames at 5.75, 6.0 and 6.25 s.
    chosen = select_frames(TIMES_S, located(0, 2, 4, 10), ["s1", "s2"], "gt_1", "paper")
    assert [TIMES_S[i] for i in chosen] == [5.75, 6.0, 6.25]


def test_the_paper_at_one_fps_never_repeats_a_frame() -> None:
    # The slip of the published code: 0.35 s is less than a frame, and one frame was sent three times.
    assert select_frames(np.arange(10.0), located(0, 4, 10), ["s0"], "gt_1", "paper") == (2,)


def test_the_paper_stays_inside_the_clip() -> None:
    times_s = np.arange(20) / 20
    assert select_frames(times_s, located(0, 0.1, 1.0), ["s0"], "gt_1", "paper") == (0, 7, 14)


def test_the_span_shows_first_and_last_frame_of_the_linked_stages() -> None:
    assert select_frames(TIMES_S, located(0, 2, 4, 10), ["s1"], "gt_1") == (8, 9, 11, 12, 14, 15)


def test_of_a_short_stage_the_frames_beside_it_are_shown_too() -> None:
    assert select_frames(TIMES_S, located(0, 2, 2.5, 10), ["s1"], "gt_1") == (7, 8, 9, 10)
    assert select_frames(TIMES_S, located(0, 0.5, 10), ["s0"], "gt_1") == (0, 1, 2)


def test_an_empty_stage_shows_the_frame_on_screen() -> None:
    assert select_frames(TIMES_S, located(0, 2, 2, 10), ["s1"], "1") == (8,)
    assert select_frames(TIMES_S, located(0, 10, 10), ["s1"], "gt_1") == (38, 39)


def test_an_unknown_stage_means_the_whole_clip() -> None:
    assert select_frames(TIMES_S, located(0, 2, 10), ["?"], "gt_1")[0] == 0


@given(
    st.lists(st.floats(0.01, 3.0), min_size=1, max_size=60),
    st.lists(st.floats(0, 1), min_size=0, max_size=5),
    st.sampled_from(["1", "gt_1"]),
    st.sampled_from(["span", "paper"]),
    st.integers(0, 5),
)
def test_frames_are_inside_in_order_and_never_twice(
    gaps_s: list[float],
    cuts: list[float],
    num_frames: NumFrames,
    policy: Literal["span", "paper"],
    stage: int,
) -> None:
    times_s = np.cumsum(gaps_s)
    stop_s = float(times_s[-1]) + 0.1
    localization = located(*sorted([0.0, stop_s, *(cut * stop_s for cut in cuts)]))
    chosen = select_frames(times_s, localization, [f"s{stage}"], num_frames, policy)
    assert chosen
    assert list(chosen) == sorted(set(chosen))
    assert chosen[0] >= 0
    assert chosen[-1] < len(times_s)


@pytest.mark.parametrize("num_frames", ["1", "gt_1"])
def test_a_clip_of_one_frame(num_frames: NumFrames) -> None:
    assert select_frames(np.array([0.0]), located(0, 0, 0.1), ["s0"], num_frames, "paper") == (0,)
