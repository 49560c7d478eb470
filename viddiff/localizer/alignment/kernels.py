"""Numba kernels of Viterbi.

Likelihoods are multiplied, not their logarithms added: the path is the same and half of the work, the logarithm, is not
done. A product is kept as ``value * 2 ** (64 * exponent)`` with ``value`` in [2 ** -64, 1], which no length of clip
underflows; scaling by powers of two rounds nothing, so two products compare as exactly as they were multiplied.

Most clips need no exponents: ``quick_into`` keeps plain products, all stages scaled alike every few frames, and notices
where a product that fell too far behind matters after all; ``exact_into`` then does that clip.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import carray, njit, types  # type: ignore[attr-defined]  # numba exports carray by a star import
from numba.extending import intrinsic
from numpy.typing import NDArray

#: The least a scaled similarity counts: far below any that float32 embeddings give, far above what would underflow.
MIN_SCALED = 1e-280
#: Of the inverse of a row's range.
MAX_INVERSE_RANGE = 2.0**1000
_RADIX = 2.0**64
_LOWEST = 2.0**-64
#: Of a product that no path leads to.
_IMPOSSIBLE = -(2**60)
#: ``quick_into``: frames between two scalings, and the least likelihood it takes; a product so shrinks by 2 ** -640.
_BLOCK, _TINY = 16, 2.0**-40
#: At a scaling the largest product comes to at least 2 ** 500, at most 2 ** 1000, and none is less than 2 ** -350: so
#: that after one more block all are normal numbers.
_HIGH, _FAINT = 2.0**500, 2.0**-350


@njit(cache=True, nogil=True, inline="always")
def extent_of(row: NDArray[np.float64]) -> tuple[float, float]:  # pragma: no cover - compiled
    """(minimum, maximum) of a row, NaN left out; (inf, -inf) where all is NaN."""
    # Four at a time: one running minimum would wait for itself at every frame.
    low_0 = low_1 = low_2 = low_3 = math.inf
    high_0 = high_1 = high_2 = high_3 = -math.inf
    n_blocked = len(row) - len(row) % 4
    for t in range(0, n_blocked, 4):
        v_0, v_1, v_2, v_3 = row[t], row[t + 1], row[t + 2], row[t + 3]
        low_0 = v_0 if v_0 < low_0 else low_0
        low_1 = v_1 if v_1 < low_1 else low_1
        low_2 = v_2 if v_2 < low_2 else low_2
        low_3 = v_3 if v_3 < low_3 else low_3
        high_0 = v_0 if v_0 > high_0 else high_0
        high_1 = v_1 if v_1 > high_1 else high_1
        high_2 = v_2 if v_2 > high_2 else high_2
        high_3 = v_3 if v_3 > high_3 else high_3
    for t in range(n_blocked, len(row)):
        low_0 = row[t] if row[t] < low_0 else low_0
        high_0 = row[t] if row[t] > high_0 else high_0
    return min(min(low_0, low_1), min(low_2, low_3)), max(max(high_0, high_1), max(high_2, high_3))


@njit(cache=True, nogil=True, inline="always")
def inverse_of(least: float, most: float) -> float:  # pragma: no cover - compiled
    """The inverse of a row's range; a range below 1 / MAX_INVERSE_RANGE, whose inverse no float64 holds, is none."""
    return 1.0 / (most - least) if most - least > 1.0 / MAX_INVERSE_RANGE else 0.0


@njit(cache=True, nogil=True, inline="always")
def likelihood_of(value: float, low: float, inverse_range: float, floor: float) -> float:  # pragma: no cover - compiled
    """The similarity scaled to 0..1; an exact zero (and NaN) counts what the floor counts."""
    scaled = (value - low) * inverse_range
    if scaled > MIN_SCALED:
        return scaled
    return MIN_SCALED if scaled > 0.0 else floor


@njit(cache=True, nogil=True)
def path_into(
    similarity: NDArray[np.float64], floor: float, path: NDArray[np.int64]
) -> None:  # pragma: no cover - compiled
    """Min-max, floor and Viterbi: (S, T) with S <= T in, (T,) int64 out.

    With an infinite similarity there is no path; then ``path[0]`` is -1.
    """
    if not quick_into(similarity, floor, path):
        exact_into(similarity, floor, path)


