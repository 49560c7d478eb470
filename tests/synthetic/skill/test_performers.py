"""Rendered performers: their faults show where the truth says, and what each part cost sums to what was lost."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner

from viddiff.cli.synth import synth
from viddiff.core.errors import UsageError
from viddiff.eval.skilldiff.load import load_data, load_features
from viddiff.eval.skilldiff.metrics import spearman
from viddiff.motion.pose.landmarks import COLUMN
from viddiff.skill.performers import exact_pose
from viddiff.synthetic.figure import FigurePose
from viddiff.synthetic.landmarks import landmarks_of, true_cycles
from viddiff.synthetic.skill.bench import render_performers
from viddiff.synthetic.skill.performers import N_EXPERTS, draw_squats, plan_performer
from viddiff.synthetic.skill.squats import BEST, FAULTS, SquatSet


def performed(*repetitions: dict[int, float]) -> SquatSet:
    """Squats with the faults of these numbers in each repetition, all else the same."""
    sizes = np.zeros((len(repetitions), len(FAULTS)))
    for turn, faults in enumerate(repetitions):
        for fault, size in faults.items():
            sizes[turn, fault] = size
    return draw_squats(sizes, np.random.default_rng(5)).performance


def moved(pose: FigurePose) -> tuple[float, ...]:
    return pose.hip_height, pose.hip_left, pose.lean_rad


def test_what_the_parts_cost_sums_to_what_was_lost() -> None:
    for index in range(40):
        performance = plan_performer(index, 3, 1 + index % 3).clip.performance
        lost = sum(
            fault.cost * size / len(performance.sizes)
            for sizes in performance.sizes
            for fault, size in zip(FAULTS, sizes, strict=True)
        )
        assert performance.score == pytest.approx(BEST - lost)
        assert sum(cost for _, cost in performance.costs) == pytest.approx(lost)
        assert (performance.score == BEST) == (index < N_EXPERTS)
    assert sum(fault.cost for fault in FAULTS) == BEST


@pytest.mark.parametrize("fault", range(len(FAULTS)))
def test_a_fault_shows_in_the_repetition_and_stage_that_lose_for_it(fault: int) -> None:
    sound, faulty = performed({}, {}), performed({}, {fault: 1.0})
    costs = {segment.stage: cost for segment, cost in faulty.costs}
    assert {stage for stage, cost in costs.items() if cost} == {f"{FAULTS[fault].stage} 2"}
    assert costs[f"{FAULTS[fault].stage} 2"] == pytest.approx(FAULTS[fault].cost / 2)
    if FAULTS[fault].words.startswith("There is hardly a pause"):
        one, other = (of.segments[6].stop_s - of.segments[6].start_s for of in (sound, faulty))
        assert one - other == pytest.approx(0.6, abs=0.05)
        return
    differ = [
        segment.stage
        for segment in sound.segments
        if any(
            moved(sound.pose(time_s)) != moved(faulty.pose(time_s))
            for time_s in np.linspace(segment.start_s, segment.stop_s, 9)[1:-1].tolist()
        )
    ]
    shown = {"hold": ["descend 2", "hold 2", "ascend 2"]}.get(FAULTS[fault].stage, [f"{FAULTS[fault].stage} 2"])
    assert differ == shown


def test_the_size_of_a_fault_is_that_of_the_body() -> None:
    squat = performed({0: 0.5, 1: 0.25}).squats[0]
    assert squat.at_start.pelvis[1] - squat.held_pose.pelvis[1] == pytest.approx(0.38 - 0.08, abs=0.003)
    assert squat.lean_deg == pytest.approx(26 + 4, abs=0.5)


def test_repetitions_are_those_of_one_clip() -> None:
    clip = plan_performer(9, 0, 3).clip
    performance, excursions = clip.performance, true_cycles(clip.performance).excursions
    assert [round(one.start_s, 6) for one in excursions] == [
        round(segment.start_s, 6) for segment in performance.segments if segment.stage.startswith("descend")
    ]
    hips = landmarks_of(clip).image[:, COLUMN["left_hip"], 1]
    frames = np.arange(performance.n_frames) / performance.fps
    for one in excursions:
        held = (frames >= one.hold.start_s) & (frames < one.hold.stop_s)
        assert hips[held].min() > hips[0] + 0.05
    # No jump where one squat ends and the next begins.
    assert np.abs(np.diff(hips)).max() < 0.06


def test_neither_length_nor_number_tells_the_score() -> None:
    performers = [plan_performer(index, 1) for index in range(N_EXPERTS, 100)]
    scores = [one.clip.performance.score for one in performers]
    assert abs(spearman([one.clip.performance.n_frames for one in performers], scores)) < 0.25
    assert {one.split for one in performers} == {"train", "test"}
    assert plan_performer(7, 1).clip.performance.score == performers[2].clip.performance.score


def test_the_rows_are_scored_performances(tmp_path: Path) -> None:
    arguments = ["--task", "skill", "--performers", "8", "--squats", "2", "--out", str(tmp_path), "--workers", "1"]
    assert CliRunner().invoke(synth, arguments).exit_code == 0
    data = load_data(tmp_path)
    truth = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text("utf-8").splitlines()]
    assert [item.split for item in data.items] == ["train"] * 7 + ["test"]
    for item, true in zip(data.items, truth, strict=True):
        assert item.score is not None
        lost = sum(segment.deduction for segment in item.segments)
        assert lost == pytest.approx(BEST - item.score)
        assert sum(fault["cost"] for fault in true["faults"]) == pytest.approx(lost)
        vectors = load_features(tmp_path / item.path)
        assert true["stages"][-1]["stop_s"] == pytest.approx(len(vectors) / (item.fps or 0))


def test_videos_are_rendered_where_they_are_asked_for(tmp_path: Path) -> None:
    render_performers(tmp_path / "videos", None, 1, workers=1)
    render_performers(tmp_path / "poses", exact_pose, 2, workers=1)
    film, pose = (load_data(tmp_path / name).items[0] for name in ("videos", "poses"))
    assert (film.score, film.segments) == (pose.score, pose.segments)
    with av.open(str(tmp_path / "videos" / film.path)) as container:
        assert container.streams.video[0].frames == len(load_features(tmp_path / "poses" / pose.path))
    with pytest.raises(UsageError, match="at least one of each"):
        render_performers(tmp_path, exact_pose, 0)
