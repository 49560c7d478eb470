"""Landmarks of a drawn figure, so that nothing here needs an estimator."""

from __future__ import annotations

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.pose.detections import Detections
from viddiff.motion.pose.landmarks import COLUMN, LANDMARKS, Pose

#: A standing figure seen from the front, in trunk lengths from the middle of the hips, x to the right and y down.
_FRONT = {
    "nose": (0.0, -1.35),
    "ear": (0.12, -1.4),
    "shoulder": (0.37, -1.0),
    "elbow": (0.45, -0.4),
    "wrist": (0.45, 0.15),
    "hip": (0.2, 0.0),
    "knee": (0.2, 0.85),
    "ankle": (0.2, 1.7),
    "heel": (0.2, 1.78),
    "foot_index": (0.25, 1.85),
}
TRUNK = 0.2


def standing(turned_deg: float = 0.0) -> Floats:
    """(33, 2) in units of the picture's height; ``turned_deg``: 0 faces the camera, 90 faces the right."""
    shape = np.zeros((len(LANDMARKS), 2))
    across, ahead = np.cos(np.radians(turned_deg)), np.sin(np.radians(turned_deg))
    for name, column in COLUMN.items():
        part = name.removeprefix("left_").removeprefix("right_")
        x, y = _FRONT.get(part, _FRONT["nose"])
        # Seen from the front, the left side is on the right of the picture.
        side = 1 if name.startswith("left") else -1 if name.startswith("right") else 0
        forward = {"nose": 0.25, "foot_index": 0.35, "heel": -0.15}.get(part, 0.0)
        shape[column] = side * x * across + forward * ahead, y
    return np.array([0.6, 0.5]) + TRUNK * shape


def raised(share: Floats) -> Floats:
    """(T, 33, 2) of a figure from the front whose arms swing from hanging (0) to overhead (1)."""
    body = np.repeat(standing()[None], len(share), axis=0)
    for side, sign in (("left", 1), ("right", -1)):
        angle = np.pi * 0.9 * share
        swing = np.stack([sign * np.sin(angle), np.cos(angle)], axis=1)
        shoulder = body[:, COLUMN[f"{side}_shoulder"]]
        body[:, COLUMN[f"{side}_elbow"]] = shoulder + 0.6 * TRUNK * swing
        body[:, COLUMN[f"{side}_wrist"]] = shoulder + 1.15 * TRUNK * swing
    return body


def pose_of_image(image: Floats, fps: float = 15.0) -> Pose:
    """A pose with these landmarks, all seen."""
    times_s = np.arange(len(image)) / fps
    world = np.full((*image.shape[:2], 3), np.nan)
    return Pose(times_s, image, world, np.ones(image.shape[:2]), "front", 0, "drawn")


def detections_of_people(*people: Floats, fps: float = 15.0) -> Detections:
    """Everyone in ``people``, each (T, 33, 2) with NaN where not found."""
    image = np.stack(people, axis=1)
    world = np.repeat(np.nan_to_num(image[..., :1]) * np.nan, 3, axis=-1)
    visibility = np.asarray(np.isfinite(image).all(axis=-1), dtype=np.float64)
    return Detections(np.arange(len(image)) / fps, image, world, visibility, 16 / 9)


def least_jerk(share: Floats) -> Floats:
    """Share of the way after a share of the time, flat outside."""
    u = np.clip(share, 0.0, 1.0)
    way: Floats = u**3 * (10 - 15 * u + 6 * u**2)
    return way


def there_and_back(times_s: Floats, start_s: float, out_s: float, hold_s: float, back_s: float) -> Floats:
    """Share of the way: out from ``start_s``, held, and back."""
    out = least_jerk((times_s - start_s) / out_s)
    return out - least_jerk((times_s - start_s - out_s - hold_s) / back_s)
