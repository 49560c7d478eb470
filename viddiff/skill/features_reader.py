"""The frames of performances as a model reads them: videos described, or features as they are."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from viddiff import build
from viddiff.core.errors import InputError
from viddiff.core.settings import Settings
from viddiff.core.types import Progress, Segment, silent
from viddiff.eval.skilldiff.load import load_features
from viddiff.localizer.alignment.features import (
    FeaturesName,
    FrameFeatures,
    clip_features,
    figure_features,
    pose_features,
)
from viddiff.localizer.strategies import DEFAULT_STRATEGY
from viddiff.motion.cycles import cycles_of
from viddiff.motion.phases import phases
from viddiff.motion.pose.choice import NoPose
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.reader import PoseReader
from viddiff.video.loaded import LoadedVideo

if TYPE_CHECKING:
    from viddiff.eval.skilldiff.items import SkillData, SkillItem


class FeaturesReader:
    """Reads videos and describes their frames.

    Args:
        features: what describes them.
        settings: how videos are read.
        poses: estimates pose; None: as the settings say.

    Raises:
        UsageError, BackendError: pose is wanted and cannot be estimated.
    """

    def __init__(self, features: FeaturesName, settings: Settings, poses: PoseReader | None = None) -> None:
        self.features, self.settings = features, settings
        if features == "pose":
            build.check_pose(settings)
        self.poses = (poses or build.poses(settings)) if features == "pose" else None
        self.store = build.frame_store(settings)

    def read(self, path: str | PathLike[str]) -> LoadedVideo:
        """One video."""
        return build.read_clip(path, "a", self.settings, self.store, silent, self.poses, threads=2)

    def describe(self, video: LoadedVideo) -> FrameFeatures:
        """Its frames as vectors.

        Raises:
            InputError: nobody is seen, and pose is wanted. BackendError: CLIP's weights are not available.
        """
        if self.features == "figure":
            features = figure_features(video)
        elif self.features == "clip":
            localizer = build.localizer(self.settings.model_copy(update={"localizer": DEFAULT_STRATEGY}))
            features = clip_features(localizer.embeddings, video)
        else:
            features = pose_features(self._pose(video))
        if len(features.times_s) < 2:
            raise InputError(f"{video.info.name!r} has {len(features.times_s)} frames: at least two are needed.")
        return features

    def segments(self, video: LoadedVideo) -> tuple[Segment, ...]:
        """The parts of the movement where a pose is read; else none."""
        if self.features != "pose":
            return ()
        return phases(cycles_of(self._pose(video)), video.info.start_s, video.info.stop_s)

    def _pose(self, video: LoadedVideo) -> Pose:
        assert self.poses is not None
        pose = self.poses.pose_of(video)
        if isinstance(pose, NoPose):
            raise InputError(pose.why)
        return pose


class ItemReader:
    """Describes the items of a data set.

    Args:
        data: where their files lie.
        reader: of videos.
        progress: called for each item.
    """

    def __init__(self, data: SkillData, reader: FeaturesReader, progress: Progress) -> None:
        self.data, self.reader, self.progress, self.n_read = data, reader, progress, 0

    def __call__(self, item: SkillItem) -> FrameFeatures:
        """The frames of an item as vectors."""
        self.n_read += 1
        self.progress("reading", self.n_read, 0)
        path = self.data.root / item.path
        if item.features is None:
            return self.reader.describe(self.reader.read(path))
        vectors = load_features(path)
        return FrameFeatures(np.arange(len(vectors)) / (item.fps or 1.0), vectors)
