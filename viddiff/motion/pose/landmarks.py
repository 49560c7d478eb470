"""The pose of one person in one clip: landmarks with times, and what is known of how they were filmed.

Landmarks are named as in BlazePose (33 points). An estimator with fewer points leaves the others unseen (NaN), so that
whatever reads a pose need not know who estimated it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats

T = TypeVar("T")

#: From where the person is filmed. "oblique": between front and side; "unknown": too little is seen to tell.
View = Literal["front", "back", "side", "oblique", "unknown"]

#: Names of the landmarks in the order of the columns; left and right are the person's own.
LANDMARKS = (
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "mouth_left",
    "mouth_right",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
)
COLUMN = {name: column for column, name in enumerate(LANDMARKS)}


@dataclass(frozen=True)
class Pose:
    """One person followed through one clip.

    Attributes:
        times_s: (T,) seconds from the start of the file, ascending.
        image: (T, 33, 2) x to the right and y DOWN, both in units of the picture's height; NaN where not seen.
        world: (T, 33, 3) metres, origin between the hips, x to the right and y DOWN in the picture, z away from the
            camera; weak along z. NaN where not seen, or where the estimator has no depth.
        visibility: (T, 33) from 0 to 1.
        view: from where the person is filmed, decided once for the clip.
        facing: +1 looks or moves to the right of the picture, -1 to the left, 0 towards or away from the camera.
        estimator: its name and weights, e.g. "blazepose/full".
        notices: what a user should know (several people, gaps, a swap that was mended).
    """

    times_s: Floats
    image: Floats
    world: Floats
    visibility: Floats
    view: View
    facing: int
    estimator: str
    notices: tuple[str, ...] = ()

    @cached_property
    def _derived(self) -> dict[Callable[[Pose], Any], Any]:
        return {}

    def derive(self, make: Callable[[Pose], T]) -> T:
        """What ``make`` makes of this pose: made once, and kept as long as the pose is."""
        if make not in self._derived:
            self._derived[make] = make(self)
        value: T = self._derived[make]
        return value

    @property
    def is_seen(self) -> NDArray[np.bool_]:
        """(T,) frames in which the person is seen: both hips and shoulders have a place."""
        body = [COLUMN[f"{side}_{part}"] for side in ("left", "right") for part in ("shoulder", "hip")]
        seen: NDArray[np.bool_] = np.asarray(np.isfinite(self.image[:, body]).all(axis=(1, 2)))
        return seen

    def point(self, name: str) -> Floats:
        """(T, 2) one landmark in the picture, in units of the picture's height."""
        column: Floats = self.image[:, COLUMN[name]]
        return column
