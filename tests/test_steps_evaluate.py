"""``viddiff.steps.evaluate`` and ``viddiff.steps.score``: objects in, scores and predictions out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import viddiff
from tests.support.scripted import scripted_lm
from tests.support.step_truth import TruthfulModel, clips_in
from viddiff import steps as on_steps
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.eval.stepdiff.controls import CONTROLS
from viddiff.eval.stepdiff.items import StepData
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.methods import METHODS
from viddiff.lms import LMs
from viddiff.synthetic.steps.bench import VIDEOS

N = 2


@pytest.fixture(scope="module")
def rows(steps: Path) -> StepData:
    return load_items(steps / "diffmcq.jsonl")


def test_a_file_and_what_was_read_of_it_are_scored_alike(steps: Path, rows: StepData, tmp_path: Path) -> None:
    lm = scripted_lm(TruthfulModel(clips_in(steps / VIDEOS), rows.items))
    settings = Settings(cache_dir=tmp_path / "cache", attempts=1)
    made = on_steps.evaluate(steps / "diffmcq.jsonl", lm=LMs(lm), settings=settings, out=tmp_path / "run", limit=N)
    assert (made.scores.n, made.scores.scores[0].strict) == (N, 1.0)
    assert [one is None for one in made.predictions] == [False] * N + [True] * (len(rows.items) - N)
    assert sum(role.calls for role in made.usage.usage) == 8 * N
    assert made.scores.run is not None
    assert made.scores.run.method == "contrast"
    again = on_steps.evaluate(
        rows, METHODS["contrast"], videos=steps / VIDEOS, lm=LMs(lm), settings=settings, out=tmp_path / "run", limit=N
    )
    assert (again.scores, again.predictions) == (made.scores, made.predictions)
    assert sum(role.calls for role in again.usage.usage) == 8 * N


def test_nothing_is_kept_where_no_folder_is_named(steps: Path, own_place: Path) -> None:
    made = on_steps.evaluate(steps / "diffrank.jsonl", "random", limit=N)
    assert made.scores.n == N
    assert not list(own_place.glob("*.json*"))


def test_what_cannot_be_asked_is_refused_by_name(rows: StepData) -> None:
    with pytest.raises(UsageError, match="option 'per_action'"):
        on_steps.evaluate(rows, "random", per_action=1)
    with pytest.raises(UsageError, match="no method 'viddiff'"):
        on_steps.evaluate(rows, "viddiff")


def test_rows_of_stepdiff_are_no_labelled_pairs(steps: Path) -> None:
    with pytest.raises(InputError, match=r"'diffcap\.jsonl' holds rows of StepDiff.*viddiff\.steps\.evaluate"):
        viddiff.evaluate(str(steps / "diffcap.jsonl"), "measured")


def test_predictions_are_scored_from_a_list_or_a_file(steps: Path, rows: StepData, tmp_path: Path) -> None:
    truth = CONTROLS["truth"](rows, 0)
    said = tmp_path / "said.jsonl"
    said.write_text("".join(json.dumps({"scores": one}) + "\n" for one in truth))
    scores = on_steps.score(truth, rows)
    assert scores.scores[0].strict == 1.0
    assert on_steps.score(said, steps / "diffmcq.jsonl") == scores
    with pytest.raises(UsageError, match="need no judge"):
        on_steps.score(truth, rows, judge="lm")
