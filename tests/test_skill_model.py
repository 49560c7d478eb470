"""A model is trained on scored performances and scores a query, from the command line too; killed runs go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.curves import write_curves
from viddiff import skill
from viddiff.cli import main
from viddiff.cli.skill import OF_MODELS
from viddiff.core.errors import InputError, UsageError
from viddiff.eval.skilldiff import fit as fitting
from viddiff.eval.skilldiff.metrics import SkillScores
from viddiff.programs.skilldiff.options import SkillOptions
from viddiff.synthetic.bench import render_pair
from viddiff.synthetic.pairs import plan_pair

SHORT: dict[str, Any] = {"epochs": 3, "steps": 2, "batch": 4}


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["skill", *arguments])
    return int(left.value.code or 0)


def test_a_model_is_trained_and_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, model = write_curves(tmp_path / "data"), tmp_path / "model"
    report = skill.train(data, model, **SHORT)
    assert report is not None
    assert isinstance(report.model, SkillScores)
    assert (report.model.n, report.model.n_performers) == (4, 4)
    assert sorted(path.name for path in model.iterdir()) == ["model.safetensors", "skill.json", "training.jsonl"]
    records = [json.loads(line) for line in (model / "training.jsonl").read_text("utf-8").splitlines()]
    assert [record["epoch"] for record in records] == [1, 2, 3]
    assert all(0 < record["on_path"] < record["off_path"] for record in records)
    # Nothing is done again, and the same is told.
    written_at = (model / "model.safetensors").stat().st_mtime_ns
    assert skill.train(data, model, **SHORT) == report
    assert (model / "model.safetensors").stat().st_mtime_ns == written_at

    found = skill.score(data / "9.npy", model)
    assert sum(part.deduction for part in found.parts) == pytest.approx(found.best - found.score, abs=1e-4)
    assert found.best == 100
    assert len(found.references) == 5
    assert found.error_95 is not None
    assert skill.score(data / "9.npy", model) == found
    assert run("score", str(data / "9.npy"), "--model", str(model), "--json", "--out", "out") == 0
    assert json.loads(capsys.readouterr().out)["score"] == found.score
    assert json.loads(Path("out/skill.json").read_text("utf-8"))["score"] == found.score
    assert run("score", str(data / "9.npy"), "--model", str(model)) == 0
    assert f"score {found.score:.4g}" in capsys.readouterr().out
    flags = ("--epochs", "1", "--align", "none", "--segments", "1")
    assert run("train", str(data), "--out", "direct", *flags) == 0
    assert "length of the clip alone" in capsys.readouterr().out


class KillError(Exception):
    """The process is gone."""


def test_a_killed_run_goes_on_to_the_same_result(tmp_path: Path) -> None:
    data = write_curves(tmp_path / "data")
    whole = skill.train(data, tmp_path / "whole", **SHORT)
    epochs: list[int] = []

    def kill(task: str, done: int, total: int) -> None:
        if task == "training":
            epochs.append(done)
            if done == 2 and len(epochs) == 2:
                raise KillError

    with pytest.raises(KillError):
        skill.train(data, tmp_path / "killed", progress=kill, **SHORT)
    assert (tmp_path / "killed" / fitting.STATE).exists()
    with pytest.raises(UsageError, match="run of other data or options"):
        skill.train(data, tmp_path / "killed", seed=3, **SHORT)
    assert skill.train(data, tmp_path / "killed", progress=kill, **SHORT) == whole
    assert epochs == [1, 2, 3]
    one, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "killed"))
    assert one == other
    one, other = ((tmp_path / name / "training.jsonl").read_bytes() for name in ("whole", "killed"))
    assert one == other


def test_what_cannot_be_scored_is_said(tmp_path: Path) -> None:
    data, model = write_curves(tmp_path / "data"), tmp_path / "model"
    skill.train(data, model, **SHORT)
    with pytest.raises(InputError, match=r"give a \.npy file"):
        skill.score("query.mp4", model)
    np.save(tmp_path / "wide.npy", np.zeros((9, 5)))
    with pytest.raises(InputError, match="5 features per frame, and the model was trained with 8"):
        skill.score(tmp_path / "wide.npy", model)
    with pytest.raises(InputError, match="There is no model"):
        skill.score(data / "9.npy", tmp_path / "nowhere")
    with pytest.raises(UsageError, match="holds a model of other data or options"):
        skill.train(data, model, **{**SHORT, "heads": 1})
    card, weights = model / "skill.json", model / "model.safetensors"
    kept = weights.read_bytes()
    weights.write_bytes(kept[: len(kept) // 2])
    with pytest.raises(InputError, match="is damaged"):
        skill.score(data / "9.npy", model)
    skill.train(data, tmp_path / "other", **{**SHORT, "seed": 1})
    weights.write_bytes((tmp_path / "other" / "model.safetensors").read_bytes())
    with pytest.raises(InputError, match="belong to different models"):
        skill.score(data / "9.npy", model)
    weights.write_bytes(kept)
    card.write_text(card.read_text("utf-8").replace('"heads": 4', '"heads": -1'), "utf-8")
    with pytest.raises(InputError, match=r"damaged at 'options\.heads'"):
        skill.score(data / "9.npy", model)


def test_what_cannot_be_trained_on_is_said(tmp_path: Path) -> None:
    data = write_curves(tmp_path / "data")
    with pytest.raises(UsageError, match="'align' cannot be 'bent'"):
        skill.train(data, tmp_path / "model", align="bent")
    with pytest.raises(UsageError, match="--activity"):
        skill.train(data, tmp_path / "model", activity="dive")
    np.save(data / "3.npy", np.zeros((9, 5)))
    with pytest.raises(InputError, match="5 and 8 numbers per frame"):
        skill.train(data, tmp_path / "model", **SHORT)
    lines = (data / "items.jsonl").read_text("utf-8").splitlines()[:1]
    (data / "items.jsonl").write_text(lines[0].replace('["12"]', "[]") + "\n", "utf-8")
    with pytest.raises(InputError, match="1 scored performances of 'all'"):
        skill.train(data, tmp_path / "model", **SHORT)


def test_videos_are_trained_on_and_scored(tmp_path: Path) -> None:
    squats = [index for index in range(13) if plan_pair(index, 0).key.startswith("squat")][:2]
    rows: list[dict[str, Any]] = []
    for index in squats:
        render_pair(tmp_path, index, seed=0)
        rows += [
            {"id": f"{index}{side}", "video": f"{plan_pair(index, 0).key}_{side}.mp4", "score": index + ord(side) % 2,
             "split": "train"}
            for side in "ab"
        ]  # fmt: skip
    (tmp_path / "items.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    assert skill.train(tmp_path, tmp_path / "model", **SHORT) is None
    found = skill.score(tmp_path / rows[0]["video"], tmp_path / "model")
    assert found.query is not None
    assert found.error_95 is None
    assert [part.name for part in found.parts] == [f"part {number}" for number in range(1, 9)]
    assert found.parts[-1].stop_s == pytest.approx(found.query.duration_s, abs=0.2)


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ([], "Give either --reference VIDEO"),
        (["--model", "m", "--reference", "b.mp4"], "Give either --reference VIDEO"),
        (["--model", "m", "--parts", "3"], "leave --features, --parts and --part out"),
        (["--model", "m"], "There is no model in 'm'"),
    ],
)
def test_the_command_says_what_it_takes(flags: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("score", "a.mp4", *flags) in (2, 3)
    assert complaint in capsys.readouterr().err


def test_every_flag_of_a_model_is_an_option() -> None:
    assert set(OF_MODELS) <= set(SkillOptions.model_fields)
