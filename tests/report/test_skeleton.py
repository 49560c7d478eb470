"""Skeletons over the players: what is drawn of a pose, and that a browser draws it where the person is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.motion.drawn import unseen
from tests.report.browser import opened
from tests.report.numbered import numbered
from tests.report.page import Page as Html
from tests.report.posed import depth, poses, standing_still
from tests.report.sample import Given
from viddiff.report import write_report
from viddiff.report.skeleton import LINES, POINTS, skeleton_of
from viddiff.report.time_alignment import synchronise, times_at

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_only_what_is_seen_is_drawn() -> None:
    hidden = "left_wrist"
    found = skeleton_of(unseen(standing_still(2), hidden))
    assert found.times_ms == (0, 100)
    assert len(found.points) == 2 * 2 * len(POINTS)
    place = 2 * POINTS.index(hidden)
    assert found.points[place : place + 2] == (None, None)
    # The left shoulder: 0.37 to the right of 0.9, one torso of 0.2 over the middle of the picture.
    place = 2 * POINTS.index("left_shoulder")
    assert found.points[place : place + 2] == (974, 300)
    assert found.points.count(None) == 4


def test_lines_join_limbs_of_one_side_and_both_sides_of_the_trunk() -> None:
    named = {(POINTS[one], POINTS[other]) for one, other in LINES}
    assert ("left_knee", "left_ankle") in named
    assert {one for one in named if one[0].split("_")[0] != one[1].split("_")[0]} == {
        ("left_shoulder", "right_shoulder"),
        ("left_hip", "right_hip"),
    }


def written(folder: Path, *sides: str) -> Path:
    comparison, videos = numbered(folder)
    media = Given(measured={f"{side}.mp4": standing_still() for side in sides})
    return write_report(comparison, folder / "report.html", replace(media, videos=videos))


#: The box of what is drawn, as shares of the picture: left, top, right, bottom; null where nothing is.
DRAWN = """(side) => {
    const canvas = document.getElementById(`skeleton-${side}`);
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    let box = null;
    for (let i = 3; i < pixels.length; i += 4) {
        if (!pixels[i]) continue;
        const [x, y] = [((i - 3) / 4) % width, Math.floor((i - 3) / 4 / width)];
        box = box ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] : [x, y, x, y];
    }
    return box && [box[0] / width, box[1] / height, box[2] / width, box[3] / height];
}"""


@pytest.mark.parametrize("width", [1400, 900, 360])
def test_a_skeleton_stands_where_the_person_does_and_can_be_taken_away(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    with opened(browser, written(tmp_path, "a", "b"), width=width) as watched:
        watched.settled()
        page = watched.page
        video = page.evaluate("(() => { const v = byId('clip-a'); return [v.videoWidth, v.videoHeight]; })()")
        # Times and places of the pose: heights of the picture, x from 0.826 to 0.974, y from 0.22 to 0.86.
        aspect = video[0] / video[1]
        left, top, right, bottom = page.evaluate(DRAWN, "a")
        assert (left, right) == pytest.approx((0.826 / aspect, 0.974 / aspect), abs=0.05)
        assert (top, bottom) == pytest.approx((0.22, 0.86), abs=0.08)
        page.get_by_label("Skeletons").focus()
        page.keyboard.press("Space")
        assert page.evaluate(DRAWN, "a") is page.evaluate(DRAWN, "b") is None
        page.keyboard.press("Space")
        assert page.evaluate(DRAWN, "b") is not None
        # The pose ends a second before clip B does; there nothing is drawn.
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert watched.complaints == []


def test_points_between_two_frames_of_the_pose_lie_between(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "a")) as watched:
        watched.settled()
        points = watched.page.evaluate(
            """() => {
                const clip = { side: "a", pose: { times_ms: [0, 100, 900], points: [0, 0, 10, null, 500, 7] } };
                const one = new Skeleton(clip);
                return [-300, -10, 0, 50, 90, 300, 500, 880].map((ms) => one.pointsAt(ms));
            }"""
        )
        gap: list[object] = []
        assert points == [gap, [0, 0], [0, 0], [5, None], [9, None], [10, None], gap, [500, 7]]


def test_a_page_without_poses_has_no_toggle(tmp_path: Path) -> None:
    page = Html(written(tmp_path).read_text("utf-8"))
    assert not [one for one in page.all("input") if one.get("id") == "skeletons"]
    assert page.all("canvas") == []
    one_sided = Html(written(tmp_path, "b").read_text("utf-8"))
    assert [canvas["id"] for canvas in one_sided.all("canvas")] == ["skeleton-b"]
    assert json.loads(one_sided.data)["clips"]["a"]["pose"] is None


def test_lines_on_the_curves_go_with_the_players_and_a_click_there_moves_them(browser: Browser, tmp_path: Path) -> None:
    comparison, videos = numbered(tmp_path)
    findings = tuple(one.model_copy(update={"measurements": (depth(),)}) for one in comparison.differences)
    comparison = comparison.model_copy(update={"differences": findings})
    a, b = poses().values()
    path = write_report(
        comparison, tmp_path / "report.html", replace(Given(measured={"a.mp4": a, "b.mp4": b}), videos=videos)
    )
    knots = synchronise(comparison)
    with opened(browser, path) as watched:
        watched.settled()
        curves = watched.page.locator("#difference-1 .curves")
        box = curves.bounding_box()
        assert box is not None
        curves.click(position={"x": 0.4 * box["width"], "y": 60})
        watched.settled()
        shown = dict(zip("ab", times_at(knots, 0.4 * knots[-1].clock_s), strict=True))
        for side, fps in (("a", 30), ("b", 25)):
            # The frame on screen begins up to its own length before.
            place = float((curves.locator(f"[data-now={side}]").get_attribute("x1") or "").rstrip("%"))
            assert place == pytest.approx(40, abs=100 / fps / knots[-1].clock_s)
            assert watched.page.evaluate("(side) => players.clips.find((one) => one.side === side).shown", side) == (
                pytest.approx(shown[side], abs=1.5 / fps)
            )
        assert watched.complaints == []
