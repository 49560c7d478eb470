"""People as an estimator found them, before one is chosen and followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.pose.landmarks import LANDMARKS


@dataclass(frozen=True)
class People:
    """The P people found in one frame; axes and units as in ``viddiff.motion.pose.landmarks.Pose``.

    Attributes:
        image: (P, 33, 2) in units of the picture's height; NaN where the estimator has no such landmark.
        world: (P, 33, 3) metres; NaN where it has no depth.
        visibility: (P, 33) from 0 to 1.
    """

    image: Floats
    world: Floats
    visibility: Floats

    def __len__(self) -> int:
        return len(self.image)


@dataclass(frozen=True)
class Detections:
    """Everyone found in a clip, frame by frame; who is who is not yet known.

    Attributes:
        times_s: (T,) seconds in the clip, ascending.
        image, world, visibility: (T, P, 33, 2), (T, P, 33, 3) and (T, P, 33), with P the most people of any frame; NaN
            (visibility 0) beyond those of a frame.
        width: of the picture, in units of its height.
    """

    times_s: Floats
    image: Floats
    world: Floats
    visibility: Floats
    width: float

    @property
    def counts(self) -> Floats:
        """(T,) people found in each frame."""
        counts: Floats = np.isfinite(self.image).any(axis=(2, 3)).sum(axis=1).astype(np.float64)
        return counts


def detections_of(times_s: Sequence[float], frames: Sequence[People], width: float) -> Detections:
    """The people of all frames, padded to the same number.

    In single precision, as a cache keeps them: a clip gives the same numbers whether it is read or read again.
    """
    most = max((len(people) for people in frames), default=0)
    shape = (len(frames), most, len(LANDMARKS))
    single = [np.full((*shape, n_axes), np.nan, np.float32) for n_axes in (2, 3)]
    visible = np.zeros(shape, np.float32)
    for row, people in enumerate(frames):
        single[0][row, : len(people)] = people.image
        single[1][row, : len(people)] = people.world
        visible[row, : len(people)] = people.visibility
    image, world, visibility = (values.astype(np.float64) for values in (*single, visible))
    return Detections(np.asarray(times_s, dtype=np.float64), image, world, visibility, float(np.float32(width)))
