"""The progress of a run that another process may be working on, by its journal, the journal's time and its lock."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from viddiff.core.errors import InputError
from viddiff.eval.journal import FILE, LOCK, parse_record
from viddiff.view.documents import DocumentCache, modified_s, plain_file

#: Some ten times that of the whole benchmark.
MAX_JOURNAL_BYTES = 256 * 2**20
#: A journal that was written within this time may be so from where the lock is not seen (a shared or mirrored folder).
FRESH_S = 120.0

RunStatus = Literal["running", "stopped", "unfinished", "done"]


@dataclass(frozen=True)
class RunProgress:
    """How far a run is.

    Attributes:
        n_done: pairs that need no more work.
        n_samples: pairs of the run; None where the journal does not say.
        last_s: when the journal (the result, where there is one) was last written, in seconds since 1970.
        locked: whether a process holds the lock of the run; None: unknown on this system.
    """

    n_done: int = 0
    n_samples: int | None = None
    last_s: float | None = None
    locked: bool | None = None

    def status(self, now_s: float) -> RunStatus:
        """The status of a run without a result; "unfinished" where it is not known whether a process works on it."""
        if self.locked:
            return "running"
        if self.locked is None or self.last_s is None or now_s - self.last_s < FRESH_S:
            return "unfinished"
        return "stopped"


def is_locked(lock: Path) -> bool | None:
    """Whether a process holds the lock of a run (``viddiff.eval.journal.open_journal``); None: unknown on this system.

    Nothing is written. The lock is taken, shared, for some microseconds: no system call only looks. A run that began
    within them would be refused as one that another process works on.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    if not os.path.lexists(lock):
        # Every process that works on a run has made it.
        return False
    try:
        with plain_file(lock) as file:
            try:
                fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False
    except InputError:
        return None


def progress_of(folder: Path, documents: DocumentCache) -> RunProgress:
    """How far the run in ``folder`` is.

    ``Journal.read`` is not used, because it cuts an unfinished last line off the file.

    Raises:
        InputError: the journal is damaged, a link, no plain file, or larger than ``MAX_JOURNAL_BYTES``.
    """
    journal, locked = folder / FILE, is_locked(folder / LOCK)
    if not os.path.lexists(journal):
        return RunProgress(locked=locked)
    n_done, n_samples = documents.read(journal, count_pairs, MAX_JOURNAL_BYTES)
    return RunProgress(n_done, n_samples, modified_s(journal), locked)


class PairCount(NamedTuple):
    """Pairs that are done; pairs of the run, None: not known."""

    n_done: int
    n_pairs: int | None


def count_pairs(journal: bytes) -> PairCount:
    """Count the pairs in the whole lines of a journal.

    Raises:
        InputError: one of them is not a record.
    """
    done_keys: set[str] = set()
    n_samples = None
    for line in io.BytesIO(journal):
        if not line.endswith(b"\n"):
            break
        record = parse_record(line)
        if record is None:
            raise InputError(f"{FILE} is damaged: {line[:20]!r}... is not a record; restore the file, or start again.")
        if record.get("type") in ("sample", "missing"):
            done_keys.add(str(record.get("sample")))
        elif record.get("type") == "samples" and isinstance(record.get("n"), int):
            n_samples = max(0, record["n"])
    return PairCount(len(done_keys), n_samples)
