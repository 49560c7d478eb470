"""What several machines share of their caches: a folder or a bucket (fsspec, https://filesystem-spec.readthedocs.io).

Each machine keeps its own cache folder; what is not in it is looked up here before it is made, and what is made goes to
both. An entry is one object with a checksum in front: one that is half written or damaged counts as missing. Keys say
what an entry depends on, so writers that meet at one key write the same, and none waits for another.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from viddiff.core.errors import InputError, UsageError, VidDiffError
from viddiff.core.files import MAX_TABLE_BYTES, write_cache_file

T = TypeVar("T")

#: How long a store may fail before the run ends, and the longest pause between two attempts.
PATIENCE_S, MAX_PAUSE_S = 60.0, 8.0
_DIGEST_BYTES = 32
#: What waiting does not change.
_FINAL = (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError, PermissionError, ImportError)


class StoreError(VidDiffError):
    """The shared store cannot be used (exit code 4): the run ends, for what it lacks would be paid for again."""

    exit_code = 4


class SharedStore:
    """Bytes by name in a file system of fsspec; for several threads, processes and machines.

    Args:
        files: the file system.
        root: the folder in it.
        sleep: waits so many seconds.
    """

    def __init__(self, files: Any, root: str, sleep: Callable[[float], object] = time.sleep) -> None:
        self.files, self.root = files, root.rstrip("/")
        self._sleep = sleep

    def read(self, name: str) -> bytes | None:
        """An entry, or None where there is none that is whole.

        Raises:
            StoreError: the store failed for longer than ``PATIENCE_S``.
        """
        try:
            entry: bytes = self._retry(
                functools.partial(self.files.cat_file, self._path(name), start=0, end=MAX_TABLE_BYTES)
            )
        except FileNotFoundError:
            return None
        digest, data = entry[:_DIGEST_BYTES], entry[_DIGEST_BYTES:]
        return data if hashlib.sha256(data).digest() == digest else None

    def write(self, name: str, data: bytes) -> None:
        """Keep an entry; one that is too large to be read again is left out.

        Raises:
            StoreError: as ``read``, or nothing may be written there.
        """
        if len(data) + _DIGEST_BYTES >= MAX_TABLE_BYTES:
            return
        content = hashlib.sha256(data).digest() + data
        try:
            self._retry(functools.partial(self.files.pipe_file, self._path(name), content))
        except FileNotFoundError as error:
            raise self._store_error(error) from None

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}"

    def _retry(self, act: Callable[[], T]) -> T:
        """The result of ``act``, which is tried again while it fails, at growing distances."""
        waited_s, pause_s = 0.0, 0.5
        while True:
            try:
                return act()
            except FileNotFoundError:
                raise
            except Exception as error:
                # File systems of fsspec raise errors of their own, many of which are no OSError.
                if isinstance(error, _FINAL) or waited_s >= PATIENCE_S:
                    raise self._store_error(error) from None
            self._sleep(pause_s)
            waited_s, pause_s = waited_s + pause_s, min(2 * pause_s, MAX_PAUSE_S)

    def _store_error(self, error: Exception) -> StoreError:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        return StoreError(
            f"The store {self.root!r} cannot be used ({reason}): check --store and the credentials for it, "
            "then run the same command again."
        )


@functools.lru_cache(8)
def open_store(address: str) -> SharedStore:
    """The store at an address, ``s3://bucket/folder`` or a folder; one for all of this process.

    Raises:
        UsageError: a library is missing, or there is no such kind of address. StoreError: it cannot be written.
    """
    try:
        from fsspec import url_to_fs
        from fsspec.implementations.local import LocalFileSystem
    except ImportError:
        raise UsageError("--store needs fsspec: pip install 'viddiff[store]'.") from None
    try:
        files, root = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"--store {address!r} cannot be opened ({error}): give a folder, "
            "or s3://bucket/folder with: pip install 'viddiff[store]'."
        ) from None
    if isinstance(files, LocalFileSystem):
        files.auto_mkdir = True
    store = SharedStore(files, root)
    # Before a video is read: whether the store is there, and may be written.
    store.write("viddiff.txt", b"Frames, poses, embeddings and answers that several machines share.\n")
    return store


def of_settings(address: str | None) -> SharedStore | None:
    """The store at an address; None where there is none."""
    return None if address is None else open_store(address)


def read_through(path: Path, shared: SharedStore | None) -> bytes | None:
    """A file of the cache; where this machine has none, the one of the shared store, which is then kept here.

    Raises:
        StoreError: the shared store cannot be used.
    """
    try:
        return path.read_bytes()
    except OSError:
        data = shared.read(_name(path)) if shared else None
    if data is not None:
        with contextlib.suppress(InputError):
            write_cache_file(path, data)
    return data


def write_through(path: Path, data: bytes, shared: SharedStore | None) -> None:
    """Keep a file in the cache and in the shared store.

    Raises:
        InputError: the cache cannot be written. StoreError: the shared store cannot be used.
    """
    if shared:
        shared.write(_name(path), data)
    write_cache_file(path, data)


def _name(path: Path) -> str:
    # The kind of a file is its folder in the cache.
    return f"{path.parent.name}/{path.name}"
