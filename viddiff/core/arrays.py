"""Arrays in NumPy's files, read and written as bytes; nothing is ever unpickled."""

from __future__ import annotations

import io
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

#: NumPy parses the header of an array with ``ast``, which before Python 3.11.8 and 3.12.1 now and then raises a
#: SystemError when two threads use it at once: https://github.com/python/cpython/issues/106905
_HEADER = threading.Lock()


def read_array(data: bytes) -> NDArray[Any]:
    """The array in the bytes of a ``.npy`` file.

    Raises:
        ValueError: they hold something else, or only a part of it.
    """
    try:
        with _HEADER:
            array = np.load(io.BytesIO(data), allow_pickle=False)
    except (EOFError, zipfile.BadZipFile):
        raise ValueError("it holds no whole array") from None
    if not isinstance(array, np.ndarray):
        raise ValueError("it holds several arrays")
    return array


def map_array(path: Path) -> NDArray[Any]:
    """The array in a ``.npy`` file, its values read when they are asked for.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds something else, or only a part of it.
    """
    try:
        with _HEADER:
            return np.lib.format.open_memmap(path, mode="r")
    except EOFError:
        raise ValueError("it holds no whole array") from None


def read_archive(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays in the bytes of a ``.npz`` file, by name.

    Raises:
        ValueError: they hold something else, or only a part of it.
    """
    try:
        with _HEADER, np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (EOFError, AttributeError, TypeError, zipfile.BadZipFile):
        raise ValueError("it holds no whole archive of arrays") from None


def array_bytes(array: NDArray[Any]) -> bytes:
    """The bytes of a ``.npy`` file that holds ``array``."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def runs(mask: Bools) -> NDArray[np.int64]:
    """(K, 2) half-open ``[start, stop)`` of the runs of True in (N,).

    >>> runs(np.array([True, True, False, True])).tolist()
    [[0, 2], [3, 4]]
    """
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False]))
    return edges.reshape(-1, 2).astype(np.int64)


def finite_median(values: Floats) -> float:
    """The median of the finite values; NaN where there is none.

    >>> finite_median(np.array([3.0, np.nan, 1.0])), finite_median(np.array([np.inf]))
    (2.0, nan)
    """
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")
