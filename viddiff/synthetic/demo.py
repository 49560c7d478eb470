"""Two rendered clips of a squat whose differences are known: a demonstration, and a ground truth for tests."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from viddiff.core.record import Record
from viddiff.core.types import Localization, Proposal, Stage
from viddiff.synthetic.body import Outfit
from viddiff.synthetic.camera import Camera
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.figure import Stance
from viddiff.synthetic.out_and_back import StageFrames
from viddiff.synthetic.scene import Room
from viddiff.synthetic.squat import ACTION, ASPECTS, Arms, Squat
from viddiff.synthetic.truth import LabelledDifference, true_differences
from viddiff.video.encode import write_video

_FPS = (30, 25)
_TOTAL_S = (6.4, 6.8)
_FALL_S, _RISE_S = 1.2, 1.0
_LEAN_DEG, _TOE_OUT_DEG = 37.0, 18.0
# Depth and stance in shares of stature, slowness, pause in seconds: the greater first.
_PAIRS = ((0.26, 0.15), (0.42, 0.24), (1.7, 1.0), (1.1, 0.3))
_LOOKS = (
    Outfit((216, 168, 136), (62, 42, 32), (34, 142, 136), (42, 50, 82), (236, 112, 40)),
    Outfit((172, 120, 88), (30, 26, 26), (206, 84, 76), (58, 60, 66), (128, 186, 52)),
)
_ROOMS = (
    Room((216, 221, 214), (192, 154, 116), (70, 98, 128), (196, 120, 84)),
    Room((226, 217, 203), (158, 122, 92), (92, 82, 104), (92, 132, 140)),
)


class DemoPair(Record):
    """Two clips of the same action and all that is true of them. Times are seconds; stages lie on frame boundaries."""

    action: str
    """Name of the action."""
    path_a: Path
    """File of video A."""
    path_b: Path
    """File of video B."""
    stages: tuple[Stage, ...]
    """The stages of the action."""
    localization_a: Localization
    """Where the stages lie in video A."""
    localization_b: Localization
    """Where the stages lie in video B."""
    differences: tuple[LabelledDifference, ...]
    """What differs, with the true answers."""

    @property
    def proposal(self) -> Proposal:
        """The differences and stages as a program is given them, without the answers."""
        return Proposal(
            differences=tuple(labelled.difference for labelled in self.differences),
            stages=self.stages,
            links={labelled.difference.key: labelled.stages for labelled in self.differences},
        )


def render_demo(out_dir: Path) -> DemoPair:
    """Render ``squat_a.mp4`` and ``squat_b.mp4``, 640 x 480, of 6 to 7 s at 30 and 25 fps, into ``out_dir``.

    Depth, stance, arms, tempo and pause differ; lean and heels do not. The pixels are the same every time.

    Raises:
        UsageError: ``out_dir`` cannot be made or written to.
    """
    a, b = demo_clips(0)
    paths = [
        write_video(out_dir / name, clip.frames(), clip.performance.fps, clip.camera.width_px, clip.camera.height_px)
        for name, clip in (("squat_a.mp4", a), ("squat_b.mp4", b))
    ]
    return DemoPair(
        action=ACTION,
        path_a=paths[0],
        path_b=paths[1],
        stages=Squat.stages,
        localization_a=Localization(side="a", strategy="truth", segments=a.performance.segments),
        localization_b=Localization(side="b", strategy="truth", segments=b.performance.segments),
        differences=true_differences(ASPECTS, a.performance, b.performance),
    )


def demo_clips(seed: int) -> tuple[SyntheticClip[Squat], SyntheticClip[Squat]]:
    """Both clips of the demo, not yet rendered.

    The seed says which way each difference falls, moves the camera a little and makes the noise.
    """
    rng = np.random.default_rng(seed)
    a, b = (
        SyntheticClip(performance, look, room, _camera(rng), int(rng.integers(2**31)))
        for performance, look, room in zip(_squats(rng), _LOOKS, _ROOMS, strict=True)
    )
    return a, b


def _squats(rng: np.random.Generator) -> tuple[Squat, Squat]:
    """Two squats; three of the five contrasts fall one way and two the other, so that no video has all of them."""
    arms: tuple[Arms, Arms] = ("forward", "hips")
    turned = rng.permutation(1 + len(_PAIRS)) < 2
    if turned[-1]:
        arms = arms[::-1]
    depths, widths, paces, holds_s = (
        pair[::-1] if turn else pair for pair, turn in zip(_PAIRS, turned[:-1], strict=True)
    )
    a, b = (
        Squat(
            fps=fps,
            frames=_frames(fps, total_s, _FALL_S * pace, hold_s, _RISE_S * pace),
            stance=Stance(width, math.radians(_TOE_OUT_DEG)),
            depth=depth,
            lean_rad=math.radians(_LEAN_DEG),
            arms=arm,
            phase=float(rng.random()),
        )
        for fps, total_s, depth, width, pace, hold_s, arm in zip(
            _FPS, _TOTAL_S, depths, widths, paces, holds_s, arms, strict=True
        )
    )
    return a, b


def _frames(fps: int, total_s: float, fall_s: float, hold_s: float, rise_s: float) -> StageFrames:
    """Number of frames of each stage; what the squat leaves of ``total_s`` is spent standing, half of it before."""
    fall, hold, rise = round(fall_s * fps), round(hold_s * fps), round(rise_s * fps)
    standing = round(total_s * fps) - fall - hold - rise
    return StageFrames(standing // 2, fall, hold, rise, standing - standing // 2)


def _camera(rng: np.random.Generator) -> Camera:
    """In front of the figure and well to its left, so that depth, stance and arms all show."""
    return Camera(
        width_px=640,
        height_px=480,
        yaw_rad=math.radians(38 + float(rng.uniform(-3, 3))),
        distance=2.6 + float(rng.uniform(-0.04, 0.04)),
        eye_height=0.82,
        aim_height=0.47,
        focal_px=1040,
    )
