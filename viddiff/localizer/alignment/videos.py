"""Two videos aligned by what is known of them: pose where a person is seen in both, else the figure's outline."""

from __future__ import annotations

from typing import NamedTuple

from viddiff.core.alignment import Alignment
from viddiff.core.errors import InputError
from viddiff.core.parallel import in_parallel
from viddiff.localizer.alignment.align import align_features
from viddiff.localizer.alignment.features import FeaturesName, FrameFeatures, figure_features, pose_features
from viddiff.motion.figure.cache import figure_of
from viddiff.motion.pose.choice import NoPose
from viddiff.motion.pose.reader import PoseReader
from viddiff.video.loaded import LoadedVideo


class PairFeatures(NamedTuple):
    """Name of the features, those of both videos, and what to tell of them."""

    name: FeaturesName
    a: FrameFeatures
    b: FrameFeatures
    notices: tuple[str, ...] = ()


def align_videos(a: LoadedVideo, b: LoadedVideo, poses: PoseReader | None = None) -> Alignment:
    """The alignment of two videos of the same action; ``poses`` None: by the figure.

    Raises:
        InputError: nothing is seen in both.
    """
    name, one, other, notices = by_pose_or_figure(a, b, poses)
    alignment = align_features(name, one, other)
    return alignment.model_copy(update={"notices": (*notices, *alignment.notices)})


def try_align_videos(a: LoadedVideo, b: LoadedVideo, poses: PoseReader | None = None) -> Alignment | None:
    """As ``align_videos``; None where nothing is seen in both."""
    try:
        return align_videos(a, b, poses)
    except InputError:
        return None


def by_pose_or_figure(a: LoadedVideo, b: LoadedVideo, poses: PoseReader | None) -> PairFeatures:
    """Features of pose where both videos have one, else of the figure, and why."""
    if poses is None or poses.is_off:
        return by_figure(a, b)
    try:
        return by_pose(a, b, poses)
    except InputError as error:
        name, one, other, notices = by_figure(a, b)
        return PairFeatures(name, one, other, (f"Aligned by the figure's outline, not by pose. {error}", *notices))


def by_pose(a: LoadedVideo, b: LoadedVideo, poses: PoseReader) -> PairFeatures:
    """Features of pose.

    Raises:
        InputError: a video has no pose.
    """
    poses_found = in_parallel([lambda: poses.pose_of(a), lambda: poses.pose_of(b)], 2)
    one, other = poses_found
    if isinstance(one, NoPose) or isinstance(other, NoPose):
        # Where no weights are there, both videos say so in one sentence.
        raise InputError(" ".join(dict.fromkeys(pose.why for pose in poses_found if isinstance(pose, NoPose))))
    return PairFeatures("pose", one.derive(pose_features), other.derive(pose_features), (*one.notices, *other.notices))


def by_figure(a: LoadedVideo, b: LoadedVideo) -> PairFeatures:
    """Features of the figure, and what speaks against them."""
    notices = tuple(
        f"The figure in {video.info.name!r} cannot be followed well: {'; '.join(problems)}."
        for video in (a, b)
        if (problems := figure_of(video).problems)
    )
    return PairFeatures("figure", figure_features(a), figure_features(b), notices)
