"""Where the answers of models are kept between runs (dspy's cache)."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from viddiff.core.shared_store import SharedStore

if TYPE_CHECKING:
    from dspy.clients import Cache

_LOCK = threading.Lock()


def folder_of(cache_dir: Path, api_base: str | None) -> Path:
    """The folder of cached answers; one for each server, because dspy's key does not hold the server."""
    server = "hosted" if api_base is None else hashlib.sha256(api_base.rstrip("/").encode()).hexdigest()[:16]
    return cache_dir / "answers" / server


def configure(folder: Path | None, shared: SharedStore | None = None) -> str | None:
    """Keep the answers of this process in ``folder``, and in the store of several machines, or keep none.

    Returns:
        A notice where that cannot be.
    """
    import dspy

    dspy.cache, notice = _open(folder, shared)
    return notice


@contextlib.contextmanager
def use_cache_folder(folder: Path | None, shared: SharedStore | None = None) -> Iterator[str | None]:
    """Within this context answers are kept as ``configure`` says, whose notice it gives.

    It holds for this thread and those that take over dspy's settings from it, so several may be open at once; then
    dspy's cache is as before.
    """
    import dspy

    cache, notice = _open(folder, shared)
    with _LOCK:
        if not isinstance(dspy.cache, ContextCache):
            dspy.cache = ContextCache(dspy.cache)
        caches = dspy.cache
        caches.opened.append(cache)
    try:
        with dspy.context(answer_cache=cache):
            yield notice
    finally:
        with _LOCK:
            caches.opened.remove(cache)
            if not caches.opened and dspy.cache is caches:
                dspy.cache = caches.outside


class ContextCache:
    """What ``dspy.cache`` is meanwhile: the cache of the context that asks, with all its attributes.

    A thread that was begun without dspy's settings has no context: it gets the cache that was opened last.

    Args:
        outside: dspy's cache as it was.

    Attributes:
        opened: caches of the contexts that are open, the last one last.
    """

    def __init__(self, outside: Cache) -> None:
        self.outside = outside
        self.opened: list[Cache] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._current(), name)

    def __contains__(self, key: str) -> bool:
        return key in self._current()

    def _current(self) -> Cache:
        import dspy

        cache = dspy.settings.get("answer_cache")
        return cache if cache is not None else self.opened[-1] if self.opened else self.outside


class _Opened(NamedTuple):
    cache: Cache
    notice: str | None


def _open(folder: Path | None, shared: SharedStore | None) -> _Opened:
    """A cache; its unpickling is restricted to the types that dspy writes, for a cache folder may be shared."""
    import dspy
    from dspy.clients import Cache

    from viddiff.lms.attempts import AnswerCache

    if folder is None:
        return _Opened(Cache(enable_disk_cache=False, enable_memory_cache=False, disk_cache_dir=""), None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        cache = AnswerCache(
            shared,
            folder.name,
            enable_disk_cache=True,
            enable_memory_cache=True,
            disk_cache_dir=str(folder),
            disk_size_limit_bytes=dspy.clients.DISK_CACHE_LIMIT,
            restrict_pickle=True,
        )
    except (OSError, sqlite3.Error) as error:
        kept_nowhere = Cache(enable_disk_cache=False, enable_memory_cache=True, disk_cache_dir="")
        return _Opened(kept_nowhere, f"answers are not kept: the cache folder cannot be written ({error}).")
    return _Opened(cache, None)
