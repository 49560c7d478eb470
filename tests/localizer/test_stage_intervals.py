"""Stages by the phases of a pose, and by moments that somebody named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.motion.drawn_figure import pose_of_image, raised, there_and_back
from tests.support.loaded import noise_footage
from viddiff import build
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Localization, Stage
from viddiff.localizer import strategies
from viddiff.localizer.localizer import Localizer
from viddiff.localizer.stage_intervals import intervals_by_moments, intervals_by_phases
from viddiff.localizer.strategies import Evidence, agreement, agreement_by_stage
from viddiff.localizer.strategies import pose as pose_strategy
from viddiff.motion.cycles import Cycles, Excursion, Span
from viddiff.motion.pose.choice import NoPose
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.reader import PoseReader

STAGES = [Stage(name=name, description=name) for name in ("stand", "raise", "hold", "lower", "rest")]
TIMES_S = np.arange(40) / 4


class Poses:
    """A reader of poses that has one."""

    def __init__(self, pose: Pose | NoPose) -> None:
        self.pose = pose

    def pose_of(self, video: object) -> Pose | NoPose:
        return self.pose


def located(pose: Pose | NoPose, stages: list[Stage] = STAGES) -> Localization:
    localizer = Localizer("pose", poses=cast("PoseReader", Poses(pose)))
    return localizer(stages, noise_footage(40), "a")


def evidence(pose: Pose | NoPose, moments: Sequence[Sequence[float]] = ()) -> Evidence:
    return Evidence(len(STAGES), noise_footage(40), pose=pose, moments=moments)


def test_without_a_pose_nothing_is_agreed_and_named_moments_decide() -> None:
    nobody = NoPose(why="nobody is seen")
    assert not agreement_by_stage(evidence(nobody)).any()
    intervals = agreement(evidence(nobody, [(), (3.0,), (), (), ()]))
    assert intervals[1].tolist() == [12, 13]


def test_what_motion_places_like_the_pose_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    times_s = np.arange(15 * 10) / 15
    seen = evidence(pose_of_image(raised(there_and_back(times_s, 2.0, 1.5, 2.0, 1.0))), [(9.0,)] * len(STAGES))
    by_pose = pose_strategy(seen)
    # Motion finds the first three stages alike, the first a little longer, and the others elsewhere.
    by_motion = by_pose + np.array([[0, 1], [1, 0], [0, 0], [-9, -9], [-9, -9]])
    monkeypatch.setattr(strategies, "motion", lambda given: by_motion)
    assert agreement_by_stage(seen).tolist() == [True, True, True, False, False]
    assert agreement(seen)[:3].tolist() == by_pose[:3].tolist()
    assert agreement(seen)[3].tolist() == [36, 37]


def turn(start_s: float, stop_s: float) -> Excursion:
    third_s = (stop_s - start_s) / 3
    return Excursion(start_s, (start_s + stop_s) / 2, stop_s, Span(start_s + third_s, stop_s - third_s))


def test_stages_are_the_phases_of_an_action_done_once() -> None:
    times_s = np.arange(15 * 10) / 15
    found = located(pose_of_image(raised(there_and_back(times_s, 2.0, 1.5, 2.0, 1.0))))
    assert found.notices == ()
    edges_s = [segment.start_s for segment in found.segments] + [found.segments[-1].stop_s]
    # A move of least jerk has done nine tenths of its way in three quarters of its time: the top begins and ends there.
    # Frames lie a quarter of a second apart, and the pose tells when a move ends within a tenth.
    assert edges_s == pytest.approx([0.0, 2.0, 3.13, 5.75, 6.5, 10.0], abs=0.35)


def test_of_a_repeated_action_the_repetition_of_middle_length_is_divided() -> None:
    cycles = Cycles(Span(0.5, 8.0), (turn(0.5, 1.5), turn(2.0, 5.0), turn(6.0, 8.0)), 0.03)
    intervals = intervals_by_phases(cycles, 0.0, 10.0, TIMES_S, 5)
    # It goes from 6 to 8 s; the rest before it begins when the second is over.
    assert TIMES_S[intervals[0, 0]] == 5.0
    assert TIMES_S[intervals[1, 0]] == 6.0
    assert intervals[-1, 1] == len(TIMES_S)
    assert (intervals[1:, 0] == intervals[:-1, 1]).all()


def test_a_part_that_is_short_moves_no_other() -> None:
    """Nothing is held, and the clip ends as soon as the pose is back."""
    once = Excursion(2.0, 5.0, 9.9, Span(5.0, 5.0), top=Span(4.5, 5.5))
    intervals = intervals_by_phases(Cycles(Span(2.0, 9.9), (once,), 0.03), 0.0, 10.0, TIMES_S, 5)
    assert [TIMES_S[first] for first in intervals[:4, 0]] == [0.0, 2.0, 4.5, 5.5]
    assert intervals[4].tolist() == [len(TIMES_S)] * 2


@pytest.mark.parametrize("n_stages", [1, 2, 3, 5, 8, 100])
def test_any_number_of_stages_tiles_the_clip(n_stages: int) -> None:
    intervals = intervals_by_phases(Cycles(Span(2, 5), (turn(2.0, 5.0),), 0.03), 0.0, 10.0, TIMES_S, n_stages)
    assert intervals.shape == (n_stages, 2)
    assert (intervals[0, 0], intervals[-1, 1]) == (0, len(TIMES_S))
    assert (intervals[1:, 0] == intervals[:-1, 1]).all()


def test_without_a_pose_motion_serves_and_a_notice_says_so() -> None:
    found = located(NoPose(why="Nobody is seen."))
    by_motion = Localizer("motion")(STAGES, noise_footage(40), "a")
    assert found.segments == by_motion.segments
    assert found.notices == ("Stages were found by motion, not by pose. Nobody is seen.",)


def test_a_still_pose_is_told() -> None:
    found = located(pose_of_image(raised(np.zeros(150))))
    assert "does not move" in found.notices[0]


def test_a_pose_that_does_not_come_back_has_no_phases_and_motion_serves() -> None:
    found = located(pose_of_image(raised(np.clip((np.arange(150) - 60) / 20, 0, 1))))
    assert "does not come back" in found.notices[0]
    assert found.segments == Localizer("motion")(STAGES, noise_footage(40), "a").segments


def test_pose_that_is_switched_off_is_refused_before_a_video_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--pose none"):
        build.check_localizer(Settings(localizer="pose", pose="none", cache_dir=tmp_path))


def test_named_moments_make_the_stages_and_others_share_what_is_left() -> None:
    assert intervals_by_moments([(), (2.0, 3.0), (), (), (8.0,), ()], TIMES_S).tolist() == [
        [0, 8],
        [8, 13],
        [13, 22],
        [22, 32],
        [32, 33],
        [33, 40],
    ]
    assert intervals_by_moments([(), ()], TIMES_S).tolist() == [[0, 20], [20, 40]]


@given(st.lists(st.lists(st.floats(-1, 12), max_size=3), min_size=1, max_size=8))
def test_intervals_by_moments_stay_in_the_clip(moments_s: list[list[float]]) -> None:
    intervals = intervals_by_moments(moments_s, TIMES_S)
    assert intervals.shape == (len(moments_s), 2)
    assert (intervals[:, 0] <= intervals[:, 1]).all()
    assert intervals.min() >= 0
    assert intervals.max() <= len(TIMES_S)
