"""A store that several machines share: whole entries only, faults that pass are waited out, writers do not meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from viddiff.core.errors import UsageError
from viddiff.core.shared_store import PATIENCE_S, SharedStore, StoreError, open_store, read_through, write_through

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'viddiff[store]'")


class Outage:
    """Files in memory that is not available for some seconds of a clock that stands still but for pauses."""

    def __init__(self, seconds: float, error: Exception) -> None:
        self.files: dict[str, bytes] = {}
        self.seconds, self.error, self.now_s = seconds, error, 0.0

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def _check(self) -> None:
        if self.now_s < self.seconds:
            raise self.error

    def cat_file(self, path: str, start: int, end: int) -> bytes:
        self._check()
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path][start:end]

    def pipe_file(self, path: str, data: bytes) -> None:
        self._check()
        self.files[path] = data


def store_with(outage: Outage) -> SharedStore:
    return SharedStore(outage, "bucket", outage.sleep)


@pytest.mark.parametrize("error", [ConnectionError("refused"), TimeoutError(), RuntimeError("of some library")])
def test_a_store_that_fails_for_five_seconds_is_waited_for(error: Exception) -> None:
    outage = Outage(5, error)
    store = store_with(outage)
    store.write("poses/x", b"data")
    assert outage.now_s >= 5
    outage.seconds = outage.now_s + 5
    assert store.read("poses/x") == b"data"
    assert store.read("poses/y") is None


def test_a_store_that_stays_away_ends_the_run_in_one_sentence() -> None:
    outage = Outage(10_000, ConnectionError("no route\nto it"))
    with pytest.raises(
        StoreError, match=r"The store 'bucket' cannot be used \(no route\).*same command again"
    ) as raised:
        store_with(outage).read("poses/x")
    assert raised.value.exit_code == 4
    assert PATIENCE_S <= outage.now_s < 2 * PATIENCE_S


def test_a_store_that_may_not_be_written_is_not_waited_for() -> None:
    outage = Outage(10_000, PermissionError("Access Denied"))
    with pytest.raises(StoreError, match="Access Denied"):
        store_with(outage).write("poses/x", b"data")
    assert outage.now_s == 0


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data[:10], lambda data: b"", lambda data: data + b"x"]
)
def test_an_entry_that_is_not_whole_counts_as_missing(damage: Callable[[bytes], bytes]) -> None:
    outage = Outage(0, OSError())
    store = store_with(outage)
    store.write("poses/x", b"data")
    outage.files["bucket/poses/x"] = damage(outage.files["bucket/poses/x"])
    assert store.read("poses/x") is None


def test_many_writers_and_readers_of_one_entry_in_a_folder_see_it_whole_or_not(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "shared"))
    data, seen = b"x" * 2**20, set[Any]()

    def write_and_read() -> None:
        for _ in range(10):
            store.write("poses/x", data)
            seen.add(store.read("poses/x"))

    threads = [threading.Thread(target=write_and_read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen <= {data, None}
    assert store.read("poses/x") == data


def test_what_a_machine_lacks_it_gets_and_keeps(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "shared"))
    here, there = (tmp_path / name / "poses" / "x.npz" for name in ("here", "there"))
    assert read_through(there, store) is None
    write_through(here, b"data", store)
    assert read_through(there, store) == b"data"
    assert there.read_bytes() == b"data"
    assert read_through(tmp_path / "third" / "poses" / "x.npz", None) is None


@pytest.mark.parametrize("address", ["nowhere://bucket/folder", "x:y://z"])
def test_an_address_of_no_known_kind_is_a_sentence(address: str) -> None:
    with pytest.raises(UsageError, match="cannot be opened"):
        open_store(address)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(str(tmp_path / "file" / "below"))
