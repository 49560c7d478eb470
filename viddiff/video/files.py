"""Which files are videos and images, by their names."""

from __future__ import annotations

from pathlib import Path

from viddiff.core.errors import InputError

VIDEO_SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


def video_files(folder: Path) -> list[Path]:
    """The video files of a folder, by name.

    Raises:
        InputError: the folder cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file())
    except OSError as error:
        raise InputError(f"The folder {str(folder)!r} cannot be read ({error.strerror}): check the path.") from None
