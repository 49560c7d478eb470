"""Parity: official and strict counts against plain re-implementations of the published evaluator (see ``official``)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.eval.scored import TextJudge, answer, predicted, sample
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.matchers import StatementMatches
from viddiff.eval.viddiffbench.matching import match_all
from viddiff.eval.viddiffbench.metrics import closed_scores, open_scores
from viddiff.eval.viddiffbench.official import official_closed
from viddiff.eval.viddiffbench.predictions import read_predictions
from viddiff.eval.viddiffbench.scored_items import closed_items

Labels = dict[str, str]
FLIP = {"a": "b", "b": "a", "c": "c"}
KEYS = ("0", "1", "2", "3", "4")

#: VerdictStore as models and people write them: mostly sound, some missing, some odd.
said = st.sampled_from(["a", "b", "a", "b", "c", "A", "", "both", None, 1, ["b"]])
labelled = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["a", "b", "c"]), min_size=1)
splits = st.sampled_from(["easy", "medium", "hard"])


def pairs_of(drawn: list[tuple[Labels, str]], n_open: int = 10) -> list[Sample]:
    statements = {key: f"reference {key}" for key in KEYS}
    return [
        sample(f"p{n}", labels, split=split, n_open=n_open, statements=statements)  # type: ignore[arg-type]  # drawn
        for n, (labels, split) in enumerate(drawn)
    ]


def read(samples: list[Sample], document: list[dict[str, Any]], mode: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.json"
        path.write_text(json.dumps(document))
        return read_predictions(path, samples, mode)


def shares(right: dict[str, list[bool]]) -> dict[str, float]:
    return {split: sum(rows) / len(rows) for split, rows in right.items()}


def plain_closed(samples: list[Sample], document: list[dict[str, Any]], officially: bool) -> dict[str, list[bool]]:
    """Rows with label a or b, one by one: is the answer in the file the label?"""
    right: dict[str, list[bool]] = {}
    for pair, entry in zip(samples, document, strict=True):
        for key, label in pair.labels.items():
            if label == "c":
                continue
            value = entry.get(key, "missing")
            if isinstance(value, dict):
                value = value.get("prediction")
            if value not in ("a", "b", "c", "missing") and officially:
                value = "a"
            right.setdefault(pair.split, []).append(value == label)
    return right


@given(st.data(), st.lists(st.tuples(labelled, splits), min_size=1, max_size=5))
@settings(max_examples=80, deadline=None)
def test_closed_counts_equal_the_plain_ones(data: st.DataObject, drawn: list[tuple[Labels, str]]) -> None:
    samples = pairs_of(drawn)
    value = st.one_of(said, st.fixed_dictionaries({"prediction": said, "description": st.text(max_size=3)}))
    document = [data.draw(st.dictionaries(st.sampled_from(KEYS), value)) for _ in samples]
    scores = closed_scores(samples, read(samples, document, "closed"), n_resamples=2)
    by_official, by_strict = plain_closed(samples, document, True), plain_closed(samples, document, False)
    assert {one.name: one.score for one in scores.official.splits} == shares(by_official)
    assert {one.name: one.score for one in scores.splits} == shares(by_strict)
    macro = [sum(found.values()) / len(found) if found else None for found in (shares(by_official), shares(by_strict))]
    assert (scores.official.macro, scores.macro.score) == (macro[0], macro[1])
    gained = sum(sum(rows) for rows in by_official.values()) - sum(sum(rows) for rows in by_strict.values())
    assert sum(scores.official.differs.values()) == gained, "strict differs where an unreadable answer became an 'a'"


def plain_open(
    samples: list[Sample],
    document: list[dict[str, Any]],
    table: dict[str, str | None],
    opposites: frozenset[tuple[str, str]],
    officially: bool,
    check_opposites: bool,
) -> dict[str, list[bool]]:
    """Rows with label a or b, one by one: was the statement matched by a prediction with the right label?"""
    right: dict[str, list[bool]] = {}
    for pair, entry in zip(samples, document, strict=True):
        offered = list(entry.values())
        if not officially:
            offered = [one for one in offered[: pair.n_differences_open] if one["prediction"] in ("a", "b", "c")]
        for key, label in pair.labels.items():
            reference = f"reference {key}"
            hit = next((one for one in offered if one["description"] == table[reference]), None)
            found = False
            if hit is not None:
                value = hit["prediction"] if hit["prediction"] in ("a", "b", "c") else "a"
                if check_opposites and (reference, hit["description"]) in opposites:
                    value = FLIP[value]
                found = value == label
                if not officially:
                    offered.remove(hit)
            if label != "c":
                right.setdefault(pair.split, []).append(found)
    return right


@given(st.data(), st.lists(st.tuples(labelled, splits), min_size=1, max_size=4), st.integers(0, 5), st.booleans())
@settings(max_examples=100, deadline=None)
def test_open_counts_equal_the_plain_ones(
    data: st.DataObject, drawn: list[tuple[Labels, str]], n_open: int, check_opposites: bool
) -> None:
    samples = pairs_of(drawn, n_open)
    texts = [f"prediction {n}" for n in range(6)]
    table = {f"reference {key}": data.draw(st.sampled_from([None, *texts])) for key in KEYS}
    every = [(reference, text) for reference in table for text in texts]
    opposites = frozenset(data.draw(st.sets(st.sampled_from(every))))
    document = [
        {
            str(number): {"description": text, "prediction": data.draw(said)}
            for number, text in enumerate(data.draw(st.permutations(texts))[: data.draw(st.integers(0, 6))])
        }
        for _ in samples
    ]
    matchings = match_all(samples, read(samples, document, "open"), TextJudge(table, opposites), check_opposites)
    scores = open_scores(samples, matchings, n_resamples=2)
    by_official = plain_open(samples, document, table, opposites, True, check_opposites)
    by_strict = plain_open(samples, document, table, opposites, False, True)
    assert {one.name: one.score for one in scores.official.splits} == shares(by_official)
    assert {one.name: one.score for one in scores.splits} == shares(by_strict)
    n_differ = sum(
        one != other for split in by_strict for one, other in zip(by_strict[split], by_official[split], strict=True)
    )
    assert sum(scores.official.differs.values()) == n_differ
    assert set(scores.official.differs) <= {
        "more predictions than N_diff are used",
        "an unreadable answer counts as 'a'",
        "one prediction is matched to several statements",
        *(["the opposite check is skipped"] if not check_opposites else []),
    }


def test_the_macro_average_is_unweighted() -> None:
    easy, hard = sample("p0", dict.fromkeys(KEYS, "a")), sample("p1", {"0": "a"}, split="hard")
    found = official_closed(closed_items([easy, hard], [answer(easy, key, "a") for key in KEYS]))
    assert found.macro == 0.5
    assert found.micro == pytest.approx(5 / 6)
    assert found.differs == {}


@pytest.mark.parametrize(("status", "counted"), [("failed", 1), ("refused", 1), ("unsure", 0), ("not_measurable", 0)])
def test_only_what_could_not_be_read_becomes_an_a(status: Any, counted: int) -> None:
    pair = sample("p0", {"0": "a"})
    found = official_closed(closed_items([pair], [answer(pair, "0", None, status)]))
    assert found.splits[0].n_correct == counted
    assert found.differs == ({"an unreadable answer counts as 'a'": 1} if counted else {})


def test_rows_of_the_judge_that_failed_count_as_not_found_in_both() -> None:
    class Broken(TextJudge):
        def __call__(
            self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]
        ) -> StatementMatches:
            raise RuntimeError("boom")

    pair = sample("p0", {"0": "a"})
    scores = open_scores([pair], match_all([pair], predicted(pair, [("x", "a")]), Broken({})))
    assert (scores.micro.score, scores.official.micro, scores.official.differs) == (0, 0, {})
