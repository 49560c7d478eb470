"""A pose as one signal: how far the body is from its resting pose, along the movement that dominates the clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.pose.landmarks import COLUMN, Pose
from viddiff.motion.pose.sides import trunk_length

#: Points that carry a movement; the trunk's are there twice over in shoulders and hips.
MOVING_POINTS = ("nose", *(f"{side}_{part}" for part in
    ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right")))  # fmt: skip
_POINTS = [COLUMN[name] for name in MOVING_POINTS]
#: A point that is seen in fewer frames than this share of the others' tells nothing.
_SEEN_SHARE = 0.7
#: A smaller way of every point, in trunk lengths, is no movement.
MIN_WAY = 0.15
#: The way from frame to frame is described by this many principal components: jitter has all the others too.
_AXES = 2
#: Share of the way that counts as the extremes, so that a single frame decides nothing.
_PERCENT = 4.0


@dataclass(frozen=True)
class Posture:
    """The movement of a clip in the frames in which the person is seen.

    Attributes:
        times_s: (N,) seconds.
        signal: (N,) 0 at the resting pose, 1 at the extreme, along the first principal component of the pose.
        steps: (N - 1,) way of all points from each frame to the next, in trunk lengths, without what is jitter.
        way: the way of the point that moves most from rest to extreme, in trunk lengths.
    """

    times_s: Floats
    signal: Floats
    steps: Floats
    way: float


def posture_of(pose: Pose) -> Posture | None:
    """The movement of a clip; None where too little of the person is seen or nothing moves."""
    trunk = trunk_length(pose.image)
    frames = np.isfinite(pose.image[:, _POINTS]).all(axis=2).sum(axis=1) >= len(_POINTS) // 3
    if not np.isfinite(trunk) or trunk <= 0 or frames.sum() < 4:
        return None
    times_s = pose.times_s[frames]
    points = fill_gaps(times_s, pose.image[np.ix_(frames, _POINTS)] / trunk)
    # What the estimator is less sure of tells less.
    trust = pose.visibility[np.ix_(frames, _POINTS)].mean(axis=0) * np.isfinite(points).all(axis=(0, 2))
    centred, axes = _components(np.nan_to_num(points) * trust[:, None])
    along = centred @ axes[0]
    low, high = np.percentile(along, [_PERCENT, 100 - _PERCENT])
    way = float((high - low) * np.hypot(*axes[0].reshape(-1, 2).T).max())
    if way < MIN_WAY:
        return None
    signal = (along - low) / (high - low)
    if _rests_high(signal):
        signal = 1 - signal
    return Posture(times_s, signal, steps_of(centred @ axes[:_AXES].T), way)


def fill_gaps(times_s: Floats, points: Floats) -> Floats:
    """Points (N, P, 2) without gaps; all NaN for one that is seen too seldom."""
    filled: Floats = points.copy()
    for point in range(points.shape[1]):
        finite = np.isfinite(points[:, point]).all(axis=1)
        if finite.mean() < _SEEN_SHARE:
            filled[:, point] = np.nan
            continue
        for axis in (0, 1):
            filled[:, point, axis] = np.interp(times_s, times_s[finite], points[finite, point, axis])
    return filled


def _rests_high(signal: Floats) -> bool:
    """Whether the clip begins and ends at the high end: there the pose rests."""
    edge = max(2, len(signal) // 20)
    start, stop = float(np.median(signal[:edge])), float(np.median(signal[-edge:]))
    # Where they differ, an action that does not come back is identified by where it begins.
    return start + stop > 1 if (start > 0.5) == (stop > 0.5) else start > 0.5


def _components(points: Floats) -> tuple[Floats, Floats]:
    """Points (N, P, 2) about their mean, (N, 2 P), and the principal components as rows."""
    centred = (points - points.mean(axis=0)).reshape(len(points), -1)
    return centred, np.linalg.svd(centred, full_matrices=False)[2]


def steps_of(scores: Floats) -> Floats:
    """(N - 1,) steps of scores (N, K) without jitter: its square is taken from the quietest fifth, and subtracted."""
    squares = (np.diff(scores, axis=0) ** 2).sum(axis=1)
    quiet = float(np.mean(np.sort(squares)[: max(1, len(squares) // 5)]))
    steps: Floats = np.sqrt(np.maximum(squares - 2 * quiet, 0.0))
    return steps
