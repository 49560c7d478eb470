"""A comparison of two videos whose poses are known to the last landmark: squats of different depth."""

from __future__ import annotations

from tests.motion.drawn import filmed, standing
from tests.motion.test_evaluate import squats
from tests.report.sample import sample
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import Measurement
from viddiff.motion.pose.landmarks import Pose

#: Depth of each squat in torso lengths; hips stand 1.7 over the ankles.
DEPTH_A, DEPTH_B = 0.5, 0.8


def poses() -> dict[str, Pose]:
    """By the names of the videos of ``sample``: two squats each, from the front, ten frames a second."""
    return {
        "squat_stance_a.mp4": squats(DEPTH_A, DEPTH_A)[0],
        "squat_stance_b.mp4": squats(DEPTH_B, DEPTH_B)[0],
    }


def depth(**changes: object) -> Measurement:
    """The height of the hips at the bottom."""
    facts = {
        "name": "hip height",
        "unit": "torso lengths",
        "a": 1.7 - DEPTH_A,
        "b": 1.7 - DEPTH_B,
        "resolution": 0.1,
        "quantity": "hip_height",
        "moment": "at the minimum",
        "error_a": 0.05,
        "error_b": 0.05,
        "times_a": (2.0, 5.0),
        "times_b": (2.0, 5.0),
    }
    return Measurement.model_validate({**facts, **changes})


def measured() -> ComparisonRecord:
    """The sample, its third difference measured by the depth."""
    made = sample().comparison
    findings = list(made.differences)
    findings[2] = findings[2].model_copy(update={"measurements": (depth(),)})
    return made.model_copy(update={"differences": tuple(findings), "measurements": (depth(), *made.measurements)})


def standing_still(n_frames: int = 30) -> Pose:
    """Somebody in the middle of the picture."""
    return filmed([standing()] * n_frames, "front")
