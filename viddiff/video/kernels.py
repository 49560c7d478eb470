"""Numba kernels that read the entropy-coded data of JPEG and GIF to the last bit; the only module here with numba."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def jpeg_bits(
    coded: NDArray[np.uint8], n_units: int, tables: NDArray[np.int64], lookup: NDArray[np.uint16]
) -> int:  # pragma: no cover - compiled
    """How many bits the units (MCUs) of one restart interval take; -1 where no such data is valid (T.81 F.2.2).

    Args:
        coded: bytes with the stuffing removed, and three more behind them.
        n_units: units to read.
        tables: (blocks of a unit, 2) rows of ``lookup``: for the first coefficient of a block, and for the others.
        lookup: (tables, 65536) what the next 16 bits begin with: length of the code * 256 + its value; 0: no code.
    """
    at, end = 0, 8 * (len(coded) - 3)
    for _ in range(n_units):
        for b in range(len(tables)):
            k = 0
            while k < 64:
                if at >= end:
                    return -1
                byte = at >> 3
                window = (int(coded[byte]) << 16) | (int(coded[byte + 1]) << 8) | int(coded[byte + 2])
                entry = int(lookup[tables[b, 1 if k else 0], (window >> (8 - (at & 7))) & 0xFFFF])
                if entry == 0:
                    return -1
                size, run = entry & 15, (entry & 255) >> 4
                at += (entry >> 8) + size
                if k == 0:
                    if run:
                        return -1
                    k = 1
                elif size:
                    k += run + 1
                elif run == 15:
                    k += 16
                else:
                    break
                if k > 64:
                    return -1
    return at if at <= end else -1


@njit(cache=True, nogil=True)
def lzw_pixels(coded: NDArray[np.uint8], root_bits: int) -> int:  # pragma: no cover - compiled
    """How many pixels the LZW data of one GIF picture holds; -1 where it is not valid.

    Args:
        coded: the data with the block lengths removed, and three bytes more behind it.
        root_bits: the "minimum code size", bits of a colour.
    """
    clear = 1 << root_bits
    lengths = np.ones(4097, np.int64)
    at, end, width, n_codes, last, total = 0, 8 * (len(coded) - 3), root_bits + 1, clear + 2, -1, 0
    while at + width <= end:
        byte = at >> 3
        window = int(coded[byte]) | (int(coded[byte + 1]) << 8) | (int(coded[byte + 2]) << 16)
        code = (window >> (at & 7)) & ((1 << width) - 1)
        at += width
        if code == clear + 1:
            return total
        if code == clear:
            width, n_codes, last = root_bits + 1, clear + 2, -1
            continue
        if code > n_codes or (code == n_codes and last < 0):
            return -1
        if last >= 0 and n_codes < 4096:
            lengths[n_codes] = lengths[last] + 1
            n_codes += 1
            if n_codes == 1 << width and width < 12:
                width += 1
        elif code >= n_codes:
            return -1
        total += lengths[code]
        last = code
    return total
