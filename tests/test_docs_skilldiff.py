"""docs/skilldiff.md does what it says: its commands are run as they stand, its Python too."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import viddiff
from tests.support.curves import write_curves
from tests.support.explained import Coach
from tests.support.step_truth import serve
from tests.support.tiny_clip import tiny_clip
from viddiff.alignment import AlignedVideos
from viddiff.cli import main
from viddiff.eval.skilldiff.forms import FORMS
from viddiff.localizer.alignment.align import ALIKE, BAND, BAND_FRAMES
from viddiff.localizer.alignment.soft_dtw import GAMMA
from viddiff.programs.skilldiff.documents import SkillDistance
from viddiff.programs.skilldiff.fault_proposer import N_FAULTS
from viddiff.programs.skilldiff.options import ABLATIONS
from viddiff.synthetic.pairs import plan_pair
from viddiff.synthetic.truth import matching_times_s

TEXT = (Path(__file__).parents[1] / "docs" / "skilldiff.md").read_text("utf-8")
COMMANDS = [line for line in TEXT.splitlines() if line.startswith("viddiff ")]
OF_SKILL = [line for line in COMMANDS if " skill score synth" in line]
OF_EXPLANATION = [line for line in COMMANDS if " skill explain synth" in line]
WITH_LM = [line for line in COMMANDS if " skill explain " in line and " --lm " in line]
OF_PERFORMERS = [line for line in COMMANDS if " performers" in line or " filmed" in line]
OF_MODEL = [line for line in COMMANDS if " skill train DATA " in line or " --model " in line]
OF_DATA = [line for line in COMMANDS if " skill data " in line]
OF_ALIGNMENT = [line for line in COMMANDS if " skill " not in line]
SNIPPETS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def run(command: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(shlex.split(command)[1:])
    return int(left.value.code or 0)


def test_the_commands_and_the_functions_do_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for command in dict.fromkeys(OF_ALIGNMENT):
        assert run(command) == 0, capsys.readouterr().err
        said.append(capsys.readouterr().out)
    # No weights are here: by the figure, and told so.
    assert "Aligned by figure" in said[1]
    assert "viddiff weights get pose" in " ".join(said[1].split())
    assert said[2].count("x as fast") == 4
    document = AlignedVideos.model_validate_json(said[3])
    assert document.video_a.name == "squat_0000_a.mp4"
    assert document.health.problems == ()
    assert len(document.times_a_s) == len(document.matched_b_s)
    written = json.loads(Path("out/alignment.json").read_text("utf-8"))
    assert len(written["parts"]) == 4
    assert written["matched_b_s"] == list(document.matched_b_s)

    clips = [f"synth/videos/squat_0000_{side}.mp4" for side in "ab"]
    alignment = viddiff.align(*clips, features="figure")
    assert alignment == document.model_copy(update={"seconds": alignment.seconds})
    assert alignment.soft.shape == (len(alignment.times_a_s), len(alignment.times_b_s))

    for command in OF_SKILL:
        assert run(command) == 0, capsys.readouterr().err
    by_part = SkillDistance.model_validate_json(capsys.readouterr().out.split("\n{", 1)[1].join(("{", "")))
    assert [part.name for part in by_part.references[0].parts] == ["part 1", "part 2", "part 3", "part 4"]

    for command in OF_EXPLANATION:
        assert run(command) == 0, capsys.readouterr().err
    explained = json.loads(capsys.readouterr().out.split("\n{", 1)[1].join(("{", "")))
    assert explained["alignment"]["health"]["problems"] == []
    assert any(part["shown"] for part in explained["parts"])

    comparison = viddiff.compare(*clips, action="squat")
    assert comparison.alignment is not None
    assert comparison.alignment.matched_b_s == alignment.matched_b_s
    assert "moment by moment" in comparison.report("report.html", clips=True).read_text("utf-8")
    same = viddiff.compare(clips[0], clips[0], action="squat")
    assert same.alignment is None
    assert "moment by moment" not in same.report("same.html").read_text("utf-8")


def test_the_rows_of_the_text_are_read_and_divided(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [json.loads(line) for line in TEXT.splitlines() if line.startswith('{"')]
    folder = Path("DATA")
    (folder / "ann").mkdir(parents=True)
    others = [{"id": name, "video": "ann/3.mp4", "group": name} for name in ("coach-1", "bob-1")]
    lines = {"items.jsonl": [rows[0], *others], "pairs.jsonl": [rows[1]]}
    for name, found in lines.items():
        (folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in found), "utf-8")
    (folder / "ann" / "3.mp4").touch()
    theirs = Path("THEIRS")
    theirs.mkdir()
    for part in ("train", "test"):
        (theirs / f"{part}_dataset.txt").write_text(f"{len(part)} 20.5 21 0\n", "utf-8")
    for command in OF_DATA:
        assert run(command) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert "test: 1 performances" in said
    assert said.count("2 performances, 0 pairs") == 2


def test_performers_are_rendered_and_trained_on(capsys: pytest.CaptureFixture[str]) -> None:
    poses, films, train = OF_PERFORMERS
    assert run(f"{poses} --performers 12 --workers 1") == 0
    assert run(films.replace("--performers 20 --squats 2", "--performers 1")) == 0
    assert len(list(Path("filmed/videos").iterdir())) == 1
    assert run(f"{train} --epochs 1") == 0, capsys.readouterr().err
    assert "length of the clip alone" in capsys.readouterr().out


def test_every_form_of_public_data_is_told() -> None:
    rows = re.findall(r"\n\| `(\w[\w-]*)` \| [^|]+ \| [^|]+ \| ([^|]+) \|", TEXT)
    assert dict(rows) == {name: FORMS[name].licence.removesuffix(" with the authors") for name in FORMS}


def test_a_model_is_trained_and_scores_by_the_commands_of_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    data = write_curves(Path("DATA"))
    train, score = OF_MODEL
    assert run(f"{train} --epochs 2") == 0, capsys.readouterr().err
    assert run(score.replace("query.mp4", str(data / "9.npy"))) == 0, capsys.readouterr().err
    assert "Of the test part 95 %" in capsys.readouterr().out


def test_a_model_is_asked_by_the_commands_of_the_text(squats: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    with serve(Coach(proposed=["the squat is shallower"])) as server:
        for command in WITH_LM:
            named = command.replace("query.mp4", str(squats[0])).replace("expert.mp4", str(squats[1]))
            assert run(f"{named} --api-base {server.url} --pose none") == 0, capsys.readouterr().err
    assert len(WITH_LM) == 3
    assert len(server.requests) > 0
    assert "which is not a score" in " ".join(capsys.readouterr().out.split())


def test_the_published_figures_of_the_text_are_those_of_the_switches() -> None:
    printed = dict(re.findall(r"\n\| ([^|*]+) \| 0\.\d\d \| .* \| (\.\d\d) \|", TEXT))
    assert {name: float(rho) for name, rho in printed.items()} == {name: rho for name, (_, rho) in ABLATIONS.items()}


def test_other_features_align_the_same_clips(squats: list[Path], tmp_path: Path, pose_weights: Path) -> None:
    pair = plan_pair(0, seed=0)
    by_clip = viddiff.align(*squats, features="clip", fps=3, clip=tiny_clip(tmp_path))
    # Where there are weights, pose is the first choice.
    by_pose = viddiff.align(*squats, pose_model=pose_weights)
    for name, alignment in (("clip", by_clip), ("pose", by_pose)):
        assert alignment.features == name
        assert alignment.soft.shape == (len(alignment.times_a_s), len(alignment.times_b_s))
    times_s = np.array(by_pose.times_a_s)
    error_s = np.abs(by_pose.matched_b_s - matching_times_s(pair.a.performance, pair.b.performance, times_s))
    assert np.nanmean(error_s) < 0.25
    assert not by_pose.health.problems


def test_soft_dtw_is_called_as_told() -> None:
    rng = np.random.default_rng(0)
    given = {"distances": rng.random((9, 12)), "others": rng.random((4, 3))}
    exec(SNIPPETS[3], given)
    assert given["alignment"].shape == (9, 12)
    assert len(given["results"]) == 2


def test_the_numbers_of_the_text_are_those_of_the_code() -> None:
    words = " ".join(TEXT.split())
    assert f"| statements | {N_FAULTS} a part" in TEXT
    assert f"gamma {GAMMA:g}" in TEXT
    assert f"({ALIKE['pose']:g} of it for pose, {ALIKE['figure']:g} for the others)" in words
    assert ALIKE["figure"] == ALIKE["clip"]
    assert f"more than {BAND_FRAMES:,} frames get one of {BAND:g} of their length" in words


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ("nothing.mp4 nothing.mp4", 3, "There is no file 'nothing.mp4'"),
        ("a.mp4 b.mp4 --gamma 0", 2, "gamma is 0.0"),
        ("a.mp4 b.mp4 --band 3", 2, "The band is 3.0"),
        ("a.mp4 b.mp4 --parts 0", 2, "0 is not a number of parts"),
        ("a.mp4 b.mp4 --features pose", 4, "viddiff weights get pose"),
        ("a.mp4 b.mp4 --features pose --pose none", 2, "switched off"),
        ("a.mp4 b.mp4 --lm openai/gpt-4o", 2, "No such option"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    arguments: str, code: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"viddiff align {arguments}") == code
    said = capsys.readouterr()
    assert complaint in said.err
    assert said.out == ""
