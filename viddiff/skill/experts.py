"""How far a performance is from those of experts, in which part of the movement, and by which quantities."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from os import PathLike
from statistics import mean, stdev
from typing import Any

import numpy as np

from viddiff import build
from viddiff.alignment import describe
from viddiff.api import Timer, read_clip
from viddiff.core.alignment import Alignment
from viddiff.core.errors import UsageError
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings, load_settings
from viddiff.core.skill import PartDistance, ReferenceDistance, SkillDistance
from viddiff.core.types import Progress, Segment, silent
from viddiff.core.versions import versions
from viddiff.localizer.alignment.align import Options, aligned
from viddiff.localizer.alignment.features import FeaturesName
from viddiff.motion.cycles import cycles_of
from viddiff.motion.figure.pair import OutlinePair
from viddiff.motion.measurement.along import MeasuredAlong
from viddiff.motion.measurement.series import Clip
from viddiff.motion.phases import phases
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.reader import PoseReader
from viddiff.video import FrameStore
from viddiff.video.loaded import LoadedVideo

VideoPath = str | PathLike[str]
Videos = tuple[LoadedVideo, LoadedVideo]


def distance(
    query: VideoPath,
    references: VideoPath | Sequence[VideoPath],
    *,
    features: FeaturesName | None = None,
    parts: int | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> SkillDistance:
    """How far a performance is from those of experts, by part of the movement. No data to learn from are needed.

    It is a distance along the alignment and no score: it tells where the two differ most, not who is better. By pose,
    each part also says which measured quantities depart from the expert's by at least what counts.

    >>> from viddiff import skill
    >>> found = skill.distance("query.mp4", "expert.mp4")  # doctest: +SKIP
    >>> [(part.name, part.share) for part in found.against[0].parts]  # doctest: +SKIP

    Args:
        query: a video file, or a folder of images (then with ``folder_fps``).
        references: one or more of experts.
        features: as of ``viddiff.align``.
        parts: that many equal parts of the query; None: the way out, the hold and the way back of each repetition
            where there is a pose, else the parts that the outline shows.
        settings: all settings; default: environment and viddiff.toml.
        progress: called with (task, done, total).
        options: single settings by name; ``start_a``, ``stop_a`` are of the query, ``start_b``, ``stop_b`` of each
            reference.

    Raises:
        UsageError, InputError, BackendError: see ``viddiff.core.errors``.
    """
    names = [references] if isinstance(references, str | PathLike) else list(references)
    if not names:
        raise UsageError("There is no reference: give the video of an expert (--reference).")
    if parts is not None and parts < 1:
        raise UsageError(f"{parts!r} parts cannot be told: give at least 1.")
    settings = settings or load_settings(**options)
    if features == "pose":
        build.check_pose(settings)
    timer, on_progress = Timer(), progress or silent
    poses = build.poses(settings) if settings.pose != "none" else None
    store = FrameStore(settings.cache_dir if settings.cache else None)
    sides = [(query, "a"), *((name, "b") for name in names)]
    threads = max(1, (os.cpu_count() or 2) // 2)
    with timer("read"):
        read = [
            functools.partial(read_clip, path, side, settings, store, on_progress, poses, threads=threads)
            for path, side in sides
        ]
        ours, *theirs = in_parallel(read, 2)
    with timer("align"):
        against = tuple(_against((ours, other), features, poses, settings, parts) for other in theirs)
    distances = [one.distance for one in against]
    return SkillDistance(
        query=ours.info,
        against=against,
        distance=mean(distances),
        spread=stdev(distances) if len(distances) > 1 else None,
        notices=store.notices,
        versions=versions(),
        seconds=timer.seconds,
    )


def _against(
    videos: Videos, features: FeaturesName | None, poses: PoseReader | None, settings: Settings, n_parts: int | None
) -> ReferenceDistance:
    name, one, other, notices = describe(videos, features, poses, settings)
    found = aligned(name, one, other, Options())
    seen = _seen(videos, poses)
    return ReferenceDistance(
        reference=videos[1].info,
        features=name,
        distance=mean(found.costs),
        any_frames=found.health.off_path,
        mirrored=found.mirrored,
        parts=_parts(found, _segments(videos, seen, n_parts), seen),
        notices=(*notices, *found.notices),
    )


def _seen(videos: Videos, poses: PoseReader | None) -> tuple[Clip, Clip] | None:
    """What quantities are read from; None where a clip has no pose."""
    if poses is None or poses.off:
        return None
    found = [poses.pose_of(video) for video in videos]
    clips = [Clip(pose, cycles_of(pose)) for pose in found if isinstance(pose, Pose)]
    return (clips[0], clips[1]) if len(clips) == 2 else None


def _segments(videos: Videos, seen: tuple[Clip, Clip] | None, n_parts: int | None) -> Sequence[Segment]:
    """The parts of the query."""
    info = videos[0].info
    if n_parts is not None:
        edges_s = np.linspace(info.start_s, info.stop_s, n_parts + 1).tolist()
        return [Segment(stage=f"part {i + 1}", start_s=edges_s[i], stop_s=edges_s[i + 1]) for i in range(n_parts)]
    return phases(seen[0].cycles, info.start_s, info.stop_s) if seen else OutlinePair(*videos).segments()[0]


def _parts(found: Alignment, segments: Sequence[Segment], seen: tuple[Clip, Clip] | None) -> tuple[PartDistance, ...]:
    """Those parts that hold a frame."""
    times_s, costs = np.array(found.times_a_s), np.array(found.costs)
    total = float(costs.sum()) or 1.0
    along = MeasuredAlong(*seen, times_s, np.array(found.matched_b_s)) if seen else None
    told = []
    for segment in segments:
        inside = (times_s >= segment.start_s) & (times_s < segment.stop_s)
        if inside.any():
            told.append(
                PartDistance(
                    name=segment.stage,
                    start_s=segment.start_s,
                    stop_s=segment.stop_s,
                    reference_start_s=found.at(segment.start_s),
                    reference_stop_s=found.at(segment.stop_s),
                    distance=float(costs[inside].mean()),
                    share=min(1.0, float(costs[inside].sum()) / total),
                    measured=along.gaps(segment.start_s, segment.stop_s) if along else (),
                )
            )
    return tuple(told)
