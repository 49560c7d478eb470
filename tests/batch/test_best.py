"""All clips of a folder against the best of them: who that is, by a table or by a scorer."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.batch.made import make_clips
from tests.batch.test_run import exit_code
from viddiff import skill
from viddiff.batch.best import scores_by, scores_of_table
from viddiff.core.errors import InputError


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Three files that stand for clips."""
    found = [tmp_path / "attempts" / name for name in ("a.mp4", "b.mp4", "c.mp4")]
    found[0].parent.mkdir()
    for path in found:
        path.write_bytes(b"")
    return found


def table(clips: list[Path], text: str) -> Path:
    path = clips[0].parent.parent / "scores.csv"
    path.write_text(text)
    return path


def test_the_highest_score_is_the_best_whether_named_by_path_or_by_name(clips: list[Path]) -> None:
    found = scores_of_table(table(clips, "video,score\nattempts/a.mp4,7\nb.mp4,9.5\nelsewhere.mp4,99\nc.mp4,\n"), clips)
    assert found.clip == clips[1]
    assert str(found) == (
        "The best of 2 clips is 'b.mp4', with 9.5. Clips without a score, which cannot be the best: 'c.mp4' "
        "(not in the table)."
    )


def test_of_several_with_the_highest_score_it_is_the_first_by_name_and_that_is_said(clips: list[Path]) -> None:
    found = scores_of_table(table(clips, "video,score\nc.mp4,9\nb.mp4,9\na.mp4,1\n"), clips)
    assert found.clip == clips[1]
    assert "(tied with 1 more; the first by name)" in str(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("video,score\na.mp4,good\n", "scores.csv, row 1: the field 'score' cannot be read"),
        ("video,score\na.mp4,nan\n", "row 1: the field 'score' cannot be read"),
        ("video,score\na.mp4,1\na.mp4,2\n", "row 2: the field 'score' differs from an earlier score"),
        ("video,score\nz.mp4,1\n", "has no score for any clip of the folder"),
        ("file,score\na.mp4,1\n", "row 1: the field 'video' is missing"),
    ],
)
def test_a_table_that_does_not_tell_is_a_sentence(clips: list[Path], text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        scores_of_table(table(clips, text), clips)


def test_a_clip_that_cannot_be_scored_is_not_the_best_and_the_reason_is_told(clips: list[Path]) -> None:
    def score(clip: Path) -> float:
        if clip.name == "c.mp4":
            raise InputError("It is broken.")
        return -float(clip.name == "a.mp4")

    found = scores_by(score, clips)
    assert found.clip == clips[1]
    assert "'c.mp4' (It is broken.)" in str(found)
    with pytest.raises(InputError, match=r"No clip can be scored\. It is broken\."):
        scores_by(score, clips[2:])


@pytest.mark.parametrize("by", ["a table", "a model"])
def test_the_command_compares_the_best_as_a_with_the_others_and_keeps_the_scores(
    by: str, tmp_path: Path, own_place: Path, own_answers: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "attempts"
    folder.mkdir()
    names, scores = make_clips(folder, 3), [2.0, 8.0, 5.0]
    source = tmp_path / "scores"
    if by == "a model":
        source.mkdir()
        known = dict(zip(names, scores, strict=True))
        monkeypatch.setattr(skill, "score", lambda clip, model, settings: SimpleNamespace(score=known[clip.name]))
    else:
        source = source.with_suffix(".csv")
        lines = [f"{name},{score}\n" for name, score in zip(names, scores, strict=True)]
        source.write_text("video,score\n" + "".join(lines))
    line = ["--best", str(source), "--with", str(folder), "--action", "squat", "--pose", "none", "--no-report"]
    assert exit_code(*line, "--out", "run", "--difference", "the squat is deeper") == 0
    printed = capsys.readouterr()
    assert "2 pairs: 2 done." in printed.out
    assert "The best of 3 clips is 'clip1.mp4', with 8." in printed.err
    with Path("run/index.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {Path(row["video_a"]).name for row in rows} == {names[1]}
    assert [Path(row["video_b"]).name for row in rows] == [names[0], names[2]]
    with Path("run/scores.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [float(row["score"]) for row in csv.DictReader(file)] == [8, 5, 2]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--best", "x.csv"], "--best chooses from the videos of --with DIR"),
        (["--best", "x.csv", "--with", ".", "--reference", "a.mp4"], "leave out PAIRS and --reference"),
        (["--best", "x.csv", "--with", "."], "holds 0 videos: at least two are needed"),
    ],
)
def test_a_command_that_names_no_best_is_a_sentence(
    line: list[str], said: str, own_place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*line, "--action", "squat", "--out", "run") == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("line", [["--best", "x.csv"], ["--reference", "a.mp4"]])
def test_a_folder_that_is_not_there_is_bad_input(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(*line, "--with", "nowhere", "--action", "squat", "--out", "run") == 3
    assert "The folder 'nowhere' cannot be read (No such file or directory): check the path." in capsys.readouterr().err
