"""A query and clips of experts, read and aligned: which part of each reference belongs to which part of the query."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Sequence
from os import PathLike

from viddiff import build
from viddiff.alignment import describe
from viddiff.core.errors import InputError, UsageError
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings
from viddiff.core.timer import Timer
from viddiff.core.types import Progress, Segment, Sides
from viddiff.localizer.alignment.align import align_features
from viddiff.localizer.alignment.features import FeaturesName
from viddiff.localizer.alignment.repetitions import RepetitionAlignment, align_repetitions
from viddiff.motion.cycles import Cycles, Span, cycles_of
from viddiff.motion.figure.cache import figure_of
from viddiff.motion.figure.movements import movements, natural_stages
from viddiff.motion.measurement.pair import PosePair
from viddiff.motion.phases import phases
from viddiff.motion.pose.landmarks import Pose
from viddiff.skill.named_parts import carry_parts, parse_parts
from viddiff.skill.reference import ReferenceAlignment
from viddiff.skill.repetitions import (
    comparable_by_repetition,
    equal_parts,
    notice_of,
    outline_problems,
    repetition_problems,
)
from viddiff.video.loaded import LoadedVideo

logger = logging.getLogger(__name__)

VideoPath = str | PathLike[str]


class QueryAlignment:
    """A query and its references.

    Args:
        query, references: video files, or folders of images.
        features: what frames are aligned by; None: pose where a person is seen in both, else figure.
        n_parts: that many equal parts of the query; None: those of its movement.
        stages: of the first reference, which are then the parts; see ``viddiff.skill.named_parts.parse_parts``.
        settings, progress: as of ``viddiff.align``.

    Attributes:
        query: the video.
        parts: of the query, in order, without gaps; the same for all references.
        references: one for each reference.
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
        stages: Sequence[str],
        settings: Settings,
        progress: Progress,
    ) -> None:
        names = [references] if isinstance(references, str | PathLike) else list(references)
        if not names:
            raise UsageError("There is no reference: give the video of an expert (--reference).")
        if n_parts is not None and n_parts < 1:
            raise UsageError(f"{n_parts!r} is not a number of parts: give 1 or more.")
        if n_parts is not None and stages:
            raise UsageError("Give either equal parts (--parts) or named parts (--part), not both.")
        named = parse_parts(stages)
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
            self.references = tuple(self._align(video, features) for video in videos)
            self.parts = carry_parts(named, self.references[0]) if named else self._parts(n_parts)

    def _read(self, progress: Progress) -> list[LoadedVideo]:
        threads = max(1, (os.cpu_count() or 2) // 2)
        jobs = [
            functools.partial(
                build.read_clip, path, side, self.settings, self.store, progress, self.poses, threads=threads
            )
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
        pose = self.poses.pose_of(video) if self.poses and not self.poses.is_off else None
        return pose if isinstance(pose, Pose) else None

    def _align(self, video: LoadedVideo, features: FeaturesName | None) -> ReferenceAlignment:
        name, one, other, notices = describe(Sides(self.query, video), features, self.poses, self.settings)
        pair = self._pair(video)
        cycles = (pair.a.cycles, pair.b.cycles) if pair else None
        by_repetition: RepetitionAlignment | None = None
        problems: tuple[str, ...] = ()
        repetition_notices: tuple[str, ...] = ()
        if cycles and comparable_by_repetition(*cycles):
            by_repetition = align_repetitions(name, one, other, cycles[0].excursions, cycles[1].repetitions)
            alignment = by_repetition.alignment
            repetition_notices = (notice_of(by_repetition, cycles[1], video.info.name),)
        else:
            alignment = align_features(name, one, other)
            problems = self._repetition_problems(video, cycles)
        problems = (*alignment.health.problems, *problems)
        health = alignment.health.model_copy(update={"problems": problems})
        logger.info(
            "aligned with %s by %s: distance %.3f on the path, %.3f off it, largest column %.2f, problems: %s",
            video.info.name, name, health.on_path, health.off_path, health.largest_column, problems or "none",
        )  # fmt: skip
        all_notices = tuple(dict.fromkeys((*notices, *alignment.notices, *repetition_notices, *problems)))
        alignment = alignment.model_copy(update={"health": health, "notices": all_notices})
        return ReferenceAlignment(video, alignment, pair, by_repetition)

    def _repetition_problems(self, video: LoadedVideo, cycles: tuple[Cycles, Cycles] | None) -> tuple[str, ...]:
        """Why clips that show the action a different number of times cannot be set side by side."""
        if cycles:
            return repetition_problems(*cycles, video.info.name)
        return outline_problems(figure_of(self.query), figure_of(video), video.info.name)

    def _pair(self, video: LoadedVideo) -> PosePair | None:
        one, other = self._pose(self.query), self._pose(video)
        if one is None or other is None:
            return None
        a, b = self.query.info, video.info
        return PosePair(one, other, ((a.start_s, a.stop_s), (b.start_s, b.stop_s)))

    def _parts(self, n_parts: int | None) -> tuple[Segment, ...]:
        info = self.query.info
        pose = self._pose(self.query)
        if n_parts is not None:
            by_repetition = next(filter(None, (reference.repetitions for reference in self.references)), None)
            return equal_parts(n_parts, by_repetition.spans if by_repetition else (Span(info.start_s, info.stop_s),))
        if pose is not None:
            return phases(cycles_of(pose), info.start_s, info.stop_s)
        return natural_stages(figure_of(self.query), info.stop_s)
