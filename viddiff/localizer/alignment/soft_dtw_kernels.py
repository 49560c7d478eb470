"""Numba kernels of soft-DTW and DTW.

``product_into`` multiplies instead of adding logarithms: with K = exp(-D / gamma), the mass of all paths into a cell is
S[i, j] = P[i - 1, j - 1] + P[i - 1, j] + P[i, j - 1] with P = K * S, the mass B of all paths on from it is the same
from the end, and the share of the paths through the cell is S * K * B / Z. One integer exponent for each row and block
of columns keeps the products from underflowing.

A mass that is too small to keep beside the largest of its block is raised to ``_FAINT``: from there on it is an upper
bound, as sums and products of what is not negative only grow. So what is wrong with the result is at most the share
of the paths through raised cells. That share is known in the end, and is the certificate: where it counts,
``log_into`` does the pair, which is slower and takes any numbers.

In all kernels row i has the cells ``first[i] <= j < stop[i]``; both never decrease, and rows that follow touch. With
``free`` a path begins and ends at any cell of the first and the last row, else in the first and the last cell.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viddiff.core.arrays import Floats

Ints = NDArray[np.int64]

#: Columns that share an exponent.
_BLOCK = 16
#: The least mass that is kept beside the largest of its block.
_FAINT = 2.0**-600
#: Factors K that ``product_into`` takes: so that a faint mass times any of them is still a normal number.
MIN_FACTOR, MAX_FACTOR = 2.0**-400, 2.0**20
#: The largest exponent by which the masses of a block may be apart from the result.
_APART = 1000
#: Share of the paths that may go through raised cells.
_CERTAIN = 1e-12
#: Exponent of no mass.
_NONE = -(2**60)


@njit(cache=True, nogil=True, inline="always")
def power_of_two(exponent: int) -> float:  # pragma: no cover - compiled
    """2 ** exponent; 0 where no float64 holds it, never above 2 ** 1000."""
    return math.ldexp(1.0, max(-1100, min(1000, exponent)))


@njit(cache=True, nogil=True, inline="always")
def exponent_of(mass: float, exponent: int) -> int:  # pragma: no cover - compiled
    """The exponent of mass * 2 ** exponent; that of nothing for 0."""
    return math.frexp(mass)[1] + exponent if mass > 0.0 else _NONE


@njit(cache=True, nogil=True)
def block_into(
    factors: Floats, before: Floats, current: Floats, exponents: tuple[int, int, int], source: float
) -> int:  # pragma: no cover - compiled
    """The masses into the cells of one block of a row.

    Args:
        factors: (W,) K.
        before: (W + 1,) P of the row before, from the cell beside the block on.
        current: (W + 1,) P of the cell beside the block in; masses behind it out.
        exponents: of ``before[0]``, of the rest of ``before``, and of ``here[0]``.
        source: the mass of the paths that begin in each cell of the block.

    Returns:
        The exponent of the masses.
    """
    most = 0.0
    for j in range(1, len(before)):
        most = before[j] if before[j] > most else most
    exponent = max(
        max(exponent_of(before[0], exponents[0]), exponent_of(most, exponents[1])),
        max(exponent_of(current[0], exponents[2]), exponent_of(source, 0)),
    )
    scale = power_of_two(exponents[1] - exponent)
    source *= power_of_two(-exponent)
    corner = before[0] * power_of_two(exponents[0] - exponent)
    product = current[0] * power_of_two(exponents[2] - exponent)
    for j in range(1, len(factors)):
        current[j + 1] = (before[j] + before[j + 1]) * scale + source
    current[1] = corner + before[1] * scale + source
    for j in range(len(factors)):
        current[j + 1] += product
        product = factors[j] * current[j + 1]
    return exponent


@njit(cache=True, nogil=True)
def masses_into(
    factors: Floats, first: Ints, stop: Ints, free: bool, offset: int, masses: Floats, exponents: Ints
) -> None:  # pragma: no cover - compiled
    """S of all cells, each times 2 to the exponent of its row and block; the first block has ``offset`` columns."""
    n_rows, n_columns = factors.shape
    # One more cell before the first column; zero is what no path leads to.
    before, current = np.zeros(n_columns + 1), np.zeros(n_columns + 1)
    before[0] = 0.0 if free else 1.0
    lead = _BLOCK - offset
    for i in range(n_rows):
        current[first[i]] = 0.0
        for block in range((first[i] + lead) // _BLOCK, (stop[i] - 1 + lead) // _BLOCK + 1):
            start = max(first[i], block * _BLOCK - lead)
            end = min(stop[i], (block + 1) * _BLOCK - lead)
            # The cell beside the block lies in the block before, unless the row starts within the block.
            beside = block - (start == block * _BLOCK - lead and block > 0)
            above = max(i - 1, 0)
            powers = exponents[above, beside], exponents[above, block], exponents[i, beside]
            source = 1.0 if free and i == 0 else 0.0
            exponents[i, block] = block_into(
                factors[i, start:end], before[start : end + 1], current[start : end + 1], powers, source
            )
            for j in range(start, end):
                mass = current[j + 1] if current[j + 1] > _FAINT else _FAINT
                masses[i, j] = mass
                current[j + 1] = factors[i, j] * mass
        before, current = current, before


class PathWeights(NamedTuple):
    """Z, the weight of all paths, as ``mantissa * 2**exponent``, and whether the result is certified."""

    mantissa: float
    exponent: int
    certified: bool


class CheapestPath(NamedTuple):
    """The cost of a path, and its (L, 2) cells in order."""

    cost: float
    cells: Ints


@njit(cache=True, nogil=True)
def product_into(
    factors: Floats, first: Ints, stop: Ints, free: bool, alignment: Floats
) -> PathWeights:  # pragma: no cover - compiled
    """Soft-DTW in products.

    Args:
        factors: (N, M) K, from MIN_FACTOR to MAX_FACTOR.
        first, stop: (N,) the cells of each row.
        free: whether the ends are free.
        alignment: (N, M) zeros in, shares of the paths out.
    """
    n_rows, n_columns = factors.shape
    n_blocks = n_columns // _BLOCK + 2
    exponents, exponents_on = np.zeros((n_rows, n_blocks), np.int64), np.zeros((n_rows, n_blocks), np.int64)
    onward = np.empty((n_rows, n_columns))
    # The borders of the blocks from the end are those from the start.
    offset = n_columns % _BLOCK
    masses_into(factors, first, stop, free, _BLOCK, alignment, exponents)
    masses_into(
        factors[::-1, ::-1], n_columns - stop[::-1], n_columns - first[::-1], free, offset, onward, exponents_on
    )
    last, exponent, total = n_rows - 1, _NONE, 0.0
    for j in range(first[last] if free else n_columns - 1, n_columns):
        exponent = max(exponent, exponents[last, j // _BLOCK])
    for j in range(first[last] if free else n_columns - 1, n_columns):
        scale = power_of_two(exponents[last, j // _BLOCK] - exponent)
        total += alignment[last, j] * factors[last, j] * scale
    faint = 0.0
    n_on = (n_columns - 1 + _BLOCK - offset) // _BLOCK
    for i in range(n_rows):
        for block in range(first[i] // _BLOCK, (stop[i] - 1) // _BLOCK + 1):
            apart = exponents[i, block] + exponents_on[last - i, n_on - block] - exponent
            if apart > _APART:
                return PathWeights(total, exponent, False)
            half = apart // 2
            scale, scale_on = power_of_two(half) / total, power_of_two(apart - half)
            for j in range(max(first[i], block * _BLOCK), min(stop[i], (block + 1) * _BLOCK)):
                mass, mass_on = alignment[i, j], onward[last - i, n_columns - 1 - j]
                share = (mass * scale) * (mass_on * scale_on) * factors[i, j]
                alignment[i, j] = share
                faint += share if min(mass, mass_on) <= _FAINT else 0.0
    return PathWeights(total, exponent, faint <= _CERTAIN)


@njit(cache=True, nogil=True)
def log_into(
    distances: Floats, gamma: float, first: Ints, stop: Ints, free: bool, alignment: Floats
) -> float:  # pragma: no cover - compiled
    """Soft-DTW in logarithms, whatever the numbers; see ``product_into``. Returns the value.

    Kept of each cell is how the paths into it divide, so the way back needs no exponentials and loses no path.
    """
    n_rows, n_columns = distances.shape
    from_above, from_left = np.zeros((n_rows, n_columns)), np.zeros((n_rows, n_columns))
    before, current = np.full(n_columns + 1, math.inf), np.full(n_columns + 1, math.inf)
    before[: n_columns if free else 1] = 0.0
    for i in range(n_rows):
        current[:] = math.inf
        for j in range(first[i], stop[i]):
            # Of the cells before the first row only the one at an angle is a start, so that none counts twice.
            corner, above, left = before[j], before[j + 1] if i else math.inf, current[j]
            least = min(corner, above, left)
            share, share_left = math.exp((least - above) / gamma), math.exp((least - left) / gamma)
            total = math.exp((least - corner) / gamma) + share + share_left
            from_above[i, j], from_left[i, j] = share / total, share_left / total
            current[j + 1] = distances[i, j] + (least - gamma * math.log(total))
        before, current = current, before
    last = n_rows - 1
    ends = before[first[last] + 1 if free else n_columns :]
    least, total = ends.min(), 0.0
    for end in ends:
        total += math.exp((least - end) / gamma)
    for j in range(n_columns - len(ends), n_columns):
        alignment[last, j] = math.exp((least - before[j + 1]) / gamma) / total
    for i in range(last, -1, -1):
        for j in range(stop[i] - 1, first[i] - 1, -1):
            share = alignment[i, j]
            if j > 0:
                alignment[i, j - 1] += share * from_left[i, j]
            if i > 0:
                alignment[i - 1, j] += share * from_above[i, j]
            if i > 0 and j > 0:
                alignment[i - 1, j - 1] += share * max(0.0, 1.0 - from_above[i, j] - from_left[i, j])
    value: float = least - gamma * math.log(total)
    return value


@njit(cache=True, nogil=True)
def dtw_path(distances: Floats, first: Ints, stop: Ints, free: bool) -> CheapestPath:  # pragma: no cover - compiled
    """The cheapest path. Ties: at an angle first, then from above."""
    n_rows, n_columns = distances.shape
    came = np.zeros((n_rows, n_columns), np.uint8)
    before, current = np.full(n_columns + 1, math.inf), np.full(n_columns + 1, math.inf)
    before[: n_columns if free else 1] = 0.0
    for i in range(n_rows):
        current[:] = math.inf
        for j in range(first[i], stop[i]):
            corner, above, left = before[j], before[j + 1] if i else math.inf, current[j]
            if corner <= above and corner <= left:
                current[j + 1] = distances[i, j] + corner
            elif above <= left:
                current[j + 1], came[i, j] = distances[i, j] + above, 1
            else:
                current[j + 1], came[i, j] = distances[i, j] + left, 2
        before, current = current, before
    i, j = n_rows - 1, n_columns - 1
    if free:
        j = int(np.argmin(before[1:]))
    cost, length = before[j + 1], n_rows + n_columns
    path = np.empty((length, 2), np.int64)
    at = length
    while True:
        at -= 1
        path[at, 0], path[at, 1] = i, j
        way = came[i, j]
        if way == 0 and (i == 0 or j == 0):
            return CheapestPath(cost, path[at:])
        i -= way != 2
        j -= way != 1
