"""Curves of measured quantities: where they run, what is marked, and what a document without them shows."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from tests.report.page import Page
from tests.report.posed import DEPTH_A, DEPTH_B, depth, measured, poses
from tests.report.sample import Given
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import Finding, Side
from viddiff.motion.pose.landmarks import Pose
from viddiff.report import render
from viddiff.report.curves import BOX, Chart, Curves
from viddiff.report.time_alignment import clock_of, synchronise


def known() -> dict[Side, Pose]:
    a, b = poses().values()
    return {"a": a, "b": b}


def charted(**changes: object) -> Chart:
    chart = Curves(measured(), known()).chart(depth(**changes))
    assert chart is not None
    return chart


def places(path: str) -> np.ndarray:
    return np.array([[int(n) for n in place.split()] for place in re.split("[ML]", path)[1:]])


def test_a_curve_goes_where_the_quantity_goes_on_the_clock_of_the_players() -> None:
    chart = charted()
    scale = {value: top for top, value in chart.rows}
    (low, low_top), (high, high_top) = min(scale.items()), max(scale.items())
    knots = synchronise(measured())
    for curve, deepest in zip(chart.curves, (1.7 - DEPTH_A, 1.7 - DEPTH_B), strict=True):
        drawn = places(curve.path)
        assert len(drawn) == 75
        values = low + (low_top - 100 * drawn[:, 1] / BOX) * (high - low) / (low_top - high_top)
        assert values[0] == pytest.approx(1.7, abs=0.01)
        assert values.min() == pytest.approx(deepest, abs=0.02)
        at_bottom = 100 * clock_of(knots, curve.side, 2.0) / knots[-1].clock_s
        assert 100 * drawn[np.argmin(values), 0] / BOX == pytest.approx(at_bottom, abs=5)
        assert [mark.time_s for mark in curve.marks] == [2.0, 5.0]
        assert curve.marks[0].value == pytest.approx(deepest, abs=0.01)
        assert curve.marks[0].left == pytest.approx(at_bottom)
        assert curve.level is not None
        assert curve.level.top == pytest.approx(curve.marks[0].top, abs=1)
        # 0.05 to both sides.
        assert curve.level.height == pytest.approx((low_top - high_top) * 0.1 / (high - low))


def test_a_curve_is_broken_where_nobody_is_seen() -> None:
    a, b = poses().values()
    a.image[20:30], a.world[20:30] = np.nan, np.nan
    chart = Curves(measured(), {"a": a, "b": b}).chart(depth(times_a=(2.5, 5.0)))
    assert chart is not None
    assert [curve.path.count("M") for curve in chart.curves] == [2, 1]
    # The first number was read in the gap; a document may say so of a pose that is another one now.
    assert [mark.time_s for mark in chart.curves[0].marks] == [5.0]


def test_speeds_and_ranges_are_no_values_of_the_curve() -> None:
    assert all(curve.level for curve in charted(statistic="min").curves)
    assert not any(curve.level for curve in charted(statistic="range").curves)
    assert not any(curve.level for curve in charted(unit="torso lengths/s", statistic="speed").curves)


@pytest.mark.parametrize(
    "changes",
    [{"quantity": ""}, {"quantity": "no_such"}, {"quantity": "action_time"}, {"quantity": "knee_angle", "side": "<b>"}],
)
def test_what_has_no_curve_has_none(changes: dict[str, str]) -> None:
    assert Curves(measured(), known()).chart(depth(**changes)) is None


def test_a_document_may_hold_anything() -> None:
    chart = charted(a=float("nan"), error_b=float("inf"), times_a=(float("nan"), 99.0), times_b=(0.1,) * 500)
    assert chart.curves[0].level is None
    assert chart.curves[0].marks == chart.curves[1].marks == ()
    assert all(np.isfinite(top) for top, _ in chart.rows)


def test_a_value_is_told_near_a_frame_that_is_seen() -> None:
    finding: Finding = measured().differences[2]
    curves = Curves(measured(), known())
    assert curves.value_at(finding, "a", 2.0) == f"{1.7 - DEPTH_A:.3g}"
    assert curves.value_at(finding, "b", 99.0) == ""
    assert Curves(measured(), {"b": known()["b"]}).value_at(finding, "a", 2.0) == ""


def test_the_page_shows_curves_values_and_the_table_of_all_quantities() -> None:
    page = Page(render(measured(), Given(measured=poses())))
    assert [path["class"] for path in page.all("path")] == ["curve curve-a", "curve curve-b"]
    (plot,) = page.having("curves")
    assert plot["aria-label"] == (
        "hip height at the minimum over time. Video A: 1.2 torso lengths at 2.00 s, 1.2 torso lengths at 5.00 s. "
        "Video B: 0.9 torso lengths at 2.00 s, 0.9 torso lengths at 5.00 s"
    )
    assert "1.00 s · 1.7" in page.words
    assert "3 quantities were measured; 2 of them differ clearly" in page.words
    assert "1.200 ± 0.050 torso lengths 2.00, 5.00 s" in page.words


def test_without_poses_a_page_is_what_it_was() -> None:
    page = Page(render(measured(), Given()))
    assert page.all("path") == []
    assert page.having("curves") == []
    assert "1.200 ± 0.050 torso lengths" in page.words


def test_a_document_of_an_earlier_version_still_makes_a_page() -> None:
    document = json.loads(measured().to_json())
    later = ("quantity", "side", "statistic", "moment", "error_a", "error_b", "times_a", "times_b")
    for measurement in (
        *document["measurements"],
        *(one for finding in document["differences"] for one in finding["measurements"]),
    ):
        for name in later:
            del measurement[name]
    page = Page(render(ComparisonRecord.from_json(json.dumps(document)), Given(measured=poses())))
    assert page.all("path") == []
    assert "hip height" in page.words
