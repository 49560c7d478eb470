"""A projector is trained from the command line, and answers as a model: compare, ask, rank, eval."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.step_language import language_of
from tests.support.tiny_clip import tiny_clip
from viddiff import steps as on_steps
from viddiff.cli import main
from viddiff.cli.steps_train import OF_PROJECTORS
from viddiff.core import extras
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.projector import train as training
from viddiff.eval.stepdiff.projector.parts import hold_out
from viddiff.eval.stepdiff.projector.rows import TrainingRow, read_rows
from viddiff.eval.stepdiff.qa.chat import chat_row
from viddiff.eval.stepdiff.rows import pair_of
from viddiff.programs.stepdiff.projector.checkpoint import load_card
from viddiff.programs.stepdiff.projector.options import ProjectorOptions
from viddiff.synthetic.steps.bench import VIDEOS

SHORT: dict[str, Any] = {"steps": 4, "batch": 4, "keep_every": 2, "frames": 4, "width": 16, "tokens": 2, "inputs": 8}


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def videos_of(rows: Sequence[TrainingRow]) -> set[str]:
    return {clip.video for row in rows for clip in row.clips}


@pytest.fixture(scope="module")
def language(steps: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The model string of a language model that knows the words of the rendered rows."""
    return f"local/{language_of(steps, tmp_path_factory.mktemp('language'))}"


