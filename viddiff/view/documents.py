"""Files of a folder that may come from anybody: opened without following a link, and read again only when they change.

A file counts as unchanged while its device, number, size and times are. A file that was changed within the last seconds
is not kept: clocks of file systems are coarse, and a second change could not be detected.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from pydantic import ValidationError

from viddiff.core.errors import InputError
from viddiff.core.files import MAX_DOCUMENT_BYTES, open_regular
from viddiff.core.record import Record, first_invalid_field

#: Longest sentence about a document, in characters; it may quote the document.
MAX_PROBLEM = 1000
#: The coarsest clock of a file system in use (FAT).
SETTLED_S = 2.0

T = TypeVar("T")
R = TypeVar("R", bound=Record)


class FileStamp(NamedTuple):
    """Values that differ once a file was changed; times of change of the content and of the entry."""

    device: int
    number: int
    n_bytes: int
    content_ns: int
    entry_ns: int


@contextmanager
def plain_file(path: Path, max_bytes: int = MAX_DOCUMENT_BYTES) -> Iterator[BinaryIO]:
    """A plain file of the folder, open; no link is followed.

    Raises:
        InputError: it is a link or no plain file, larger than ``max_bytes``, or cannot be read; the sentence names its
            name alone: a reader of the page must not learn the path.
    """
    try:
        with open_regular(path, max_bytes, follow_links=False) as file:
            yield file
    except OSError as error:
        raise InputError(
            f"The file {path.name!r} cannot be read ({error.strerror}): it must be a regular file."
        ) from None


def read_inside(path: Path, max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The bytes of a plain file.

    Raises:
        InputError: as ``plain_file``.
    """
    with plain_file(path, max_bytes) as file:
        # A file that grows meanwhile is cut, and read again at its next stamp.
        return file.read(max_bytes)


def parse_record(model: type[R], name: str, data: bytes) -> R:
    """A record of a run from the bytes of its file.

    Raises:
        InputError: it is damaged.
    """
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        where, message, _ = first_invalid_field(error)
        at = f" at {where[:MAX_PROBLEM]!r}" if where else ""
        raise InputError(f"{name} is damaged{at}: {message}; run the same viddiff eval again.") from None


def stamp_of(status: os.stat_result) -> FileStamp:
    """The stamp of an open file."""
    return FileStamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def stamp_at(path: Path) -> FileStamp | None:
    """The stamp of the file or link at ``path``; None: there is none."""
    try:
        return stamp_of(os.lstat(path))
    except OSError:
        return None


def modified_s(path: Path) -> float | None:
    """When the file at ``path`` was last written, in seconds since 1970; None: there is none."""
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return None


def is_settled(status: os.stat_result) -> bool:
    """Whether a change from now on must change the stamp."""
    return time.time() - status.st_mtime > SETTLED_S


@dataclass(frozen=True)
class _Entry:
    stamp: FileStamp
    value: Any
    #: The sentence alone: an exception would keep its frames, and the document in them.
    problem: str | None


class DocumentCache:
    """Documents, each read and parsed once until it changes; safe for several threads."""

    def __init__(self) -> None:
        self._kept: dict[Path, _Entry] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def read(self, path: Path, parse: Callable[[bytes], T], max_bytes: int = MAX_DOCUMENT_BYTES) -> T:
        """What ``parse`` makes of a file, which for one path must always be the same function.

        Raises:
            InputError: the file cannot be read, which is tried again each time; or ``parse`` raised it.
        """
        entry = self._kept.get(path)
        if entry is None or entry.stamp != stamp_at(path):
            entry = self._read(path, parse, max_bytes)
        if entry.problem is not None:
            raise InputError(entry.problem)
        value: T = entry.value
        return value

    def keep_only(self, folders: Collection[Path]) -> None:
        """Forget the files that lie in none of ``folders``."""
        with self._lock:
            for path in [path for path in self._kept if path.parent not in folders]:
                del self._kept[path]

    def _read(self, path: Path, parse: Callable[[bytes], Any], max_bytes: int) -> _Entry:
        with plain_file(path, max_bytes) as file:
            status = os.fstat(file.fileno())
            data = file.read(max_bytes)
        try:
            entry = _Entry(stamp_of(status), parse(data), None)
        except InputError as error:
            entry = _Entry(stamp_of(status), None, str(error)[:MAX_PROBLEM])
        if is_settled(status):
            with self._lock:
                self._kept[path] = entry
        return entry
