"""From two videos to what numbers are read from: poses where both have one, else the outlines of what moves."""

from __future__ import annotations

from viddiff.core.notices import WithNotices
from viddiff.core.parallel import in_parallel
from viddiff.motion.figure.pair import OutlinePair
from viddiff.motion.measurement.pair import MeasuredPair, PosePair
from viddiff.motion.pose.choice import NoPose
from viddiff.motion.pose.reader import PoseReader
from viddiff.video.loaded import LoadedVideo


def pair_of(a: LoadedVideo, b: LoadedVideo, poses: PoseReader | None = None) -> WithNotices[MeasuredPair]:
    """(the pair, what a user should know of it); never raises for what the videos show or lack.

    Args:
        poses: estimates pose, or knows it; None: only outlines are read.
    """
    if poses is None or poses.is_off:
        pair: MeasuredPair = OutlinePair(a, b)
        return WithNotices(pair, pair.notices)
    pose_pair = in_parallel([lambda: poses.pose_of(a), lambda: poses.pose_of(b)], 2)
    one, other = pose_pair
    if not isinstance(one, NoPose) and not isinstance(other, NoPose):
        pair = PosePair(one, other, ((a.info.start_s, a.info.stop_s), (b.info.start_s, b.info.stop_s)))
        return WithNotices(pair, pair.notices)
    pair = OutlinePair(a, b)
    # Where no weights are there, both videos say so in one sentence.
    why = dict.fromkeys(pose.why for pose in pose_pair if isinstance(pose, NoPose))
    return WithNotices(pair, (*why, *pair.notices))
