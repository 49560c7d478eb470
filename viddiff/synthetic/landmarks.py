"""The pose of a rendered clip as a perfect estimator would see it: the truth for everything that reads poses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viddiff.motion.cycles import Cycles, Excursion, Span
from viddiff.motion.pose.landmarks import COLUMN, LANDMARKS, Pose, View
from viddiff.motion.pose.view import PersonView
from viddiff.synthetic.camera import Camera
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.figure import Arm, FigureSkeleton, Leg, Vector, solve
from viddiff.synthetic.jumping_jack import BACK, HELD, JumpingJack
from viddiff.synthetic.performance import Performance

#: Metres; only the scale of the world landmarks hangs on it.
STATURE_M = 1.75
#: Landmarks of the head: to its left, up and forward from its centre, in shares of stature (see ``body``).
_HEAD = {
    "nose": (0.0, -0.012, 0.055),
    "left_eye_inner": (0.010, 0.006, 0.048),
    "left_eye": (0.017, 0.006, 0.047),
    "left_eye_outer": (0.024, 0.006, 0.044),
    "left_ear": (0.046, -0.004, -0.002),
    "mouth_left": (0.010, -0.034, 0.046),
}
_HEAD |= {name.replace("left", "right"): (-left, up, forward) for name, (left, up, forward) in _HEAD.items()}
_HEAD_COLUMNS, _HEAD_POINTS = [COLUMN[name] for name in _HEAD], np.array(list(_HEAD.values()))
#: Up to this angle from the front (or the back) a view is frontal, and within this of side-on it is a side view.
_FRONTAL_DEG, _SIDE_DEG = 25.0, 20.0


def landmarks_of(clip: SyntheticClip[Any]) -> Pose:
    """The landmarks of every frame, exactly projected; all visible, at the times of the frames."""
    performance, camera = clip.performance, clip.camera
    times_s = np.arange(performance.n_frames) / performance.fps
    points = np.stack([_points(solve(performance.pose(time_s), performance.stance)) for time_s in times_s.tolist()])
    pixels = camera.project(points.reshape(-1, 3))[:, :2].reshape(*points.shape[:2], 2)
    view, facing = true_view(camera)
    return Pose(
        times_s=times_s,
        image=pixels / camera.height_px,
        world=_world(points, camera),
        visibility=np.ones(points.shape[:2]),
        view=view,
        facing=facing,
        estimator="renderer/exact",
    )


def orthographic_pose(performance: Performance, yaw_rad: float, view: View) -> Pose:
    """The same landmarks without perspective, for true values.

    Args:
        yaw_rad: from where the figure is seen.
        view: what that view is called.
    """
    times_s = np.arange(performance.n_frames) / performance.fps
    points = np.stack([_points(solve(performance.pose(time_s), performance.stance)) for time_s in times_s.tolist()])
    space = (points @ _view_axes(yaw_rad).T) * STATURE_M
    return Pose(
        times_s=times_s,
        image=space[..., :2],
        world=space - space[:, [COLUMN["left_hip"], COLUMN["right_hip"]]].mean(axis=1, keepdims=True),
        visibility=np.ones(points.shape[:2]),
        view=view,
        facing=1 if math.sin(yaw_rad) < 0 else -1,
        estimator="renderer/body",
    )


def true_cycles(performance: Performance) -> Cycles:
    """When the figure moves, by the stages of the performance: what reading the phases from a pose has to find."""
    if isinstance(performance, JumpingJack):
        turns = [
            tuple(performance.moment_s(turn + at) for at in (0.0, *HELD, BACK)) for turn in range(performance.reps)
        ]
    else:
        parts = performance.segments
        turns = [
            (out.start_s, hold.start_s, hold.stop_s, back.stop_s)
            for out, hold, back in zip(parts[1::4], parts[2::4], parts[3::4], strict=True)
        ]
    excursions = tuple(
        Excursion(start_s, (held_s + left_s) / 2, stop_s, Span(held_s, left_s))
        for start_s, held_s, left_s, stop_s in turns
    )
    active = Span(excursions[0].start_s, excursions[-1].stop_s)
    return Cycles(active, excursions, resolution_s=0.5 / performance.fps)


def true_view(camera: Camera) -> PersonView:
    """From where the camera sees the figure, and which way the figure then faces in the picture."""
    yaw_deg = math.degrees(camera.yaw_rad) % 360
    from_front = min(yaw_deg, 360 - yaw_deg)
    # A camera at the figure's left sees it face to the left of the picture.
    facing = -1 if yaw_deg < 180 else 1
    if from_front <= _FRONTAL_DEG:
        return PersonView("front", 0)
    if from_front >= 180 - _FRONTAL_DEG:
        return PersonView("back", 0)
    return PersonView(("side" if abs(from_front - 90) <= _SIDE_DEG else "oblique"), facing)


def _points(skeleton: FigureSkeleton) -> NDArray[np.float64]:
    """(33, 3) in the axes of the figure, by the names of the landmarks."""
    points = np.empty((len(LANDMARKS), 3))
    points[_HEAD_COLUMNS] = skeleton.head + _HEAD_POINTS @ skeleton.head_axes.T
    for side, arm, leg in zip(("left", "right"), skeleton.arms, skeleton.legs, strict=True):
        for name, point in (*_of_arm(side, arm), *_of_leg(side, leg)):
            points[COLUMN[name]] = point
    return points


def _of_arm(side: str, arm: Arm) -> Iterator[tuple[str, Vector]]:
    yield f"{side}_shoulder", arm.shoulder
    yield f"{side}_elbow", arm.elbow
    yield f"{side}_wrist", arm.wrist
    for finger, share in (("pinky", 0.7), ("index", 0.8), ("thumb", 0.5)):
        yield f"{side}_{finger}", arm.wrist + (arm.fingertip - arm.wrist) * share


def _of_leg(side: str, leg: Leg) -> Iterator[tuple[str, Vector]]:
    yield f"{side}_hip", leg.hip
    yield f"{side}_knee", leg.knee
    yield f"{side}_ankle", leg.ankle
    yield f"{side}_heel", leg.heel
    yield f"{side}_foot_index", leg.toe


def _world(points: NDArray[np.float64], camera: Camera) -> NDArray[np.float64]:
    """Metres from the middle of the hips: right and down in the picture, away from the camera."""
    hips = points[:, [COLUMN["left_hip"], COLUMN["right_hip"]]].mean(axis=1, keepdims=True)
    world: NDArray[np.float64] = (points - hips) @ _view_axes(camera.yaw_rad).T * STATURE_M
    return world


def _view_axes(yaw_rad: float) -> NDArray[np.float64]:
    """(3, 3), rows: right, down and away, for an upright camera at that angle around the figure."""
    cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)
    return np.array(((cos, 0.0, -sin), (0.0, -1.0, 0.0), (-sin, 0.0, -cos)))
