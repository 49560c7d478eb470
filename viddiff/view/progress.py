"""How far a run is that another process may be making: what its journal, the time of it and its lock tell, no more."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from viddiff.core.errors import InputError
from viddiff.eval.journal import FILE, LOCK, parsed
from viddiff.view.reading import Documents, plain_file, written_s

#: Some ten times that of the whole benchmark.
MAX_JOURNAL_BYTES = 256 * 2**20
#: A journal that was written within this time may be so from where the lock is not seen (a shared or mirrored folder).
FRESH_S = 120.0

State = Literal["in work", "stopped", "unfinished", "done"]


@dataclass(frozen=True)
class Work:
    """How far a run is.

    Attributes:
        n_done: pairs that need no more work.
        n_samples: pairs of the run; None for runs whose journal does not tell.
        last_s: when the journal (the result, where there is one) was last written, in seconds since 1970.
        held: whether a process holds the lock of the run; None: that cannot be told here.
    """

    n_done: int = 0
    n_samples: int | None = None
    last_s: float | None = None
    held: bool | None = None

    def state(self, now_s: float) -> State:
        """What can be said of a run without a result: "unfinished" where it is not known whether it goes on."""
        if self.held:
            return "in work"
        if self.held is None or self.last_s is None or now_s - self.last_s < FRESH_S:
            return "unfinished"
        return "stopped"


def held(lock: Path) -> bool | None:
    """Whether a process holds the lock of a run (``viddiff.eval.journal.opened``); None: that cannot be told here.

    Nothing is written. The lock is taken, shared, for some microseconds: no system call only looks. A run that began
    within them would be told that another process works on it.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    if not os.path.lexists(lock):
        # Whoever works on a run has made it.
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


def work_of(folder: Path, documents: Documents) -> Work:
    """How far the run in ``folder`` is.

    ``Journal.read`` is not used, because it cuts an unfinished last line off the file.

    Raises:
        InputError: the journal is damaged, a link, no plain file, or larger than ``MAX_JOURNAL_BYTES``.
    """
    journal, is_held = folder / FILE, held(folder / LOCK)
    if not os.path.lexists(journal):
        return Work(held=is_held)
    n_done, n_samples = documents.read(journal, counted, MAX_JOURNAL_BYTES)
    return Work(n_done, n_samples, written_s(journal), is_held)


def counted(journal: bytes) -> tuple[int, int | None]:
    """(pairs that are done, pairs of the run) by the whole lines of a journal.

    Raises:
        InputError: one of them is no record.
    """
    done: set[str] = set()
    n_samples = None
    for line in io.BytesIO(journal):
        if not line.endswith(b"\n"):
            break
        record = parsed(line)
        if record is None:
            raise InputError(f"{FILE} is damaged: {line[:20]!r}... is no record; restore the file, or start anew.")
        if record.get("type") in ("sample", "missing"):
            done.add(str(record.get("sample")))
        elif record.get("type") == "samples" and isinstance(record.get("n"), int):
            n_samples = max(0, record["n"])
    return len(done), n_samples
