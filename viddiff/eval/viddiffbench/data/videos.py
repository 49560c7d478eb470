"""From a reference in a data set to a file below the videos' root, and to the seconds that make up the clip."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

from viddiff.build import video_limits
from viddiff.core.errors import InputError
from viddiff.core.settings import Settings
from viddiff.core.types import Side
from viddiff.eval.viddiffbench.dataset import ClipFile, Sample, VideoRef
from viddiff.motion.pose.reader import PoseReader
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.loaded import LoadedVideo

#: Finds one video of a pair.
Locate = Callable[[Sample, Side], ClipFile]


def fault_in_path(path: str) -> str | None:
    """Why a relative path of a data set or an archive must not be used, or None."""
    posix, windows = PurePosixPath(path), PureWindowsPath(path)
    if not posix.parts:
        return "is empty"
    if posix.is_absolute() or windows.drive or windows.root:
        return "is absolute"
    if ".." in posix.parts or ".." in windows.parts:
        return "leaves its folder with '..'"
    if any(ord(char) < 32 for char in path) or "\\" in path:
        return "holds a backslash or control characters"
    return None


def resolve_video(root: Path, ref: VideoRef) -> Path:
    """The file or folder that a reference names below ``root``; it need not exist.

    Raises:
        InputError: the path is absolute, leaves the root, or leads out of it through a link.
    """
    fault = fault_in_path(ref.path)
    if fault:
        raise InputError(f"The video path {ref.path!r} {fault}: name videos relative to their root.")
    return resolve_below(root, ref.path)


def resolve_below(root: Path, relative: str) -> Path:
    """``root / relative`` with its links followed, where that is still below ``root``.

    Raises:
        InputError: a link leads out of the root, or in a circle.
    """
    try:
        home = root.resolve()
        path = (home / relative).resolve()
        # From Python 3.13 on a circle of links resolves to itself; looking at it finds it out.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.stat()
    except (OSError, RuntimeError, ValueError):
        raise InputError(f"The path {relative!r} below {str(root)!r} cannot be followed: check its links.") from None
    if not path.is_relative_to(home):
        raise InputError(
            f"{relative!r} is a link that leaves the video root {str(root)!r}: copy the videos below the root."
        )
    return path


def clip_span(ref: VideoRef) -> tuple[float | None, float | None]:
    """``start_s, stop_s`` of the clip ``[start_s, stop_s)`` in seconds of the file, as ``viddiff.video`` takes them.

    Both are None where the clip is the whole file. A stop beyond the end means the end, as in a Python slice.

    Raises:
        InputError: frames are given without the frame rate that makes seconds of them.
    """
    if ref.frames_trim is None:
        return None, None
    if ref.fps_original is None:
        raise InputError(f"{ref.path!r} has frames_trim but no fps_original: give the frame rate of the source.")
    start, stop, _ = ref.frames_trim
    return start / ref.fps_original, stop / ref.fps_original


def videos_root(source: str, videos: Path | None = None) -> Path:
    """The folder that video paths are relative to: ``videos``, or where the data lie, or here for data of the hub.

    Raises:
        InputError: ``videos`` is not a folder.
    """
    if videos is not None:
        if not videos.is_dir():
            raise InputError(f"There is no folder {str(videos)!r} with videos: check --videos.")
        return videos
    path = Path(source)
    if path.is_dir():
        return path
    return path.parent if path.is_file() else Path()


def locate_clip(root: Path, sample: Sample, side: Side) -> ClipFile:
    """Where a video of a sample lies, and the part of it that is the clip; raises InputError where it is not there."""
    ref = sample.video(side)
    path = resolve_video(root, ref)
    if not path.exists():
        raise InputError(
            f"Video {ref.path!r} of pair {sample.key!r} is not below {str(root)!r}: "
            "download it (viddiff data get), name its folder (--videos), or skip such pairs (--allow-missing)."
        )
    start_s, stop_s = clip_span(ref)
    return ClipFile(path, start_s, stop_s)


def read_video(
    sample: Sample,
    side: Side,
    locate: Locate,
    settings: Settings,
    rates: Mapping[str, float],
    store: FrameStore,
    poses: PoseReader | None = None,
) -> LoadedVideo:
    """One video of a sample; ``rates`` are frames a second by domain, which hold unless the user set one.

    With ``poses``, pose is estimated in the same decoding pass.

    Raises:
        InputError: the video is not there or cannot be read.
    """
    path, start_s, stop_s = locate(sample, side)
    video = sample.video(side)
    sampling = Sampling(
        fps=settings.fps if "fps" in settings.model_fields_set else rates.get(sample.domain, settings.fps),
        max_side=settings.max_side,
        start_s=start_s,
        stop_s=stop_s,
        folder_fps=video.fps_original,
        decoder=settings.decoder,
        threads=1,
    )
    return load(path, sampling, store, video_limits(settings), open_stream=poses.open_stream if poses else None)
