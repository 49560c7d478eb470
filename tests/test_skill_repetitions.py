"""A query that shows the action more or less often than the expert: what each repetition cost, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from tests.report.page import Page
from tests.support.poses import KnownPoses
from viddiff import build, skill
from viddiff.cli import main
from viddiff.core.skill import ScoredPart
from viddiff.motion.figure.tracking import FigureTrack
from viddiff.motion.phases import is_rest
from viddiff.motion.quantities import QUANTITIES
from viddiff.report.time_alignment import align, clock_of
from viddiff.skill.named_parts import parse_parts
from viddiff.skill.repetitions import mean_repetition_costs, outline_problems, repetition_deductions
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.skill.performers import draw_squats
from viddiff.synthetic.skill.squats import FAULTS, SquatSet
from viddiff.video.encode import write_video


def squats(seed: int, shallow: tuple[float, ...]) -> SyntheticClip[SquatSet]:
    """A squat for each number: how much too shallow it is."""
    sizes = np.zeros((len(shallow), len(FAULTS)))
    sizes[:, 0] = shallow
    return draw_squats(sizes, np.random.default_rng(seed))


#: The second of three is too shallow; of the expert's two and the other expert's four none is.
CLIPS = {
    "query.mp4": squats(1, (0.0, 0.9, 0.0)),
    "expert.mp4": squats(2, (0.0, 0.0)),
    "other.mp4": squats(3, (0.0, 0.0, 0.0, 0.0)),
    "once.mp4": squats(4, (0.0,)),
    "shaky.mp4": draw_squats(np.array([[0.0, 0.0, 0.8, 0.0, 0.0]]), np.random.default_rng(5)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of the right length: who is in them, only the pose tells."""
    folder = tmp_path_factory.mktemp("repeated")
    for name, clip in CLIPS.items():
        fps = clip.performance.fps
        grey = np.full((48, 64, 3), 120, np.uint8)
        write_video(folder / name, [grey] * sum(clip.performance.frames), fps, 64, 48)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _known() -> Iterator[None]:
    poses = KnownPoses.of_clips(CLIPS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "poses", lambda settings: poses)
        yield


@pytest.fixture(scope="module")
def explained(folder: Path) -> skill.SkillExplanation:
    return skill.explain(folder / "query.mp4", folder / "expert.mp4")


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["skill", *arguments])
    return int(left.value.code or 0)


def test_the_repetition_and_the_part_that_lost_are_named(explained: skill.SkillExplanation) -> None:
    found = explained
    costs = [one.cost for one in found.repetitions]
    assert [one.number for one in found.repetitions] == [1, 2, 3]
    assert costs[1] == max(cost for cost in costs if cost is not None)
    (hold,) = (part for part in found.parts if part.name == "repetition 2, hold")
    assert hold.shown
    assert hold.cost is not None
    assert hold.within_reference is not None
    assert hold.cost > hold.within_reference
    legs = [
        one
        for one in found.findings
        if one.stages == (hold.name,) and QUANTITIES[one.measurements[0].quantity].group == "legs"
    ]
    assert legs
    # Of the repetitions that are as deep as the expert's, nothing is said of the legs.
    shallow = {one.stages for one in found.findings if QUANTITIES[one.measurements[0].quantity].group == "legs"}
    assert all("repetition 2" in stages[0] for stages in shallow)
    assert sum(part.share or 0 for part in found.parts) == pytest.approx(1, abs=0.01)
    rests = [part for part in found.parts if part.name in ("start", "rest 1", "rest 2", "end")]
    assert rests
    assert all(part.cost is None and part.reason_unknown for part in rests)


def test_hips_that_shake_on_the_way_down_are_told_there(folder: Path) -> None:
    found = skill.explain(folder / "shaky.mp4", folder / "once.mp4")
    told = {one.stages[0]: one for one in found.findings if one.measurements[0].quantity == "hip_shake"}
    assert list(told) == ["way out"]
    assert "The hips shake" in told["way out"].difference.statement
    assert "more in the way out" in told["way out"].difference.statement


def test_the_clock_shows_one_repetition_of_the_expert_again(explained: skill.SkillExplanation) -> None:
    found = explained
    knots = align(found)
    assert all(later.clock_s > earlier.clock_s for earlier, later in pairwise(knots))
    assert all(later.a_s >= earlier.a_s for earlier, later in pairwise(knots))
    back = [later.a_s for earlier, later in pairwise(knots) if later.b_s < earlier.b_s]
    assert back == pytest.approx(list(found.alignment.restarts_a_s[1:]))
    for part in found.parts:
        if part.name.endswith("hold"):
            clock_s = clock_of(knots, "a", (part.start_s + part.stop_s) / 2)
            at_b_s = np.interp(clock_s, [knot.clock_s for knot in knots], [knot.b_s for knot in knots])
            assert part.reference_start_s - 0.15 < at_b_s < part.reference_stop_s + 0.15
    stages = [segment.stage for segment in found.localization_b.segments]
    assert stages == [f"repetition 1, {phase}" for phase in ("way out", "hold", "way back")]


def test_over_several_experts_repetitions_are_means(folder: Path) -> None:
    found = skill.distance(folder / "query.mp4", [folder / "expert.mp4", folder / "other.mp4", folder / "once.mp4"])
    assert [len(one.repetitions) for one in found.references] == [3, 3, 3]
    assert found.references[2].compared_repetition == 1
    assert all(part.within_reference is None for part in found.references[2].parts)
    for one, *of in zip(mean_repetition_costs(found), *(one.repetitions for one in found.references), strict=True):
        assert one.cost == pytest.approx(np.mean([each.cost for each in of if each.cost is not None]))


