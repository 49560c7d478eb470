"""Where the two videos of a comparison lie: documents name them and hold their hashes, never a path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.core.types import Sides, VideoInfo
from viddiff.report.clip_views import ComparedPair
from viddiff.video.probe import content_hash


def find_videos(
    compared: ComparedPair,
    known: tuple[Path | None, Path | None],
    named_videos: tuple[Path | None, Path | None],
    folders: Sequence[Path],
) -> Sides[Path | None]:
    """The files of video A and B, None where one cannot be found.

    Args:
        compared: the document.
        known: where they were when it was made.
        named_videos: what the user named.
        folders: where else to look for a file of the same name.

    Raises:
        InputError: a named file is missing, or is another video than the one that was compared.
    """
    infos = (compared.video_a, compared.video_b)
    paths = (
        check_video(path, info)
        if path is not None
        else find_by_hash(info, (known_path,) if known_path else (), folders)
        for path, known_path, info in zip(named_videos, known, infos, strict=True)
    )
    return Sides(*paths)


def check_video(path: Path, info: VideoInfo) -> Path:
    """A path that the user named, if it is the video that was compared."""
    if not path.exists():
        raise InputError(f"There is no video {str(path)!r}: name the file that was compared as {info.name!r}.")
    if content_hash(path) != info.source_hash:
        raise InputError(f"{str(path)!r} is not the video that was compared as {info.name!r}: its content differs.")
    return path


def find_by_hash(info: VideoInfo, known: Sequence[Path], folders: Sequence[Path]) -> Path | None:
    """The first place that holds the video."""
    # The name comes from a document: only its last part is used, so that it leads out of no folder.
    name = Path(info.name).name
    for path in (*known, *(folder / name for folder in folders if name)):
        if path.exists() and content_hash(path) == info.source_hash:
            return path
    return None