@pytest.fixture(scope="module")
def projector(steps: Path, language: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A projector that learned for four steps, half of the rows held out."""
    folder = tmp_path_factory.mktemp("projector")
    on_steps.train(steps, folder, lm=language, held_out=0.5, **SHORT)
    return folder


def test_it_is_trained_and_scored_on_rows_held_out(steps: Path, language: str, projector: Path) -> None:
    card = load_card(projector)
    assert {"diffmcq", "diffmcq_shuffled", "diffmcq_untrained"} <= set(card.scores)
    assert {path.name for path in projector.iterdir()} == {"projector.json", "projector.safetensors", "held_out"}
    # Nothing is done again, and no video is in both parts.
    assert on_steps.train(steps, projector, lm=language, held_out=0.5, **SHORT) == card
    held = read_rows(projector / training.HELD_OUT)
    trained = [row for row in read_rows(steps) if row.line not in {one.line for one in held}]
    assert len(held) == card.n_held_out > 0
    assert not {clip.video for row in held for clip in row.clips} & {
        clip.video for row in trained for clip in row.clips
    }
    assert sum(len(row.examples) for row in trained) == card.n_examples
    with pytest.raises(UsageError, match="other data or options"):
        on_steps.train(steps, projector, lm=language, held_out=0.5, **{**SHORT, "seed": 1})


class KillError(Exception):
    """The process is gone."""


def test_a_killed_run_goes_on_to_the_same_projector(
    steps: Path, language: str, projector: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(task: str, done: int, total: int) -> None:
        if task == "training":
            raise KillError

    asked: dict[str, Any] = {"lm": language, "held_out": 0.5, **SHORT}
    with pytest.raises(KillError):
        on_steps.train(steps, tmp_path / "cut", progress=killed, **asked)
    assert (tmp_path / "cut" / training.STATE).exists()
    seen: list[int] = []
    card = on_steps.train(
        steps, tmp_path / "cut", progress=lambda task, done, total: seen.append(done) if task == "training" else None,
        **asked,
    )  # fmt: skip
    assert seen == [2]
    assert card == load_card(projector)


def test_it_answers_all_three_tasks_by_likelihood(
    steps: Path, projector: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = ("--videos", str(steps / VIDEOS), "--limit", "2", "--out")
    for task in ("diffcap", "diffmcq", "diffrank"):
        data = str(steps / f"{task}.jsonl")
        by_method = ("--method", "projector", "--model", str(projector))
        assert run("eval", "--data", data, *shown, str(tmp_path / task), *by_method) == 0, capsys.readouterr().err
    # The model string alone does the same.
    data = str(steps / "diffmcq.jsonl")
    assert run("eval", "--data", data, *shown, str(tmp_path / "named"), "--lm", f"local/{projector}", "--json") == 0
    scores = json.loads(capsys.readouterr().out.split("\n{", 1)[-1].join(("{", "")))
    assert scores["run"]["routes"] == {"likelihood": 2}
    assert scores["run"]["n_frames"] == SHORT["frames"]
    said = [(tmp_path / name / "predictions.jsonl").read_bytes() for name in ("diffmcq", "named")]
    assert said[0] == said[1]
    manifest = json.loads((tmp_path / "diffmcq" / "manifest.json").read_text("utf-8"))
    card = load_card(projector)
    assert manifest["models"] == {"projector": card.weights_hash, "language": card.language}


def test_it_compares_answers_and_ranks(
    steps: Path, projector: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference, *others = sorted(map(str, (steps / VIDEOS).glob("*_0[0-4].mp4")))[:4]
    lm = ("--lm", f"local/{projector}", "--json")
    assert run("steps", "compare", reference, others[0], "--step", "squat", "--category", "Technique", *lm) == 0
    found = json.loads(capsys.readouterr().out)
    (difference,) = found["categories"][0]["differences"]
    assert difference["check"]["p_true"] + difference["check"]["p_true_swapped"] == pytest.approx(1)
    assert load_card(projector).weights_hash[:12] in found["usage"][0]["model"]
    assert run("steps", "ask", reference, others[0], "which squat is deeper ?", *lm) == 0
    assert json.loads(capsys.readouterr().out)["answer"]["answer"]
    assert run("steps", "rank", reference, *others, "--category", "Technique", *lm) == 0
    ranked = json.loads(capsys.readouterr().out)["ranked"]
    assert sorted(one["index"] for one in ranked) == [0, 1, 2]
    similarities = [one["similarity"] for one in ranked]
    assert similarities == sorted(similarities, reverse=True)
    for wrong, why in (
        (("steps", "compare", reference, others[0], *lm), "name the step"),
        (("compare", reference, others[0], "--action", "squat", *lm), "is a projector"),
    ):
        assert run(*wrong) != 0
        assert why in " ".join(capsys.readouterr().err.split())


def test_features_of_ones_own_take_no_video(steps: Path, language: str, tmp_path: Path) -> None:
    # Without captions, which take a token at a time.
    data = steps / "diffmcq.jsonl"
    rows = read_rows(data)
    folder = tmp_path / "features"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in sorted({clip.id for row in rows for clip in row.clips}):
        np.save(folder / f"{name}.npy", rng.random((6, 3, 5)).astype(np.float16))
    card = on_steps.train(data, tmp_path / "model", lm=language, features=folder, held_out=0.5, **SHORT)
    assert (card.encoder_name, card.n_patches, card.n_features) == ("given", 3, 5)
    by_model = ("--method", "projector", "--model", str(tmp_path / "model"), "--features", str(folder), "--limit", "1")
    assert run("eval", "--data", str(data), "--out", str(tmp_path / "run"), *by_model) == 0
    next(folder.iterdir()).unlink()
    with pytest.raises(InputError, match="The features"):
        on_steps.train(data, tmp_path / "other", lm=language, features=folder, **SHORT)
    there: dict[str, Any] = {"lm": language, "features": folder, "allow_missing": True, **SHORT}
    less = on_steps.train(data, tmp_path / "less", held_out=0, **there)
    assert less.n_examples < sum(len(row.examples) for row in rows)
    np.save(next(folder.iterdir()), np.zeros((6, 3, 4), np.float32))
    with pytest.raises(InputError, match="use one encoder for all clips"):
        on_steps.train(data, tmp_path / "other", **there)


def test_chats_are_read_and_wrong_ones_named(tmp_path: Path) -> None:
    pair = pair_of(["-a_b5678901_4.0_12.5", {"path": "mine/x_y.mp4"}])
    row = chat_row(pair, "which is drier ?", "The second one.", "difference")
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(row) + "\n", "utf-8")
    (read,) = read_rows(tmp_path)
    assert read.clips == (pair.reference, pair.candidate)
    (example,) = read.examples
    assert (list(example.chat), example.answer) == (row["messages"][:2], "The second one.")
    user = row["messages"][1]
    for changed, why in (
        ({"messages": row["messages"][:2]}, "no text of the role assistant"),
        ({"candidate": "other_00001_1.0_8.25"}, "are not 'reference' and 'candidate'"),
        ({"messages": [{**user, "content": [{"type": "image"}]}, row["messages"][2]]}, "neither a text nor a video"),
        ({"reference": "nothing"}, "no clip id"),
        ({"reference": "../x.mp4_0_inf"}, "leads out of the folder"),
        ({"messages": "x"}, "messages"),
    ):
        path.write_text(json.dumps({**row, **changed}) + "\n", "utf-8")
        with pytest.raises(InputError, match=f"line 1: .*{why}"):
            read_rows(path)


def test_rows_that_share_a_video_stay_together(steps: Path) -> None:
    rows = read_rows(steps)
    for seed in range(5):
        train, held = hold_out(rows, 0.5, seed)
        assert len(train) + len(held) == len(rows)
        assert not videos_of(train) & videos_of(held)
    one = [row for row in rows if row.clips[0].video.startswith("sqt")]
    assert hold_out(tuple(one), 0.3, 0) == (tuple(one), ())


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("nothing", "--lm", "local/x"), 3, "cannot be read"),
        ((".", "--lm", "local/x"), 3, "holds none of data.jsonl"),
        (("STEPS", "--lm", "openai/gpt-4o"), 2, "is not a local model"),
        (("STEPS", "--lm", "local/nowhere"), 4, "neither a folder nor"),
        (("STEPS", "--lm", "local/x", "--batch", "0"), 2, "'batch' cannot be 0"),
        (("STEPS", "--lm", "local/x", "--width", "10"), 2, "not divisible by 4 heads"),
        (("STEPS", "--lm", "local/x", "--held-out", "1"), 2, "--held-out"),
        (("STEPS", "--lm", "local/x", "--test", "STEPS/diffcap.jsonl"), 3, "none is left to train on"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    arguments: tuple[str, ...], code: int, complaint: str, steps: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [one.replace("STEPS", str(steps)) for one in arguments]
    assert run("steps", "train", *named, "--out", "out") == code
    said = capsys.readouterr()
    assert complaint in " ".join(said.err.split())
    assert "Traceback" not in said.err


def test_a_dry_run_reads_no_video(steps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("steps", "train", str(steps), "--out", "out", "--lm", "local/x", "--dry-run", "--json") == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["n_rows"]["diffcap.jsonl"] > 0
    assert planned["options"]["steps"] == 1200
    assert not Path("out").exists()


def test_a_missing_extra_is_said(
    steps: Path, projector: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extras, "are_installed", lambda modules: False)
    by_method = ("--method", "projector", "--model", str(projector))
    for command in (
        ("steps", "train", str(steps), "--out", "out", "--lm", "local/x"),
        ("eval", "--data", str(steps / "diffmcq.jsonl"), "--out", "run", *by_method),
    ):
        assert run(*command) == 4
        assert "pip install 'viddiff[local]'" in capsys.readouterr().err


def test_every_flag_is_an_option_and_the_reverse() -> None:
    assert set(OF_PROJECTORS) | {"inputs", "mlp", "weight_decay", "warm_up", "clip_norm"} == set(
        ProjectorOptions.model_fields
    )


def test_a_method_without_its_projector_is_refused(steps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(steps / "diffmcq.jsonl")
    assert len(load_items(Path(data)).items)
    for flags, why in (
        (("--method", "projector"), "needs a trained projector: give its folder"),
        (("--method", "random", "--model", "x"), "uses no projector"),
        (("--method", "projector", "--model", "x"), "There is no projector in 'x'"),
    ):
        assert run("eval", "--data", data, "--videos", str(steps / VIDEOS), "--out", "run", *flags) in (2, 3)
        assert why in " ".join(capsys.readouterr().err.split())


def test_the_full_size_reads_the_patches_of_clip(steps: Path, language: str, tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    settings = Settings(clip=tiny_clip(tmp_path / "clip"), cache_dir=tmp_path / "cache")
    small: dict[str, Any] = {"steps": 1, "batch": 2, "width": 16, "heads": 2, "frames": 2, "precision": "bfloat16"}
    card = on_steps.train(
        steps / "diffrank.jsonl", tmp_path / "model", lm=language, size="full", settings=settings, **small
    )
    assert (card.encoder_name, card.clip, card.n_patches) == ("clip", settings.clip, 16)
    assert (card.options.tokens, card.options.layers, card.options.inputs) == (32, 2, 0)
    paths = sorted((steps / VIDEOS).glob("*.mp4"))[:3]
    ranked = on_steps.rank(paths[0], paths[1:], category="Tempo", lm=f"local/{tmp_path / 'model'}", settings=settings)
    assert all(one.similarity is not None for one in ranked.ranked)
