"""Two videos in, their alignment out: which moment of one is the same moment of the action as each of the other."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any, Literal

from viddiff import build
from viddiff.api import Clock, read_pair
from viddiff.core.errors import InputError
from viddiff.core.settings import Settings, load_settings
from viddiff.core.types import Alignment, Progress, VideoInfo, silent
from viddiff.core.versions import versions
from viddiff.localizer.alignment.align import Options, aligned
from viddiff.localizer.alignment.features import (
    FeaturesName,
    FrameFeatures,
    clip_features,
    figure_features,
    pose_features,
)
from viddiff.motion.figure.cache import figure_of
from viddiff.motion.pose.choice import NoPose, choice_of
from viddiff.motion.pose.estimators import estimator_kind
from viddiff.motion.pose.reader import PoseReader
from viddiff.video import FrameStore
from viddiff.video.loaded import LoadedVideo

Pair = tuple[FrameFeatures, FrameFeatures]


class AlignedVideos(Alignment):
    """The alignment of two videos as one document."""

    schema_version: Literal[1] = 1
    video_a: VideoInfo
    video_b: VideoInfo
    versions: dict[str, str] = {}
    seconds: dict[str, float] = {}
    """Wall-clock seconds by part of the work."""

    def to_json(self) -> str:
        """The document as indented JSON."""
        return self.model_dump_json(indent=2)


def align(
    video_a: str | PathLike[str],
    video_b: str | PathLike[str],
    *,
    features: FeaturesName | None = None,
    gamma: float = Options.gamma,
    band: float | None = None,
    free_ends: bool = False,
    parts: int = Options.n_parts,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> AlignedVideos:
    """Align two videos of the same action.

    >>> import viddiff
    >>> alignment = viddiff.align("a.mp4", "b.mp4", features="figure")  # doctest: +SKIP
    >>> alignment.matched_b_s[12]  # the moment of B for frame 12 of A, in seconds  # doctest: +SKIP
    >>> alignment.soft.shape  # the soft alignment itself: frames of A x frames of B  # doctest: +SKIP

    Args:
        video_a, video_b: video files, or folders of images (then with ``folder_fps``).
        features: what frames are aligned by: "pose" (joints), "figure" (the silhouette before a still camera) or
            "clip" (CLIP's embeddings); None: pose where a person is seen in both, else figure.
        gamma: how far the best path is softened, in units of the median distance of the frames.
        band: align only moments whose places in the clips differ by at most this share of the length; None: all, in
            clips of more than 1,000 frames .3.
        free_ends: A shows only a part of what B shows, which may go on before and after it.
        parts: equal parts of A by which the cost is told.
        settings: all settings; default: environment and viddiff.toml.
        progress: hears what is being done.
        options: single settings by name, e.g. ``start_a=2``.

    Raises:
        UsageError, InputError, BackendError: see ``viddiff.core.errors``.
    """
    chosen = Options(gamma, band, free_ends, parts)
    settings = settings or load_settings(**options)
    if features == "pose":
        # What cannot be is said before anything is read.
        estimator_kind(settings.pose).identity(choice_of(settings))
    clock, hear = Clock(), progress or silent
    poses = PoseReader(choice_of(settings)) if features in (None, "pose") else None
    store = FrameStore(settings.cache_dir if settings.cache else None)
    with clock("read"):
        videos = read_pair(video_a, video_b, settings, store, hear, poses)
    with clock("align"):
        name, pair, notices = features_of(videos, features, poses, settings)
        found = aligned(name, *pair, chosen)
    document = AlignedVideos(
        **{**dict(found), "notices": (*store.notices, *notices, *found.notices)},
        video_a=videos[0].info,
        video_b=videos[1].info,
        versions=versions(),
        seconds=clock.seconds,
    )
    return document.keep_soft(found.soft)


def features_of(
    videos: tuple[LoadedVideo, LoadedVideo], wanted: FeaturesName | None, poses: PoseReader | None, settings: Settings
) -> tuple[FeaturesName, Pair, tuple[str, ...]]:
    """(name of the features, those of both videos, what to tell of them).

    Raises:
        InputError: pose is wanted and not seen. BackendError: CLIP is wanted and its weights cannot be had.
    """
    if wanted == "clip":
        localizer = build.localizer(settings.model_copy(update={"localizer": "viterbi"}))
        return "clip", _both(videos, lambda video: clip_features(localizer, video)), ()
    if poses is None:
        return figure_pair(videos)
    found = [poses.pose_of(video) for video in videos]
    lacking = [pose.why for pose in found if isinstance(pose, NoPose)]
    if lacking and wanted == "pose":
        raise InputError(f"{lacking[0]} Align by another feature: --features figure.")
    if lacking:
        name, pair, notices = figure_pair(videos)
        return name, pair, (f"Aligned by the figure's outline, not by pose. {lacking[0]}", *notices)
    a, b = (pose for pose in found if not isinstance(pose, NoPose))
    return "pose", (pose_features(a), pose_features(b)), (*a.notices, *b.notices)


def figure_pair(videos: tuple[LoadedVideo, LoadedVideo]) -> tuple[FeaturesName, Pair, tuple[str, ...]]:
    """Figure features of both videos, and what speaks against them."""
    faults = [(video.info.name, figure_of(video).faults) for video in videos]
    notices = tuple(f"The figure in {name!r} cannot be told well: {'; '.join(told)}." for name, told in faults if told)
    return "figure", _both(videos, figure_features), notices


def _both(videos: tuple[LoadedVideo, LoadedVideo], features: Callable[[LoadedVideo], FrameFeatures]) -> Pair:
    return features(videos[0]), features(videos[1])