def test_as_often_the_clips_are_set_beside_each_other_as_wholes(folder: Path) -> None:
    found = skill.distance(folder / "query.mp4", folder / "query.mp4")
    (one,) = found.references
    assert one.compared_repetition is None
    assert [each.number for each in one.repetitions] == [1, 2, 3]


def test_equal_parts_are_those_of_each_repetition(folder: Path) -> None:
    found = skill.distance(folder / "query.mp4", folder / "expert.mp4", parts=2)
    names = [part.name for part in found.references[0].parts]
    assert names == [f"repetition {number}, part {part}" for number in (1, 2, 3) for part in (1, 2)]
    assert all(part.distance is not None and part.within_reference is not None for part in found.references[0].parts)


def test_the_commands_and_the_page_name_the_worst(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(folder / "query.mp4"), "--reference", str(folder / "expert.mp4")]
    assert run("score", *arguments) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Repetition 2 is furthest from the expert" in told
    assert "3 times in the query and 2 times in 'expert.mp4'" in told
    assert run("score", *arguments, "--json") == 0
    (against,) = json.loads(capsys.readouterr().out)["references"]
    assert [one["number"] for one in against["repetitions"]] == [1, 2, 3]
    assert run("explain", *arguments, "--report", "page.html") == 0
    assert "own" in capsys.readouterr().out
    page = Page(Path("page.html").read_text("utf-8"))
    assert "Repetition 2 is furthest from the expert" in page.words
    assert "a part that is no further off is not explained" in page.words


def outline(n: int) -> FigureTrack:
    """What moves goes to and fro so often."""
    times_s = np.arange(0, 8, 0.1)
    pose = -np.cos(2 * np.pi * n * times_s / 8)[:, None]
    return cast("FigureTrack", SimpleNamespace(times_s=times_s, pose=pose))


def test_without_a_pose_another_number_of_repetitions_is_said() -> None:
    assert "3 times in the query and 5 times in 'b'" in outline_problems(outline(3), outline(5), "b")[0]
    assert outline_problems(outline(4), outline(4), "b") == ()
    # Once is no period: nobody can tell.
    assert outline_problems(outline(1), outline(4), "b") == ()


def test_deductions_of_repetitions_are_those_of_their_parts() -> None:
    repetitions = (None, 1, 1, None, 2, None)
    parts = [
        ScoredPart(name="", repetition=repetition, start_s=i, stop_s=i + 1, deduction=float(i), spread=None)
        for i, repetition in enumerate(repetitions)
    ]
    one, other = repetition_deductions(parts)
    assert (one.number, one.start_s, one.stop_s, one.cost) == (1, 1.0, 3.0, 3.0)
    assert (other.number, other.cost) == (2, 4.0)
    assert repetition_deductions(parts[:1]) == ()


def test_named_stages_are_carried_from_the_expert_to_each_repetition(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = skill.distance(folder / "query.mp4", folder / "expert.mp4").references[0].compared_repetition or 0
    edges_s = [segment.start_s for segment in CLIPS["expert.mp4"].performance.segments[1 + 4 * (number - 1) :][:4]]
    named = [f"{name}={edges_s[i]}-{edges_s[i + 1]}" for i, name in enumerate(("starting dip", "ending lift"))]
    flags = [flag for text in named for flag in ("--part", text)]
    arguments = [str(folder / "query.mp4"), "--reference", str(folder / "expert.mp4"), *flags, "--json"]
    assert run("score", *arguments) == 0
    (against,) = json.loads(capsys.readouterr().out)["references"]
    query = CLIPS["query.mp4"].performance.segments
    for turn in range(3):
        down, bottom = against["parts"][2 * turn : 2 * turn + 2]
        prefix = f"repetition {turn + 1}"
        assert (down["name"], bottom["name"]) == (f"{prefix}, starting dip", f"{prefix}, ending lift")
        for part, true in ((down, query[1 + 4 * turn]), (bottom, query[2 + 4 * turn])):
            assert part["start_s"] == pytest.approx(true.start_s, abs=0.25)
            assert part["stop_s"] == pytest.approx(true.stop_s, abs=0.25)
    assert run("explain", *arguments) == 0
    shown = [part["name"] for part in json.loads(capsys.readouterr().out)["parts"] if part["shown"]]
    # Names that begin as those of rests do name no rest.
    assert "repetition 2, ending lift" in shown


def test_a_stage_with_the_name_of_a_phase_is_that_phase() -> None:
    stages = parse_parts(["starting dip=0-1", "hold=1-2", "ending lift=2-3", "end=3-4"])
    assert [stage.phase for stage in stages] == [None, "hold", None, "end"]
    assert [is_rest(stage) for stage in stages] == [False, False, False, True]


@pytest.mark.parametrize(
    ("flags", "code", "complaint"),
    [
        (["--part", "bottom"], 2, "NAME=START-STOP"),
        (["--stage", "bottom"], 2, "NAME=START-STOP"),
        (["--part", "a, b=1-2"], 2, "NAME=START-STOP"),
        (["--part", "bottom=2-1"], 2, "ends before it begins"),
        (["--part", "a=0-2", "--part", "b=1-3"], 2, "overlap"),
        (["--part", "a=0-1", "--part", "a=1-3"], 2, "have the same name"),
        (["--part", "a=0-1", "--parts", "3"], 2, "--parts"),
        (["--part", "a=900-901"], 3, "is outside the compared part"),
    ],
)
def test_stages_that_cannot_be_are_said(
    flags: list[str], code: int, complaint: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(folder / "query.mp4"), "--reference", str(folder / "expert.mp4"), *flags]
    assert run("score", *arguments) == code
    assert complaint in " ".join(capsys.readouterr().err.split())
