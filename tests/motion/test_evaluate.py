"""Reading a measurement: moments, phases, repetitions, sides, uncertainty, and why there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.motion.drawn import FPS, cycles, filmed, standing, still, unseen
from tests.motion.drawn_figure import least_jerk
from viddiff.core.types import Segment
from viddiff.motion.cycles import Cycles
from viddiff.motion.measurement.body import Body
from viddiff.motion.measurement.evaluate import evaluate
from viddiff.motion.measurement.pair import PosePair
from viddiff.motion.measurement.reading import Cause, Reading
from viddiff.motion.measurement.spec import MeasurementSpec, Moment
from viddiff.motion.pose.landmarks import Pose

#: Depth of three squats, in torso lengths; each takes 2 s, with 0.4 s at the bottom, and 1 s of rest before the next.
DEPTHS = (0.5, 0.6, 0.8)
AT_BOTTOM = Moment(kind="extreme", of="hip_height", which="min")


def squats(*depths: float, fps: float = FPS) -> tuple[Pose, Cycles]:
    """Squats from the front: the whole body sinks over the ankles while the hands rise."""
    turns = tuple((1 + 3 * turn, 1.8 + 3 * turn, 2.2 + 3 * turn, 3 + 3 * turn) for turn in range(len(depths)))
    n_frames = round((3 * len(depths) + 1.5) * fps)
    frames = []
    for time_s in np.arange(n_frames) / fps:
        sunk = sum(depth * _share(time_s, turn) for depth, turn in zip(depths, turns, strict=True))
        feet = {part: (0.2, standing()[f"left_{part}"][1] + sunk, 0.0) for part in ("ankle", "heel", "foot_index")}
        frames.append(standing({**feet, "wrist": (0.37, -0.16 + sunk, 0.0)}))
    return filmed(frames, "front", fps=fps), cycles(*turns, fps=fps)


def _share(time_s: float, turn: tuple[float, float, float, float]) -> float:
    start, held, left, stop = turn
    way = (time_s - start) / (held - start) if time_s < held else (stop - time_s) / (stop - left)
    return float(least_jerk(np.array(way)))


def read(clip: tuple[Pose, Cycles], quantity: str = "hip_height", **said: object) -> Reading:
    spec = MeasurementSpec.model_validate({"quantity": quantity, **said})
    return evaluate(spec, *clip)


def test_an_extreme_is_read_in_each_repetition() -> None:
    reading = read(squats(*DEPTHS), at=AT_BOTTOM)
    assert reading.per_repetition == pytest.approx([1.7 - depth for depth in DEPTHS], abs=0.01)
    assert reading.value == pytest.approx(1.1, abs=0.01)
    assert reading.spread == pytest.approx(np.std(DEPTHS, ddof=1), abs=0.01)
    assert reading.times_s == pytest.approx([2.0, 5.0, 8.0], abs=0.21)


def test_an_action_done_once_is_read_once() -> None:
    reading = read(squats(0.6), at=AT_BOTTOM)
    assert reading.value == pytest.approx(1.1, abs=0.01)
    assert len(reading.per_repetition) == 1
    assert reading.spread is None


def test_another_quantity_is_read_at_the_moment_that_one_marks() -> None:
    assert read(squats(0.6), "hand_height", at=AT_BOTTOM).value == pytest.approx(-0.56, abs=0.01)
    assert read(squats(0.6), "hand_height", at=Moment(kind="start")).value == pytest.approx(-1.16, abs=0.01)
    assert read(squats(0.6), "hand_height", at=Moment(kind="end")).value == pytest.approx(-1.16, abs=0.05)


@pytest.mark.parametrize(
    ("kind", "of", "expected_s"),
    [("fall", "hip_height", 0.8), ("rise", "hip_height", 0.8), ("rise", "hand_height", 0.8)],
)
def test_ways_have_a_duration(kind: str, of: str, expected_s: float) -> None:
    at = Moment.model_validate({"kind": kind, "of": of})
    reading = read(squats(*DEPTHS), at=at, statistic="duration")
    assert reading.value == pytest.approx(expected_s)
    assert reading.unit == "s"
    first_s = reading.times_s[0]
    assert first_s == pytest.approx(2.2 if (kind, of) == ("rise", "hip_height") else 1.0)


def test_a_hold_is_that_of_the_quantity_and_between_repetitions_that_of_the_body() -> None:
    at = Moment(kind="hold", of="hip_height", which="min")
    assert read(squats(*DEPTHS), at=at, statistic="duration").value == pytest.approx(0.4, abs=0.05)
    assert read(squats(*DEPTHS), "hold_time").value == pytest.approx(0.4)
    between = Moment(kind="hold", of="hip_height", which="max")
    assert read(squats(*DEPTHS), at=between, statistic="duration").value == pytest.approx(1.0)


def test_times_and_counts_come_from_the_phases() -> None:
    clip = squats(*DEPTHS)
    expected = {"repetitions": 3, "repetition_time": 2.0, "action_time": 8.0, "pauses": 5, "longest_pause": 1.0}
    assert {name: read(clip, name).value for name in expected} == pytest.approx(expected)
    assert read(clip, statistic="duration").value == pytest.approx(8.0)


def test_statistics_of_a_phase() -> None:
    clip = squats(0.6)
    found = {name: read(clip, statistic=name).value for name in ("min", "max", "range", "travel", "value", "mean")}
    assert found["min"] == pytest.approx(1.1, abs=0.01)
    assert found["max"] == pytest.approx(1.7, abs=0.01)
    assert found["range"] == pytest.approx(0.6, abs=0.02)
    assert found["travel"] == pytest.approx(1.2, abs=0.03)
    speed = read(clip, statistic="max_speed")
    assert speed.value == pytest.approx(0.6 / 0.8 * 15 / 8, rel=0.1)
    assert speed.unit == "torso lengths/s"


def test_a_delay_runs_between_two_events() -> None:
    to = Moment(kind="extreme", of="hand_height", which="max")
    assert read(squats(0.6), "delay", at=Moment(kind="start"), to=to).value == pytest.approx(1.4, abs=0.11)
    late = read(squats(0.6), "delay", at=AT_BOTTOM, to=to)
    assert late.value == pytest.approx(0.0, abs=0.11)
    assert read(squats(0.6), "delay", at=AT_BOTTOM).refusal is not None


def test_a_stage_is_read_where_it_was_found() -> None:
    stages = [Segment(stage="Bottom", start_s=1.8, stop_s=2.2)]
    spec = MeasurementSpec(quantity="hip_height", at=Moment(kind="stage", stage="bottom"))
    assert evaluate(spec, *squats(0.6), stages).value == pytest.approx(1.1, abs=0.01)
    duration = spec.model_copy(update={"statistic": "duration"})
    assert evaluate(duration, *squats(0.6), stages).value == pytest.approx(0.4)


def test_repetitions_that_differ_and_a_trembling_body_make_a_number_less_sure() -> None:
    even, uneven = read(squats(0.6, 0.6, 0.6), at=AT_BOTTOM), read(squats(0.3, 0.6, 0.9), at=AT_BOTTOM)
    assert even.error == pytest.approx(even.least / 2.772, rel=0.01)
    assert uneven.error > even.error  # type: ignore[operator]
    rng = np.random.default_rng(0)
    pose, phases = squats(0.6)
    trembling = Pose(
        pose.times_s,
        pose.image + rng.normal(0, 0.03, pose.image.shape),
        pose.world,
        pose.visibility,
        "front",
        0,
        "drawn",
    )
    assert read((trembling, phases), at=AT_BOTTOM).error > even.error  # type: ignore[operator]


def test_an_interval_is_1_96_errors_to_either_side() -> None:
    reading = read(squats(0.6), at=AT_BOTTOM)
    assert reading.interval is not None
    low, high = reading.interval
    assert high - low == pytest.approx(2 * 1.96 * reading.error)  # type: ignore[operator]


def test_a_time_is_no_surer_than_the_frames_are_apart() -> None:
    slow = read(squats(0.6, fps=2), "action_time")
    fast = read(squats(0.6, fps=50), "action_time")
    assert slow.error > fast.error  # type: ignore[operator]
    assert slow.error == pytest.approx(math.sqrt(2) * 0.25)


def _cases() -> list[tuple[tuple[Pose, Cycles], dict[str, object], Cause]]:
    pose, phases = squats(0.6)
    nobody = unseen(pose)
    nobody.image[:] = np.nan
    short = filmed([standing()] * 3)
    cut = Cycles(phases.active, phases.excursions, phases.resolution_s, cut_off=True)
    whole: dict[str, object] = {}
    return [
        (squats(0.6), {"quantity": "grace"}, "unknown_quantity"),
        (squats(0.6), {"at": Moment(kind="stage", stage="bottom")}, "unknown_stage"),
        (squats(0.6), {"at": Moment(kind="extreme", of="grace")}, "unknown_quantity"),
        (squats(0.6), {"at": Moment(kind="extreme", of="repetitions")}, "no_such_moment"),
        (squats(0.6), {"at": AT_BOTTOM, "statistic": "range"}, "statistic"),
        (squats(0.6), {"at": AT_BOTTOM, "statistic": "duration"}, "statistic"),
        (squats(0.6), {"quantity": "trunk_lean"}, "view"),
        ((nobody, phases), whole, "no_person"),
        ((short, cycles()), whole, "too_few_frames"),
        (still(), {"quantity": "repetitions"}, "no_such_moment"),
        ((squats(0.6)[0], cut), {"quantity": "action_time"}, "cut_off"),
        (still(), {"at": Moment(kind="rise", of="hip_height")}, "no_such_moment"),
    ]


@pytest.mark.parametrize(("clip", "said", "cause"), _cases())
def test_what_cannot_be_read_says_why(clip: tuple[Pose, Cycles], said: dict[str, object], cause: Cause) -> None:
    reading = read(clip, **{"quantity": "hip_height", **said})  # type: ignore[arg-type]
    assert reading.value is None
    assert reading.refusal is not None
    assert reading.refusal.cause == cause
    assert reading.refusal.why
    assert Reading.model_validate_json(reading.model_dump_json()) == reading


def test_one_of_several_repetitions_is_read_alone() -> None:
    clip = squats(0.4, 0.8)
    of = {
        nth: evaluate(
            MeasurementSpec(quantity="hip_height", at=Moment(kind="extreme", of="hip_height", which="min", nth=nth)),
            *clip,
        )
        for nth in (1, 2, 3)
    }
    assert of[1].value is not None
    assert of[2].value is not None
    assert of[1].value > of[2].value + 0.1
    assert len(of[1].per_repetition) == 1
    assert of[1].times_s[0] < of[2].times_s[0]
    assert of[3].refusal is not None
    assert of[3].refusal.why == "of 2 repetitions none is number 3"
    pace = evaluate(MeasurementSpec(quantity="repetition_time", at=Moment(nth=2)), *clip)
    assert len(pace.per_repetition) == 1
    count = evaluate(MeasurementSpec(quantity="repetitions", at=Moment(nth=1)), *clip)
    assert count.refusal is not None


def test_a_clip_is_read_once_for_all_pairs_that_it_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    pose, _ = squats(0.6)
    part_s = (0.0, float(pose.times_s[-1]))
    spec = MeasurementSpec(quantity="hip_height", at=AT_BOTTOM)
    first = PosePair(pose, squats(0.4)[0], (part_s, part_s)).read(spec)[0]
    monkeypatch.setattr(Body, "landmark", lambda *_: pytest.fail("read again"))
    assert PosePair(pose, pose, (part_s, part_s)).read(spec) == (first, first)
    # Another part of the movement is another number.
    stages = (Segment(stage="down", start_s=1.0, stop_s=2.0),)
    staged = MeasurementSpec(quantity="hip_height", at=Moment(kind="stage", stage="down"))
    monkeypatch.undo()
    refused, seen = (PosePair(pose, pose, (part_s, part_s)).read(staged, given)[0] for given in ((), stages))
    assert refused.value is None
    assert seen.value is not None
