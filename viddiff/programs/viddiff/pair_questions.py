"""The questions of a pair: for each difference the frames of its stages, or those at moments of its own."""

from __future__ import annotations

from collections.abc import Mapping

from viddiff.core.errors import InputError
from viddiff.core.notices import WithNotices
from viddiff.core.types import Difference, FrameRef, Localization, Measurement, Proposal
from viddiff.localizer.alignment.videos import align_videos
from viddiff.localizer.frame_selection import FramesPolicy, nearest_frames, select_frames
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.questions import Question
from viddiff.video.loaded import LoadedVideo

#: Difference key -> (moments in A, moments in B), in seconds.
KeyMoments = Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]]


def align_times(
    proposal: Proposal, video_a: LoadedVideo, video_b: LoadedVideo, located_a: Localization, poses: PoseReader | None
) -> WithNotices[KeyMoments]:
    """When each difference is looked at in A, and the same moments in B by the alignment of both videos."""
    try:
        alignment = align_videos(video_a, video_b, poses)
        doubts = alignment.health.problems
    except InputError as error:
        doubts = (str(error),)
    if doubts:
        return WithNotices({}, (f"Frames of both videos were chosen by stage, not by alignment. {doubts[0]}",))
    times_s = video_a.sequence.times_s
    key_moments: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {}
    for difference in proposal.differences:
        frames = select_frames(times_s, located_a, proposal.links[difference.key], difference.num_frames)
        a_s = tuple(times_s[list(frames)].tolist())
        key_moments[difference.key] = a_s, tuple(alignment.at(time_s) for time_s in a_s)
    return WithNotices(key_moments, ())


def questions_of(
    proposal: Proposal,
    videos: tuple[LoadedVideo, LoadedVideo],
    located: tuple[Localization, Localization],
    measurements: Mapping[str, tuple[Measurement, ...]],
    key_moments: KeyMoments,
    policy: FramesPolicy,
) -> list[Question]:
    """A question for each difference, with the frames of its stages, or those at its key moments.

    Args:
        proposal: the differences and their stages.
        videos: A and B.
        located: where the stages lie in A and B.
        measurements: difference key -> what was measured of it.
        key_moments: moments that are looked at in place of stages.
        policy: which frames of a stage are looked at.
    """

    def frames(side: int, difference: Difference) -> tuple[FrameRef, ...]:
        sequence, moments_s = videos[side].sequence, key_moments.get(difference.key, ((), ()))[side]
        if moments_s:
            indices = nearest_frames(sequence.times_s, moments_s)
        else:
            stages = proposal.links[difference.key]
            indices = select_frames(sequence.times_s, located[side], stages, difference.num_frames, policy)
        return tuple(sequence.frame(index) for index in indices)

    return [
        Question(
            key=difference.key,
            statement=difference.statement,
            frames_a=frames(0, difference),
            frames_b=frames(1, difference),
            measurements=measurements.get(difference.key, ()),
        )
        for difference in proposal.differences
    ]
