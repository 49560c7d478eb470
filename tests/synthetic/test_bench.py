"""The rendered benchmark: plain labels, exact key frames, the official layout, and pixels that bear them out."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from viddiff.cli.synth import synth
from viddiff.core.errors import UsageError
from viddiff.core.types import Segment
from viddiff.eval.viddiffbench.data.load import load_data
from viddiff.synthetic.bench import ROWS, TRUTH, PairLines, PairTruth, render_bench, render_pair, row_of, truth_of
from viddiff.synthetic.figure import FOREARM, SHANK, THIGH, UPPER_ARM, Foot, Stance, highest_hip, solve
from viddiff.synthetic.lunge import Lunge
from viddiff.synthetic.out_and_back import frames_of
from viddiff.synthetic.pairs import (
    ACTIONS,
    DIFFERENT_ABOVE,
    SAME_BELOW,
    SPLITS,
    PlannedPair,
    plan_pair,
)
from viddiff.synthetic.parameters import Parameter
from viddiff.synthetic.truth import LabelledDifference

Frames = NDArray[np.uint8]
N_RENDERED = 6
PLANNED = 108
# Of a standing figure, at the camera's mean distance.
BODY_PX = 154


@pytest.fixture(scope="module")
def planned() -> list[PlannedPair]:
    return [plan_pair(index, 0) for index in range(PLANNED)]


@pytest.fixture(scope="module")
def truths(bench: Path) -> list[PairTruth]:
    return [PairTruth.model_validate_json(line) for line in (bench / TRUTH).read_text().splitlines()]


def decode(path: Path) -> Frames:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def moved(frames: Frames) -> NDArray[np.bool_]:
    """(T, H, W): where a frame is not like the first one."""
    mask: NDArray[np.bool_] = np.abs(frames.astype(np.int16) - frames[:1]).max(axis=3) > 28
    return mask


def margins(labelled: LabelledDifference) -> float:
    """Signed difference, A minus B, in margins."""
    truth = labelled.truth
    assert truth.a is not None
    assert truth.b is not None
    return (truth.a - truth.b) / truth.resolution


def test_every_difference_is_plain_and_its_label_follows(planned: list[PlannedPair]) -> None:
    for pair in planned:
        for labelled in pair.differences:
            apart = margins(labelled)
            assert abs(apart) <= SAME_BELOW or abs(apart) >= DIFFERENT_ABOVE
            expected = "c" if abs(apart) <= SAME_BELOW else "a" if apart > 0 else "b"
            assert labelled.label == expected
        assert sum(labelled.label != "c" for labelled in pair.differences) >= 2


def test_actions_are_many_and_each_difference_goes_every_way(planned: list[PlannedPair]) -> None:
    assert len(ACTIONS) >= 4
    labels: dict[tuple[str, str], Counter[str]] = {}
    for pair in planned:
        assert len(pair.differences) >= 5
        for labelled in pair.differences:
            labels.setdefault((pair.action.key, labelled.difference.key), Counter())[labelled.label] += 1
    one_sided = {key for key, counts in labels.items() if set(counts) != {"a", "b", "c"}}
    assert not one_sided
    total = sum(labels.values(), Counter())
    assert 0.4 < total["c"] / total.total() < 0.6
    assert 0.85 < total["a"] / total["b"] < 1.18


def test_statements_are_their_own_and_name_no_video(planned: list[PlannedPair]) -> None:
    for pair in planned[: len(ACTIONS)]:
        statements = [labelled.difference.statement for labelled in pair.differences]
        assert len(set(statements)) == len(statements)
        assert not any("video" in statement.lower() for statement in statements)
        names = {stage.name for stage in pair.a.performance.stages}
        assert all(set(labelled.stages) <= names for labelled in pair.differences)


def test_splits_differ_in_how_far_the_videos_are_apart(planned: list[PlannedPair]) -> None:
    def spread(split: str) -> float:
        # Of either-ors and of numbers of repetitions there is no more or less.
        return float(
            np.median(
                [
                    abs(margins(labelled))
                    for pair in planned
                    for labelled in pair.differences
                    if pair.split == split
                    and labelled.label != "c"
                    and labelled.difference.key in ("tempo", "stance", "depth", "step", "pause", "lean")
                ]
            )
        )

    assert Counter(pair.split for pair in planned) == dict.fromkeys(SPLITS, PLANNED // 3)
    assert spread("easy") > 1.3 * spread("medium") > 1.3 * 1.3 * spread("hard") > 1.3 * 1.3 * DIFFERENT_ABOVE


def test_no_body_is_torn_or_under_the_floor(planned: list[PlannedPair]) -> None:
    for pair in planned[:18]:
        performance = pair.a.performance
        for index in range(performance.n_frames):
            skeleton = solve(performance.pose(index / performance.fps), performance.stance)
            for leg in skeleton.legs:
                assert np.linalg.norm(leg.hip - leg.knee) == pytest.approx(THIGH)
                assert np.linalg.norm(leg.knee - leg.ankle) == pytest.approx(SHANK)
                assert min(leg.heel[1], leg.toe[1]) > -1e-9
                assert leg.knee[1] > 0.02
            for arm in skeleton.arms:
                assert np.linalg.norm(arm.shoulder - arm.elbow) == pytest.approx(UPPER_ARM)
                assert np.linalg.norm(arm.elbow - arm.wrist) == pytest.approx(FOREARM)


def test_nothing_jumps_from_one_frame_to_the_next(planned: list[PlannedPair]) -> None:
    for pair in planned[:18]:
        performance = pair.b.performance
        times_s = np.arange(0, performance.n_frames / performance.fps, 0.01)
        skeletons = [solve(performance.pose(float(time_s)), performance.stance) for time_s in times_s]
        joints = np.array(
            [
                [point for arm in of.arms for point in (arm.elbow, arm.wrist)]
                + [point for leg in of.legs for point in (leg.knee, leg.ankle)]
                for of in skeletons
            ]
        )
        # A hand of a brisk jumping jack goes some six body heights a second.
        assert np.linalg.norm(np.diff(joints, axis=0), axis=2).max() < 0.085


def test_the_rows_are_read_as_samples_with_the_truth(bench: Path, truths: list[PairTruth]) -> None:
    data = load_data(str(bench))
    assert data.release == "synthetic"
    assert data.notices == ()
    assert [sample.key for sample in data.samples] == [truth.sample_key for truth in truths]
    assert {sample.action_key for sample in data.samples} == {action.key for action in ACTIONS}
    for sample, truth in zip(data.samples, truths, strict=True):
        assert (sample.domain, sample.split) == ("synthetic", "easy")
        assert sample.differences == tuple(labelled.difference for labelled in truth.differences)
        assert sample.labels == {labelled.difference.key: labelled.label for labelled in truth.differences}
        assert sample.n_differences_open == -(-3 * len(sample.differences) // 2)
        for labelled in truth.differences:
            key = labelled.difference.key
            assert sample.key_times_a[key] == pytest.approx(labelled.key_times_a_s)
            assert sample.key_times_b[key] == pytest.approx(labelled.key_times_b_s)


def test_key_frames_lie_in_the_stages_that_show_the_difference(truths: list[PairTruth]) -> None:
    for truth in truths:
        for located, times in ((truth.localization_a, "key_times_a_s"), (truth.localization_b, "key_times_b_s")):
            assert all(before.stop_s == after.start_s for before, after in pairwise(located.segments))
            for labelled in truth.differences:
                spans = [segment for segment in located.segments if segment.stage in labelled.stages]
                for time_s in getattr(labelled, times):
                    assert any(span.start_s - 1e-9 <= time_s < span.stop_s for span in spans)


def test_the_files_are_what_the_rows_say(bench: Path) -> None:
    rows = [json.loads(line) for line in (bench / ROWS).read_text().splitlines()]
    assert sorted(path.name for path in bench.iterdir()) == [ROWS, TRUTH, "videos"]
    assert len(list((bench / "videos").iterdir())) == 2 * N_RENDERED
    for row in rows:
        assert 0 <= row["sample_hash"] < 2**63
        for video in json.loads(row["videos"]):
            with av.open(str(bench / video["path"])) as container:
                stream = container.streams.video[0]
                assert (stream.width, stream.height) == (320, 240)
                assert stream.average_rate == video["fps_original"]
                assert [0, stream.frames, None] == video["frames_trim"]
                assert 1 < stream.frames / video["fps_original"] < 7


@dataclass(frozen=True)
class Seen:
    """One clip as a stranger gets it, and what is true of it."""

    frames: Frames
    segments: tuple[Segment, ...]
    numbers: dict[str, float]

    def frame_of(self, time_s: float) -> int:
        return round(time_s * len(self.frames) / self.segments[-1].stop_s)

    @cached_property
    def moved(self) -> NDArray[np.float64]:
        """(T,): which share of the pixels is not like the first frame; every other row and column tells it as well."""
        share: NDArray[np.float64] = moved(self.frames[:, ::2, ::2]).mean(axis=(1, 2))
        return share

    @property
    def held(self) -> Frames:
        """The first frame of the clip and the one in the middle of its third stage."""
        hold = self.segments[2]
        return self.frames[[0, self.frame_of((hold.start_s + hold.stop_s) / 2)]]


@pytest.fixture(scope="module")
def seen(bench: Path, truths: list[PairTruth]) -> dict[str, list[Seen]]:
    """Both clips of each action."""
    return {
        truth.sample_key.rsplit("_", 1)[0]: [
            Seen(
                decode(bench / "videos" / f"{truth.sample_key}_{side}.mp4"),
                located.segments,
                {labelled.truth.name: getattr(labelled.truth, side) for labelled in truth.differences},
            )
            for side, located in (("a", truth.localization_a), ("b", truth.localization_b))
        ]
        for truth in truths
    }


def test_the_pixels_move_when_the_stages_say_so(seen: dict[str, list[Seen]]) -> None:
    for clip in (clip for pair in seen.values() for clip in pair):
        share = clip.moved
        start, stop = clip.frame_of(clip.segments[1].start_s), clip.frame_of(clip.segments[-1].start_s)
        # Sway and noise hardly count against the action.
        assert share[:start].max() < 0.25 * share.max()
        assert share[stop:].max() < 0.25 * share.max()
        assert share[start:stop].max() == share.max()


def test_the_foot_that_leads_is_seen(seen: dict[str, list[Seen]]) -> None:
    for clip in seen["side_step"]:
        columns = np.nonzero(moved(clip.held)[1, 100:150])[1]
        # Seen from in front, the figure's left is the picture's right.
        assert (np.median(columns) > 160) == (clip.numbers["leading foot"] > 0)


def test_how_high_the_arms_are_is_seen(seen: dict[str, list[Seen]]) -> None:
    for clip in seen["arm_raise"]:
        top = np.nonzero(moved(clip.held)[1].sum(axis=1) > 1)[0].min()
        # The shoulders are some 91 rows from the top; a hand is longer than the wrist that is measured.
        assert (91 - top) / BODY_PX == pytest.approx(clip.numbers["height of the arms"] + 0.11, abs=0.09)


def test_jumping_jacks_can_be_counted(seen: dict[str, list[Seen]]) -> None:
    for clip in seen["jumping_jack"]:
        share = clip.moved
        apart = share > 0.5 * share.max()
        assert np.count_nonzero(np.diff(apart.astype(int)) == 1) == clip.numbers["number of jumping jacks"]


def test_two_workers_make_the_same_bytes_and_more_pairs_change_none(bench: Path, squats: list[Path]) -> None:
    for path in squats:
        assert path.read_bytes() == (bench / "videos" / path.name).read_bytes()
    pairs = [plan_pair(index, 0) for index in range(N_RENDERED)]
    assert (bench / ROWS).read_text().splitlines() == [json.dumps(row_of(pair, 0)) for pair in pairs]
    assert (bench / TRUTH).read_text().splitlines() == [truth_of(pair).model_dump_json() for pair in pairs]


def test_progress_is_told_pair_by_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lines(videos: Path, index: int, seed: int) -> PairLines:
        return PairLines(f"row {index}", "truth")

    monkeypatch.setattr("viddiff.synthetic.bench.render_pair", lines)
    heard: list[tuple[int, int]] = []
    rows = render_bench(tmp_path, 2, workers=1, on_progress=lambda *done: heard.append(done))
    assert heard == [(1, 2), (2, 2)]
    assert rows.read_text() == "row 0\nrow 1\n"


def test_another_seed_is_another_benchmark(planned: list[PlannedPair]) -> None:
    other = plan_pair(0, 1)
    assert other.differences != planned[0].differences
    assert other.a.look != planned[0].a.look
    assert plan_pair(0, 0).differences == planned[0].differences


def test_a_run_that_is_cut_off_leaves_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("viddiff.synthetic.bench.render_pair", cut)
    with pytest.raises(KeyboardInterrupt):
        render_bench(tmp_path / "cut", 1, workers=1)
    assert not (tmp_path / "cut" / ROWS).exists()


def test_bad_requests_are_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^A benchmark of 0 pairs cannot be rendered: give at least 1\.$"):
        render_bench(tmp_path, 0)
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written to"):
        render_pair(tmp_path / "taken", 0, 0)


def test_a_request_for_no_pairs_is_refused() -> None:
    assert CliRunner().invoke(synth, ["--pairs", "0"]).exit_code == 2


def test_a_knob_keeps_to_its_range_and_its_margins() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        one, other = Parameter("x", 0.0, 1.0, 0.1).draw_apart(rng, 3.0)
        assert 0 <= min(one, other) <= max(one, other) <= 1
        assert 0.3 - 1e-9 <= abs(one - other) <= 0.36 + 1e-9
        counts = Parameter("n", 1, 3, 1.0, whole=True).draw_apart(rng, 2.0)
        assert {value % 1 for value in counts} == {0.0}
        assert 1 <= min(counts) < max(counts) <= 3
        assert sorted(Parameter("left", 0, 1).draw_apart(rng, 3.0)) == [0, 1]
        same = Parameter("left", 0, 1).draw_same(rng)
        assert same[0] == same[1]
        assert same[0] in (0, 1)


def test_a_hold_that_leaves_no_time_to_move_is_refused() -> None:
    values = {"before_s": 0.4, "action_s": 2.0, "hold_s": 0.5, "after_s": 0.3}
    assert frames_of(10, values) == (4, 8, 5, 7, 3)
    with pytest.raises(ValueError, match=r"^An action of 1\.00 s cannot hold for 0\.90 s; hold for less\.$"):
        frames_of(10, {**values, "action_s": 1.0, "hold_s": 0.9})


def test_the_highest_hip_is_where_a_leg_is_almost_straight() -> None:
    stance = Stance(0.2, 0.1)
    feet = (Foot(forward=0.3), Foot(forward=-0.1, heel_rad=0.5))
    height = highest_hip(stance, feet, 0.0, 0.1)
    lunge = Lunge(10, (4, 8, 4, 8, 4), stance, 0.0, 0.4, 0.1, 0.0, True, False)
    pose = lunge.pose(0.0)
    for step, reaches in ((-0.001, True), (0.02, False)):
        posed = type(pose)(height + step, -0.1, 0.0, 0.0, 0.0, 1.0, pose.arms, feet)
        if reaches:
            assert solve(posed, stance).pelvis[1] == height + step
        else:
            with pytest.raises(ValueError, match="cannot span"):
                solve(posed, stance)
