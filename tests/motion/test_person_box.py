"""The part of the picture that a closer look shows: where the pose is at the moments, with room around it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.loaded import noise_footage
from tests.support.poses import KnownPoses, standing
from viddiff.motion.person_box import person_crop

VIDEO = noise_footage(8)
ASPECT = VIDEO.sequence.width / VIDEO.sequence.height


def standing_poses(left: float, right: float, seen: bool = True) -> KnownPoses:
    """The pose of somebody who stands there for a second, and is at the upper left corner then."""
    pose = standing(VIDEO, left, right)
    pose.image[VIDEO.sequence.times_s > 1] = 0.0
    pose.image[:] *= 1.0 if seen else np.nan
    return KnownPoses({VIDEO.info.name: pose})


def test_the_part_holds_the_person_at_the_moments_with_room_around() -> None:
    crop = person_crop(VIDEO, [0.5], standing_poses(0.4, 0.5))
    margin = 0.2 * 0.5
    assert crop == pytest.approx((0.4 - margin / ASPECT, 0.15, 0.5 + margin / ASPECT, 0.85))
    # At both moments together.
    both = person_crop(VIDEO, [0.5, 1.75], standing_poses(0.4, 0.5))
    assert both is not None
    assert both[:2] == (0.0, 0.0)


def test_all_of_the_picture_is_shown_where_nobody_is_known_to_be_or_fills_it() -> None:
    assert person_crop(VIDEO, [0.5]) is None
    assert person_crop(VIDEO, [0.5], KnownPoses({})) is None
    assert person_crop(VIDEO, [0.5], standing_poses(0.4, 0.5, seen=False)) is None
    assert person_crop(VIDEO, [9.0], standing_poses(0.4, 0.5)) is None
    assert person_crop(VIDEO, [0.5], standing_poses(0.0, 1.0)) is None
