"""Every quantity of a person whose every landmark is said: zeros, signs, sides and views."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.motion.drawn import Place, cycles, filmed, standing, still, unseen
from viddiff.motion.measurement.body import Body
from viddiff.motion.measurement.evaluate import evaluate
from viddiff.motion.measurement.spec import BodySide, MeasurementSpec, Moment
from viddiff.motion.pose.landmarks import View
from viddiff.motion.quantities import QUANTITIES
from viddiff.motion.quantities.table import table

CATALOGUE = (
    "knee_angle", "hip_angle", "elbow_angle", "shoulder_angle", "ankle_angle", "trunk_lean", "trunk_tilt",
    "thigh_angle", "shin_angle", "upper_arm_angle", "forearm_angle", "head_tilt", "head_pitch", "toe_out",
    "body_turn", "hip_sag", "shoulder_turn", "stance_width", "stance_length", "knee_distance", "hand_distance",
    "elbow_distance", "hand_to_head", "hand_to_hip", "hand_to_shoulder", "hand_forward", "elbow_forward",
    "knee_forward", "head_forward", "knee_inward", "hand_height", "elbow_height", "hip_height", "hip_over_knee",
    "knee_height", "foot_height", "foot_over_hip", "head_height", "shoulder_height", "heel_height",
    "hand_height_difference", "shoulder_over_hand", "body_height", "body_x", "body_y", "repetitions",
    "repetition_time", "action_time", "pauses", "longest_pause", "hold_time", "smoothness", "symmetry", "delay",
    "travel", "hand_speed", "foot_speed", "step_count",
)  # fmt: skip


def value(
    name: str,
    view: View = "side",
    facing: int = 1,
    side: BodySide = "both",
    held: Mapping[str, Place] | None = None,
    **moved: Place,
) -> float:
    """What is read of somebody who does not move; landmarks that are elsewhere in ``held`` or by name."""
    reading = evaluate(MeasurementSpec(quantity=name, side=side), *still(view, facing, {**(held or {}), **moved}))
    assert reading.value is not None, reading.refusal
    return reading.value


def about(number: float) -> object:
    return pytest.approx(number, abs=0.01)


def turned(angle_deg: float, length: float) -> tuple[float, float]:
    """(up, forward) of a segment that hangs, swung forward."""
    return -length * math.cos(math.radians(angle_deg)), length * math.sin(math.radians(angle_deg))


def test_all_of_the_catalogue_is_registered_and_told_in_full() -> None:
    assert set(CATALOGUE) <= set(QUANTITIES)
    for quantity in QUANTITIES.values():
        assert quantity.definition.endswith(".")
        assert quantity.words
        assert quantity.least > 0
        assert quantity.lower != quantity.higher


@pytest.mark.parametrize(
    ("name", "view", "expected"),
    [
        ("knee_angle", "side", 180),
        ("hip_angle", "side", 180),
        ("elbow_angle", "side", 180),
        ("elbow_angle", "front", 180),
        ("shoulder_angle", "front", 0),
        ("ankle_angle", "side", 90),
        ("trunk_lean", "side", 0),
        ("trunk_tilt", "front", 0),
        ("thigh_angle", "side", 0),
        ("shin_angle", "side", 0),
        ("upper_arm_angle", "front", 0),
        ("forearm_angle", "front", 0),
        ("head_tilt", "front", 0),
        ("head_pitch", "side", 0),
        ("toe_out", "front", 0),
        ("body_turn", "front", 0),
        ("body_turn", "side", 90),
        ("shoulder_turn", "front", 0),
        ("stance_width", "front", 0.4),
        ("stance_length", "side", 0),
        ("knee_distance", "front", 0.4),
        ("knee_inward", "front", 0),
        ("hand_distance", "front", 0.74),
        ("elbow_distance", "front", 0.74),
        ("hand_to_head", "side", 1.56),
        ("hand_to_hip", "side", 0.16),
        ("hand_to_shoulder", "side", 1.16),
        ("hand_forward", "side", 0),
        ("elbow_forward", "side", 0),
        ("knee_forward", "side", 0),
        ("head_forward", "side", 0),
        ("hand_height", "front", -1.16),
        ("elbow_height", "front", -0.65),
        ("hip_height", "front", 1.7),
        ("hip_over_knee", "front", 0.85),
        ("knee_height", "front", -0.85),
        ("foot_height", "front", 0),
        ("foot_over_hip", "front", -1.7),
        ("head_height", "front", 0.4),
        ("shoulder_height", "front", 2.7),
        ("heel_height", "side", 0),
        ("hand_height_difference", "front", 0),
        ("shoulder_over_hand", "front", 1.16),
        ("body_height", "front", 0),
        ("symmetry", "front", 1),
        ("travel", "front", 0),
        ("hand_speed", "front", 0),
        ("foot_speed", "front", 0),
        ("step_count", "front", 0),
        ("body_x", "front", 0.9),
        ("body_y", "front", 0.5),
    ],
)
def test_zeros_of_somebody_who_stands(name: str, view: View, expected: float) -> None:
    assert value(name, view) == about(expected)


@pytest.mark.parametrize("angle_deg", [20.0, 70.0, 110.0])
@pytest.mark.parametrize("facing", [1, -1])
def test_bent_joints_whichever_way_the_body_faces(angle_deg: float, facing: int) -> None:
    up, forward = turned(-angle_deg, 0.85)
    knee = {"ankle": (0.2, -0.85 + up, forward)}
    assert value("knee_angle", facing=facing, held=knee) == about(180 - angle_deg)
    up, forward = turned(angle_deg, 0.51)
    elbow = {"wrist": (0.37, 0.35 + up, forward)}
    assert value("elbow_angle", facing=facing, held=elbow) == about(180 - angle_deg)
    assert value("forearm_angle", facing=facing, held=elbow) == about(angle_deg)
    assert value("hand_forward", facing=facing, held=elbow) == about(forward)
    up, forward = turned(angle_deg, 0.85)
    assert value("hip_angle", facing=facing, knee=(0.2, up, forward)) == about(180 - angle_deg)
    assert value("thigh_angle", facing=facing, knee=(0.2, up, forward)) == about(angle_deg)
    up, forward = turned(angle_deg, 0.65)
    raised = {"elbow": (0.37, 1 + up, forward)}
    assert value("upper_arm_angle", facing=facing, held=raised) == about(angle_deg)
    assert value("shoulder_angle", facing=facing, held=raised) == about(angle_deg)


@pytest.mark.parametrize(("lean_deg", "facing"), [(30.0, 1), (30.0, -1), (-25.0, 1), (-25.0, -1)])
@pytest.mark.parametrize("view", ["side", "oblique"])
def test_a_lean_is_positive_forward(lean_deg: float, facing: int, view: View) -> None:
    up, forward = math.cos(math.radians(lean_deg)), math.sin(math.radians(lean_deg))
    assert value("trunk_lean", view, facing, shoulder=(0.37, up, forward)) == pytest.approx(lean_deg, abs=4)
    shin = {"knee": (0.2, -1.7 + 0.85 * up, 0.85 * forward)}
    assert value("shin_angle", "side", facing, held=shin) == about(lean_deg)
    assert value("knee_forward", "side", facing, held=shin) == about(0.85 * forward)


def test_a_face_that_looks_down_is_positive() -> None:
    assert value("head_pitch", nose=(0.0, 1.3, 0.1)) == about(45)
    assert value("head_pitch", nose=(0.0, 1.5, 0.1)) == about(-45)
    assert value("head_pitch", facing=-1, nose=(0.0, 1.3, 0.1)) == about(45)
    # Of a body that lies on its front, a little past straight down.
    assert value("head_pitch", nose=(0.0, 1.3, -0.1)) == about(135)
    assert value("head_forward", ear=(0.15, 1.4, 0.3)) == about(0.3)


@pytest.mark.parametrize("view", ["front", "back"])
def test_across_the_body_from_the_front_and_from_the_back(view: View) -> None:
    assert value("stance_width", view, ankle=(0.5, -1.7, 0)) == about(1.0)
    assert value("knee_inward", view, ankle=(0.5, -1.7, 0), knee=(0.3, -0.85, 0)) == about(0.2)
    assert value("knee_inward", view, ankle=(0.3, -1.7, 0), knee=(0.5, -0.85, 0)) == about(-0.2)
    assert value("toe_out", view, foot_index=(0.2 + 0.53 * math.sin(math.radians(30)), -1.8, 0.3)) == about(30)
    assert value("head_tilt", view, left_ear=(0.1, 1.5, 0), right_ear=(-0.1, 1.3, 0)) == about(45)
    tilted = {"left_shoulder": (0.87, 0.866, 0.0), "right_shoulder": (0.13, 0.866, 0.0)}
    assert value("trunk_tilt", view, held=tilted) == pytest.approx(30, abs=0.5)


def test_an_arm_raised_to_the_side_is_seen_from_the_side_by_what_is_missing_of_it() -> None:
    level = {"elbow": (1.02, 1.0, 0.0), "wrist": (1.53, 1.0, 0.0)}
    assert value("upper_arm_angle", "front", held=level) == about(90)
    assert value("upper_arm_angle", "side", held=level) == about(90)


def test_heights_are_up() -> None:
    assert value("hand_height", "front", wrist=(0.3, 1.5, 0)) == about(0.5)
    assert value("hand_height", "front", side="left", left_wrist=(0.3, 1.5, 0)) == about(0.5)
    assert value("hand_height_difference", "front", left_wrist=(0.3, 1.5, 0)) == about(1.66)
    assert value("foot_height", "front", side="left", left_ankle=(0.2, -1.2, 0)) == about(0.5)
    assert value("foot_over_hip", "front", side="either", left_ankle=(0.2, 0.3, 0)) == about(0.3)
    assert value("foot_over_hip", "front", side="trailing", left_ankle=(0.2, 0.3, 0)) == about(-1.7)
    assert value("knee_height", "front", side="either", right_knee=(-0.2, 0.2, 0)) == about(0.2)
    assert value("heel_height", heel=(0.2, -1.6, -0.1)) == about(0.2)


def test_hips_that_sag_under_the_line_of_a_lying_body_are_positive() -> None:
    lying: dict[str, Place] = {"shoulder": (0.3, 0.0, 1.0), "hip": (0.2, -0.3, 0.0), "ankle": (0.2, 0.0, -1.6)}
    assert value("hip_sag", held=lying) > 0.2
    lying["hip"] = (0.2, 0.3, 0.0)
    assert value("hip_sag", held=lying) < -0.2
    assert evaluate(MeasurementSpec(quantity="hip_sag"), *still()).refusal


def test_the_bent_knee_is_either_and_the_straight_one_is_trailing() -> None:
    up, forward = turned(-60, 0.85)
    bent = {"right_ankle": (-0.2, -0.85 + up, forward)}
    assert value("knee_angle", side="right", held=bent) == about(120)
    assert value("knee_angle", side="either", held=bent) == about(120)
    assert value("knee_angle", side="trailing", held=bent) == about(180)
    assert value("knee_angle", side="both", held=bent) == about(150)
    # Somebody who looks to the right of the picture shows the right side.
    assert value("knee_angle", side="near", held=bent) == about(120)
    assert value("knee_angle", side="near", facing=-1, held=bent) == about(180)


def test_speeds_and_travel_are_in_torso_lengths() -> None:
    frames = []
    for frame in range(21):
        x = frame / 10
        moved = {part: (place[0], place[1], place[2] + x) for part, place in standing().items()}
        frames.append(moved)
    clip = filmed(frames), cycles((0.0, 1.0, 1.0, 2.0))
    for name, expected in (("travel", 1.9), ("hand_speed", 1.0), ("foot_speed", 1.0)):
        assert evaluate(MeasurementSpec(quantity=name), *clip).value == pytest.approx(expected, abs=0.11)
    speed = MeasurementSpec(quantity="body_x", statistic="speed")
    assert evaluate(speed, *clip).value == pytest.approx(0.2, abs=0.01)


def test_jerky_movement_is_less_smooth_than_one_that_flows() -> None:
    def moving(tremble: float) -> float:
        frames = []
        for frame in range(60):
            share = 0.5 - 0.5 * math.cos(math.pi * frame / 59) + tremble * math.sin(frame * 1.3)
            frames.append(standing({"wrist": (0.37, -0.16 + share, 0.5 * share)}))
        pose, phases = filmed(frames, fps=30), cycles((0.0, 1.0, 1.0, 2.0), fps=30)
        value = evaluate(MeasurementSpec(quantity="smoothness"), pose, phases).value
        assert value is not None
        return value

    assert moving(0.0) - moving(0.06) > QUANTITIES["smoothness"].least


def test_steps_are_counted_where_the_feet_come_apart() -> None:
    frames = []
    for frame in range(60):
        stride = 0.6 * math.sin(math.pi * frame / 12)
        frames.append(standing({"left_ankle": (0.2, -1.7, stride), "right_ankle": (-0.2, -1.7, -stride)}))
    assert evaluate(MeasurementSpec(quantity="step_count"), filmed(frames), cycles((0, 3, 3, 6))).value == 5


def test_what_is_hidden_is_not_read() -> None:
    pose, phases = still()
    hidden = unseen(pose, "left_knee", "right_knee")
    refusal = evaluate(MeasurementSpec(quantity="knee_angle"), hidden, phases).refusal
    assert refusal is not None
    assert refusal.cause == "visibility"
    # One side that is seen is enough for both, but not to tell which one is meant.
    one = unseen(pose, "left_knee")
    assert evaluate(MeasurementSpec(quantity="knee_angle"), one, phases).value == about(180)
    assert evaluate(MeasurementSpec(quantity="knee_angle", side="either"), one, phases).value is None


def test_each_quantity_is_refused_from_the_views_that_do_not_show_it() -> None:
    for quantity in QUANTITIES.values():
        if quantity.kind in ("clip", "events"):
            continue
        for view in ("front", "back", "side", "oblique"):
            reading = evaluate(MeasurementSpec(quantity=quantity.name), *still(view=view))
            refused = reading.refusal is not None and reading.refusal.cause == "view"
            assert refused == (view not in quantity.planes), (quantity.name, view)


def test_a_direction_needs_a_facing() -> None:
    reading = evaluate(MeasurementSpec(quantity="trunk_lean"), *still(facing=0))
    assert reading.refusal is not None
    assert reading.refusal.cause == "facing"


def test_axes_that_a_view_does_not_show_are_not_numbers() -> None:
    pose, _ = still(view="front")
    assert np.isnan(Body(pose, "frontal").landmark("left_wrist")[:, 0]).all()
    assert np.isnan(Body(pose, "sagittal").landmark("left_wrist")[:, 1]).all()


def test_the_documented_table_is_the_registry() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "quantities.md").read_text()
    assert table() in documented, "run `python -m viddiff.motion.quantities.table` and put its output into the file"


def test_moments_are_named_in_words_wherever_a_series_can_mark_one() -> None:
    for quantity in QUANTITIES.values():
        if quantity.kind == "series":
            assert quantity.at_min, quantity.name
            assert quantity.at_max, quantity.name
    assert Moment().kind == "whole"
