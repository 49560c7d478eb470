"""The frames of two clips at the same moments of what is done in them, instead of evenly over each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from viddiff.core.errors import InputError
from viddiff.localizer.alignment.videos import align_videos
from viddiff.motion.pose.reader import PoseReader
from viddiff.video.close_up import nearest_places
from viddiff.video.loaded import LoadedVideo


class ClipPair(NamedTuple):
    """Two clips with the frames that are shown of them; why these are not aligned, None: they are, or need not be."""

    reference: LoadedVideo
    candidate: LoadedVideo
    doubt: str | None


def at_same_moments(
    reference: LoadedVideo, candidate: LoadedVideo, n_frames: int, poses: PoseReader | None = None
) -> ClipPair:
    """Both clips with only the sampled frames that are to be shown.

    The reference keeps ``n_frames`` frames, evenly over it; the candidate those that soft-DTW aligns with them, each
    once. Where nothing shows an alignment that can be trusted, both come back as they are.

    Args:
        n_frames: of a clip, at the most.
        poses: gives what is aligned; None: the figure's outline.
    """
    try:
        alignment = align_videos(reference, candidate, poses)
        doubts = alignment.health.problems
        if doubts and alignment.features == "figure" and poses is not None and not poses.is_off:
            doubts = (
                f"{doubts[0]} They were aligned by the figure's outline; pose (viddiff weights get pose) shows more.",
            )
    except InputError as error:
        doubts = (str(error),)
    if doubts:
        return ClipPair(reference, candidate, doubts[0])
    n_sampled = len(reference.sequence)
    indices = np.unique(np.rint(np.linspace(0, n_sampled - 1, min(n_frames, n_sampled))).astype(int)).tolist()
    moments_s = [alignment.at(time_s) for time_s in reference.sequence.times_s[indices].tolist()]
    return ClipPair(
        select_sampled(reference, indices),
        select_sampled(candidate, nearest_places(candidate.sequence.times_s, moments_s)),
        None,
    )


def select_sampled(video: LoadedVideo, indices: Sequence[int]) -> LoadedVideo:
    """The video with some of its sampled frames, by position in ascending order."""
    sequence = video.sequence
    frames = replace(sequence, times_s=sequence.times_s[list(indices)], refs=tuple(sequence.refs[i] for i in indices))
    # What is kept beside the whole video is of all of it.
    return replace(video, sequence=frames, cache_path=None)
