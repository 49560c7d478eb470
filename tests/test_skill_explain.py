"""Why a performance lost: the costliest parts, what was measured to differ in them, and what cannot be told."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.explained import EXPERT, SHALLOW, known_poses, render
from tests.support.poses import KnownPoses
from viddiff import build, skill
from viddiff.cli import main
from viddiff.motion.quantities import QUANTITIES
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.landmarks import landmarks_of
from viddiff.video.encode import write_video


@pytest.fixture(scope="module")
def shallow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(tmp_path_factory.mktemp("explained") / "shallow.mp4", SHALLOW)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> KnownPoses:
    """Poses of the clips, by name; a test may add some."""
    poses = known_poses()
    monkeypatch.setattr(build, "poses", lambda settings: poses)
    return poses


def run(*arguments: str, command: str = "explain") -> int:
    with pytest.raises(SystemExit) as left:
        main(["skill", command, *arguments])
    return int(left.value.code or 0)


def test_the_costliest_parts_have_measured_sentences(shallow: Path, squats: list[Path], known: KnownPoses) -> None:
    found = skill.explain(shallow, squats[0])
    shown = [part for part in found.parts if part.shown]
    assert 1 <= len(shown) <= 3
    assert min(part.share or 0 for part in shown) >= max(part.share or 0 for part in found.parts if not part.shown)
    hold = next(part for part in found.parts if part.name == "hold")
    assert hold.shown

    of_hold = [one for one in found.findings if one.stages == ("hold",)]
    assert "legs" in {QUANTITIES[one.measurements[0].quantity].group for one in of_hold}
    for one in found.findings:
        (number,) = one.measurements
        assert number.differs
        assert one.verdict.answer == "a"
        # Both clips at the same phase, and the cited frames among them.
        (part,) = (part for part in shown if part.name == one.stages[0])
        (at_a,), (at_b,) = one.verdict.evidence_a, one.verdict.evidence_b
        step_s = 0.1
        assert part.start_s - step_s <= one.frames_a[at_a].time_s <= part.stop_s
        assert part.reference_start_s - step_s <= one.frames_b[at_b].time_s <= part.reference_stop_s
        assert found.alignment.at(one.frames_a[at_a].time_s) == pytest.approx(one.frames_b[at_b].time_s, abs=0.25)
    assert found.advice == ()
    assert found.usage == ()


def test_nothing_differs_from_oneself(squats: list[Path], known: KnownPoses) -> None:
    found = skill.explain(squats[0], squats[0])
    assert found.findings == ()
    assert any(part.shown for part in found.parts)


def test_of_several_references_the_nearest_is_taken(shallow: Path, squats: list[Path], known: KnownPoses) -> None:
    found = skill.explain(shallow, [squats[1], squats[0]])
    assert found.reference.name == squats[0].name
    assert len(found.distance.references) == 2
    for part in found.parts:
        costs = [
            one.distance for each in found.distance.references for one in each.parts if one.start_s == part.start_s
        ]
        assert part.cost == pytest.approx(np.mean([cost for cost in costs if cost is not None]))
        assert part.spread is not None


def test_without_a_pose_the_parts_have_their_cost_and_no_sentence(shallow: Path, squats: list[Path]) -> None:
    found = skill.explain(shallow, squats[0], pose="none")
    assert found.alignment.features == "figure"
    assert all(part.cost is not None for part in found.parts)
    assert found.findings == ()
    assert any("takes a person whose pose" in notice for notice in found.notices)
    assert skill.explain(shallow, squats[0], pose="none", parts=4).parts[3].name == "part 4"


def of_frames(pose: Any, frames: Any) -> Any:
    """A pose of these frames, evenly in time."""
    n_frames, step_s = len(pose.times_s), float(np.diff(pose.times_s).mean())
    arrays = {
        field.name: value[frames]
        for field in dataclasses.fields(pose)
        if isinstance(value := getattr(pose, field.name), np.ndarray) and value.ndim and len(value) == n_frames
    }
    return dataclasses.replace(pose, **{**arrays, "times_s": pose.times_s[0] + step_s * np.arange(len(frames))})


def repeated(clip: SyntheticClip[Any], times: int) -> Any:
    """The pose of a clip that is played several times over."""
    pose = landmarks_of(clip)
    return of_frames(pose, np.tile(np.arange(len(pose.times_s)), times))


def test_one_repetition_meets_the_typical_one_of_several(shallow: Path, squats: list[Path], known: KnownPoses) -> None:
    known.known["squat_0000_b.mp4"] = repeated(EXPERT, 3)
    found = skill.explain(shallow, squats[1])
    assert found.alignment.health.problems == ()
    assert any("once in the query and 3 times" in notice for notice in found.notices)
    number = found.distance.references[0].compared_repetition
    assert number is not None
    hold = next(part for part in found.parts if part.name == "hold")
    true = EXPERT.performance.segment("hold")
    lasts_s = len(known.known["squat_0000_a.mp4"].times_s) / EXPERT.performance.fps
    assert hold.reference_start_s - (number - 1) * lasts_s == pytest.approx(true.start_s, abs=0.3)
    # Its own repetitions are the same over and over: any distance is more.
    assert hold.within_reference == pytest.approx(0, abs=0.02)


def test_no_part_has_a_cost_where_the_clips_cannot_be_set_side_by_side(
    shallow: Path, squats: list[Path], known: KnownPoses, capsys: pytest.CaptureFixture[str]
) -> None:
    # The reference goes down and stays there.
    known.known["shallow.mp4"] = repeated(SHALLOW, 2)
    n_down = sum(EXPERT.performance.frames[:3])
    known.known["squat_0000_a.mp4"] = of_frames(landmarks_of(EXPERT), np.arange(n_down))
    found = skill.explain(shallow, squats[0])
    assert all(part.cost is None and part.share is None and part.reason_unknown for part in found.parts)
    assert found.findings == ()
    assert "2 times in the query" in found.alignment.health.problems[-1]
    for command in ("explain", "score"):
        assert run(str(shallow), "--reference", str(squats[0]), command=command) == 1
        told = " ".join(capsys.readouterr().out.split())
        assert "does not show it to its end" in told
    assert run(str(shallow), "--reference", str(squats[0])) == 1
    assert "nothing is explained, since the clips could not be set side by side" in " ".join(
        capsys.readouterr().out.split()
    )


def test_the_command_prints_a_table_or_the_document(
    shallow: Path, squats: list[Path], known: KnownPoses, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(shallow), "--reference", str(squats[0])]
    assert run(*arguments, "--out", "out") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert run(*arguments, "--json") == 0
    found = skill.SkillExplanation.model_validate_json(capsys.readouterr().out)
    written = json.loads(Path("out/explanation.json").read_text("utf-8"))
    assert written["findings"] == json.loads(found.to_json())["findings"]
    for number, one in enumerate(found.findings, 1):
        assert f"{number}. {one.difference.statement}" in told
    assert "which is not a score" in told


def test_a_still_picture_is_said_in_one_sentence(
    tmp_path: Path, squats: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    still = tmp_path / "still.mp4"
    write_video(still, itertools.repeat(next(EXPERT.frames()), 20), 10, EXPERT.camera.width_px, EXPERT.camera.height_px)
    for query, reference in ((still, squats[0]), (squats[0], still)):
        assert run(str(query), "--reference", str(reference), "--pose", "none") == 3
        assert "Nothing moves in 'still.mp4'" in capsys.readouterr().err


def test_a_rest_is_not_explained_and_a_hold_is_told_by_each_clip(
    shallow: Path, squats: list[Path], known: KnownPoses
) -> None:
    hasty = dataclasses.replace(SHALLOW.performance, frames=(10, 6, 1, 6, 7))
    known.known["shallow.mp4"] = landmarks_of(dataclasses.replace(SHALLOW, performance=hasty))
    held = dataclasses.replace(EXPERT.performance, frames=(3, 6, 14, 6, 9))
    known.known[squats[0].name] = landmarks_of(dataclasses.replace(EXPERT, performance=held))
    found = skill.explain(shallow, squats[0])
    assert not {part.name for part in found.parts if part.shown} & {"start", "end"}
    (told,) = (one for one in found.findings if one.measurements[0].quantity == "hold_time")
    assert told.difference.statement.startswith("The end position is held")
    assert told.difference.statement.endswith("shorter.")
    assert told.stages[0] in ("hold", "way out")
