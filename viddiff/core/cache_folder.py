"""The cache folder as a whole: what it holds, how large it may be, what goes first.

Everything in it can be made again, so nothing here asks before it takes; what was paid for (answers of models) and what
a compile run may go on from is taken only when the user names it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from viddiff.core.errors import UsageError
from viddiff.core.types import Record

#: Folder -> what it holds.
KINDS: dict[str, str] = {
    "frames": "sampled frames, JPEG by content",
    "footage": "readings of videos: times, grey track, figure",
    "embeddings": "CLIP embeddings by content, model and preprocessing",
    "poses": "people found in videos, by content, rate and estimator",
    "weights": "networks that estimate pose (viddiff weights get)",
    "clips": "clips as reports show them",
    "answers": "answers of models (paid for)",
    "compile": "unfinished compiling",
}
#: What a size limit may take, each file by its last use.
TAKEN_BY_AGE = ("frames", "footage", "embeddings", "poses", "clips")
#: A file that was used so lately may be about to be used again by a comparison that runs.
YOUNGEST_S = 3600.0

_STAMP = ".pruned"
_EVERY_S = 24 * 3600.0


class Kind(Record):
    """What the cache holds of one kind; ``oldest_use_s`` is how long ago its oldest file was used."""

    name: str
    what: str
    n_files: int
    n_bytes: int
    oldest_use_s: float | None


class Pruned(Record):
    """What was taken out."""

    n_files: int
    n_bytes: int
    n_bytes_left: int
    """What is left, of all kinds."""


def kinds(cache_dir: Path) -> tuple[Kind, ...]:
    """What the cache folder holds, by kind; a folder that is not there holds nothing."""
    now, found = time.time(), []
    for name, what in KINDS.items():
        uses = [(used_s, size) for _, used_s, size in _files(cache_dir / name)]
        found.append(
            Kind(
                name=name,
                what=what,
                n_files=len(uses),
                n_bytes=sum(size for _, size in uses),
                oldest_use_s=max(0.0, now - min(used_s for used_s, _ in uses)) if uses else None,
            )
        )
    return tuple(found)


def prune(cache_dir: Path, max_bytes: int) -> Pruned:
    """Take what was used longest ago until the whole cache has at most ``max_bytes``.

    Only what is made again for nothing (``TAKEN_BY_AGE``), and nothing that was used in the last hour. Several
    processes may do so at once, and others may read meanwhile: a file that is gone counts as not there, and is made
    again.
    """
    total = sum(kind.n_bytes for kind in kinds(cache_dir))
    cutoff_s = time.time() - YOUNGEST_S
    old = sorted(
        (used_s, size, path)
        for name in TAKEN_BY_AGE
        for path, used_s, size in _files(cache_dir / name)
        if used_s < cutoff_s
    )
    n_files = n_bytes = 0
    for _, size, path in old:
        if total - n_bytes <= max_bytes:
            break
        try:
            path.unlink()
        except OSError:
            continue
        n_files, n_bytes = n_files + 1, n_bytes + size
    return Pruned(n_files=n_files, n_bytes=n_bytes, n_bytes_left=total - n_bytes)


def keep_within(cache_dir: Path, max_bytes: int) -> Pruned | None:
    """``prune``, at most once a day; None where it was done lately or nothing can be written."""
    stamp = cache_dir / _STAMP
    try:
        if time.time() - stamp.stat().st_mtime < _EVERY_S:
            return None
    except OSError:
        # Never done, or no cache at all.
        if not cache_dir.is_dir():
            return None
    try:
        stamp.touch()
    except OSError:
        return None
    return prune(cache_dir, max_bytes)


def clear(cache_dir: Path, names: Sequence[str] = ()) -> Pruned:
    """Take out the named kinds, or all.

    Raises:
        UsageError: a kind that there is not, or a folder that cannot be removed.
    """
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        raise UsageError(f"The cache holds no {unknown[0]!r}: name some of {', '.join(KINDS)}.")
    before = kinds(cache_dir)
    chosen = set(names or KINDS)
    for name in chosen:
        folder = cache_dir / name
        try:
            if folder.is_symlink():
                # What it points to is not ours to remove.
                folder.unlink()
            elif folder.exists():
                shutil.rmtree(folder)
        except OSError as error:
            raise UsageError(f"{str(folder)!r} cannot be removed ({error.strerror}): remove it by hand.") from None
    gone = [kind for kind in before if kind.name in chosen]
    taken = sum(kind.n_bytes for kind in gone)
    left = sum(kind.n_bytes for kind in before) - taken
    return Pruned(n_files=sum(kind.n_files for kind in gone), n_bytes=taken, n_bytes_left=left)


def _files(folder: Path) -> Iterator[tuple[Path, float, int]]:
    """(path, time of last use in seconds since 1970, bytes) of every file below; links are not followed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = Path(parent, name)
            try:
                status = path.lstat()
            except OSError:
                continue
            # The time of access alone would not do: some file systems do not keep it.
            yield path, max(status.st_atime, status.st_mtime), status.st_size
