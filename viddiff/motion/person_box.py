"""Where the person is in a picture: the part that a closer look shows, instead of all of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.reader import PoseReader
from viddiff.video.close_up import Crop
from viddiff.video.loaded import LoadedVideo

#: Left free around the person, in shares of the longer side of its box: what it holds, and where it goes.
MARGIN = 0.2
#: A part that is larger than this share of the picture shows hardly more than the picture does.
LARGEST = 0.75
#: Frames this near to a moment tell where the person is then, in seconds.
NEAR_S = 0.25


def person_crop(video: LoadedVideo, moments_s: Sequence[float], poses: PoseReader | None = None) -> Crop | None:
    """One part of the picture that holds the person at all of these moments; None where all of it is to be shown.

    All frames get the same part, so that places and distances in them can be compared. The outline of what moves
    would not do: feet that stand still are no part of it.

    Args:
        video: the video.
        moments_s: in seconds of the file, at least one.
        poses: estimates pose, or knows it; None: nobody knows where the person is.
    """
    pose = poses.pose_of(video) if poses is not None and not poses.is_off else None
    box = box_of_pose(pose, moments_s, video) if isinstance(pose, Pose) else None
    if box is None:
        return None
    aspect = video.sequence.width / video.sequence.height
    left, top, right, bottom = box
    margin = MARGIN * max((right - left) * aspect, bottom - top)
    part = widen(box, margin / aspect, margin)
    return part if (part[2] - part[0]) * (part[3] - part[1]) <= LARGEST else None


def box_of_pose(pose: Pose, moments_s: Sequence[float], video: LoadedVideo) -> Crop | None:
    """Around all landmarks near the moments, in shares of the picture; None where the person is not seen then."""
    near = pose.is_seen & near_to(pose.times_s, moments_s)
    if not near.any():
        return None
    x, y = np.moveaxis(pose.image[near], -1, 0)
    x = x * video.sequence.height / video.sequence.width
    return float(np.nanmin(x)), float(np.nanmin(y)), float(np.nanmax(x)), float(np.nanmax(y))


def near_to(times_s: NDArray[np.float64], moments_s: Sequence[float]) -> NDArray[np.bool_]:
    """(T,) which of the times (T,) lie near one of the moments."""
    gaps_s = np.abs(times_s[:, None] - np.asarray(moments_s)[None])
    near: NDArray[np.bool_] = (gaps_s <= NEAR_S).any(axis=1)
    return near


def widen(box: Crop, by_x: float, by_y: float) -> Crop:
    """A box with room on all sides, within the picture."""
    left, top, right, bottom = box
    return max(0.0, left - by_x), max(0.0, top - by_y), min(1.0, right + by_x), min(1.0, bottom + by_y)
