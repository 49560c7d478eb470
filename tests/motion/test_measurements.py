"""Measured numbers are the drawn ones, within the resolution that they claim; else there is none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.motion.drawn_track import HEIGHT, WIDTH, draw, squats
from viddiff.motion.figure import features as reading
from viddiff.motion.figure.features import UNITS, FigureQuantity, read_figure
from viddiff.motion.figure.tracking import FigureTrack, track_figure
from viddiff.video.loaded import GreyTrack


def value(quantity: FigureQuantity) -> float:
    assert quantity.value is not None, quantity.why
    return quantity.value


def drawn(count: int = 3, period_s: float = 1.6, hold_s: float = 0.0, depth: float = 0.3) -> FigureTrack:
    return track_figure(draw(*squats(count, period_s, hold_s=hold_s), depth=depth))


@pytest.mark.parametrize(("count", "period_s"), [(2, 2.0), (4, 1.2)])
def test_times_and_counts(count: int, period_s: float) -> None:
    found = read_figure(drawn(count, period_s))
    duration = found[reading.DURATION]
    assert abs(value(duration) - count * period_s) <= duration.resolution + 1 / 12
    assert value(found[reading.REPETITIONS]) == count
    period = found[reading.PERIOD]
    assert abs(value(period) - period_s) <= period.resolution
    assert value(found[reading.PAUSES]) == 0


@pytest.mark.parametrize("hold_s", [0.8, 2.0])
def test_the_pause_is_found_where_it_is(hold_s: float) -> None:
    found = read_figure(drawn(1, 2.0, hold_s))
    pause = found[reading.LONGEST_PAUSE]
    assert value(found[reading.PAUSES]) == 1
    # The ends of a slow movement look like rest.
    assert hold_s <= value(pause) <= hold_s + 0.4
    assert pause.moments_s[0] == pytest.approx(2.0, abs=0.25)
    assert pause.moments_s[1] == pytest.approx(2.0 + hold_s, abs=0.25)


@pytest.mark.parametrize("depth", [0.15, 0.25, 0.4])
def test_lowering_is_the_drawn_depth(depth: float) -> None:
    times_s, down = squats(2, 2.0, hold_s=0.5)
    lowering = read_figure(track_figure(draw(times_s, down, depth=depth)))[reading.LOWERING]
    assert abs(value(lowering) - depth) <= lowering.resolution
    assert down[np.searchsorted(times_s, lowering.moments_s[0])] > 0.9


def test_an_action_that_is_cut_off_has_no_duration() -> None:
    times_s, down = squats(3, 1.6)
    for part, told in ((slice(17, None), "under way"), (slice(0, 50), "goes on")):
        found = read_figure(track_figure(draw(times_s[part], down[part])))
        assert found[reading.DURATION].value is None
        assert told in found[reading.DURATION].why
        assert found[reading.DURATION].cause == "cut_off"


def test_a_still_clip_and_a_faulty_one_have_no_numbers() -> None:
    still = read_figure(track_figure(draw(*squats(0, 1.0, rest_s=2.0))))
    assert {still[name].value for name in UNITS} == {None}
    assert (still[reading.PAUSES].why, still[reading.PAUSES].cause) == ("nothing moves", "no_such_moment")
    times_s, down = squats(1, 2.0)
    faulty = read_figure(track_figure(draw(times_s[:3], down[:3])))
    assert {faulty[name].value for name in UNITS} == {None}
    assert faulty.problems


def test_a_figure_that_leaves_has_no_extents_but_times() -> None:
    times_s, down = squats(2, 1.6)
    down[: len(down) // 3] = np.nan
    found = read_figure(track_figure(draw(times_s, down)))
    assert found[reading.LOWERING].why == "the figure is not seen all the time"
    assert found[reading.LOWERING].cause == "visibility"


def test_a_moving_arm_is_no_body() -> None:
    times_s = np.arange(72) / 12
    frames = np.full((72, HEIGHT, WIDTH), 150, np.uint8)
    for frame, share in zip(frames, (1 - np.cos(times_s * 3)) / 2, strict=True):
        top = int(60 - 40 * share)
        frame[top : top + 30, 70:80] = 40
    found = read_figure(track_figure(GreyTrack(times_s, frames)))
    assert found[reading.LOWERING].value is None
    assert "a part of the body" in found[reading.LOWERING].why


def test_time_reversed_keeps_the_times() -> None:
    track = draw(*squats(3, 1.6, hold_s=0.8))
    forth = read_figure(track_figure(track))
    back = read_figure(track_figure(GreyTrack(track.times_s, track.frames[::-1])))
    for name in UNITS:
        tolerance = max(forth[name].resolution, 0.02)
        assert value(back[name]) == pytest.approx(value(forth[name]), abs=tolerance), name
