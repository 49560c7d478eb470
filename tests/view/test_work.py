from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.view.opens import opened_below
from viddiff.core.errors import InputError
from viddiff.eval.journal import open_journal
from viddiff.view import progress
from viddiff.view.documents import DocumentCache
from viddiff.view.items.runs import relative_time
from viddiff.view.progress import RunProgress, is_locked, progress_of

NOW = 1_800_000_000.0


def counts(made: RunProgress) -> tuple[int, int | None]:
    return made.n_done, made.n_samples


def record(kind: str, key: str) -> bytes:
    return b'{"type": "%s", "sample": "%s"}\n' % (kind.encode(), key.encode())


def test_a_journal_being_written_is_counted_and_left_as_it_is(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    assert progress_of(tmp_path, DocumentCache()) == RunProgress(locked=False)
    old = record("sample", "x") + record("missing", "y") + record("sample", "x")
    journal.write_bytes(old + b'{"cut')
    assert counts(progress_of(tmp_path, DocumentCache())) == (2, None)
    new = b'{"type": "samples", "n": 7}\n' + old
    journal.write_bytes(new + b'{"cut')
    assert counts(progress_of(tmp_path, DocumentCache())) == (2, 7)
    assert journal.read_bytes() == new + b'{"cut'


def test_a_journal_that_is_followed_counts_as_one_read_at_once(tmp_path: Path) -> None:
    journal, documents = tmp_path / "journal.jsonl", DocumentCache()
    text = b'{"type":"samples","n":9}\n' + b"".join(record("sample", f"pair {number % 6}") for number in range(20))
    for n_bytes in range(0, len(text) + 1, 7):
        journal.write_bytes(text[:n_bytes])
        assert counts(progress_of(tmp_path, documents)) == counts(progress_of(tmp_path, DocumentCache())), n_bytes
    journal.write_bytes(text)
    assert counts(progress_of(tmp_path, documents)) == (6, 9)


def test_a_journal_that_did_not_change_is_read_once(tmp_path: Path) -> None:
    journal, documents = tmp_path / "journal.jsonl", DocumentCache()
    journal.write_bytes(record("sample", "a") + record("sample", "b") + b'{"type": "sam')
    assert counts(progress_of(tmp_path, documents)) == (2, None)
    with journal.open("ab") as file:
        file.write(b'ple", "sample": "c"}\n')
    os.utime(journal, (1, 1))
    assert counts(progress_of(tmp_path, documents)) == (3, None)
    with opened_below(tmp_path) as names:
        assert counts(progress_of(tmp_path, documents)) == (3, None)
    assert names == []


def test_a_journal_that_was_replaced_or_rewritten_is_read_anew(tmp_path: Path) -> None:
    journal, documents = tmp_path / "journal.jsonl", DocumentCache()
    journal.write_bytes(record("sample", "a") + record("sample", "b"))
    assert counts(progress_of(tmp_path, documents)) == (2, None)
    journal.write_bytes(record("sample", "c"))
    assert counts(progress_of(tmp_path, documents)) == (1, None)
    journal.write_bytes(record("sample", "d") + record("sample", "e") + record("sample", "f"))
    assert counts(progress_of(tmp_path, documents)) == (3, None)
    (tmp_path / "new").write_bytes(record("sample", "c") * 9)
    (tmp_path / "new").replace(journal)
    assert counts(progress_of(tmp_path, documents)) == (1, None)


def test_a_journal_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b"12345")
    monkeypatch.setattr(progress, "MAX_JOURNAL_BYTES", 4)
    with pytest.raises(InputError, match="larger than 4 bytes"):
        progress_of(tmp_path, DocumentCache())


@pytest.mark.skipif(os.name == "nt", reason="the lock is not looked at there")
def test_the_lock_of_a_run_tells_whether_it_is_in_work(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    assert is_locked(lock) is False
    with open_journal(tmp_path):
        assert is_locked(lock) is True
        # Looking takes nothing away.
        assert is_locked(lock) is True
    assert is_locked(lock) is False
    with open_journal(tmp_path):
        assert progress_of(tmp_path, DocumentCache()).locked is True


def test_a_lock_that_is_no_plain_file_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    (tmp_path / ".lock").symlink_to(tmp_path / "other")
    assert is_locked(tmp_path / ".lock") is None
    os.mkfifo(tmp_path / "pipe")
    assert is_locked(tmp_path / "pipe") is None


@pytest.mark.parametrize(
    ("locked", "still_s", "status"),
    [
        (True, 5, "running"),
        (True, 5000, "running"),
        (False, 5, "unfinished"),
        (False, 5000, "stopped"),
        (False, None, "unfinished"),
        (None, 5, "unfinished"),
        (None, 5000, "unfinished"),
    ],
)
def test_a_run_is_called_stopped_only_where_lock_and_journal_say_so(
    locked: bool | None, still_s: float | None, status: str
) -> None:
    last_s = None if still_s is None else NOW - still_s
    assert RunProgress(3, 7, last_s, locked).status(NOW) == status


@pytest.mark.parametrize(
    ("past_s", "told"),
    [
        (0, "less than a minute ago"),
        (-30, "less than a minute ago"),
        (60, "1 min ago"),
        (119 * 60, "119 min ago"),
        (2 * 3600, "2 h ago"),
        (47.9 * 3600, "47 h ago"),
        (48 * 3600, "2027-01-13 08:00 UTC"),
        (-3600, "2027-01-15 09:00 UTC"),
        (-1e20, "at an unknown time"),
    ],
)
def test_a_moment_is_told_as_one_tells_it(past_s: float, told: str) -> None:
    assert relative_time(NOW - past_s, NOW).replace("\N{NO-BREAK SPACE}", " ") == told


def test_times_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(record("sample", "a"))
    then = time.time() - 500
    os.utime(tmp_path / "journal.jsonl", (then, then))
    assert progress_of(tmp_path, DocumentCache()).last_s == pytest.approx(then)
