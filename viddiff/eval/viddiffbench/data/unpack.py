"""Unpacking an archive of videos that comes from elsewhere, so that the worst one can do is be refused.

Every entry is checked before the first is written. Files are written whole or not at all, and one that is there is
kept: a run that was killed goes on where it stopped.
"""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from viddiff.core.errors import InputError
from viddiff.core.files import atomic
from viddiff.core.record import Record
from viddiff.core.types import Progress
from viddiff.eval.viddiffbench.data.videos import fault_in_path, resolve_below
from viddiff.video.files import IMAGE_SUFFIXES, VIDEO_SUFFIXES

#: Nothing else is unpacked: a data set has no business writing scripts or settings.
SUFFIXES = (*VIDEO_SUFFIXES, *IMAGE_SUFFIXES)


class UnpackLimits(Record):
    """What is refused as a bomb: videos and images hardly shrink, so their archives unpack to about their own size."""

    max_bytes: int = 64 * 2**30
    max_ratio: float = 20.0
    """Unpacked bytes for each byte of the archive."""
    max_files: int = 1_000_000


class Unpacked(Record):
    """What came out of an archive."""

    n_written: int
    n_kept: int
    """There already, and kept."""
    n_left: int
    """Neither videos nor images: left in the archive."""


def unpack(
    archive: Path, root: Path, limits: UnpackLimits | None = None, on_progress: Progress | None = None
) -> Unpacked:
    """Unpack the videos and images of a zip below ``root``.

    Raises:
        InputError: it is no zip, is damaged, or holds what must not be unpacked (absolute names, "..", links, names
            given twice, encryption, far more bytes than the archive has); then nothing was written, but where damage
            shows only on reading.
    """
    limits = limits or UnpackLimits()
    try:
        with zipfile.ZipFile(archive) as opened:
            files = _check_entries(opened, archive, limits)
            videos = [entry for entry in files if PurePosixPath(entry.filename).suffix.lower() in SUFFIXES]
            targets = [resolve_below(root, entry.filename) for entry in videos]
            todo = [(entry, target) for entry, target in zip(videos, targets, strict=True) if not target.exists()]
            _check_space(root, sum(entry.file_size for entry, _ in todo), archive)
            for n_done, (entry, target) in enumerate(todo, 1):
                _write(opened, entry, target)
                if on_progress:
                    on_progress(f"Unpacking {archive.name}", n_done, len(todo))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError):
        raise InputError(f"{archive.name!r} is not a zip archive or is damaged: download it again.") from None
    except OSError as error:
        raise InputError(
            f"{archive.name!r} cannot be unpacked into {str(root)!r} ({os.strerror(error.errno or 0)}): "
            "name another folder with --videos."
        ) from None
    return Unpacked(n_written=len(todo), n_kept=len(videos) - len(todo), n_left=len(files) - len(videos))


def _check_entries(opened: zipfile.ZipFile, archive: Path, limits: UnpackLimits) -> list[zipfile.ZipInfo]:
    """The entries that are files, each of them fit to be unpacked."""
    # zipfile cannot tell what an entry without a name is; such a one is refused below.
    files = [entry for entry in opened.infolist() if entry.filename and not entry.is_dir()]
    seen: set[str] = set()
    for entry in opened.infolist():
        reason = _fault(entry)
        # Some file systems do not tell "A.mp4" from "a.mp4".
        folded = str(PurePosixPath(entry.filename)).casefold()
        if reason is None and not entry.is_dir() and folded in seen:
            reason = "is given twice"
        if reason:
            raise InputError(
                f"The archive {archive.name!r} is refused: its entry {entry.filename[:120]!r} {reason}; "
                "download it from a source that you trust."
            )
        seen.add(folded)
    n_bytes = sum(entry.file_size for entry in files)
    ratio = n_bytes / max(1, archive.stat().st_size)
    if n_bytes > limits.max_bytes or ratio > limits.max_ratio or len(files) > limits.max_files:
        raise InputError(
            f"The archive {archive.name!r} is refused: it would unpack to {len(files):,} files of "
            f"{n_bytes / 2**20:,.0f} MB, {ratio:.0f} times its size, as archives of videos never do."
        )
    return files


def _fault(entry: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    # zipfile cuts a name at a NUL and, on Windows, turns backslashes: what the archive says is what counts.
    return fault_in_path(entry.orig_filename)


def _check_space(root: Path, n_bytes: int, archive: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root).free
    if n_bytes > free:
        raise InputError(
            f"{archive.name!r} needs {n_bytes / 2**30:.1f} GB in {str(root)!r}, where {free / 2**30:.1f} GB are free: "
            "name a folder with more space."
        )


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """One file, whole or not at all; zipfile reads no more than the size that was checked, and checks the CRC."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic(target) as temporary, temporary.open("wb") as sink, opened.open(entry) as source:
        shutil.copyfileobj(source, sink, 1 << 20)
