"""The pose of a clip as the page's script draws it over the player: few points, whole numbers."""

from __future__ import annotations

import numpy as np

from viddiff.core.record import Record
from viddiff.motion.pose.landmarks import COLUMN, Pose

_PARTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index")
#: Points that are drawn, and the lines between them by place in ``POINTS``.
POINTS = ("nose", *(f"{side}_{part}" for part in _PARTS for side in ("left", "right")))
_OF_SIDE = (
    ("shoulder", "elbow"), ("elbow", "wrist"), ("shoulder", "hip"), ("hip", "knee"), ("knee", "ankle"),
    ("ankle", "heel"), ("heel", "foot_index"), ("ankle", "foot_index"),
)  # fmt: skip
_ACROSS = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"))
LINES: tuple[tuple[int, int], ...] = tuple(
    (POINTS.index(one), POINTS.index(other))
    for one, other in (*((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in _OF_SIDE), *_ACROSS)
)
#: Less visible than this, a point is not drawn: an estimator guesses hidden limbs.
MIN_VISIBILITY = 0.5


class Skeleton(Record):
    """The drawn points of a clip.

    ``times_ms``: T times in milliseconds of the file. ``points``: x and y of each of the ``POINTS`` frame by frame,
    2 * len(POINTS) * T numbers in thousandths of the picture's height, y down; None where a point is not seen.
    """

    times_ms: tuple[int, ...]
    points: tuple[int | None, ...]


def skeleton_of(pose: Pose) -> Skeleton:
    """What is drawn of a pose."""
    columns = [COLUMN[name] for name in POINTS]
    image = np.where(pose.visibility[:, columns, None] >= MIN_VISIBILITY, pose.image[:, columns], np.nan)
    points = [round(1000 * value) if np.isfinite(value) else None for value in image.ravel().tolist()]
    return Skeleton(times_ms=tuple(round(1000 * time_s) for time_s in pose.times_s.tolist()), points=tuple(points))
