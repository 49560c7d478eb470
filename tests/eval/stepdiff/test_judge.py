"""Captions judged by a model: coverage and invention, what failed, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dspy import lm15

from tests.eval.stepdiff.files import OTHERS, caption_row, rank_row, write
from tests.support.scripted import Asked, scripted_lm
from tests.support.step_truth import TruthfulModel, serve
from viddiff.cli.score import score
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import silent
from viddiff.eval.stepdiff.items import StepData
from viddiff.eval.stepdiff.judge import judge_captions
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.predictions import Prediction
from viddiff.eval.stepdiff.scores import JudgeScores
from viddiff.lms import LMs

SETTINGS = Settings(attempts=1, threads=2)
ROWS = [
    caption_row(reference=reference, text=[f"takes pan {place} instead of a pot", "stirs more"])
    for place, reference in enumerate(OTHERS)
]
TRUTH: list[Prediction] = [row["text"][0] for row in ROWS]


@pytest.fixture
def data(tmp_path: Path) -> StepData:
    return load_items(write(tmp_path / "rows.jsonl", *ROWS))


def judge(data: StepData, answers: list[Prediction], model: Callable[[Asked], str]) -> tuple[JudgeScores, list[Asked]]:
    """The scores, and what was asked."""
    lm = scripted_lm(model)
    return judge_captions(data, answers, LMs(lm), SETTINGS, silent), lm.engine.asked


def test_the_truth_is_covered_and_nothing_is_invented(data: StepData) -> None:
    scores, asked = judge(data, TRUTH, TruthfulModel({}, ()))
    assert (scores.coverage, scores.invention, scores.net, scores.n_failed) == (1.0, 0.0, 1.0, 0)
    assert len(asked) == len(ROWS)
    assert not any(one.images for one in asked)


def test_what_is_not_labelled_is_invented_and_what_is_missing_is_neither(data: StepData) -> None:
    answers = [*TRUTH[:2], "juggles instead of stirring", "", None, *TRUTH[5:]]
    scores, asked = judge(data, answers, TruthfulModel({}, ()))
    n = len(ROWS)
    assert scores.coverage == pytest.approx((n - 3) / n)
    assert scores.invention == pytest.approx(1 / n)
    assert scores.net == pytest.approx((n - 4) / n)
    assert scores.interval is not None
    assert scores.net is not None
    assert scores.interval.low < scores.net < scores.interval.high
    # Nothing is to be asked about a caption that is not there.
    assert len(asked) == n - 2


def test_a_row_that_cannot_be_judged_is_counted_and_left_out(data: StepData) -> None:
    truthful = TruthfulModel({}, ())

    def sometimes(asked: Asked) -> str:
        if "pan 0" in asked.prompt:
            raise lm15.ServerError("down")
        return truthful(asked) if "pan 1" not in asked.prompt else "no idea"

    scores, _ = judge(data, TRUTH, sometimes)
    assert (scores.n_failed, scores.coverage) == (2, 1.0)

    def down(asked: Asked) -> str:
        raise lm15.ServerError("down")

    scores, _ = judge(data, TRUTH, down)
    assert (scores.n_failed, scores.coverage, scores.net) == (len(ROWS), None, None)


def test_the_command_judges_where_it_is_told_to(tmp_path: Path, data: StepData) -> None:
    said = write(tmp_path / "said.jsonl", *({"generated_text": text} for text in TRUTH))
    command = [str(said), "--data", str(tmp_path / "rows.jsonl")]
    with serve(TruthfulModel({}, ())) as server:
        model = ["--judge", "lm", "--lm", "openai/x", "--api-base", server.url, "--no-cache"]
        told = json.loads(CliRunner().invoke(score, [*command, *model, "--json"]).stdout)
        assert (told["judge"]["net"], told["judge"]["model"]) == (1.0, "openai/x")
        shown = CliRunner().invoke(score, [*command, *model]).stdout
        assert "judge openai/x: 1.000 of the captions agree with a labelled one" in " ".join(shown.split())
        n_asked = len(server.requests)
        assert json.loads(CliRunner().invoke(score, [*command, "--json"]).stdout)["judge"] is None
        assert len(server.requests) == n_asked == 2 * len(ROWS)


@pytest.mark.parametrize(
    ("row", "name", "message"),
    [(caption_row(), "lexical", "lexical is not for captions"), (rank_row(), "lm", "need no judge")],
)
def test_a_judge_that_the_rows_do_not_have_is_refused(
    tmp_path: Path, row: dict[str, Any], name: str, message: str
) -> None:
    rows = write(tmp_path / "rows.jsonl", row)
    done = CliRunner().invoke(score, [str(rows), "--data", str(rows), "--judge", name])
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)
