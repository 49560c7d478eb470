"""From files to loaded videos as the settings want them."""

from __future__ import annotations

import functools
import os
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from viddiff.build.shared import video_limits
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings
from viddiff.core.types import Progress, Sides
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.loaded import LoadedVideo

if TYPE_CHECKING:
    from viddiff.motion.pose.reader import PoseReader


def read_pair(
    video_a: str | PathLike[str],
    video_b: str | PathLike[str],
    settings: Settings,
    store: FrameStore,
    on_progress: Progress,
    poses: PoseReader | None = None,
    *,
    threads: int | None = None,
) -> Sides[LoadedVideo]:
    """Both videos, read at the same time; each decoder then works on a core of its own.

    With ``poses``, pose is estimated in the same decoding passes.
    """
    threads = threads or max(1, (os.cpu_count() or 2) // 2)
    jobs = [
        functools.partial(read_clip, path, side, settings, store, on_progress, poses, threads=threads)
        for path, side in ((video_a, "a"), (video_b, "b"))
    ]
    return Sides(*in_parallel(jobs, 2))


def read_clip(
    path: str | PathLike[str],
    side: str,
    settings: Settings,
    store: FrameStore,
    on_progress: Progress,
    poses: PoseReader | None,
    *,
    threads: int,
) -> LoadedVideo:
    """One video as the settings want it on that side, with ``threads`` decoding threads."""
    sampling = Sampling(
        fps=settings.fps,
        max_side=settings.max_side,
        start_s=getattr(settings, f"start_{side}"),
        stop_s=getattr(settings, f"stop_{side}"),
        folder_fps=settings.folder_fps,
        decoder=settings.decoder,
        threads=threads,
    )
    task, limits = f"reading {side.upper()}", video_limits(settings)
    open_stream = poses.open_stream if poses else None
    return load(
        Path(path), sampling, store, limits, lambda share: on_progress(task, round(100 * share), 100), open_stream
    )


def is_same_input(loaded_a: LoadedVideo, loaded_b: LoadedVideo) -> bool:
    """Whether both inputs are the same part of the same file."""
    keys = [(f.info.source_hash, f.info.start_s, f.info.stop_s) for f in (loaded_a, loaded_b)]
    return keys[0] == keys[1]
