"""Borders of segments move to where the picture changes, and nowhere else."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viddiff.core.types import Segment
from viddiff.localizer.borders import refine_borders, strongest_change
from viddiff.video.loaded import GreyTrack

FPS = 12


def track_of(*parts: tuple[int, float]) -> GreyTrack:
    """A track of (grey level, seconds), with noise."""
    rng = np.random.default_rng(0)
    levels = np.concatenate([np.full(round(seconds * FPS), level) for level, seconds in parts])
    frames = levels[:, None, None] + rng.integers(-4, 5, (len(levels), 48, 64))
    return GreyTrack(np.arange(len(levels)) / FPS, frames.clip(0, 255).astype(np.uint8))


def segment(name: str, start_s: float, stop_s: float) -> Segment:
    """A step."""
    return Segment(stage=name, start_s=start_s, stop_s=stop_s)


def test_a_shared_border_goes_to_the_change_and_stays_shared() -> None:
    track = track_of((40, 10.0), (180, 8.0))
    first, second = refine_borders([segment("a", 0, 12), segment("b", 12, 18)], track, (0.0, 18.0), 3.0)
    assert (first.start_s, second.stop_s) == (0.0, 18.0)
    assert first.stop_s == second.start_s == pytest.approx(10.0)


def test_what_lies_between_two_steps_keeps_its_own_borders() -> None:
    track = track_of((40, 5.0), (120, 4.0), (200, 6.0))
    first, second = refine_borders([segment("a", 0, 6), segment("b", 8, 15)], track, (0.0, 15.0), 1.5)
    assert [first.stop_s, second.start_s] == pytest.approx([5.0, 9.0])


def test_a_border_stays_without_a_change_or_with_one_out_of_reach() -> None:
    still = track_of((90, 12.0))
    assert strongest_change(still, 6.0, 3.0, 9.0) == 6.0
    far = track_of((40, 2.0), (180, 10.0))
    assert strongest_change(far, 6.0, 3.0, 9.0) == 6.0
    # A slow drift has no moment of change that explains all of it, but no other division explains more.
    assert strongest_change(track_of((40, 0.1)), 0.05, 0.0, 0.1) == 0.05


@given(st.lists(st.floats(0.5, 6.0), min_size=2, max_size=6), st.integers(0, 2**32 - 1), st.floats(0.1, 10.0))
def test_segments_stay_in_order_and_apart_whatever_the_pictures_are(
    lengths: list[float], seed: int, reach_s: float
) -> None:
    edges = np.cumsum([0.0, *lengths]).tolist()
    times_s = np.arange(0.0, edges[-1], 1 / FPS)
    frames = np.random.default_rng(seed).integers(0, 256, (len(times_s), 16, 16), dtype=np.uint8)
    segments = [segment(str(i), *span) for i, span in enumerate(pairwise(edges))]
    made = refine_borders(segments, GreyTrack(times_s, frames), (0.0, edges[-1]), reach_s)
    found = [time_s for one in made for time_s in (one.start_s, one.stop_s)]
    assert found == sorted(found)
    assert all(one.start_s < one.stop_s for one in made)
    assert (found[0], found[-1]) == (0.0, edges[-1])
