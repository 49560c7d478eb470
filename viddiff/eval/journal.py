"""The journal of a run: one JSON record a line, each on disk before the next thing is asked.

A process that is killed leaves at most one cut line, the last; it is dropped when the journal is opened again.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from viddiff.core.errors import InputError, UsageError
from viddiff.core.files import MAX_TABLE_BYTES, parse_json, read_bytes

#: In a run folder: the journal, and what the process that writes it holds.
FILE, LOCK = "journal.jsonl", ".lock"


class Journal:
    """Append-only records in ``path``; safe for several threads. One process at a time: see ``open_journal``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._closed = False

    def close(self) -> None:
        """Take no further record: after Ctrl-C threads may still be waiting for answers, and another may go on."""
        with self._lock:
            self._closed = True

    def read(self) -> list[dict[str, Any]]:
        """All whole records, in order; a cut last line is removed from the file.

        Raises:
            InputError: the file cannot be read, or a line other than the last is not a record.
        """
        if not self.path.exists():
            return []
        try:
            lines = read_bytes(self.path, MAX_TABLE_BYTES).splitlines(keepends=True)
        except OSError as error:
            raise InputError(
                f"The journal {str(self.path)!r} cannot be read ({error.strerror}): restore the file, or start again."
            ) from None
        records = []
        for number, line in enumerate(lines, 1):
            record = parse_record(line)
            if record is None and number == len(lines):
                os.truncate(self.path, sum(map(len, lines[:-1])))
                break
            if record is None:
                raise InputError(
                    f"Line {number} of {str(self.path)!r} is not a record: restore the file, or start again."
                )
            records.append(record)
        return records

    def append(self, record: dict[str, Any]) -> None:
        """Write one record; when this returns it is on disk.

        Raises:
            UsageError: the file cannot be written. ValueError: the journal is closed.
        """
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            with self._lock:
                if self._closed:
                    raise ValueError("the journal is closed")
                with self.path.open("ab") as file:
                    file.write(line)
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise UsageError(
                f"The journal {str(self.path)!r} cannot be written ({error.strerror}): make room and run again."
            ) from None


def parse_record(line: bytes) -> dict[str, Any] | None:
    """The record of a line, or None where it is not whole."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = parse_json(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def records_of(folder: Path) -> list[dict[str, Any]]:
    """The records of a run that nobody works on; raises as ``Journal.read``."""
    return Journal(folder / FILE).read()


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """The journal of a run folder, held by this process alone.

    Raises:
        UsageError: another process works on the folder, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        lock.acquire(blocking=False)
    except Timeout:
        raise UsageError(
            f"Another process works on the run {str(folder)!r}: wait for it, or name another --out."
        ) from None
    except OSError as error:
        raise UsageError(f"--out {str(folder)!r} cannot be written ({error.strerror}): name another folder.") from None
    journal = Journal(folder / FILE)
    try:
        yield journal
    finally:
        journal.close()
        lock.release()
