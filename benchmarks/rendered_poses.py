"""Clips of rendered people in given views, their poses, and the true value of everything that is measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from viddiff.motion.cycles import Cycles
from viddiff.motion.measurement.body import Plane
from viddiff.motion.measurement.evaluate import evaluate, read
from viddiff.motion.measurement.reading import Reading
from viddiff.motion.measurement.series import MeasuredClip as ReadClip
from viddiff.motion.measurement.spec import MeasurementSpec
from viddiff.motion.pose.choice import NoPose, PoseChoice
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.quantities import QUANTITIES, Quantity
from viddiff.synthetic.appearance import draw_camera, draw_look, draw_room
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.landmarks import landmarks_of, orthographic_pose, true_cycles
from viddiff.synthetic.pairs import ACTIONS, check_reach

#: From where, in degrees around the figure.
VIEWS = {"front": (-12, 12), "left": (78, 102), "right": (-102, -78), "oblique": (28, 60), "back": (168, 192)}
_FPS = (12, 15, 25)
_REST_S = (0.3, 1.2)
#: Angles that are told in a plane; all others are true in space.
_FLAT = ("body_turn", "toe_out")

PoseSource = Callable[[SyntheticClip[Any]], Pose | None]


@dataclass(frozen=True)
class RenderedPose:
    """One clip with its pose; ``cycles`` are the true phases."""

    action: str
    clip: SyntheticClip[Any]
    pose: Pose
    cycles: Cycles

    def true(self, spec: MeasurementSpec) -> Reading:
        """The true value of what ``spec`` reads."""
        plane = _plane_of(QUANTITIES[spec.quantity], self.pose)
        if plane == "space":
            return read(spec, ReadClip(self.bodies[plane], self.cycles, plane="space"))
        return evaluate(spec, self.bodies[plane], self.cycles)

    @cached_property
    def bodies(self) -> dict[Plane, Pose]:
        """The true landmarks, seen from where each plane shows in full."""
        performance, yaw_rad = self.clip.performance, self.clip.camera.yaw_rad
        side_rad = math.copysign(math.pi / 2, math.sin(yaw_rad))
        return {
            "sagittal": orthographic_pose(performance, side_rad, "side"),
            "frontal": orthographic_pose(performance, 0.0, "front"),
            "picture": orthographic_pose(performance, yaw_rad, "oblique"),
            "space": orthographic_pose(performance, yaw_rad, "oblique"),
        }


def _plane_of(quantity: Quantity, pose: Pose) -> Plane:
    if quantity.unit == "deg" and quantity.name not in _FLAT:
        return "space"
    return quantity.planes[pose.view]


def render_poses(n: int, seed: int, source: PoseSource, view: str) -> list[RenderedPose]:
    """``n`` clips from a view, the six actions in turn; those in which nobody is found are left out."""
    clips = []
    for index in range(n):
        rng = np.random.default_rng((seed, index, list(VIEWS).index(view)))
        action = ACTIONS[index % len(ACTIONS)]
        clip = _draw(action, rng, VIEWS[view])
        pose = source(clip)
        if pose is not None:
            clips.append(RenderedPose(action.key, clip, pose, true_cycles(clip.performance)))
    return clips


def _draw(action: Any, rng: np.random.Generator, yaw_deg: tuple[float, float]) -> SyntheticClip[Any]:
    while True:
        values = {parameter.name: parameter.draw_same(rng)[0] for parameter in action.parameters}
        values |= dict(zip(("before_s", "after_s"), rng.uniform(*_REST_S, size=2).tolist(), strict=True))
        try:
            performance = action.perform(values, int(rng.choice(_FPS)), float(rng.random()))
            check_reach(performance)
        except ValueError:
            # No body can do that.
            continue
        camera = draw_camera(rng, yaw_deg)
        return SyntheticClip(performance, draw_look(rng), draw_room(rng), camera, int(rng.integers(2**31)))


def exact(clip: SyntheticClip[Any]) -> Pose:
    """What a perfect estimator sees."""
    return landmarks_of(clip)


def estimate(choice: PoseChoice) -> PoseSource:
    """What a real estimator sees in the rendered frames."""
    from viddiff.motion.pose.detections import detections_of
    from viddiff.motion.pose.kinds import estimator_kind
    from viddiff.motion.pose.person import pose_from

    kind = estimator_kind(choice.estimator)

    def pose_in(clip: SyntheticClip[Any]) -> Pose | None:
        estimator = kind(choice)
        fps = clip.performance.fps
        try:
            people = [estimator.people(pixels, index / fps) for index, pixels in enumerate(clip.frames())]
        finally:
            estimator.close()
        times_s = [index / fps for index in range(len(people))]
        width = clip.camera.width_px / clip.camera.height_px
        pose = pose_from(detections_of(times_s, people, width), "largest", choice.estimator, "clip")
        return None if isinstance(pose, NoPose) else pose

    return pose_in
