"""``viddiff steps``, and ``viddiff eval`` on files of StepDiff: what is printed, and which exit code is left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.report.page import Page
from tests.support.scripted import chat_reply
from tests.support.servers import OpenAIServer
from tests.support.step_truth import TruthfulModel, clips_in, serve
from tests.support.step_videos import CANDIDATE, REFERENCE, SIZE, Cook, frames_of
from viddiff.cli import main
from viddiff.core.settings import load_settings
from viddiff.eval.stepdiff.items import CaptionItem, RankItem
from viddiff.eval.stepdiff.load import load_items
from viddiff.programs.stepdiff.results import (
    InstructionComparisonRecord,
    StepAnswerRecord,
    StepComparisonRecord,
    StepRankingRecord,
    read_step_document,
)
from viddiff.steps import compare_videos
from viddiff.synthetic.steps.bench import VIDEOS
from viddiff.video.encode import write_video


@pytest.fixture(scope="module")
def model(steps: Path) -> TruthfulModel:
    """A model that knows the truth about them."""
    items = [item for name in ("diffcap", "diffrank") for item in load_items(steps / f"{name}.jsonl").items]
    truth = TruthfulModel(clips_in(steps / VIDEOS), items)
    # What it tells of a pair is true of it.
    truth.true |= {(reference, candidate, said) for (reference, candidate, _), said in truth.captions.items()}
    return truth


def run(*arguments: str | Path) -> int:
    """The exit code of a command line."""
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return int(left.value.code or 0)


def flags(server: OpenAIServer, cache: Path) -> tuple[str | Path, ...]:
    """The model, and a cache of its own."""
    return "--lm", f"openai/{cache.name}", "--api-base", server.url, "--cache-dir", cache


def test_compare_tells_what_is_true_with_its_check(
    steps: Path, model: TruthfulModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = next(item for item in load_items(steps / "diffcap.jsonl").items if item.category == "Visuals")
    assert isinstance(item, CaptionItem)
    clips = [steps / VIDEOS / f"{clip.video}.mp4" for clip in item.clips]
    with serve(model) as server:
        command: list[str | Path] = [
            "steps",
            "compare",
            *clips,
            "--step",
            "squat",
            "--category",
            "Visuals",
            *flags(server, tmp_path),
        ]
        assert run(*command, "--out", tmp_path / "out") == 0
        told = capsys.readouterr().out
        n_requests = len(server.requests)
        assert run(*command, "--json") == 0
        # The answers of the first command serve the second.
        assert len(server.requests) == n_requests == 3
    found = StepComparisonRecord.model_validate_json(capsys.readouterr().out)
    assert [row.difference.difference for row in found.rows()] == [item.captions[0]]
    assert [row.difference.check.outcome for row in found.rows() if row.difference.check] == ["holds"]
    assert "holds" in told
    written = StepComparisonRecord.model_validate_json((tmp_path / "out" / "steps.json").read_text())
    assert written.categories == found.categories


def test_the_same_clip_twice_asks_nothing(steps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = next(iter(sorted((steps / VIDEOS).iterdir())))
    with serve(lambda asked: pytest.fail("it was asked")) as server:
        assert run("steps", "compare", clip, clip, "--step", "squat", *flags(server, tmp_path)) == 0
        assert server.requests == []
    assert "nothing was asked" in capsys.readouterr().out


def test_whole_videos_that_are_the_same_ask_nothing_and_know_their_files(steps: Path) -> None:
    clip = next((steps / VIDEOS).glob("*.mp4"))
    found = compare_videos(clip, clip, lm="openai/gpt-4o")
    assert found.steps == ()
    assert found.media.videos == (clip, clip)
    assert found.media_from(load_settings(cache=False)) is found.media


def test_rank_orders_a_folder_by_the_truth(
    steps: Path, model: TruthfulModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = load_items(steps / "diffrank.jsonl").items[0]
    assert isinstance(item, RankItem)
    folder = tmp_path / "candidates"
    folder.mkdir()
    for clip in item.candidates:
        (folder / f"{clip.video}.mp4").hardlink_to(steps / VIDEOS / f"{clip.video}.mp4")
    command: list[str | Path] = [
        "steps",
        "rank",
        steps / VIDEOS / f"{item.reference.video}.mp4",
        folder,
        "--category",
        item.category,
    ]
    with serve(model) as server:
        assert run(*command, *flags(server, tmp_path), "--json", "--out", tmp_path / "out") == 0
    found = StepRankingRecord.model_validate_json(capsys.readouterr().out)
    scores = dict(zip((clip.video for clip in item.candidates), item.scores, strict=True))
    order = [scores[Path(found.candidates[one.index].name).stem] for one in found.ranked]
    assert order == sorted(order, reverse=True)
    # Page and document show every clip by three of its frames.
    assert [len(frames) for frames in (found.frames, *(one.frames for one in found.ranked))] == [3] * 5
    shown = Page((tmp_path / "out" / "report.html").read_text("utf-8"))
    assert len(shown.having("shot")) == 3 * 5


def test_ask_answers_and_says_where_it_is_seen(steps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clips = sorted((steps / VIDEOS).iterdir())[:2]
    said = chat_reply(
        seen_reference="red", seen_candidate="teal", answer="Teal, not red.", answerable="yes", confidence=0.8,
        frames_reference=[1], frames_candidate=[2],
    )  # fmt: skip
    with serve(lambda asked: said) as server:
        command: list[str | Path] = ["steps", "ask", *clips, "which shirt?", *flags(server, tmp_path)]
        assert run(*command) == 0
        assert "Teal, not red." in capsys.readouterr().out
        assert run(*command, "--json") == 0
        evenly = StepAnswerRecord.model_validate_json(capsys.readouterr().out)
        assert run(*command, "--frames", "aligned", "--json") == 0
        aligned = StepAnswerRecord.model_validate_json(capsys.readouterr().out)
        # Other frames of the candidate are other questions, which the cache does not answer.
        assert len(server.requests) == 2
    assert (len(evenly.answer.frames_reference), len(evenly.answer.frames_candidate)) == (1, 1)
    assert aligned.answer.frames_reference == evenly.answer.frames_reference
    assert aligned.answer.frames_candidate != evenly.answer.frames_candidate
    assert (aligned.settings["frames"], aligned.notices) == ("aligned", ())


def test_an_answer_that_cannot_be_read_is_told_and_leaves_exit_code_1(
    steps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = sorted((steps / VIDEOS).iterdir())[:2]
    with serve(lambda asked: "no idea") as server:
        assert run("steps", "ask", *clips, "which shirt?", *flags(server, tmp_path), "--attempts", "1") == 1
    assert "Failed: " in capsys.readouterr().out


def test_whole_videos_are_compared_step_by_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    videos = []
    for name, script in (("reference", REFERENCE), ("mine", CANDIDATE)):
        path = tmp_path / f"{name}.mp4"
        videos.append(write_video(path, frames_of(script, 5), 5, SIZE[1], SIZE[0]))
    said = tmp_path / "said.srt"
    said.write_text("1\n00:00:06,000 --> 00:00:08,000\nNow chop it.\n\n2\n00:00:18,000 --> 00:00:20,000\nfry it\n")
    page = tmp_path / "page.html"
    with serve(Cook()) as server:
        command: list[str | Path] = ["steps", "compare", *videos, "--category", "Technique", *flags(server, tmp_path)]
        assert run(*command, "--report", page, "--json") == 0
        found = read_step_document(capsys.readouterr().out)
        assert run(*command, "--transcript-reference", said) == 0
    assert isinstance(found, InstructionComparisonRecord)
    assert [step.name for step in found.steps] == ["chop", "fry", "garnish", "season", "serve"]
    assert [row.difference.difference for row in found.rows()] == [Cook.DIFFERENCE] * 3
    shown = Page(page.read_text("utf-8"))
    assert len(shown.having("bar")) == 4 + 4
    assert "3 of 5 steps are in both videos, 1 is missing in the candidate, 1 is extra in the candidate" in shown.words
    # The film and its clock go through the same steps together.
    assert json.loads(shown.data)["clocks"]["stages"] != json.loads(shown.data)["clocks"]["raw"]
    told = capsys.readouterr().out
    late = tmp_path / "late.vtt"
    late.write_text("WEBVTT\n\n10:00.000 --> 10:05.000\nanother video\n")
    assert run(*command, "--transcript-candidate", late) == 3
    assert "'late.vtt' says nothing from 0 to" in capsys.readouterr().err
    assert "serve: extra" in told
    assert "season" not in told


@pytest.mark.parametrize(
    ("command", "calls"),
    [
        (("compare", "a.mp4", "b.mp4"), 48 + 36),
        (("compare", "a.mp4", "b.mp4", "--transcript-candidate", "b.vtt", "--no-checks"), 24 + 12),
        (("compare", "a.mp4", "b.mp4", "--step", "squat"), 3),
        (("ask", "a.mp4", "b.mp4", "why?"), 1),
        (("rank", "a.mp4", "b.mp4", "c.mp4", "d.mp4", "e.mp4", "--category", "Tempo"), 16),
    ],
)
def test_a_dry_run_tells_the_calls(command: tuple[str, ...], calls: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("steps", *command, "--lm", "openai/gpt-4o", "--dry-run", "--json") == 0
    assert [role["calls"] for role in json.loads(capsys.readouterr().out)["roles"]][-1:] == [calls]


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (("compare", "a.mp4", "b.mp4", "--step", " ", "--lm", "openai/x"), 3, "The step"),
        (("compare", "a.mp4", "b.mp4", "--step", "squat"), 4, "--lm"),
        (("compare", "a.mp4", "b.mp4", "--step", "x", "--transcript-reference", "a.vtt"), 2, "leave --step out"),
        (("compare", "a.mp4", "b.mp4", "--transcript-reference", "a.vtt", "--lm", "openai/x"), 3, "cannot be read"),
        (("compare", "a.mp4", "b.mp4", "--step", "squat", "--lm", "openai/x"), 3, "There is no file"),
        (("rank", "a.mp4", "b.mp4", "--category", "Tempo", "--lm", "openai/x"), 2, "at least two"),
        (("rank", "a.mp4", "no_folder", "--category", "Tempo", "--lm", "openai/x"), 2, "'no_folder' is not a folder"),
        (("rank", "a.mp4", ".", "--category", "Tempo", "--lm", "openai/x"), 2, "at least two"),
    ],
)
def test_bad_input_is_one_sentence(
    command: tuple[str, ...], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("steps", *command) == code
    assert message in capsys.readouterr().err


def test_eval_writes_predictions_that_score_reads(
    steps: Path, model: TruthfulModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = steps / "diffcap.jsonl"
    with serve(model) as server:
        command: list[str | Path] = [
            "eval",
            "--data",
            data,
            "--out",
            tmp_path / "run",
            *flags(server, tmp_path),
            "--json",
        ]
        assert run(*command, "--dry-run") == 0
        planned = json.loads(capsys.readouterr().out)
        assert run(*command) == 0
        made = json.loads(capsys.readouterr().out)
        assert len(server.requests) == planned["roles"][0]["calls"] == made["n"]
        assert run(*command, "--split", "easy") == 2
        assert "--split" in capsys.readouterr().err
    assert run("score", tmp_path / "run" / "predictions.jsonl", "--data", data, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {**made, "run": None}


def test_shards_of_a_run_are_joined_and_scored_as_one(
    steps: Path, model: TruthfulModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = steps / "diffcap.jsonl"
    folders = [tmp_path / name for name in ("whole", "first", "second", "joined")]
    with serve(model) as server:
        command: list[str | Path] = ["eval", "--data", data, *flags(server, tmp_path / "cache"), "--no-cache", "--json"]
        assert run(*command, "--out", folders[0]) == 0
        whole = json.loads(capsys.readouterr().out)
        n_asked = len(server.requests)
        ns = []
        for index in (1, 2):
            assert run(*command, "--out", folders[index], "--shard", f"{index}/2") == 0
            ns.append(json.loads(capsys.readouterr().out)["n"])
        assert sum(ns) == whole["n"]
        assert run("merge", *folders[1:3], "--out", folders[3]) == 0
        capsys.readouterr()
        assert run(*command, "--out", folders[3]) == 0
        # What the shards were told serves the whole.
        assert len(server.requests) == 2 * n_asked
    assert json.loads(capsys.readouterr().out) == whole
    texts = [(folder / "predictions.jsonl").read_text().splitlines() for folder in folders]
    assert texts[3] == texts[0]
    assert texts[1][::2] == texts[0][::2]
    assert all(json.loads(line)["generated_text"] is None for line in texts[1][1::2])
    assert run("merge", folders[1], folders[1], "--out", tmp_path / "twice") == 2
    assert "each of 1/2 to 2/2 once" in capsys.readouterr().err


def test_rows_of_own_clips_are_answered_and_scored(
    steps: Path, model: TruthfulModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = load_items(steps / "diffcap.jsonl").items[0]
    assert isinstance(item, CaptionItem)
    folder = tmp_path / "own"
    (folder / "clips").mkdir(parents=True)
    for name, clip in zip(("expert.mp4", "me.mp4"), item.clips, strict=True):
        (folder / "clips" / name).hardlink_to(steps / VIDEOS / f"{clip.video}.mp4")
    row = {
        "reference": {"path": "clips/expert.mp4"},
        "candidate": {"path": "clips/me.mp4", "start_s": 0.0},
        "category": item.category,
        "text": list(item.captions),
        "step": "squat without a pause",
    }
    (folder / "steps.jsonl").write_text(json.dumps(row) + "\n")
    assert run("data", "check", folder / "steps.jsonl") == 0
    assert "CC BY-NC" not in capsys.readouterr().out
    with serve(model) as server:
        command: list[str | Path] = ["eval", "--data", folder / "steps.jsonl", "--out", tmp_path / "run", "--json"]
        assert run(*command, *flags(server, tmp_path)) == 0
        assert all("squat without a pause" in str(request.body) for request in server.requests)
    said, errors = capsys.readouterr()
    assert "CC BY-NC" not in errors
    scores = {score["name"]: score["strict"] for score in json.loads(said)["scores"]}
    assert scores["ROUGE-L"] == 1.0