@njit(cache=True, nogil=True)
def likelihoods_into(
    similarity: NDArray[np.float64], floor: float, likelihood: NDArray[np.float64]
) -> tuple[bool, bool]:  # pragma: no cover - compiled
    """(S, T) likelihoods; tells whether all similarities are finite or NaN, and whether a likelihood is tiny."""
    tiny = 0
    for s in range(len(similarity)):
        row, scaled = similarity[s], likelihood[s]
        least, most = extent_of(row)
        if least == -math.inf or most == math.inf:
            return False, False
        inverse_range = inverse_of(least, most)
        for t in range(len(row)):
            value = (row[t] - least) * inverse_range
            value = value if value > 0.0 else floor
            tiny += value < _TINY
            scaled[t] = value
    return True, tiny > 0


@njit(cache=True, nogil=True)
def four_on(
    value: NDArray[np.float64],
    likelihood: NDArray[np.float64],
    entered: NDArray[np.bool_],
    before: NDArray[np.float64],
) -> None:  # pragma: no cover - compiled
    """Four stages over the frames of a block, their products in registers.

    Args:
        value: (4,) products at the frame before the block in, at its last frame out.
        likelihood: (1 to 4, frames); the last row stands for those that lack, whose results nobody reads.
        entered: (4, frames) out, as in ``exact_into``.
        before: (frames,) products of the stage before the first, each one frame earlier, in; of the fourth, out.
    """
    last = len(likelihood) - 1
    rows = likelihood[0], likelihood[min(1, last)], likelihood[min(2, last)], likelihood[last]
    into_0, into_1, into_2, into_3 = entered[0], entered[1], entered[2], entered[3]
    v_0, v_1, v_2, v_3 = value[0], value[1], value[2], value[3]
    for t in range(likelihood.shape[1]):
        v = before[t]
        before[t] = v_3
        go_0, go_1, go_2, go_3 = v > v_0, v_0 > v_1, v_1 > v_2, v_2 > v_3
        into_0[t], into_1[t], into_2[t], into_3[t] = go_0, go_1, go_2, go_3
        v_3 = (v_2 if go_3 else v_3) * rows[3][t]
        v_2 = (v_1 if go_2 else v_2) * rows[2][t]
        v_1 = (v_0 if go_1 else v_1) * rows[1][t]
        v_0 = (v if go_0 else v_0) * rows[0][t]
    value[0], value[1], value[2], value[3] = v_0, v_1, v_2, v_3


@njit(cache=True, nogil=True)
def scale(value: NDArray[np.float64], n_stages: int, faint: NDArray[np.bool_]) -> None:  # pragma: no cover - compiled
    """Products brought back to where a block does not underflow; those that fell too far behind are raised and told."""
    most = 0.0
    for s in range(n_stages):
        most = value[s] if value[s] > most else most
    while most < _HIGH:
        most *= _HIGH
        for s in range(n_stages):
            value[s] *= _HIGH
    for s in range(n_stages):
        faint[s] = value[s] < _FAINT
        value[s] = _FAINT if faint[s] else value[s]


