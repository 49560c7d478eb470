"""Arrays in files: what was written is read, and nothing else is."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viddiff.core.arrays import array_bytes, map_array, read_archive, read_array
from viddiff.core.parallel import in_parallel

CELLS = np.arange(24, dtype=np.float32).reshape(4, 6)


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cells.npy"
    path.write_bytes(array_bytes(CELLS))
    for array in (read_array(path.read_bytes()), map_array(path), read_archive(npz(cells=CELLS))["cells"]):
        assert array.dtype == CELLS.dtype
        np.testing.assert_array_equal(array, CELLS)


def test_many_threads_read_at_once() -> None:
    data = array_bytes(CELLS)
    sums = in_parallel([lambda: float(read_array(data).sum())] * 200, 8)
    assert set(sums) == {float(CELLS.sum())}


@pytest.mark.parametrize(
    "data",
    [b"", b"no array", array_bytes(CELLS)[:-1], array_bytes(CELLS)[:40], npz(cells=CELLS), npz(cells=CELLS)[:50]],
)
def test_no_part_of_an_array_is_read(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cells.npy"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"."):
        read_array(data)
    with pytest.raises(ValueError, match=r"."):
        map_array(path)


@pytest.mark.parametrize("data", [b"", b"no array", array_bytes(CELLS), npz(cells=CELLS)[:-30], npz(cells=CELLS)[:50]])
def test_no_part_of_an_archive_is_read(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_archive(data)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    objects = np.array([{"a": 1}], dtype=object)
    path = tmp_path / "objects.npy"
    np.save(path, objects, allow_pickle=True)
    with pytest.raises(ValueError, match=r"."):
        read_array(path.read_bytes())
    with pytest.raises(ValueError, match=r"."):
        map_array(path)
    with pytest.raises(ValueError, match=r"."):
        read_archive(npz(objects=objects))
