"""The cache folder: what it holds, how large it may be, which files are removed first.

All of it can be made again, so files are removed without a question. Answers of models, which were paid for, and
unfinished compiling are removed only by ``clear``.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from viddiff.core.errors import UsageError
from viddiff.core.record import Record

#: Folder -> what it holds.
KINDS: dict[str, str] = {
    "frames": "sampled frames, JPEG by content",
    "footage": "loaded videos: times, grey track, figure",
    "embeddings": "CLIP embeddings by content, model and preprocessing",
    "poses": "people found in videos, by content, rate and estimator",
    "weights": "networks that estimate pose (viddiff weights get)",
    "clips": "clips as reports show them",
    "answers": "answers of models (paid for)",
    "compile": "unfinished compiling",
}
#: Kinds that ``prune`` may remove, least recently used files first.
PRUNABLE = ("frames", "footage", "embeddings", "poses", "clips")
#: Files used more recently than this are not removed: a running comparison may need them.
MIN_AGE_S = 3600.0

_STAMP = ".pruned"
_EVERY_S = 24 * 3600.0


class CacheKind(Record):
    """What the cache holds of one kind; ``oldest_use_s`` is how long ago its oldest file was used."""

    name: str
    """Its folder."""
    what: str
    """What it holds, in words."""
    n_files: int
    """How many files it has."""
    n_bytes: int
    """Their size."""
    oldest_use_s: float | None
    """Seconds; None where it has no file."""


class PruneResult(Record):
    """What was removed."""

    n_files: int
    """Files."""
    n_bytes: int
    """Their size."""
    n_bytes_left: int
    """What is left, of all kinds."""


def kinds(cache_dir: Path) -> tuple[CacheKind, ...]:
    """What the cache folder holds, by kind; a folder that is not there holds nothing."""
    now, result = time.time(), []
    for name, what in KINDS.items():
        files = list(_files(cache_dir / name))
        result.append(
            CacheKind(
                name=name,
                what=what,
                n_files=len(files),
                n_bytes=sum(file.n_bytes for file in files),
                oldest_use_s=max(0.0, now - min(file.used_s for file in files)) if files else None,
            )
        )
    return tuple(result)


def prune(cache_dir: Path, max_bytes: int) -> PruneResult:
    """Remove the least recently used files until the whole cache has at most ``max_bytes``.

    Only the kinds in ``PRUNABLE``, and no file that was used in the last hour. Other processes may prune or read at
    the same time: a file that is missing is made again.
    """
    total = sum(kind.n_bytes for kind in kinds(cache_dir))
    cutoff_s = time.time() - MIN_AGE_S
    old = sorted(file for name in PRUNABLE for file in _files(cache_dir / name) if file.used_s < cutoff_s)
    n_files = n_bytes = 0
    for file in old:
        if total - n_bytes <= max_bytes:
            break
        try:
            file.path.unlink()
        except OSError:
            continue
        n_files, n_bytes = n_files + 1, n_bytes + file.n_bytes
    return PruneResult(n_files=n_files, n_bytes=n_bytes, n_bytes_left=total - n_bytes)


def prune_daily(cache_dir: Path, max_bytes: int) -> PruneResult | None:
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


def clear(cache_dir: Path, names: Sequence[str] = ()) -> PruneResult:
    """Remove the named kinds, or all.

    Raises:
        UsageError: a kind that there is not, or a folder that cannot be removed.
    """
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        raise UsageError(f"The cache has no kind {unknown[0]!r}: choose from {', '.join(KINDS)}.")
    before = kinds(cache_dir)
    kind_names = set(names or KINDS)
    for name in kind_names:
        folder = cache_dir / name
        try:
            if folder.is_symlink():
                # What it points to is not ours to remove.
                folder.unlink()
            elif folder.exists():
                shutil.rmtree(folder)
        except OSError as error:
            raise UsageError(f"{str(folder)!r} cannot be removed ({error.strerror}): remove it by hand.") from None
    cleared = [kind for kind in before if kind.name in kind_names]
    n_bytes = sum(kind.n_bytes for kind in cleared)
    left = sum(kind.n_bytes for kind in before) - n_bytes
    return PruneResult(n_files=sum(kind.n_files for kind in cleared), n_bytes=n_bytes, n_bytes_left=left)


class _CachedFile(NamedTuple):
    """A file; ``used_s`` is the time of its last use in seconds since 1970, by which files are sorted."""

    used_s: float
    n_bytes: int
    path: Path


def _files(folder: Path) -> Iterator[_CachedFile]:
    """Every file below; links are not followed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = Path(parent, name)
            try:
                status = path.lstat()
            except OSError:
                continue
            # The time of access alone would not do: some file systems do not keep it.
            yield _CachedFile(max(status.st_atime, status.st_mtime), status.st_size, path)
