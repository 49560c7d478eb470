"""The rendered demo: what its labels say is seen in its pixels, by rulers that know nothing of the renderer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from viddiff.core.errors import BackendError, UsageError
from viddiff.core.types import Localization, Measurement
from viddiff.synthetic import DemoPair, render_demo
from viddiff.synthetic.body import Cone, Ellipsoid, Solid
from viddiff.synthetic.camera import Camera
from viddiff.synthetic.demo import demo_clips
from viddiff.synthetic.figure import (
    ANKLE_HEIGHT,
    FOREARM,
    HEAD_CENTRE,
    SHANK,
    SHOULDER_HEIGHT,
    THIGH,
    UPPER_ARM,
    Stance,
    Vector,
    middle_joint,
    pitch,
    solve,
    unit,
    vector,
)
from viddiff.synthetic.performance import minimum_jerk
from viddiff.synthetic.render import draw
from viddiff.synthetic.shading import NOWHERE
from viddiff.synthetic.squat import ASPECTS, Squat
from viddiff.synthetic.truth import label, true_differences
from viddiff.video.encode import write_video

Frames = NDArray[np.uint8]

CAMERA = Camera(320, 240, math.radians(38), 2.6, 0.82, 0.47, 520)


@dataclass(frozen=True)
class Seen:
    """One clip as a stranger gets it: the decoded file, and what the labels say of it."""

    frames: Frames
    fps: int
    truth: Localization
    numbers: dict[str, float]

    @cached_property
    def head_sunk(self) -> NDArray[np.float64]:
        """For each frame how far the head has sunk: 0 standing, 1 at its lowest."""
        rows = np.array([hair_row(frame) for frame in self.frames])
        sunk: NDArray[np.float64] = (rows - rows[:5].mean()) / (rows.max() - rows[:5].mean())
        return sunk

    def still(self, stage: str) -> Frames:
        """The frame in the middle of a stage."""
        segment = next(segment for segment in self.truth.segments if segment.stage == stage)
        frame: Frames = self.frames[round((segment.start_s + segment.stop_s) / 2 * self.fps)]
        return frame


@pytest.fixture(scope="module")
def seen(demo_pair: DemoPair) -> tuple[Seen, Seen]:
    a = {labelled.difference.key: labelled.truth.a or 0.0 for labelled in demo_pair.differences}
    b = {labelled.difference.key: labelled.truth.b or 0.0 for labelled in demo_pair.differences}
    return (
        Seen(decode(demo_pair.path_a), 30, demo_pair.localization_a, a),
        Seen(decode(demo_pair.path_b), 25, demo_pair.localization_b, b),
    )


def decode(path: Path) -> Frames:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def dark(frame: Frames) -> NDArray[np.bool_]:
    """What is dark in the strip where the figure stands."""
    # A maximum over an axis of three takes ten times as long.
    red, green, blue = np.moveaxis(frame[:, 240:400], 2, 0) < 72
    mask: NDArray[np.bool_] = red & green & blue
    return mask


def hair_row(frame: Frames) -> float:
    """Mean row of the dark hair in the strip where the figure stands."""
    rows = np.nonzero(dark(frame))[0]
    # Dark shorts lie lower: the hair is what is within a head's height of the topmost dark pixel.
    return float(rows[rows < rows.min() + 40].mean())


def height_px(frame: Frames) -> float:
    """From the top of the hair to the soles, of a figure that stands."""
    hair = np.nonzero(dark(frame))[0].min()
    return float(np.nonzero(shoes(frame))[0].max() - hair)


def shoes(frame: Frames) -> NDArray[np.bool_]:
    """Saturated orange or green below the knees."""
    colour = frame.astype(int)
    mask: NDArray[np.bool_] = colour.max(axis=2) - colour.min(axis=2) > 110
    mask[:320] = False
    return mask


def test_the_files_have_the_rates_and_lengths_that_are_stated(demo_pair: DemoPair) -> None:
    for path, fps, truth in (
        (demo_pair.path_a, 30, demo_pair.localization_a),
        (demo_pair.path_b, 25, demo_pair.localization_b),
    ):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert stream.average_rate == fps
            assert (stream.width, stream.height, stream.pix_fmt) == (640, 480, "yuv420p")
            assert container.duration is not None
            assert container.duration / 1e6 == pytest.approx(truth.segments[-1].stop_s, abs=1e-3)
            assert stream.frames == round(truth.segments[-1].stop_s * fps)
        assert 6 <= truth.segments[-1].stop_s <= 7
    assert sorted(path.name for path in demo_pair.path_a.parent.iterdir()) == ["squat_a.mp4", "squat_b.mp4"]


def test_depth_is_seen_in_how_far_the_head_sinks(seen: tuple[Seen, Seen]) -> None:
    # Both lean alike, so what the lean takes off the head's height cancels out.
    sunk = [(hair_row(clip.still("hold")) - hair_row(clip.frames[0])) / height_px(clip.frames[0]) for clip in seen]
    assert sunk[0] - sunk[1] == pytest.approx(seen[0].numbers["depth"] - seen[1].numbers["depth"], abs=0.02)


def test_stance_is_seen_in_the_distance_of_the_shoes(seen: tuple[Seen, Seen]) -> None:
    for clip in seen:
        columns = np.nonzero(shoes(clip.frames[0]))[1]
        middle = (columns.min() + columns.max()) / 2
        apart_px = columns[columns > middle].mean() - columns[columns < middle].mean()
        # The camera stands 38 degrees (give or take 3) to the side.
        width = apart_px / height_px(clip.frames[0]) / math.cos(math.radians(38))
        assert width == pytest.approx(clip.numbers["stance"], abs=0.05)


def test_tempo_is_seen_from_when_the_head_begins_to_sink_until_it_is_up_again(seen: tuple[Seen, Seen]) -> None:
    seen_s = []
    for clip in seen:
        sunk = clip.head_sunk
        low = np.nonzero(sunk > 0.02)[0] / clip.fps
        _, descend, hold, ascend, _ = clip.truth.segments
        # A minimum-jerk move begins and ends so gently that its first and last moments are not seen yet.
        assert 0 <= low[0] - descend.start_s <= (descend.stop_s - descend.start_s) / 4
        assert 0 <= ascend.stop_s - low[-1] <= (ascend.stop_s - ascend.start_s) / 4
        assert hold.start_s - 0.2 < np.argmax(sunk) / clip.fps < hold.stop_s + 0.2
        seen_s.append(low[-1] - low[0])
    assert (seen_s[0] > seen_s[1]) == (seen[0].numbers["tempo"] > seen[1].numbers["tempo"])


def test_pause_is_seen_in_how_long_the_head_stays_low(seen: tuple[Seen, Seen]) -> None:
    lows_s = []
    for clip in seen:
        _, descend, _, ascend, _ = clip.truth.segments
        # What a minimum-jerk move spends at the very bottom before the pause, and after it, is not part of it.
        gentle = 1 - inverse_minimum_jerk(0.95)
        moving_s = descend.stop_s - descend.start_s + ascend.stop_s - ascend.start_s
        lows_s.append((clip.head_sunk > 0.95).sum() / clip.fps - gentle * moving_s)
    assert lows_s == pytest.approx([clip.numbers["pause"] for clip in seen], abs=0.2)


def test_arms_are_seen_in_how_far_skin_reaches_in_front_of_the_body(seen: tuple[Seen, Seen]) -> None:
    for clip in seen:
        bottom = clip.still("hold")[:330].astype(int)
        # Arms that are stretched out cover the wall, which the first frame shows empty.
        changed = np.abs(bottom - clip.frames[0][:330]).max(axis=2) > 40
        leftmost = np.nonzero(changed.sum(axis=0) > 4)[0].min()
        in_front = (np.median(np.nonzero(shoes(clip.frames[0]))[1]) - leftmost) / height_px(clip.frames[0])
        assert (in_front > 0.33) == (clip.numbers["arms"] > 0.2)


def inverse_minimum_jerk(share: float) -> float:
    times = np.linspace(0, 1, 10_001)
    return float(times[np.searchsorted([minimum_jerk(time) for time in times], share)])


def test_quiet_stages_are_not_frozen_and_the_camera_has_noise(seen: tuple[Seen, Seen]) -> None:
    for clip in seen:
        stand = clip.frames[: round(clip.truth.segments[0].stop_s * clip.fps)]
        assert not any(np.array_equal(before, after) for before, after in pairwise(stand))
        # More than noise: edges of the body have moved.
        assert np.abs(stand[-1].astype(int) - stand[0])[:300, 260:380].max() > 30


def test_the_labels_follow_from_the_numbers(demo_pair: DemoPair) -> None:
    labels = {labelled.difference.key: labelled.label for labelled in demo_pair.differences}
    assert set(labels) == {"depth", "stance", "arms", "tempo", "pause", "lean", "heels"}
    assert labels["lean"] == labels["heels"] == "c"
    for labelled in demo_pair.differences:
        a, b = labelled.truth.a, labelled.truth.b
        assert a is not None
        assert b is not None
        expected = "c" if abs(a - b) < labelled.truth.resolution else "a" if a > b else "b"
        assert labelled.label == expected


def test_stages_have_no_gaps_and_key_times_lie_inside_them(demo_pair: DemoPair) -> None:
    names = tuple(stage.name for stage in demo_pair.stages)
    for truth, side in ((demo_pair.localization_a, "a"), (demo_pair.localization_b, "b")):
        assert tuple(segment.stage for segment in truth.segments) == names
        assert truth.segments[0].start_s == 0
        assert all(before.stop_s == after.start_s for before, after in pairwise(truth.segments))
        assert all(segment.stop_s > segment.start_s for segment in truth.segments)
        for labelled in demo_pair.differences:
            times_s = labelled.key_times_a_s if side == "a" else labelled.key_times_b_s
            assert len(times_s) == (1 if labelled.difference.num_frames == "1" else 2)
            spans = [segment for segment in truth.segments if segment.stage in labelled.stages]
            assert all(any(span.start_s <= time_s < span.stop_s for span in spans) for time_s in times_s)


def test_the_proposal_asks_without_the_answers(demo_pair: DemoPair) -> None:
    proposal = demo_pair.proposal
    names = {stage.name for stage in proposal.stages}
    assert [difference.key for difference in proposal.differences] == list(proposal.links)
    assert all(stages and set(stages) <= names for stages in proposal.links.values())
    assert DemoPair.model_validate_json(demo_pair.model_dump_json()) == demo_pair


@pytest.mark.parametrize("seed", range(12))
def test_every_seed_has_differences_both_ways(seed: int) -> None:
    a, b = (clip.performance for clip in demo_clips(seed))
    labels = [labelled.label for labelled in true_differences(ASPECTS, a, b)]
    assert labels.count("a") in (2, 3)
    assert labels.count("b") == 5 - labels.count("a")
    # No pose is out of reach.
    for performance in (a, b):
        for index in range(0, performance.n_frames, 7):
            solve(performance.pose(index / performance.fps), performance.stance)


def test_a_seed_gives_the_same_pixels_and_another_seed_others() -> None:
    first, again, other = (list(islice(demo_clips(seed)[0].frames(), 3)) for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_same_frames_make_the_same_file(tmp_path: Path) -> None:
    frames = list(islice(demo_clips(0)[1].frames(), 5))
    one, two = (write_video(tmp_path / name, frames, 25, 640, 480).read_bytes() for name in ("one.mp4", "two.mp4"))
    assert one == two
    assert np.abs(decode(tmp_path / "one.mp4").astype(int) - frames).mean() < 3


def test_a_build_without_x264_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av, "codecs_available", {"mpeg4"})
    with pytest.raises(BackendError, match=r"^This PyAV has no H\.264 encoder"):
        write_video(tmp_path / "clip.mp4", demo_clips(0)[0].frames(), 30, 640, 480)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UsageError, match=r"^The video 'squat_a\.mp4' cannot be written to '.*taken' \(.+\): name a f"):
        render_demo(tmp_path / "taken")


def test_a_rendering_that_is_cut_off_leaves_nothing_behind(tmp_path: Path) -> None:
    def frames() -> Iterator[Frames]:
        yield np.zeros((48, 64, 3), np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / "cut.mp4", frames(), 25, 64, 48)
    assert list(tmp_path.iterdir()) == []


def test_bones_keep_their_length_and_feet_stay_planted() -> None:
    for clip in demo_clips(3):
        squat = clip.performance
        planted = solve(squat.pose(0.0), squat.stance).legs
        for index in range(squat.n_frames):
            skeleton = solve(squat.pose(index / squat.fps), squat.stance)
            for leg, start in zip(skeleton.legs, planted, strict=True):
                assert np.linalg.norm(leg.hip - leg.knee) == pytest.approx(THIGH)
                assert np.linalg.norm(leg.knee - leg.ankle) == pytest.approx(SHANK)
                assert np.array_equal(leg.ankle, start.ankle)
                assert leg.ankle[1] == ANKLE_HEIGHT
                assert leg.heel[1] == leg.toe[1] == 0
                assert leg.knee[2] > leg.ankle[2]
            for arm in skeleton.arms:
                assert np.linalg.norm(arm.shoulder - arm.elbow) == pytest.approx(UPPER_ARM)
                assert np.linalg.norm(arm.elbow - arm.wrist) == pytest.approx(FOREARM)
            assert np.linalg.norm(skeleton.head - skeleton.neck) == pytest.approx(HEAD_CENTRE - SHOULDER_HEIGHT)


def test_a_joint_that_cannot_be_reached_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Bones of 0\.245 and 0\.246 cannot span 0\.600; choose a nearer target\.$"):
        middle_joint(vector(0, 0.6, 0), vector(0, 0, 0), THIGH, SHANK, vector(0, 0, 1))


def test_minimum_jerk_starts_and_stops_at_rest() -> None:
    shares = np.linspace(0, 1, 1001)
    way = np.array([minimum_jerk(share) for share in shares])
    speed, pull = np.gradient(way, shares), np.gradient(np.gradient(way, shares), shares)
    assert (way[0], way[500], way[-1]) == pytest.approx((0, 0.5, 1))
    assert np.all(np.diff(way) > 0)
    # The peak is 15/8 of the mean speed (Flash and Hogan).
    assert speed.max() == pytest.approx(15 / 8, rel=1e-3)
    assert abs(speed[0]) + abs(speed[-1]) < 1e-4
    assert abs(pull[0]) + abs(pull[-1]) < 0.1
    assert (minimum_jerk(-1), minimum_jerk(2)) == (0, 1)


@pytest.mark.parametrize(("a", "b", "expected"), [(1.0, 0.5, "a"), (0.5, 1.0, "b"), (1.0, 0.9, "c"), (0.0, 0.0, "c")])
def test_a_label_is_the_greater_number_unless_nobody_can_see_it(a: float, b: float, expected: str) -> None:
    assert label(Measurement(name="depth", unit="", a=a, b=b, resolution=0.25)) == expected


def test_a_label_needs_both_numbers() -> None:
    with pytest.raises(ValueError, match="'depth' has no number for both videos"):
        label(Measurement(name="depth", unit="", a=1.0, b=None))


def test_the_numbers_are_those_that_were_put_in() -> None:
    a, b = (
        Squat(10, (10, 12, 4, 10, 9), Stance(width, 0.3), 0.1, depth, math.radians(lean_deg), "forward")
        for width, depth, lean_deg in ((0.3, 0.2, 30), (0.4, 0.25, 40))
    )
    truths = {labelled.difference.key: labelled.truth for labelled in true_differences(ASPECTS, a, b)}
    assert (truths["depth"].a, truths["depth"].b) == pytest.approx((0.2, 0.25))
    assert (truths["stance"].a, truths["stance"].b) == pytest.approx((0.3, 0.4))
    assert (truths["lean"].a, truths["lean"].b) == pytest.approx((30, 40), abs=0.5)
    assert (truths["tempo"].a, truths["pause"].a) == pytest.approx((2.6, 0.4))
    # Level arms reach forward by their whole length.
    assert truths["arms"].a == pytest.approx(UPPER_ARM + FOREARM, rel=0.02)


def test_the_floor_is_found_again_behind_its_pixels() -> None:
    points = np.array([(0.1, 0.0, 0.4), (-0.6, 0.0, -0.9), (0.0, 0.0, 0.0)])
    seen_px = CAMERA.project(points)
    assert CAMERA.floor_points(seen_px[:, 0], seen_px[:, 1]) == pytest.approx(points[:, (0, 2)])


@pytest.mark.parametrize("end", [(0.25, 0.6, 0.1), (0.02, 0.5, 0.42), (-0.1, 0.3, -0.3)])
@pytest.mark.parametrize(("start_radius", "end_radius"), [(0.05, 0.05), (0.05, 0.03), (0.03, 0.05)])
def test_a_cone_is_the_spheres_along_its_line(
    end: tuple[float, float, float], start_radius: float, end_radius: float
) -> None:
    cone = Cone(vector(0.0, 0.5, 0.0), vector(*end), start_radius, end_radius, (200, 100, 50))
    shares = np.linspace(0, 1, 50)
    centres = CAMERA.project(cone.start + (cone.end - cone.start) * shares[:, None])
    radii = start_radius + (end_radius - start_radius) * shares
    # The renderer takes the taper for slight: a third of the softness with which surfaces blend.
    tolerance = 0.001 if start_radius == end_radius else 0.004
    spheres = [(centre, np.eye(3), np.full(3, r)) for centre, r in zip(centres, radii, strict=True)]
    check_surface(cone, spheres, tolerance)


@pytest.mark.parametrize("lean_rad", [0.0, 0.7])
def test_an_ellipsoid_is_where_the_lines_of_sight_meet_it(lean_rad: float) -> None:
    solid = Ellipsoid(vector(0.05, 0.6, 0.1), pitch(lean_rad), vector(0.05, 0.12, 0.07), (50, 100, 200))
    (centre,) = CAMERA.project(solid.centre[None])
    check_surface(solid, [(centre, CAMERA.axes @ solid.axes, solid.half)], 0.001)


def check_surface(solid: Solid, parts: list[tuple[Vector, NDArray[np.float64], Vector]], tolerance: float) -> None:
    """Hold the renderer to a plain twin: each line of sight meets each ellipsoid, by the quadratic formula."""
    image = np.zeros((CAMERA.height_px, CAMERA.width_px, 3), np.float32)
    nearness = draw(image, (solid,), CAMERA)
    rows, columns = np.mgrid[0.5 : CAMERA.height_px, 0.5 : CAMERA.width_px]
    plain = np.full(nearness.shape, float(NOWHERE))
    for (x, y, far), axes, half in parts:
        # In the axes of the ellipsoid, scaled to a unit sphere: a point of the picture plane and the line of sight.
        plane = np.stack((columns - x, y - rows, np.zeros_like(rows)), axis=-1) * (far / CAMERA.focal_px)
        origin, ray = plane @ axes / half, axes[2] / half
        b, c = origin @ ray, (origin**2).sum(axis=-1) - 1
        root = b**2 - (ray @ ray) * c
        hit = root >= 0
        plain[hit] = np.maximum(plain[hit], (-b[hit] + np.sqrt(root[hit])) / (ray @ ray) - far)
    mine, theirs = nearness > NOWHERE, plain > NOWHERE
    assert theirs.sum() > 200
    # Half-covered pixels at the edge may fall either way.
    assert (mine ^ theirs).sum() <= 0.04 * theirs.sum()
    both = mine & theirs
    off = np.abs(nearness - plain)[both]
    assert np.median(off) < tolerance
    assert np.quantile(off, 0.95) < 0.01
    assert image[both].min() > 0


def test_the_nearer_solid_hides_the_farther_one_in_either_order() -> None:
    toward = unit(CAMERA.eye - vector(0, 0.5, 0))
    near = Cone(vector(0, 0.5, 0) + toward * 0.3, vector(0, 0.6, 0) + toward * 0.3, 0.05, 0.05, (200, 0, 0))
    far = Cone(vector(0, 0.5, 0), vector(0, 0.6, 0), 0.04, 0.04, (0, 0, 200))
    one, two = (np.zeros((240, 320, 3), np.float32) for _ in range(2))
    draw(one, (near, far), CAMERA)
    draw(two, (far, near), CAMERA)
    assert np.array_equal(one, two)
    column, row, _ = CAMERA.project(near.start[None])[0].astype(int)
    assert one[row, column, 0] > 80
    assert one[row, column, 2] == 0


def test_a_solid_outside_the_picture_draws_nothing() -> None:
    image = np.zeros((240, 320, 3), np.float32)
    draw(image, (Cone(vector(5, 0.5, 0), vector(5, 0.6, 0), 0.05, 0.05, (200, 0, 0)),), CAMERA)
    assert image.max() == 0
