from __future__ import annotations

import itertools

import pytest

from tests.report.sample import sample
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import Segment
from viddiff.report.page import position_rules
from viddiff.report.timeline import FLAG_WIDTH, N_COLOURS, axis
from viddiff.report.viddiff.page import stage_timeline


def test_bars_lie_on_one_scale() -> None:
    comparison = sample().comparison
    line = stage_timeline(comparison)
    a, b = line.tracks
    assert a.width == 100
    assert b.width == pytest.approx(100 * 6.4 / 7.4)
    for track, where in ((a, comparison.localization_a), (b, comparison.localization_b)):
        for bar, segment in zip(track.bars, where.segments, strict=True):
            assert bar.left == pytest.approx(100 * segment.start_s / 7.4)
            assert bar.left + bar.width == pytest.approx(100 * segment.stop_s / 7.4)
    assert [bar.number for bar in a.bars] == [1, 2, 3, 4, 5]
    assert not line.offset


def test_ticks_are_the_frames_that_were_looked_at() -> None:
    comparison = sample().comparison
    for track in stage_timeline(comparison).tracks:
        looked_at, cited = set(), set()
        for finding in comparison.differences:
            frames = getattr(finding, f"frames_{track.side}")
            looked_at |= {frame.time_s for frame in frames}
            cited |= {frames[i].time_s for i in getattr(finding.verdict, f"evidence_{track.side}")}
        assert [tick.time_s for tick in track.ticks] == sorted(looked_at)
        assert {tick.time_s for tick in track.ticks if tick.cited} == cited


def test_a_part_that_begins_later_is_drawn_from_its_beginning() -> None:
    comparison = sample().comparison
    shifted = comparison.localization_b.model_copy(
        update={
            "segments": tuple(
                s.model_copy(update={"start_s": s.start_s + 60, "stop_s": s.stop_s + 60})
                for s in comparison.localization_b.segments
            )
        }
    )
    video = comparison.video_b.model_copy(update={"start_s": 60.0, "stop_s": 66.4})
    line = stage_timeline(comparison.model_copy(update={"localization_b": shifted, "video_b": video}))
    assert line.offset
    before = stage_timeline(comparison).tracks[1].bars
    assert [bar.left for bar in line.tracks[1].bars] == pytest.approx([bar.left for bar in before])


def test_a_stage_in_one_video_only_is_listed() -> None:
    comparison = sample().comparison
    a = comparison.localization_a
    extra = a.model_copy(update={"segments": (*a.segments, Segment(stage="bow", start_s=7.0, stop_s=7.4))})
    line = stage_timeline(comparison.model_copy(update={"localization_a": extra}))
    assert (line.rows[-1].stage, line.rows[-1].b, line.rows[-1].number) == ("bow", None, 6)
    assert line.colours["bow"] == 5 % N_COLOURS


@pytest.mark.parametrize("scale_s", [0.001, 0.0099, 0.4, 1.0, 3.99, 4.0, 7.4, 10.0, 59.9, 3600.0, 1e6])
def test_the_axis_has_round_steps(scale_s: float) -> None:
    marks = axis(scale_s)
    assert 5 <= len(marks) <= 11
    assert marks[0] == 0
    assert marks[-1] <= scale_s * 1.0001
    step_s = marks[1]
    assert marks[-1] + step_s > scale_s * 0.999
    digits = f"{step_s:.6e}"
    assert float(digits.split("e")[0]) in (1, 2, 5)


def test_numbers_of_differences_stand_at_their_moments_and_not_on_each_other() -> None:
    comparison = sample().comparison
    one, other = stage_timeline(comparison).tracks
    assert [flag.number for flag in one.flags] == [flag.number for flag in other.flags] == [1, 2, 3, 4, 5, 6, 7]
    first = comparison.differences[3]
    assert one.flags[0].left == pytest.approx(100 * first.frames_a[0].time_s / 7.4, abs=FLAG_WIDTH)
    same = tuple(
        first.model_copy(update={"frames_a": (first.frames_a[0].model_copy(update={"time_s": time_s}),)})
        for time_s in (0.0, 0.0, 3.7, 3.7, 3.72, 7.4, 7.4, 7.4)
    )
    for n in (1, 20):
        flags = stage_timeline(comparison.model_copy(update={"differences": same * n})).tracks[0].flags
        lefts = sorted(flag.left for flag in flags)
        assert lefts[0] >= -1e-9
        assert lefts[-1] <= 100
        assert min(b - a for a, b in itertools.pairwise(lefts)) >= min(FLAG_WIDTH, 100 / len(flags)) - 1e-9


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1e300, 1e300])
def test_nonsense_times_stay_on_the_page(bad: float) -> None:
    comparison: ComparisonRecord = sample().comparison
    a = comparison.localization_a
    segments = (Segment(stage="x", start_s=bad, stop_s=bad), *a.segments)
    video = comparison.video_b.model_copy(update={"stop_s": bad if bad < 1e299 else 5.0})
    line = stage_timeline(
        comparison.model_copy(update={"localization_a": a.model_copy(update={"segments": segments}), "video_b": video})
    )
    for track in line.tracks:
        assert 0 <= track.width <= 100
        for bar in track.bars:
            assert 0 <= bar.left <= bar.left + bar.width <= 100.001
    assert "nan" not in position_rules(line)
    assert "inf" not in position_rules(line)
