"""Left-to-right Viterbi: the stage of each frame from the similarity of stages and frames.

Paper, section 4.2: each stage's row is scaled to 0..1 over the frames (min-max), floored, and taken as the likelihood
of the stage at a frame; the likeliest path starts in the first stage, ends in the last and at each frame stays or goes
on to the next stage (0.5 each, a constant that changes no path). One Numba kernel does it all, clip by clip,
so that what lies between stays in the cache.

Ties: staying wins over going on, so a boundary moves to the earliest frame from which going on is strictly likelier.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from torch import Tensor

#: The floor under a scaled similarity, as published: a zero would make a path impossible.
FLOOR = 1e-5

#: Fewer similarities than these are not worth a thread's start.
_CELLS_A_CORE = 200_000

_INFINITE = "similarity must be finite or NaN; got an infinite value"


def segment(similarity: ArrayLike) -> NDArray[np.int64]:
    """The stage of each frame.

    Args:
        similarity: (S, T) real numbers, rows = stages in order, columns = frames in time order; any strides and any
            number type. NaN counts as the lowest similarity of its row; a constant row favours no frame.

    Returns:
        (T,) int64 stages: never decreasing, first 0 and last S - 1. With more stages than frames no such path exists;
        then the stages are spread evenly over the frames and some are skipped (a single frame shows stage 0).

    Raises:
        ValueError: not two-dimensional, no stage, no frame, or an infinite value.
    """
    matrix = check_similarity(similarity)
    if matrix.shape[0] > matrix.shape[1]:
        return spread(*_all_finite(matrix).shape)
    from viddiff.localizer.alignment.kernels import viterbi_path

    return _finite(viterbi_path(matrix, FLOOR))


def segment_batch(similarities: Sequence[ArrayLike]) -> list[NDArray[np.int64]]:
    """``segment`` of many clips of any lengths at once, shared by all cores: a list of (T,) int64 in the same order.

    Raises:
        ValueError: as ``segment``.
    """
    matrices = [check_similarity(similarity) for similarity in similarities]
    solvable = [matrix for matrix in matrices if matrix.shape[0] <= matrix.shape[1]]
    paths = _paths(solvable)
    if len(solvable) == len(matrices):
        return paths
    paths_left = iter(paths)
    return [next(paths_left) if m.shape[0] <= m.shape[1] else spread(*_all_finite(m).shape) for m in matrices]


def segment_tensor(similarity: Tensor) -> Tensor:
    """``segment`` for tensors that are already on a GPU: no copy to the host, S steps whatever the number of frames.

    Likelihoods are added as logarithms in float64, so paths whose likelihoods differ by less than about T * 1e-15
    (relative) may change places; everything else is as in ``segment``.

    Args:
        similarity: (..., S, T) real numbers on any device, with S <= T.

    Returns:
        (..., T) int64 on the same device.

    Raises:
        ValueError: fewer than two dimensions, no stage, no frame, more stages than frames, or an infinite value.
    """
    import torch

    if similarity.ndim < 2 or 0 in similarity.shape or similarity.shape[-2] > similarity.shape[-1]:
        shape = tuple(similarity.shape)
        raise ValueError(f"similarity must be (..., stages, frames) with stages <= frames; got shape {shape}")
    if torch.isinf(similarity).any():
        raise ValueError(_INFINITE)
    # The cost of stage s from frame u to t is total[s, t] - total[s, u - 1]: so where a stage is best entered is a
    # running minimum over u, all frames at once.
    total = torch.cumsum(_costs(similarity), dim=-1)
    n_stages, n_frames = similarity.shape[-2:]
    best, entries = total[..., 0, :], []
    for s in range(1, n_stages):
        before = torch.roll(best, 1, -1) - torch.roll(total[..., s, :], 1, -1)
        before[..., :s] = torch.inf
        low, entry = torch.cummin(before, dim=-1)
        best = low + total[..., s, :]
        entries.append(entry)
    at = torch.full(similarity.shape[:-2], n_frames - 1, device=similarity.device)
    path = torch.zeros((*similarity.shape[:-2], n_frames), dtype=torch.int64, device=similarity.device)
    frames = torch.arange(n_frames, device=similarity.device)
    for entry in reversed(entries):
        first = entry.gather(-1, at[..., None])
        path += frames >= first
        at = first[..., 0] - 1
    return path


def check_similarity(similarity: ArrayLike) -> NDArray[np.float64]:
    """The similarities as the kernel takes them."""
    matrix = np.ascontiguousarray(similarity, dtype=np.float64)
    if matrix.ndim != 2 or not matrix.size:
        raise ValueError(f"similarity must be (stages, frames), at least 1 x 1; got shape {matrix.shape}")
    return matrix


def spread(n_stages: int, n_frames: int) -> NDArray[np.int64]:
    """Stages spread evenly over frames: (n_frames,) int64 from 0 to n_stages - 1 (to 0 for a single frame)."""
    if n_frames == 1:
        return np.zeros(1, dtype=np.int64)
    return np.arange(n_frames, dtype=np.int64) * (n_stages - 1) // (n_frames - 1)


def _paths(matrices: Sequence[NDArray[np.float64]]) -> list[NDArray[np.int64]]:
    if not matrices:
        return []
    from viddiff.localizer.alignment.kernels import describe

    rows = np.empty((len(matrices), 3), dtype=np.int64)
    for i, matrix in enumerate(matrices):
        describe(matrix, rows, i)
    if (rows[:, 0] % matrices[0].itemsize).any():
        return _paths([matrix.copy() for matrix in matrices])
    stops = np.cumsum(rows[:, 2])
    paths = np.empty(stops[-1], dtype=np.int64)
    _fill(rows, stops, paths)
    _check_path(paths[stops - rows[:, 2]])
    return [paths[first:stop] for first, stop in itertools.pairwise([0, *stops.tolist()])]


def _fill(rows: NDArray[np.int64], stops: NDArray[np.int64], paths: NDArray[np.int64]) -> None:
    """The kernel on all cores, as long as each has enough to do.

    Threads that sleep when they wait, not Numba's: where other programs use the cores too, those take up to three
    times as long.
    """
    from viddiff.localizer.alignment.kernels import viterbi_paths

    n_parts = min(len(rows), os.cpu_count() or 1, 1 + int(rows[:, 1] @ rows[:, 2]) // _CELLS_A_CORE)
    edges = np.linspace(0, len(rows), n_parts + 1).astype(int).tolist()
    first, *others = (slice(start, stop) for start, stop in itertools.pairwise(edges))
    with ThreadPoolExecutor(n_parts) as threads:
        futures = [threads.submit(viterbi_paths, rows[part], stops[part], FLOOR, paths) for part in others]
        viterbi_paths(rows[first], stops[first], FLOOR, paths)
    for part_done in futures:
        part_done.result()


def _finite(path: NDArray[np.int64]) -> NDArray[np.int64]:
    """A path of the kernel."""
    _check_path(path[:1])
    return path


def _check_path(first_stages: NDArray[np.int64]) -> None:
    """The kernel finds infinite values on its way and then gives -1 as the first stage."""
    if first_stages.min() < 0:
        raise ValueError(_INFINITE)


def _all_finite(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    if np.isinf(matrix).any():
        raise ValueError(_INFINITE)
    return matrix


def _costs(similarity: Tensor) -> Tensor:
    """-log of each row scaled to 0..1, as the kernel scales it."""
    import torch

    from viddiff.localizer.alignment.kernels import MAX_INVERSE_RANGE, MIN_SCALED

    matrix = similarity.double()
    finite = ~torch.isnan(matrix)
    low = torch.where(finite, matrix, torch.inf).amin(-1, keepdim=True)
    high = torch.where(finite, matrix, -torch.inf).amax(-1, keepdim=True)
    inverse_range = torch.where(high - low > 1 / MAX_INVERSE_RANGE, 1 / (high - low), 0.0)
    scaled = (matrix - low) * inverse_range
    return -torch.log(torch.where(scaled > 0, scaled.clamp(min=MIN_SCALED), FLOOR))
