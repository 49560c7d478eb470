"""The door for videos: paths are checked, limits kept and the decoder chosen before anything is decoded."""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from pathlib import Path
from typing import Literal

from viddiff.core.errors import InputError
from viddiff.video.source import Limits, Probe, Source

Decoder = Literal["pyav", "decord"]


def probe(path: str | os.PathLike[str], folder_fps: float | None = None, limits: Limits | None = None) -> Probe:
    """The facts of a video file or a folder of images, read without decoding more than one frame.

    Args:
        path: a video file, or a folder of images.
        folder_fps: the frame rate of a folder of images; unused for files.
        limits: what to refuse; None: the defaults.

    Raises:
        InputError: it is not a video that can be read, or over a limit.
    """
    limits = limits or Limits()
    checked = check_path(path, limits)
    with open_source(checked, limits, folder_fps=folder_fps) as source:
        return source.facts


def open_source(
    path: Path,
    limits: Limits,
    *,
    folder_fps: float | None = None,
    decoder: Decoder = "pyav",
    threads: int | None = None,
) -> Source:
    """Open a checked path with the decoder of that name; a folder is read as images whatever the decoder.

    Raises:
        InputError: it is not a video that can be read, or over a limit.
        BackendError: the decoder is not installed.
    """
    if path.is_dir():
        from viddiff.video.source_folder import FolderSource

        return FolderSource(path, limits, folder_fps)
    if decoder == "decord":
        from viddiff.video.source_decord import DecordSource

        return DecordSource(path, limits, threads)
    from viddiff.video.source_pyav import PyavSource

    return PyavSource(path, limits, threads)


def check_path(path: str | os.PathLike[str], limits: Limits) -> Path:
    """A path that is a readable, non-empty file or a folder, within the limit of bytes.

    Raises:
        InputError: anything else, such as a missing file, a URL, a device or a file without permission.
    """
    checked, name = Path(path), str(path)
    try:
        status = checked.stat()
        if stat.S_ISDIR(status.st_mode):
            limits.check_bytes(sum(image.stat().st_size for image in _images(checked)), name)
            return checked
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{name!r} is neither a file nor a folder: give a video file.")
        with checked.open("rb"):
            pass
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"There is no file {name!r}: check the path (links are not downloaded).") from None
    except PermissionError:
        raise InputError(f"{name!r} cannot be read: check its permissions.") from None
    except (OSError, ValueError):
        raise InputError(f"{name!r} cannot be opened as a file: check the path.") from None
    if status.st_size == 0:
        raise InputError(f"{name!r} is empty: copy or record it again.")
    limits.check_bytes(status.st_size, name)
    return checked


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, or of the names and bytes of a folder's images, as hex.

    Raises:
        InputError: it cannot be read to its end.
    """
    digest = hashlib.sha256()
    try:
        if not path.is_dir():
            _update(digest, path)
        else:
            for image in _images(path):
                digest.update(os.fsencode(image.name) + b"\0")
                inner = hashlib.sha256()
                _update(inner, image)
                digest.update(inner.digest())
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read to its end ({error.strerror}): copy it again.") from None
    return digest.hexdigest()


def clean_name(path: Path) -> str:
    """The base name for people to read, without control, format and surrogate characters."""
    name = path.name or path.absolute().name
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char).startswith("C") else char for char in name)


def _images(folder: Path) -> list[Path]:
    from viddiff.video.source_folder import list_images

    return list_images(folder)


def _update(digest: hashlib._Hash, path: Path) -> None:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
