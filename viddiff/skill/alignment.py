"""A query and clips of experts, read and aligned: which part of each reference belongs to which part of the query."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from viddiff import build
from viddiff.alignment import describe
from viddiff.api import Timer, read_clip
from viddiff.core.alignment import Alignment
from viddiff.core.errors import InputError, UsageError
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings
from viddiff.core.types import Progress, Segment
from viddiff.localizer.alignment.align import Options, align_features
from viddiff.localizer.alignment.features import FeaturesName
from viddiff.motion.cycles import Cycles, cycles_of
from viddiff.motion.figure.cache import figure_of
from viddiff.motion.figure.movements import movements, natural_stages
from viddiff.motion.measurement.pair import PosePair
from viddiff.motion.phases import phases
from viddiff.motion.pose.landmarks import Pose
from viddiff.video.loaded import LoadedVideo

logger = logging.getLogger(__name__)

VideoPath = str | PathLike[str]


@dataclass(frozen=True)
class Span:
    """The part of a reference, ``[start_s, stop_s)``, that belongs to a part of the query.

    Attributes:
        frames: (T,) which of the aligned frames of the query lie in the part.
        doubt: why it is not known; "" where it is.
    """

    start_s: float
    stop_s: float
    frames: NDArray[np.bool_]
    doubt: str


@dataclass(frozen=True)
class Against:
    """The query against one reference.

    Attributes:
        alignment: with the notices of both clips and, among the faults of its health, how often they repeat the action.
        pair: what quantities are read from; None where a clip has no pose.
    """

    video: LoadedVideo
    alignment: Alignment
    pair: PosePair | None

    @property
    def believed(self) -> bool:
        """Whether nothing speaks against the alignment."""
        return not self.alignment.health.faults

    def span(self, part: Segment) -> Span:
        """What belongs to a part of the query."""
        found = self.alignment
        times_s = np.array(found.times_a_s)
        start_s, stop_s = found.at(part.start_s), found.at(part.stop_s)
        frames = (times_s >= part.start_s) & (times_s < part.stop_s)
        step_s = float(np.median(np.diff(found.times_b_s))) if len(found.times_b_s) > 1 else 0.0
        doubt = ""
        if not self.believed:
            doubt = "the clips could not be aligned"
        elif not frames.any():
            doubt = "no frame of it was aligned"
        elif stop_s - start_s < step_s:
            doubt = "the reference has no such part"
        return Span(start_s, stop_s, frames, doubt)


class Aligned:
    """A query and its references.

    Args:
        query, references: video files, or folders of images.
        features: what frames are aligned by; None: pose where a person is seen in both, else figure.
        n_parts: that many equal parts of the query; None: those of its movement.
        settings, progress: as of ``viddiff.align``.

    Attributes:
        query: the video.
        parts: of the query, in order, without gaps; the same for all references.
        against: one for each reference.
        store, poses, timer: what was read with.

    Raises:
        UsageError, InputError, BackendError: see ``viddiff.core.errors``.
    """

    def __init__(
        self,
        query: VideoPath,
        references: VideoPath | Sequence[VideoPath],
        features: FeaturesName | None,
        n_parts: int | None,
        settings: Settings,
        progress: Progress,
    ) -> None:
        names = [references] if isinstance(references, str | PathLike) else list(references)
        if not names:
            raise UsageError("There is no reference: give the video of an expert (--reference).")
        if n_parts is not None and n_parts < 1:
            raise UsageError(f"{n_parts!r} parts cannot be told: give at least 1.")
        if features == "pose":
            build.check_pose(settings)
        self.settings, self.timer = settings, Timer()
        self.poses = build.poses(settings) if settings.pose != "none" else None
        self.store = build.frame_store(settings)
        self.paths = (query, *names)
        with self.timer("read"):
            self.query, *videos = self._read(progress)
        with self.timer("align"):
            for video in (self.query, *videos):
                self._check_moves(video)
            self.against = tuple(self._against(video, features) for video in videos)
            self.parts = self._parts(n_parts)

    def _read(self, progress: Progress) -> list[LoadedVideo]:
        threads = max(1, (os.cpu_count() or 2) // 2)
        jobs = [
            functools.partial(read_clip, path, side, self.settings, self.store, progress, self.poses, threads=threads)
            for path, side in zip(self.paths, "a" + "b" * (len(self.paths) - 1), strict=True)
        ]
        return in_parallel(jobs, 2)

    def _check_moves(self, video: LoadedVideo) -> None:
        """Raise InputError for a still picture: nobody moves in it by pose or by outline."""
        pose = self._pose(video)
        if pose is not None and cycles_of(pose).active is not None:
            return
        track = figure_of(video)
        if not len(movements(track.times_s, track.energy)):
            raise InputError(f"Nothing moves in {video.info.name!r}, so it has no parts: give a video of the action.")

    def _pose(self, video: LoadedVideo) -> Pose | None:
        pose = self.poses.pose_of(video) if self.poses and not self.poses.off else None
        return pose if isinstance(pose, Pose) else None

    def _against(self, video: LoadedVideo, features: FeaturesName | None) -> Against:
        name, one, other, notices = describe((self.query, video), features, self.poses, self.settings)
        pair = self._pair(video)
        # A query that shows the action once is aligned with the repetition of the reference that it is most like.
        repeats = (_n_repeats(pair.a.cycles), _n_repeats(pair.b.cycles)) if pair else (1, 1)
        found = align_features(name, one, other, Options(free_ends=repeats[0] == 1 < repeats[1]))
        faults = (*found.health.faults, *_faults(repeats, video))
        health = found.health.model_copy(update={"faults": faults})
        all_notices = tuple(dict.fromkeys((*notices, *found.notices, *_repeat_notices(repeats, video), *faults)))
        logger.info(
            "aligned with %s by %s: distance %.3f on the path, %.3f off it, largest column %.2f, faults: %s",
            video.info.name, name, health.on_path, health.off_path, health.largest_column, faults or "none",
        )  # fmt: skip
        return Against(video, found.model_copy(update={"health": health, "notices": all_notices}), pair)

    def _pair(self, video: LoadedVideo) -> PosePair | None:
        one, other = self._pose(self.query), self._pose(video)
        if one is None or other is None:
            return None
        a, b = self.query.info, video.info
        return PosePair(one, other, ((a.start_s, a.stop_s), (b.start_s, b.stop_s)))

    def _parts(self, n_parts: int | None) -> tuple[Segment, ...]:
        info = self.query.info
        if n_parts is not None:
            edges_s = np.linspace(info.start_s, info.stop_s, n_parts + 1).tolist()
            return tuple(
                Segment(stage=f"part {i + 1}", start_s=edges_s[i], stop_s=edges_s[i + 1]) for i in range(n_parts)
            )
        pose = self._pose(self.query)
        if pose is not None:
            return phases(cycles_of(pose), info.start_s, info.stop_s)
        return natural_stages(figure_of(self.query), info.stop_s)


def _n_repeats(cycles: Cycles) -> int:
    """How often the action is seen; once where nobody can tell."""
    return max(1, len(cycles.excursions))


def _repeat_notices(repeats: tuple[int, int], video: LoadedVideo) -> tuple[str, ...]:
    if not repeats[0] == 1 < repeats[1]:
        return ()
    return (
        f"The action is seen once in the query and {repeats[1]} times in {video.info.name!r}: "
        "the query was compared with the repetition that it is most like.",
    )


def _faults(repeats: tuple[int, int], video: LoadedVideo) -> tuple[str, ...]:
    if repeats[0] in (1, repeats[1]):
        return ()
    return (
        f"The action is seen {repeats[0]} times in the query and {repeats[1]} in {video.info.name!r}, so their parts "
        "cannot be set side by side: name one repetition of the query (--start-a, --stop-a).",
    )
