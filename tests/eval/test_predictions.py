"""The official predictions format: what is read, what is refused, and the command that scores it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import viddiff.eval.viddiffbench.data
from tests.eval.scored import answer, data_set, predicted, sample
from tests.support.scripted import chat_reply
from tests.support.servers import OpenAIServer, WireRequest
from viddiff.cli.score import score
from viddiff.core.errors import BackendError, InputError, UsageError
from viddiff.eval.viddiffbench.metrics import ClosedScores, OpenScores, closed_scores
from viddiff.eval.viddiffbench.predictions import predictions_of, read_predictions, write_predictions

FIRST = sample("p0", {"0": "a", "1": "b", "2": "c"})
SECOND = sample("p1", {"0": "b"})
OTHER = sample("q0", {"7": "a"}, action="diving_0", domain="diving", split="medium")
SAMPLES = [FIRST, SECOND, OTHER]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Any], Path]:
    def write(document: Any) -> Path:
        path = tmp_path / "predictions.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    return write


def test_closed_answers_in_both_forms(written: Callable[[Any], Path]) -> None:
    path = written([{"0": "a", "1": {"description": "x", "prediction": "c"}}, {}, {"7": "b"}])
    rows = read_predictions(path, SAMPLES, "closed")
    assert [(row.sample_key, row.difference_key, row.answer, row.status, row.label) for row in rows] == [
        ("p0", "0", "a", "answered", "a"),
        ("p0", "1", "c", "answered", "b"),
        ("q0", "7", "b", "answered", "a"),
    ]


@pytest.mark.parametrize(
    "odd", ["A", " a", "", "d", None, 0, True, ["a"], {"prediction": "A"}, {}, {"description": "a"}]
)
def test_an_odd_closed_answer_is_failed(odd: Any, written: Callable[[Any], Path]) -> None:
    [row] = read_predictions(written([{"0": odd}, {}, {}]), SAMPLES, "closed")
    assert (row.answer, row.status) == (None, "failed")


def test_a_key_that_is_labelled_only_for_other_pairs_of_the_action_is_passed_over(
    written: Callable[[Any], Path],
) -> None:
    assert read_predictions(written([{}, {"2": "a"}, {}]), SAMPLES, "closed") == ()


def test_open_predictions_are_numbered_in_the_order_of_the_file(written: Callable[[Any], Path]) -> None:
    entries = [{"x": {"description": "deeper", "prediction": "b"}, "y": {"description": 3, "prediction": "a"}}, {}]
    rows = read_predictions(written([*entries, {"0": "a"}]), SAMPLES, "open")
    assert [(row.sample_key, row.difference_key, row.statement, row.answer, row.status) for row in rows] == [
        ("p0", "0", "deeper", "b", "answered"),
        ("p0", "1", "", None, "failed"),
        ("q0", "0", "", None, "failed"),
    ]
    assert all(row.label is None for row in rows)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([{}, {}], "holds 2 entries: a list with one object for each of the 3 pairs"),
        ({"0": "a"}, "holds a dict: a list with one object for each of the 3 pairs"),
        ([{}, "a", {}], r"Entry 1 of 'predictions.json' \(pair 'p1'\) is not an object"),
        ([{"7": "a"}, {}, {}], r"Entry 0 .* answers '7', which is not a difference of action 'fitness_0'"),
        ('[{"0": "a", "0": "b"}, {}, {}]', "the key '0' is given twice"),
        ("[{", "are not a JSON document"),
        ("[" * 100_000, "are not a JSON document"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(document: Any, said: str, written: Callable[[Any], Path]) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_predictions(written(document), SAMPLES, "closed")
    assert "\n" not in str(caught.value)


def test_no_such_file_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_predictions(tmp_path / "none.json", SAMPLES, "closed")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(InputError, match="not a JSON document"):
        read_predictions(tmp_path / "bytes.json", SAMPLES, "closed")


def test_what_is_written_is_read_with_the_same_score(tmp_path: Path) -> None:
    rows = [
        answer(FIRST, "0", "a"),
        answer(FIRST, "1", "c"),
        answer(FIRST, "2", "c", "unsure"),
        answer(SECOND, "0", None, "failed"),
        answer(OTHER, "7", "b"),
    ]
    path = tmp_path / "out.json"
    write_predictions(path, SAMPLES, rows)
    assert json.loads(path.read_text()) == predictions_of(SAMPLES, rows)
    again = closed_scores(SAMPLES, read_predictions(path, SAMPLES, "closed"))
    assert again.micro.n_correct == closed_scores(SAMPLES, rows).micro.n_correct == 1
    assert again.micro.outcomes == {"correct": 1, "said_c": 1, "missing": 1, "wrong": 1}
    assert list(tmp_path.glob(".*.tmp")) == []


def test_open_rows_keep_their_statements(tmp_path: Path) -> None:
    rows = predicted(FIRST, [("the squat is deeper", "a"), ("é <b>", "c"), ("lost", None)])
    write_predictions(tmp_path / "out.json", SAMPLES, rows)
    assert list(read_predictions(tmp_path / "out.json", SAMPLES, "open")) == rows[:2]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_predictions(tmp_path / "none" / "out.json", SAMPLES, [])


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setattr(viddiff.eval.viddiffbench.data, "load_data", lambda source, videos=None: data_set(SAMPLES))

    def run(path: Path, *flags: str) -> Result:
        arguments = [str(path), "--data", "x", *flags]
        return CliRunner().invoke(score, arguments, standalone_mode=False, catch_exceptions=False)

    return run


def test_the_command_scores_a_closed_file(
    written: Callable[[Any], Path], scored: Callable[..., Result], tmp_path: Path
) -> None:
    path = written([{"0": "a", "1": "?"}, {"0": "a"}, {"7": "a"}])
    result = scored(path, "--mode", "closed", "--json", "--out", str(tmp_path / "scores.json"))
    assert result.return_value == 1
    scores = ClosedScores.model_validate_json(result.stdout)
    assert (scores.micro.n, scores.micro.n_correct, scores.micro.outcomes) == (
        4,
        2,
        {"correct": 2, "failed": 1, "wrong": 1},
    )
    assert ClosedScores.model_validate_json((tmp_path / "scores.json").read_text()) == scores
    shown = scored(path, "--mode", "closed", "--official").stdout
    assert shown.startswith("official count: mean of splits")
    assert "failed 1" in shown


def test_the_command_asks_the_model_of_the_judge(written: Callable[[Any], Path], scored: Callable[..., Result]) -> None:
    def reply(request: WireRequest) -> str:
        if "matches" in request.prompt:
            return chat_reply(matches=[{"reference": "R2", "prediction": "P1"}])
        return chat_reply(relations=[{"key": "Q1", "relation": "opposite"}])

    path = written([{"0": {"description": "bent", "prediction": "a"}}, {}, {}])
    with OpenAIServer(reply) as server:
        flags = ("--mode", "open", "--lm", "openai/x", "--api-base", server.url, "--retries", "0", "--no-cache")
        result = scored(path, *flags, "--json")
    scores = OpenScores.model_validate_json(result.stdout)
    assert (scores.judge, scores.comparable) == ("openai/x", True)
    assert scores.micro.outcomes == {"correct": 1, "no_match": 3}
    assert len(server.requests) == 2


def test_the_command_scores_an_open_file_and_says_when_it_is_not_comparable(
    written: Callable[[Any], Path], scored: Callable[..., Result]
) -> None:
    path = written([{"0": {"description": "statement 1", "prediction": "b"}}, {}, {}])
    result = scored(path, "--mode", "open", "--judge", "lexical")
    assert result.return_value == 0
    assert "NOT comparable" in result.stdout
    assert "no match 3" in " ".join(result.stdout.split())
    with pytest.raises(BackendError, match="has no model: give --lm"):
        scored(path, "--mode", "open")
