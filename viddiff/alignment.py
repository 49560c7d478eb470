"""Two videos in, their alignment out: which moment of one is the same moment of the action as each of the other."""

from __future__ import annotations

from os import PathLike
from typing import Any, Literal

from pydantic import Field

from viddiff import build
from viddiff.core.alignment import Alignment
from viddiff.core.record import Document
from viddiff.core.settings import Settings, load_settings
from viddiff.core.timer import Timer
from viddiff.core.types import Progress, Sides, VideoInfo, silent
from viddiff.core.versions import versions
from viddiff.localizer.alignment.align import AlignmentOptions, align_features
from viddiff.localizer.alignment.features import FeaturesName, clip_features
from viddiff.localizer.alignment.videos import PairFeatures, by_pose, by_pose_or_figure
from viddiff.localizer.strategies import DEFAULT_STRATEGY
from viddiff.motion.pose.reader import PoseReader
from viddiff.video.loaded import LoadedVideo


class AlignedVideos(Alignment, Document):
    """The alignment of two videos as one document.

    >>> import viddiff
    >>> aligned = viddiff.align("a.mp4", "b.mp4", features="figure")
    >>> viddiff.AlignedVideos.model_validate_json(aligned.to_json()).video_a.name
    'a.mp4'
    """

    schema_version: Literal[1] = 1
    """Version of the form of this document."""
    video_a: VideoInfo
    """Video A."""
    video_b: VideoInfo
    """Video B."""
    versions: dict[str, str] = Field({})
    """Package -> version that it was made with."""
    seconds: dict[str, float] = Field({})
    """Wall-clock seconds by part of the work."""


def align(
    video_a: str | PathLike[str],
    video_b: str | PathLike[str],
    *,
    features: FeaturesName | None = None,
    gamma: float = AlignmentOptions.gamma,
    band: float | None = None,
    free_ends: bool = False,
    parts: int = AlignmentOptions.n_parts,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> AlignedVideos:
    """Align two videos of the same action.

    >>> import viddiff
    >>> alignment = viddiff.align("a.mp4", "b.mp4", features="figure")
    >>> round(alignment.matched_b_s[12], 2)  # the moment of B for frame 12 of A, in seconds
    1.67
    >>> alignment.soft.shape  # the soft alignment itself: frames of A x frames of B
    (35, 56)

    Args:
        video_a, video_b: video files, or folders of images (then with ``folder_fps``).
        features: what frames are aligned by: "pose" (joints), "figure" (the silhouette before a still camera) or
            "clip" (CLIP's embeddings); None: pose where a person is seen in both, else figure.
        gamma: how far the best path is softened, in units of the median distance of the frames.
        band: only moments whose places differ by at most this share of the length; None: all (.3 above 1,000 frames).
        free_ends: A shows only a part of what B shows, which may go on before and after it.
        parts: equal parts of A for which the cost is given.
        settings: all settings; default: environment and viddiff.toml.
        progress: called with (task, done, total).
        options: single settings by name, e.g. ``start_a=2``.

    Returns:
        The moment of B for each frame of A, the cost of each, the soft alignment, and what speaks against them.

    Raises:
        UsageError, InputError, BackendError: see ``viddiff.core.errors``.
    """
    align_options = AlignmentOptions(gamma, band, free_ends, parts)
    settings = settings or load_settings(**options)
    if features == "pose":
        # Options that cannot be used are refused before anything is read.
        build.check_pose(settings)
    timer, on_progress = Timer(), progress or silent
    poses = build.poses(settings) if features in (None, "pose") else None
    store = build.frame_store(settings)
    with timer("read"):
        videos = build.read_pair(video_a, video_b, settings, store, on_progress, poses)
    with timer("align"):
        name, one, other, notices = describe(videos, features, poses, settings)
        alignment = align_features(name, one, other, align_options)
    return AlignedVideos(
        **{**dict(alignment), "notices": (*store.notices, *notices, *alignment.notices)},
        video_a=videos.a.info,
        video_b=videos.b.info,
        versions=versions(),
        seconds=timer.seconds,
    ).keep_soft(alignment.soft)


def describe(
    videos: Sides[LoadedVideo], features: FeaturesName | None, poses: PoseReader | None, settings: Settings
) -> PairFeatures:
    """The features of both videos that were asked for.

    Raises:
        InputError: pose is wanted and not seen. BackendError: CLIP is wanted and its weights are not available.
    """
    if features == "clip":
        localizer = build.localizer(settings.model_copy(update={"localizer": DEFAULT_STRATEGY}))
        one, other = (clip_features(localizer.embeddings, video) for video in videos)
        return PairFeatures("clip", one, other)
    if features == "pose" and poses is not None:
        return by_pose(videos.a, videos.b, poses)
    return by_pose_or_figure(videos.a, videos.b, poses)
