"""Shaking: told of performers who shake, in the part in which they do, and of no movement that is merely fast."""

from __future__ import annotations

import numpy as np
import pytest

from viddiff.core.types import Segment
from viddiff.motion.cycles import cycles_of
from viddiff.motion.measurement.evaluate import evaluate
from viddiff.motion.measurement.spec import MeasurementSpec, Moment
from viddiff.motion.quantities import QUANTITIES
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.landmarks import landmarks_of
from viddiff.synthetic.skill.performers import draw_squats
from viddiff.synthetic.skill.squats import FAULTS, SquatSet

LEAST = QUANTITIES["hip_shake"].least
DOWN, UP = 2, 3


def squat(fault: int | None, seed: int) -> SyntheticClip[SquatSet]:
    sizes = np.zeros((1, len(FAULTS)))
    if fault is not None:
        sizes[0, fault] = 0.8
    return draw_squats(sizes, np.random.default_rng((11, seed)))


def shaking(clip: SyntheticClip[SquatSet], stage: str) -> float:
    pose = landmarks_of(clip)
    spec = MeasurementSpec(quantity="hip_shake", at=Moment(kind="stage", stage=stage))
    found = evaluate(spec, pose, cycles_of(pose), clip.performance.segments)
    assert found.value is not None
    return found.value


@pytest.mark.parametrize("seed", range(4))
def test_shaking_is_measured_in_the_part_that_has_it(seed: int) -> None:
    steady = {stage: shaking(squat(None, seed), stage) for stage in ("descend", "hold", "ascend")}
    assert max(steady.values()) < LEAST / 2
    for fault, stage, other in ((DOWN, "descend", "ascend"), (UP, "ascend", "descend")):
        shaky = squat(fault, seed)
        assert shaking(shaky, stage) - steady[stage] > 1.5 * LEAST
        assert abs(shaking(shaky, other) - steady[other]) < LEAST / 2


def test_of_too_few_frames_a_second_nothing_is_told() -> None:
    clip = squat(DOWN, 0)
    pose = landmarks_of(clip)
    slow = type(pose)(**{**vars(pose), "times_s": pose.times_s * 4})
    spec = MeasurementSpec(quantity="hip_shake", at=Moment(kind="stage", stage="descend"))
    stages = [
        Segment(stage=one.stage, start_s=4 * one.start_s, stop_s=4 * one.stop_s) for one in clip.performance.segments
    ]
    assert evaluate(spec, slow, cycles_of(slow), stages).value is None
