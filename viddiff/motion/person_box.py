"""Where the person is in a picture: the part that a closer look shows, instead of all of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from viddiff.motion.figure.cache import figure_of
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.reader import PoseReader
from viddiff.video.close_up import Crop
from viddiff.video.loaded import LoadedVideo

#: Left free around the person, in shares of the longer side of its box: what it holds, and where it goes. The outline
#: of what moves lacks feet and legs that stand still: where arms are raised, the body is as long again.
MARGIN, MARGIN_OF_OUTLINE = 0.2, 0.75
#: A part that is larger than this share of the picture shows hardly more than the picture does.
LARGEST = 0.75
#: Frames this near to a moment tell where the person is then, in seconds.
NEAR_S = 0.25


def person_crop(video: LoadedVideo, moments_s: Sequence[float], poses: PoseReader | None = None) -> Crop | None:
    """One part of the picture that holds the person at all of these moments; None where all of it is to be shown.

    All frames get the same part, so that places and distances in them can be compared.

    Args:
        video: the video.
        moments_s: in seconds of the file, at least one.
        poses: estimates pose, or knows it; None, or no pose: the outline of what moves tells where the person is.
    """
    pose = poses.pose_of(video) if poses is not None and not poses.off else None
    if isinstance(pose, Pose):
        box, room = box_of_pose(pose, moments_s, video), MARGIN
    else:
        box, room = box_of_outline(video), MARGIN_OF_OUTLINE
    if box is None:
        return None
    aspect = video.sequence.width / video.sequence.height
    left, top, right, bottom = box
    margin = room * max((right - left) * aspect, bottom - top)
    part = widen(box, margin / aspect, margin)
    return part if (part[2] - part[0]) * (part[3] - part[1]) <= LARGEST else None


def box_of_pose(pose: Pose, moments_s: Sequence[float], video: LoadedVideo) -> Crop | None:
    """Around all landmarks near the moments, in shares of the picture; None where the person is not seen then."""
    near = pose.seen & near_to(pose.times_s, moments_s)
    if not near.any():
        return None
    x, y = np.moveaxis(pose.image[near], -1, 0)
    x = x * video.sequence.height / video.sequence.width
    return float(np.nanmin(x)), float(np.nanmin(y)), float(np.nanmax(x)), float(np.nanmax(y))


def box_of_outline(video: LoadedVideo) -> Crop | None:
    """Around what moves anywhere in the clip; None where nothing does, or that cannot be believed."""
    track = figure_of(video)
    if track.faults or not track.seen.any():
        return None
    first = np.nanmin(track.left), np.nanmin(track.top)
    last = np.nanmax(track.right), np.nanmax(track.bottom)
    return float(first[0]), float(first[1]), float(last[0]), float(last[1])


def near_to(times_s: NDArray[np.float64], moments_s: Sequence[float]) -> NDArray[np.bool_]:
    """(T,) which of the times (T,) lie near one of the moments."""
    gaps_s = np.abs(times_s[:, None] - np.asarray(moments_s)[None])
    near: NDArray[np.bool_] = (gaps_s <= NEAR_S).any(axis=1)
    return near


def widen(box: Crop, by_x: float, by_y: float) -> Crop:
    """A box with room on all sides, within the picture."""
    left, top, right, bottom = box
    return max(0.0, left - by_x), max(0.0, top - by_y), min(1.0, right + by_x), min(1.0, bottom + by_y)
