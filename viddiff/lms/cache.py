"""Where the answers of models are kept between runs (dspy's cache)."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from viddiff.core.shared_store import SharedStore


def folder_of(cache_dir: Path, api_base: str | None) -> Path:
    """The folder of cached answers; one for each server, because dspy's key does not hold the server."""
    server = "hosted" if api_base is None else hashlib.sha256(api_base.rstrip("/").encode()).hexdigest()[:16]
    return cache_dir / "answers" / server


def configure(folder: Path | None, shared: SharedStore | None = None) -> str | None:
    """Keep answers in ``folder``, and in the store of several machines, or keep none; a notice where that cannot be.

    Unpickling is restricted to the types that dspy writes: a cache folder may be shared.
    """
    import dspy

    from viddiff.lms.attempts import AnswerCache

    if folder is None:
        dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        dspy.cache = AnswerCache(
            shared,
            folder.name,
            enable_disk_cache=True,
            enable_memory_cache=True,
            disk_cache_dir=str(folder),
            disk_size_limit_bytes=dspy.clients.DISK_CACHE_LIMIT,
            restrict_pickle=True,
        )
    except (OSError, sqlite3.Error) as error:
        dspy.configure_cache(enable_disk_cache=False)
        return f"answers are not kept: the cache folder cannot be written ({error})."
    return None


@contextlib.contextmanager
def use_cache_folder(folder: Path | None) -> Iterator[None]:
    """Within this context answers are kept in ``folder``, or none are; afterwards dspy's cache is as it was."""
    import dspy

    before = dspy.cache
    configure(folder)
    try:
        yield
    finally:
        dspy.cache = before
