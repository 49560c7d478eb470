"""How far a run is that another process may be making: what its journal, the time of it and its lock tell, no more."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from viddiff.errors import InputError
from viddiff.eval.journal import FILE, LOCK, parsed
from viddiff.view.reading import Kept, Stamp, plain_file, settled, stamp_at, stamp_of

MAX_JOURNAL_BYTES = 2**30
#: Journals that are remembered, and pairs of each; a longer one is read anew.
MAX_JOURNALS, MAX_PAIRS = 256, 10_000
#: A journal that was written within this time may be so from where the lock is not seen (a shared or mirrored folder).
FRESH_S = 120.0
_TAIL_BYTES = 256

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


@dataclass(frozen=True)
class _Followed:
    """A journal up to ``offset``, where its last whole line ends; ``stamp`` is None while it is being written."""

    stamp: Stamp | None = None
    file: tuple[int, int] = (0, 0)
    offset: int = 0
    tail: bytes = b""
    done: frozenset[int] = frozenset()
    n_samples: int | None = None
    last_s: float | None = None


class Journals:
    """Counts the pairs in journals; of one that grew, only what is new is read. Safe for several threads.

    ``Journal.read`` is not used, because it cuts an unfinished last line off the file.
    """

    def __init__(self, max_files: int = MAX_JOURNALS) -> None:
        self.kept: Kept[_Followed] = Kept(max_files)

    def work(self, folder: Path) -> Work:
        """How far the run in ``folder`` is.

        Raises:
            InputError: the journal is damaged, a link, no plain file, or larger than ``MAX_JOURNAL_BYTES``.
        """
        journal, is_held = folder / FILE, held(folder / LOCK)
        if not os.path.lexists(journal):
            return Work(held=is_held)
        known = self.kept.get(journal)
        if known is None or known.stamp is None or known.stamp != stamp_at(journal):
            known = _read(journal, known or _Followed())
            if len(known.done) <= MAX_PAIRS:
                self.kept.put(journal, known)
        return Work(len(known.done), known.n_samples, known.last_s, is_held)


def _read(journal: Path, known: _Followed) -> _Followed:
    with plain_file(journal, MAX_JOURNAL_BYTES) as file:
        status = os.fstat(file.fileno())
        same = known.file == (status.st_dev, status.st_ino) and known.offset <= status.st_size
        file.seek(known.offset - len(known.tail))
        if not same or file.read(len(known.tail)) != known.tail:
            known = _Followed()
            file.seek(0)
        done, n_samples, n_bytes = counted(file, known)
        offset = known.offset + n_bytes
        file.seek(max(0, offset - _TAIL_BYTES))
        tail = file.read(offset - file.tell())
    stamp = stamp_of(status) if settled(status) else None
    return _Followed(stamp, (status.st_dev, status.st_ino), offset, tail, done, n_samples, status.st_mtime)


def counted(lines: Iterable[bytes], known: _Followed) -> tuple[frozenset[int], int | None, int]:
    """(hashes of the keys of pairs that are done, pairs of the run, bytes of whole lines), ``known`` continued.

    Raises:
        InputError: a whole line is no record.
    """
    done, n_samples, n_bytes = set(known.done), known.n_samples, 0
    for line in lines:
        if not line.endswith(b"\n"):
            break
        n_bytes += len(line)
        record = parsed(line)
        if record is None:
            raise InputError(f"{FILE} is damaged: {line[:20]!r}... is no record; restore the file, or start anew.")
        if record.get("type") in ("sample", "missing"):
            done.add(hash(str(record.get("sample"))))
        elif record.get("type") == "samples" and isinstance(record.get("n"), int):
            n_samples = max(0, record["n"])
    return frozenset(done), n_samples, n_bytes
