"""The folder of a server's uploads: it goes with the server or, where that was killed, when the next one begins."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

_PREFIX, _LOCK = "viddiff-view-", ".lock"


class Temporary:
    """A folder that this process holds by a lock; of a process that died the system lets it go.

    Attributes:
        folder: for the uploads of this server alone.
    """

    def __init__(self) -> None:
        remove_left_behind()
        self._root, self._lock = _lock_new_folder()
        self.folder = self._root / "uploads"
        self.folder.mkdir()

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        # First, because Windows removes no open file.
        self._lock.release()
        shutil.rmtree(self._root, ignore_errors=True)


def remove_left_behind() -> None:
    """Remove the folders of servers that were killed: those that no process has locked."""
    for root in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # One without a lock is being made.
        if _is_ours(root) and (root / _LOCK).is_file():
            with contextlib.suppress(OSError, Timeout), FileLock(root / _LOCK).acquire(blocking=False):
                shutil.rmtree(root, ignore_errors=True)


def _is_ours(root: Path) -> bool:
    """Whether it is a folder of this user: everybody may put something of that name there."""
    try:
        status = root.lstat()
    except OSError:
        return False
    return root.is_dir() and not root.is_symlink() and (os.name == "nt" or status.st_uid == os.getuid())


def _lock_new_folder() -> tuple[Path, FileLock]:
    while True:
        root = Path(tempfile.mkdtemp(prefix=_PREFIX))
        # Whichever thread ends the server lets it go.
        lock = FileLock(root / _LOCK, thread_local=False)
        with contextlib.suppress(OSError, Timeout):
            lock.acquire(blocking=False)
        # Another server may have taken it for one left behind before it was held.
        if lock.is_locked and (root / _LOCK).exists():
            return root, lock
