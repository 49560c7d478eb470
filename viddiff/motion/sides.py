"""Left and right: estimators exchange them for a frame or two, above all where limbs cover each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viddiff.motion.pose import COLUMN, Floats

#: Arms and legs are exchanged independently of each other.
_GROUPS = (("shoulder", "elbow", "wrist", "pinky", "index", "thumb"), ("hip", "knee", "ankle", "heel", "foot_index"))
#: Points that decide; hands and feet tremble too much.
_DECIDE = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
#: A longer exchange, in seconds, is no mistake of a moment: then the estimator is believed.
LONGEST_S = 0.4
#: By how much of the trunk's length an exchange must be the nearer one in each frame.
_PRICE = 0.04


def exchanged(times_s: Floats, image: Floats) -> NDArray[np.bool_]:
    """(2, T) in which frames left and right of the arms, and of the legs, are exchanged for a moment.

    Args:
        times_s: (T,) seconds.
        image: (T, 33, 2) one person's landmarks.
    """
    trunk = trunk_length(image)
    return np.stack([_runs(times_s, _cheapest(image, parts, trunk)) for parts in _DECIDE])


def mended(values: Floats, swapped: NDArray[np.bool_]) -> Floats:
    """(T, 33, ...) with left and right put back where ``swapped`` (2, T) says so."""
    right: Floats = values.copy()
    for parts, frames in zip(_GROUPS, swapped, strict=True):
        one, other = _columns(parts)
        there = np.ix_(frames, one + other)
        right[there] = values[np.ix_(frames, other + one)]
    return right


def trunk_length(image: Floats) -> float:
    """Median length from mid-shoulder to mid-hip, in units of the picture's height; NaN where it is never seen."""
    shoulders, hips = (
        image[:, [COLUMN[f"{side}_{part}"] for side in ("left", "right")]].mean(axis=1) for part in ("shoulder", "hip")
    )
    lengths = np.hypot(*(shoulders - hips).T)
    return float(np.median(lengths[np.isfinite(lengths)])) if np.isfinite(lengths).any() else float("nan")


def _columns(parts: tuple[str, ...]) -> tuple[list[int], list[int]]:
    left, right = ([COLUMN[f"{side}_{part}"] for part in parts] for side in ("left", "right"))
    return left, right


def _cheapest(image: Floats, parts: tuple[str, ...], trunk: float) -> NDArray[np.bool_]:
    """(T,) the way through "as they are" and "exchanged" on which points move least (dynamic programming)."""
    n_frames = len(image)
    left, right = _columns(parts)
    ways = np.stack([image[:, left + right], image[:, right + left]])
    cost, came = np.array([0.0, _PRICE]), np.zeros((n_frames, 2), dtype=np.intp)
    known = ways[:, 0]
    for frame in range(1, n_frames):
        here = ways[:, frame]
        # Where a point is not seen, its last place stands in.
        moved = np.hypot(*np.moveaxis(here[:, None] - known[None], 3, 0)) / trunk
        steps = np.nan_to_num(np.where(np.isfinite(moved), moved, 0.0)).mean(axis=2)
        total = cost[None, :] + steps
        came[frame] = total.argmin(axis=1)
        cost = total.min(axis=1) + np.array([0.0, _PRICE])
        known = np.where(np.isfinite(here), here, known)
    states = np.zeros(n_frames, dtype=bool)
    state = int(cost.argmin()) if n_frames else 0
    for frame in range(n_frames - 1, -1, -1):
        states[frame] = state
        state = int(came[frame, state])
    return states


def _runs(times_s: Floats, states: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only those exchanges that are short, and that lie between frames as they are."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], states, [False])).astype(int)))
    short = np.zeros_like(states)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if start > 0 and stop < len(states) and times_s[stop] - times_s[start] <= LONGEST_S:
            short[start:stop] = True
    return short
