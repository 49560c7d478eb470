"""Poses drawn by hand: a person of whom every landmark is said, with torso, thighs and shins of length 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.cycles import Cycles, Excursion, Span
from viddiff.motion.pose.landmarks import COLUMN, LANDMARKS, Pose, View

FPS = 10
#: Heights of the picture that one torso length takes.
TORSO = 0.2
#: (left, up, forward) of an upright person whose hips are at the origin, in torso lengths; right mirrors left.
STANDING = {
    "nose": (0.0, 1.4, 0.2),
    "eye_inner": (0.03, 1.45, 0.17),
    "eye": (0.06, 1.45, 0.16),
    "eye_outer": (0.09, 1.45, 0.15),
    "ear": (0.15, 1.4, 0.0),
    "mouth": (0.05, 1.3, 0.17),
    "shoulder": (0.37, 1.0, 0.0),
    "elbow": (0.37, 0.35, 0.0),
    "wrist": (0.37, -0.16, 0.0),
    "pinky": (0.37, -0.3, 0.0),
    "index": (0.37, -0.3, 0.0),
    "thumb": (0.37, -0.25, 0.0),
    "hip": (0.2, 0.0, 0.0),
    "knee": (0.2, -0.85, 0.0),
    "ankle": (0.2, -1.7, 0.0),
    "heel": (0.2, -1.8, -0.1),
    "foot_index": (0.2, -1.8, 0.43),
}
Place = tuple[float, float, float]
NOTHING: Mapping[str, Place] = {}


def standing(moved: Mapping[str, Place] = NOTHING) -> dict[str, Place]:
    """Every landmark of an upright person, some elsewhere: "left_wrist": (left, up, forward), "wrist" for both."""
    places = {}
    for name in LANDMARKS:
        side, part = parted(name)
        left, up, forward = moved.get(part, STANDING[part])
        places[name] = moved.get(name, (-left if side == "right" else left, up, forward))
    return places


def parted(name: str) -> tuple[str, str]:
    """Side and part of a landmark's name; the nose is nobody's side."""
    if name.startswith("mouth_"):
        return name.removeprefix("mouth_"), "mouth"
    side, _, part = name.partition("_")
    return (side, part) if part else ("", name)


def filmed(frames: Sequence[Mapping[str, Place]], view: View = "side", facing: int = 1, fps: float = FPS) -> Pose:
    """The pose of somebody filmed from far away: from the side, the front, the back, or half way ("oblique")."""
    points = np.array([[frame[name] for name in LANDMARKS] for frame in frames])
    left, up, forward = np.moveaxis(points, -1, 0)
    across, away = _turned(left, forward, view, facing)
    image = np.stack((0.9 + across * TORSO, 0.5 - up * TORSO), axis=-1)
    return Pose(
        times_s=np.arange(len(frames)) / fps,
        image=image,
        world=np.stack((across, -up, away), axis=-1) * 0.5,
        visibility=np.ones(points.shape[:2]),
        view=view,
        facing=0 if view in ("front", "back") else facing,
        estimator="drawn",
    )


def _turned(left: Floats, forward: Floats, view: View, facing: int) -> tuple[Floats, Floats]:
    """What lies to the right in the picture and what lies away from the camera."""
    if view == "side":
        return facing * forward, facing * left
    if view == "back":
        return -left, forward
    half = np.sqrt(0.5)
    return (left, -forward) if view == "front" else (half * (left + facing * forward), half * (facing * left - forward))


def unseen(pose: Pose, *names: str) -> Pose:
    """The pose with some landmarks hidden."""
    visibility = pose.visibility.copy()
    visibility[:, [COLUMN[name] for name in names]] = 0.0
    return Pose(pose.times_s, pose.image, pose.world, visibility, pose.view, pose.facing, pose.estimator)


def cycles(*turns: tuple[float, float, float, float], fps: float = FPS, cut_off: bool = False) -> Cycles:
    """Phases of a clip: (start, hold start, hold stop, stop) of each excursion in seconds; without any, at rest."""
    excursions = tuple(Excursion(start, (held + left) / 2, stop, Span(held, left)) for start, held, left, stop in turns)
    active = Span(turns[0][0], turns[-1][3]) if turns else None
    return Cycles(active, excursions, 0.5 / fps, cut_off)


def still(view: View = "side", facing: int = 1, moved: Mapping[str, Place] = NOTHING) -> tuple[Pose, Cycles]:
    """Somebody who does not move."""
    return filmed([standing(moved)] * 20, view, facing), cycles()
