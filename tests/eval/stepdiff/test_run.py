"""Runs of the three tasks on rendered step pairs: what a model that knows the truth scores, and runs that go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dspy import lm15

from tests.support.scripted import Asked, scripted_lm
from tests.support.step_truth import TruthfulModel, clips_in
from viddiff.core.errors import BudgetError, InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import silent
from viddiff.eval.stepdiff.items import StepData
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.methods import METHODS
from viddiff.eval.stepdiff.options import RunOptions
from viddiff.eval.stepdiff.predictions import read_predictions
from viddiff.eval.stepdiff.run import PREDICTIONS, run
from viddiff.eval.stepdiff.scores import StepScores
from viddiff.lms import LMs
from viddiff.synthetic.steps.bench import VIDEOS
from viddiff.video.loaded import LoadedVideo

pytestmark = pytest.mark.usefixtures("read_once")

N = 3


@pytest.fixture(scope="module")
def videos(steps: Path) -> dict[str, LoadedVideo]:
    """The clips by name."""
    return clips_in(steps / VIDEOS)


Answer = Callable[[Asked], str]


def evaluate(
    steps: Path, data: StepData, answer: Answer, out: Path, method: str = "contrast", **wanted: Any
) -> tuple[StepScores, list[Asked]]:
    """The scores of a run, and what was asked."""
    lm = scripted_lm(answer)
    max_calls = wanted.pop("max_calls", None)
    settings = Settings(cache_dir=out.parent / "cache", attempts=1, threads=2)
    lms = LMs(lm, max_calls=max_calls)
    options = RunOptions(**{"limit": N, **wanted})
    return run(data, steps / VIDEOS, METHODS[method], options, settings, out, silent, lms), lm.engine.asked


@pytest.mark.parametrize(
    ("file", "least", "n_calls"), [("diffcap", 0.99, N), ("diffmcq", 1.0, 8 * N), ("diffrank", 0.9, 16 * N)]
)
def test_a_model_that_knows_the_truth_scores_what_can_be_scored(
    steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path, file: str, least: float, n_calls: int
) -> None:
    data = load_items(steps / f"{file}.jsonl")
    scores, asked = evaluate(steps, data, TruthfulModel(videos, data.items), tmp_path / "run")
    first = scores.scores[0]
    assert (scores.n, scores.n_missing) == (N, 0)
    assert first.strict >= least
    assert len(asked) == n_calls
    # The file is of the released form, with a row for each of the data; those beyond the limit have no answer.
    predictions = read_predictions(tmp_path / "run" / PREDICTIONS, data)
    assert [one is None for one in predictions] == [False] * N + [True] * (len(data.items) - N)


def test_exchanged_clips_make_a_truthful_model_choose_wrongly(
    steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path
) -> None:
    data = load_items(steps / "diffmcq_exchanged.jsonl")
    model = TruthfulModel(videos, data.items)
    assert evaluate(steps, data, model, tmp_path / "a")[0].scores[0].strict == 1.0
    assert evaluate(steps, data, model, tmp_path / "b", control="swap-videos")[0].scores[0].strict <= 0.3


def test_a_killed_run_goes_on_and_asks_nothing_twice(
    steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path
) -> None:
    data = load_items(steps / "diffcap.jsonl")
    model = TruthfulModel(videos, data.items)
    whole = evaluate(steps, data, model, tmp_path / "whole")[0]
    with pytest.raises(BudgetError):
        evaluate(steps, data, model, tmp_path / "cut", max_calls=2)
    scores, asked = evaluate(steps, data, model, tmp_path / "cut")
    assert (scores, len(asked)) == (whole, N - 2)
    predictions = [(tmp_path / name / PREDICTIONS).read_bytes() for name in ("whole", "cut")]
    assert predictions[0] == predictions[1]
    assert evaluate(steps, data, model, tmp_path / "cut")[1] == []
    with pytest.raises(UsageError, match="method"):
        evaluate(steps, data, model, tmp_path / "cut", method="direct")


def test_a_journal_of_an_earlier_version_goes_on(steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path) -> None:
    """It called an answer "said" and a text "memory"."""
    data = load_items(steps / "diffcap.jsonl")
    model = TruthfulModel(videos, data.items)
    scores, asked = evaluate(steps, data, model, tmp_path / "run", method="vclm")
    assert asked
    path = tmp_path / "run" / "journal.jsonl"
    lines = path.read_text().splitlines()
    older = []
    for record in map(json.loads, lines):
        if record["type"] == "answer":
            record["said"] = record.pop("answer")
        elif record["type"] == "text":
            record["type"] = "memory"
        elif record["type"] == "usage":
            del record["seconds"]
        older.append(record)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in older))
    assert evaluate(steps, data, model, tmp_path / "run", method="vclm") == (scores, [])
    # Answers are asked again, texts are not.
    path.write_text("".join(f"{json.dumps(record)}\n" for record in older if record["type"] != "answer"))
    again, asked_again = evaluate(steps, data, model, tmp_path / "run", method="vclm")
    assert again == scores
    assert len(asked_again) == N < len(asked)


def test_what_failed_has_no_answer_and_is_asked_again(
    steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path
) -> None:
    data = load_items(steps / "diffrank.jsonl")

    def down(asked: Asked) -> str:
        raise lm15.ServerError("down")

    scores, _ = evaluate(steps, data, down, tmp_path / "run")
    assert (scores.n_missing, scores.scores[0].strict) == (N, 0.0)
    again, asked = evaluate(steps, data, TruthfulModel(videos, data.items), tmp_path / "run")
    assert (again.n_missing, len(asked)) == (0, 16 * N)


def test_missing_videos_end_the_run_or_count_as_missing(
    videos: dict[str, LoadedVideo], steps: Path, tmp_path: Path
) -> None:
    data = load_items(steps / "diffcap.jsonl")
    model = TruthfulModel(videos, data.items)
    with pytest.raises(InputError, match="--allow-missing"):
        evaluate(tmp_path, data, model, tmp_path / "run")
    scores, asked = evaluate(tmp_path, data, model, tmp_path / "other", allow_missing=True)
    assert (scores.n_missing, asked) == (N, [])
    records = [json.loads(line) for line in (tmp_path / "other" / "journal.jsonl").read_text().splitlines()]
    assert sum(record["type"] == "answer" for record in records) == N


def test_both_orders_outweigh_a_habit_of_saying_yes(
    steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path
) -> None:
    """The model is sure of every caption in one pair of clips, whichever way they are shown."""
    data = load_items(steps / "diffmcq.jsonl")

    class Biased(TruthfulModel):
        def check(self, shown: list[str], key: str, difference: str) -> dict[str, Any]:
            told = super().check(shown, key, difference)
            right = any((*order, difference) in self.true for order in (tuple(shown), tuple(reversed(shown))))
            return told if right else {**told, "probability": 0.9}

    model = Biased(videos, data.items)
    assert evaluate(steps, data, model, tmp_path / "a")[0].scores[0].strict == 1.0
    assert evaluate(steps, data, model, tmp_path / "b", method="direct")[0].scores[0].strict == 0.0
