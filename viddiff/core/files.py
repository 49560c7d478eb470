"""Files on disk: written whole or not at all, and read with a bound, because a document may come from anybody."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from viddiff.core.errors import InputError, UsageError

#: Largest document that is read, in bytes: a comparison, a program, a manifest, settings.
MAX_DOCUMENT_BYTES = 64 * 2**20
#: Largest file with an entry for each pair of a data set, in bytes: rows, predictions, answers, journals.
MAX_TABLE_BYTES = 2**30


@contextmanager
def atomic(path: Path, durable: bool = False) -> Iterator[Path]:
    """Yield a name next to ``path`` to write to; it becomes ``path`` where the block ends without an error.

    Args:
        path: the file; an older one there stays until the new one is whole.
        durable: whether the content is on disk before it gets its name, so that it outlives a loss of power.

    Raises:
        OSError: the file cannot be written.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        if durable:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Yield a new folder next to ``folder`` to write into; it becomes ``folder`` where the block ends without an error.

    Raises:
        OSError: it cannot be made, or ``folder`` holds something.
    """
    temporary = folder.with_name(f".{uuid.uuid4().hex}.tmp")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        # A full folder that appears in between is an error: nothing is lost.
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def document(path: Path) -> Iterator[Path]:
    """``atomic`` for what a user asked for, durable.

    Raises:
        UsageError: the file cannot be written there, or the disk is full.
    """
    try:
        with atomic(path, durable=True) as temporary:
            yield temporary
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            f"The file cannot be written to {str(path)!r} ({reason}): "
            "name a file in an existing, writable folder with free space."
        ) from None


def write_document(path: Path, text: str) -> Path:
    """Write ``text``, its last line ended, to ``path`` in UTF-8 and return ``path``; raises as ``document``."""
    with document(path) as temporary:
        unended = text != "" and not text.endswith("\n")
        temporary.write_text(text + "\n" if unended else text, encoding="utf-8", newline="\n")
    return path


def write_cache_file(path: Path, data: bytes) -> None:
    """Write a file of the cache, whatever other writers and crashes do; its folder is made when missing.

    Raises:
        InputError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise InputError(
            f"The cache folder {str(path.parent)!r} cannot be written ({error.strerror}): "
            "free some space, or run with --no-cache."
        ) from None


@contextmanager
def open_regular(path: Path, max_bytes: int = MAX_TABLE_BYTES, *, follow_links: bool = True) -> Iterator[BinaryIO]:
    """A regular file of at most ``max_bytes`` bytes, open; a pipe is not waited for, a device is not opened.

    What is checked last is the open file, so that it cannot be replaced in between.

    Raises:
        OSError: it cannot be opened, is not a regular file, is larger, or is a link where none is followed;
            ``strerror`` says which.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not follow_links:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    _check_regular(path.stat(follow_symlinks=follow_links), path)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        _check_regular(status, path)
        if status.st_size > max_bytes:
            raise _too_large(path, max_bytes)
        yield file


def read_bytes(path: Path, max_bytes: int = MAX_DOCUMENT_BYTES, *, follow_links: bool = True) -> bytes:
    """The bytes of a regular file.

    Raises:
        OSError: as ``open_regular``.
    """
    with open_regular(path, max_bytes, follow_links=follow_links) as file:
        # The size is not to be trusted: the file may grow, and files of /proc have none.
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise _too_large(path, max_bytes)
    return data


def parse_json(text: str | bytes, **options: Any) -> Any:
    """``json.loads`` for text that may come from anybody.

    Raises:
        ValueError: it is not JSON, or nested too deeply.
    """
    try:
        return json.loads(text, **options)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _check_regular(status: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "it is a link", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))


def _too_large(path: Path, max_bytes: int) -> OSError:
    return OSError(errno.EFBIG, f"it is larger than {max_bytes:,} bytes", str(path))