@njit(cache=True, nogil=True)
def quick_into(
    similarity: NDArray[np.float64], floor: float, path: NDArray[np.int64]
) -> bool:  # pragma: no cover - compiled
    """``exact_into`` for most clips; False, and no path, for the others.

    A product that is too small to keep beside the largest is raised to ``_FAINT``, from where on it is an upper bound:
    a comparison that it loses is right. So a path that never was at a raised product is the true one.
    """
    n_stages, n_frames = similarity.shape
    likelihood = np.empty((n_stages, n_frames))
    finite, tiny = likelihoods_into(similarity, floor, likelihood)
    if not finite:
        path[0] = -1
    if tiny or not finite:
        return not finite
    value, before = np.zeros(n_stages + 3), np.empty(_BLOCK)
    entered = np.empty((n_stages + 3, n_frames), dtype=np.bool_)
    faint = np.empty((n_frames // _BLOCK + 1, n_stages), dtype=np.bool_)
    value[0] = likelihood[0, 0]
    for block, first in enumerate(range(1, n_frames, _BLOCK)):
        scale(value, n_stages, faint[block])
        stop = min(first + _BLOCK, n_frames)
        product, row = value[0], likelihood[0, first:stop]
        for t in range(len(row)):
            before[t] = product
            product *= row[t]
        value[0] = product
        for s in range(1, n_stages, 4):
            four_on(value[s : s + 4], likelihood[s : s + 4, first:stop], entered[s : s + 4, first:stop], before)
    if not trace_into(entered, n_stages, path):
        return False
    raised = False
    for block, first in enumerate(range(1, n_frames, _BLOCK)):
        raised |= faint[block, path[first - 1]]
    return not raised


@njit(cache=True, nogil=True)
def trace_into(
    entered: NDArray[np.bool_], n_stages: int, path: NDArray[np.int64]
) -> bool:  # pragma: no cover - compiled
    """The path back from the last stage at the last frame; False where it comes from a stage out of reach."""
    t = len(path) - 1
    for stage in range(n_stages - 1, 0, -1):
        came = entered[stage]
        while t > stage and not came[t]:
            path[t] = stage
            t -= 1
        if not came[t]:
            return False
        path[t] = stage
        t -= 1
    path[: t + 1] = 0
    return True


@njit(cache=True, nogil=True)
def exact_into(
    similarity: NDArray[np.float64], floor: float, path: NDArray[np.int64]
) -> None:  # pragma: no cover - compiled
    """``path_into`` in one pass over the frames, whatever the numbers.

    ``value[s] * 2 ** (64 * exponent[s])`` is the likelihood of the best path that is in stage s at the current frame;
    ``entered[t, s]`` tells whether that path came into stage s at frame t.
    """
    n_stages, n_frames = similarity.shape
    low, inverse_range = np.empty(n_stages), np.empty(n_stages)
    value, exponent = np.zeros(n_stages), np.full(n_stages, _IMPOSSIBLE)
    entered = np.empty((n_frames, n_stages), dtype=np.bool_)
    for s in range(n_stages):
        least, most = extent_of(similarity[s])
        if least == -math.inf or most == math.inf:
            path[0] = -1
            return
        low[s] = least
        inverse_range[s] = inverse_of(least, most)
    value[0], exponent[0] = 1.0, 0
    for t in range(n_frames):
        # From the last stage to the first, so that value[s - 1] is still that of the frame before. Stage s can be
        # entered at frame s at the earliest.
        for s in range(min(t, n_stages - 1), -1, -1):
            best, power = value[s], exponent[s]
            if s > 0:
                other, other_power = value[s - 1], exponent[s - 1]
                go = other_power > power or (other_power == power and other > best)
                entered[t, s] = go
                best = other if go else best
                power = other_power if go else power
            best *= likelihood_of(similarity[s, t], low[s], inverse_range[s], floor)
            while best < _LOWEST:
                best *= _RADIX
                power -= 1
            value[s], exponent[s] = best, power
    stage = n_stages - 1
    for t in range(n_frames - 1, -1, -1):
        path[t] = stage
        if stage > 0 and entered[t, stage]:
            stage -= 1


@njit(cache=True, nogil=True)
def viterbi_path(similarity: NDArray[np.float64], floor: float) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """The path of one clip, (T,) int64."""
    path = np.empty(similarity.shape[1], dtype=np.int64)
    path_into(similarity, floor, path)
    return path


@njit(cache=True, nogil=True)
def describe(similarity: NDArray[np.float64], rows: NDArray[np.int64], i: int) -> None:  # pragma: no cover - compiled
    """(address, S, T) of a clip into row i; ``similarity.ctypes.data`` in Python takes five times as long."""
    rows[i, 0] = similarity.ctypes.data
    rows[i, 1], rows[i, 2] = similarity.shape


@intrinsic
def _at(_typing: Any, _address: Any) -> Any:
    """An address as ``carray`` takes it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.voidptr(types.int64), generate


@njit(cache=True, nogil=True)
def viterbi_paths(
    rows: NDArray[np.int64], stops: NDArray[np.int64], floor: float, paths: NDArray[np.int64]
) -> None:  # pragma: no cover - compiled
    """The paths of many clips, each where ``stops`` says that it ends in ``paths``.

    Clips are read where they are, as copying them together would take as long as a third of the rest. ``rows`` are
    those of ``describe``, of float64 in row order, aligned, with S <= T, and kept alive by the caller.
    """
    for i in range(len(rows)):
        similarity = carray(_at(rows[i, 0]), (rows[i, 1], rows[i, 2]), np.float64)  # type: ignore[call-arg]
        path_into(similarity, floor, paths[stops[i] - rows[i, 2] : stops[i]])
