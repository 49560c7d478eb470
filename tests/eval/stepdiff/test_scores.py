"""Scores: official and strict beside each other, ranks and choices, prediction files, the commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import kendalltau  # type: ignore[import-untyped,unused-ignore]  # scipy ships no types

from tests.eval.stepdiff.files import OTHERS, caption_row, choice_row, rank_row, write
from viddiff.cli.data import check, controls
from viddiff.cli.score import score
from viddiff.cli.table import table
from viddiff.core.errors import InputError
from viddiff.eval.stepdiff.controls import CONTROLS
from viddiff.eval.stepdiff.items import StepData, key_of
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.predictions import Prediction, read_predictions, write_predictions
from viddiff.eval.stepdiff.ranks import accuracy, tau_b
from viddiff.eval.stepdiff.scores import StepScores, score_predictions

Rows = list[dict[str, Any]]


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[Rows], StepData]:
    return lambda rows: load_items(write(tmp_path / "rows.jsonl", *rows))


def ranks(n: int, seed: int = 0) -> Rows:
    """DiffRank rows with the ties of the released file: 576 of 4,080 rows without any, the others with one."""
    rng = np.random.default_rng(seed)
    rows = []
    for row in range(n):
        scores = rng.permutation(6)[:4]
        if rng.random() >= 576 / 4080:
            first, second = rng.permutation(4)[:2]
            scores[first] = scores[second]
        reference = f"ref_{row // 4:06d}_0.0_5.0"
        rows.append(rank_row(reference=reference, scores=scores.tolist(), category=f"own {row % 3}"))
    return rows


def test_tau_b_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 4, (2, 500, 4)).astype(float)
    said = [kendalltau(*pair).statistic for pair in zip(one, other, strict=True)]
    assert np.isnan(said).any()
    np.testing.assert_allclose(tau_b(one, other), said, atol=1e-12)


def test_tau_b_of_values_worked_by_hand() -> None:
    one = np.array([[0.9, 0.4, 0.1, 0.2], [0.1, 0.2, 0.9, 0.5], [1, 1, 1, 1], [-np.inf, 0, 1, np.inf]])
    other = np.array([[5.0, 2, 0, 3], [0, 0, 3, 2], [1, 2, 3, 4], [1, 2, 3, 4]])
    assert tau_b(one, other) == pytest.approx([0.666667, 0.912871, np.nan, 1], abs=1e-6, nan_ok=True)


def test_a_tie_at_the_top_counts_its_share() -> None:
    scores = np.array([[1.0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 1]])
    official, strict = accuracy(scores, np.array([0, 1, 3]))
    assert official.tolist() == [1, 0, 1]
    assert strict.tolist() == [0.5, 0.5, 1]


def test_official_and_strict_differ_by_what_is_missing(loaded: Callable[[Rows], StepData]) -> None:
    data = loaded([choice_row()] * 4)
    found = score_predictions(data, [(0.0, 1, 0, 0), (0.0, 1, 0, 0), (1.0, 0, 0, 0), None])
    assert found.scores[0].official == pytest.approx(2 / 3)
    assert found.scores[0].strict == pytest.approx(2 / 4)
    assert (found.n, found.n_missing) == (4, 1)


def test_an_order_that_is_undefined_counts_nothing(loaded: Callable[[Rows], StepData]) -> None:
    data = loaded([rank_row(), rank_row()])
    found = score_predictions(data, [(0.0, 0, 3, 2), (1.0, 1, 1, 1)])
    assert found.scores[0].official is None
    assert found.scores[0].strict == pytest.approx(0.5)
    assert (found.n_undefined, found.n_missing) == (1, 0)
    assert json.loads(found.model_dump_json())["scores"][0]["official"] is None


def test_rare_words_are_counted_in_a_part_or_in_the_whole_file(loaded: Callable[[Rows], StepData]) -> None:
    texts = ["cuts the onion in rings", "cuts the onion in cubes", "wears a red apron", "wears a blue apron"]
    names = ["Technique", "Technique", "Visuals", "Visuals"]
    data = loaded([caption_row(text=[text], category=name) for text, name in zip(texts, names, strict=True)])
    said = ["cuts the onion in cubes", "cuts the onion in rings", *texts[2:]]
    found = score_predictions(data, said)
    part = {category.name: category.scores[2] for category in found.categories}["Technique"]
    alone = score_predictions(loaded([caption_row(text=[text]) for text in texts[:2]]), said[:2]).scores[2]
    assert part.official == alone.official
    assert part.strict > alone.strict


def test_case_and_punctuation_are_left_out_beside(loaded: Callable[[Rows], StepData]) -> None:
    found = score_predictions(loaded([caption_row(text=["Cuts rings, not cubes."])] * 2), ["cuts rings not cubes"] * 2)
    bleu_1 = found.scores[0]
    assert bleu_1.official == pytest.approx(0.25)
    assert bleu_1.normalised == pytest.approx(1)


def test_references_are_resampled_not_rows(loaded: Callable[[Rows], StepData]) -> None:
    """Four rows of each reference that say the same are no surer than one of each."""
    rows = [rank_row(reference=f"ref_{place:05d}_0.0_1.0", scores=[0, 1, 2, 3]) for place in range(40)]
    right: list[Prediction] = [(0.0, 1, 2, 3) if place % 2 else (3.0, 2, 1, 0) for place in range(40)]
    once = score_predictions(loaded(rows), right).scores[0].interval
    often = [row for row in rows for _ in range(4)]
    four = score_predictions(loaded(often), [answer for answer in right for _ in range(4)]).scores[0].interval
    assert once is not None
    assert four == once


def test_what_careless_answers_score_on_ranks(loaded: Callable[[Rows], StepData]) -> None:
    """The truth 1, the best untied order .925, chance 0, YES or NO by chance undefined in 2 rows of 16."""
    data = loaded(ranks(2000))
    found = {name: score_predictions(data, CONTROLS[name](data, 0), n_resamples=50) for name in CONTROLS}
    strict = {name: one.scores[0].strict for name, one in found.items()}
    assert strict["truth"] == pytest.approx(1)
    assert strict["untied"] == pytest.approx(0.925, abs=0.003)
    assert abs(strict["random"]) < 3 * 0.011
    assert found["yes-no"].n_undefined / 2000 == pytest.approx(2 / 16, abs=0.025)
    assert abs(strict["majority"]) < 0.1


def test_what_careless_answers_score_on_choices_and_captions(loaded: Callable[[Rows], StepData]) -> None:
    rows = [choice_row(answer=choice_row()["options"][place % 4]) for place in range(800)]
    data = loaded(rows)
    strict = {name: score_predictions(data, CONTROLS[name](data, 0)).scores[0].strict for name in CONTROLS}
    assert strict["truth"] == strict["untied"] == 1
    assert strict["majority"] == pytest.approx(0.25)
    assert strict["random"] == pytest.approx(0.25, abs=3 * 0.0154)
    captions = loaded([caption_row(text=[f"caption {row % 3} of many", "another one"]) for row in range(30)])
    bleu_1 = {name: score_predictions(captions, CONTROLS[name](captions, 0)).scores[0].strict for name in CONTROLS}
    assert bleu_1["truth"] == pytest.approx(1)
    assert bleu_1["majority"] == pytest.approx(1)
    assert bleu_1["yes-no"] < 0.01 < bleu_1["random"] < 1


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (['{"scores": [1, 2, 3, 4]}'], "has 1 lines and 'rows.jsonl' 2"),
        (['{"scores": [1, 2, 3, 4]}', '{"scores": [1, 2, 3]}'], "line 2: the field 'scores' is .* list of 4"),
        (['{"scores": [1, 2, 3, true]}'] * 2, "line 1: the field 'scores'"),
        (['{"scores": [1, 2, 3, "4"]}'] * 2, "line 1: the field 'scores'"),
        (['{"generated_text": "x"}'] * 2, "'scores' is missing, as diffrank has it"),
        (['{"scores": [1, 2, 3, 4], "id": "0"}'] * 2, "the id '0' is not that of row 1"),
        (["no"] * 2, "line 1: the line is not JSON"),
    ],
)
def test_predictions_that_do_not_fit(
    tmp_path: Path, loaded: Callable[[Rows], StepData], lines: list[str], reason: str
) -> None:
    data = loaded([rank_row(), rank_row(category="Actions")])
    with pytest.raises(InputError, match=reason):
        read_predictions(write(tmp_path / "said.jsonl", *lines), data)


def test_null_and_nan_are_missing_infinity_is_not(tmp_path: Path, loaded: Callable[[Rows], StepData]) -> None:
    data = loaded([rank_row()] * 3)
    lines = ['{"scores": null}', '{"scores": [NaN, 1, 2, 3]}', '{"scores": [-Infinity, 1, 2, 3]}']
    found = read_predictions(write(tmp_path / "said.jsonl", *lines), data)
    assert found == (None, None, (-np.inf, 1, 2, 3))


def test_predictions_are_read_as_written(tmp_path: Path, loaded: Callable[[Rows], StepData]) -> None:
    data = loaded([caption_row(), caption_row(category="Actions")])
    path = write_predictions(tmp_path / "said.jsonl", data, ["kein Öl", None])
    assert read_predictions(path, data) == ("kein Öl", None)
    assert [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()] == [*map(key_of, data.items)]


def test_the_command_scores_and_the_table_stands_beside_the_paper(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", choice_row(), choice_row())
    said = write(tmp_path / "said.jsonl", {"scores": [0, 1, 0, 0]}, {"scores": [1, 0, 0, 0]})
    out = tmp_path / "ours.json"
    done = CliRunner().invoke(score, [str(said), "--data", str(rows), "--json", "--out", str(out)])
    assert "CC BY-NC" in done.stderr
    assert StepScores.model_validate_json(done.stdout).scores[0].official == 0.5
    beside = CliRunner().invoke(table, [str(out), "--format", "markdown"]).stdout
    assert "| ours | rows.jsonl | 2 | - | - | - | - | 0.500 | - |" in beside
    assert "| paper: StepDiff | - | - | 0.223 | - | 0.104 | 0.215 | 0.541 | 0.181 |" in beside
    assert "ours" in CliRunner().invoke(table, [str(out)]).stdout
    refused = CliRunner().invoke(table, [str(rows)])
    assert isinstance(refused.exception, InputError)


@pytest.mark.parametrize(
    ("row", "said", "task", "metric"),
    [
        (caption_row(), {"generated_text": caption_row()["text"][0]}, "diffcap", "BLEU-1"),
        (choice_row(), {"scores": [0, 1, 0, 0]}, "diffmcq", "accuracy"),
        (rank_row(), {"scores": rank_row()["scores"]}, "diffrank", "tau-b"),
    ],
)
def test_the_command_scores_all_three_released_forms(
    tmp_path: Path, row: dict[str, Any], said: dict[str, Any], task: str, metric: str
) -> None:
    data, answers = write(tmp_path / "rows.jsonl", row, row), write(tmp_path / "said.jsonl", said, said)
    done = CliRunner().invoke(score, [str(answers), "--data", str(data), "--json"])
    scores = json.loads(done.stdout)
    assert (scores["task"], scores["scores"][0]["name"]) == (task, metric)
    assert scores["scores"][0]["official"] == scores["scores"][0]["strict"] == pytest.approx(1)


def test_the_commands_of_data(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", rank_row(), rank_row(scores=[0, 1]))
    done = CliRunner().invoke(check, [str(rows)], standalone_mode=False)
    assert done.return_value == InputError.exit_code
    assert "rows.jsonl, line 2: the field 'scores'" in done.stdout
    assert "CC BY-NC" in done.stdout
    good = write(tmp_path / "good.jsonl", *[rank_row(reference=clip) for clip in OTHERS[4:]])
    said = json.loads(CliRunner().invoke(controls, [str(good), "--json"]).stdout)
    assert said["truth"]["scores"][0]["strict"] == 1
    assert "majority" in CliRunner().invoke(controls, [str(good)]).stdout
