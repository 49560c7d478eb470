"""How well quantities are read from the exact landmarks of rendered people: what perspective and views do to them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.measure_accuracy import Accuracy, accuracies, decisions, odds, readings
from benchmarks.rendered_poses import VIEWS, exact, render_poses

#: Joint angles and the views that they are told in.
OWN = {
    "knee_angle": "side",
    "hip_angle": "side",
    "ankle_angle": "side",
    "trunk_lean": "side",
    "shin_angle": "side",
    "thigh_angle": "side",
    "elbow_angle": "front",
    "shoulder_angle": "front",
    "upper_arm_angle": "front",
}


@pytest.fixture(scope="module")
def rows() -> list[Accuracy]:
    return accuracies(list(readings([clip for view in VIEWS for clip in render_poses(3, 0, exact, view)])))


def test_angles_are_read_to_a_few_degrees_in_their_own_view(rows: list[Accuracy]) -> None:
    found = {(row.quantity, row.view): row for row in rows}
    for quantity, view in OWN.items():
        row = found[quantity, view]
        assert row.median <= 6.0, row
        assert abs(row.offset) <= 6.0, row


def test_intervals_hold_the_truth(rows: list[Accuracy]) -> None:
    weights = np.array([row.n for row in rows])
    assert np.average([row.covered for row in rows], weights=weights) >= 0.9


def test_decisions_are_right_and_as_sure_as_they_say() -> None:
    # The six actions take turns: the first and the seventh clip are squats.
    again = [clip for view in ("left", "oblique") for clip in render_poses(7, 1, exact, view) if clip.action == "squat"]
    decided = list(decisions(again))
    told = [one for one in decided if one.answer]
    assert len(told) >= len(decided) / 3
    assert np.mean([one.right for one in told]) >= 0.9
    at_0, slope = odds([one for one in told if one.answer == "c"])
    assert np.isfinite([at_0, slope]).all()
