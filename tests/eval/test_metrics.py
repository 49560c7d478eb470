"""Closed accuracy and its company, on cases counted by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.eval.scored import TextJudge, answer, predicted, sample
from viddiff.core.errors import InputError
from viddiff.eval.viddiffbench.dataset import AnswerRow, Sample
from viddiff.eval.viddiffbench.matching import match_all
from viddiff.eval.viddiffbench.metrics import ClosedScores, OpenScores, closed_scores, open_scores, topic_of

TAXONOMY = Path(__file__).resolve().parents[2] / ".." / "shared" / "viddiffbench" / "difference_taxonomy.csv"

FIRST = sample("p0", {"0": "a", "1": "b", "2": "c"})
SECOND = sample("p1", {"0": "b", "1": "a"}, statements={"1": "the motion is faster"})
THIRD = sample("p2", {"0": "b"}, action="fitness_3")
OTHER = sample("q0", {"0": "a", "1": "a"}, split="hard", action="music_0", domain="music")
SAMPLES = [FIRST, SECOND, THIRD, OTHER]


def rows() -> list[AnswerRow]:
    """Of seven rows with label a or b: two right in easy (of five), one in hard (of two)."""
    return [
        answer(FIRST, "0", "a", confidence=0.9),
        answer(FIRST, "1", "c", confidence=0.8),
        answer(FIRST, "2", "c"),
        answer(SECOND, "0", "b"),
        answer(SECOND, "1", None, "refused"),
        answer(OTHER, "0", "b", confidence=0.6),
        answer(OTHER, "1", "a", confidence=0.6),
    ]


def test_accuracy_is_pooled_by_split_and_averaged_over_the_splits_that_are_there() -> None:
    scores = closed_scores(SAMPLES, rows())
    assert [(split.name, split.n, split.n_correct) for split in scores.splits] == [("easy", 5, 2), ("hard", 2, 1)]
    assert scores.macro.splits == ("easy", "hard")
    assert scores.macro.score == pytest.approx((2 / 5 + 1 / 2) / 2)
    assert scores.micro.score == pytest.approx(3 / 7)
    assert scores.micro.n_pairs == 4
    assert scores.micro.p_value == pytest.approx(1.0)
    assert {action.name: action.score for action in scores.actions} == {
        "fitness_0": 0.5,
        "fitness_3": 0,
        "music_0": 0.5,
    }
    assert {domain.name: domain.n for domain in scores.domains} == {"fitness": 5, "music": 2}


def test_every_row_ends_somewhere_and_what_has_no_answer_bounds_the_score() -> None:
    micro = closed_scores(SAMPLES, rows()).micro
    assert micro.outcomes == {"correct": 3, "said_c": 1, "refused": 1, "missing": 1, "wrong": 1}
    assert sum(micro.outcomes.values()) == micro.n
    assert sum(micro.part(outcome) for outcome in micro.outcomes) == pytest.approx(1)
    assert micro.best_case == pytest.approx(5 / 7)
    failures = closed_scores(SAMPLES, rows()).failures
    assert [(f.sample_key, f.difference_key, f.outcome) for f in failures] == [
        ("p1", "1", "refused"),
        ("p2", "0", "missing"),
    ]


@pytest.mark.parametrize("status", ["unsure", "failed", "refused", "not_measurable"])
def test_an_answer_that_is_not_stood_by_is_not_correct_and_counted_apart(status: str) -> None:
    row = AnswerRow.model_validate(answer(THIRD, "0", "b").model_dump() | {"status": status})
    micro = closed_scores([THIRD], [row]).micro
    assert (micro.score, micro.best_case, micro.outcomes) == (0, 1, {status: 1})


def test_three_way_accuracy_counts_c_rows_too() -> None:
    scores = closed_scores(SAMPLES, rows())
    assert (scores.three_way.n, scores.three_way.n_correct) == (8, 4)
    assert scores.three_way.p_value is None


def test_difference_types_are_told_apart_by_action() -> None:
    found = {one.name: (one.n, one.n_correct) for one in closed_scores(SAMPLES, rows()).differences}
    assert found["fitness_0/0"] == (2, 2)
    assert found["music_0/0"] == (1, 0)
    assert closed_scores(SAMPLES, rows()).differences[0].p_value == pytest.approx(0.5)
    assert set(found) == {"fitness_0/0", "fitness_0/1", "fitness_3/0", "music_0/0", "music_0/1"}


def test_speed_is_set_against_the_rest() -> None:
    found = {one.name: one.n for one in closed_scores(SAMPLES, rows()).topics}
    assert found == {"other": 6, "speed or duration": 1}


@pytest.mark.parametrize(
    ("statement", "timed"),
    [
        ("the speed of hip rotation is faster", True),
        ("The stitch is tied more quickly", True),
        ("the squat takes noticeably longer", True),
        ("there is a pause at the bottom", True),
        ("more time is spent in the air", True),
        ("the stride is longer", False),
        ("one finger rests on a string at a time", False),
        ("the breakfast is larger", False),
        ("the hands are held higher", False),
    ],
)
def test_what_is_about_time(statement: str, timed: bool) -> None:
    assert topic_of(statement) == ("speed or duration" if timed else "other")


@pytest.mark.skipif(not TAXONOMY.exists(), reason="the difference types of VidDiffBench are not beside the repository")
def test_the_difference_types_of_the_benchmark_that_are_about_time() -> None:
    with TAXONOMY.open(newline="", encoding="utf-8") as file:
        found = [
            f"{r['action']}/{r['diff_key']}" for r in csv.DictReader(file) if topic_of(r["description"]) != "other"
        ]
    expected = (
        "diving_0/2 diving_0/3 fitness_0/2 fitness_1/8 fitness_2/5 fitness_2/8 fitness_3/5 fitness_4/4 fitness_5/3 "
        "fitness_6/2 fitness_7/8 music_0/3 surgery_0/1 surgery_1/0 surgery_1/10"
    )
    assert " ".join(found) == expected


def test_confidence_is_judged_on_rows_with_label_a_or_b() -> None:
    known = closed_scores(SAMPLES, rows()).reliability
    assert known is not None
    assert known.n == 4
    assert known.ece == pytest.approx((abs(1 - 0.9) + abs(0 - 0.8) + abs(1 - 1.2)) / 4)
    assert closed_scores([THIRD], []).reliability is None


def test_nothing_to_score_has_no_score() -> None:
    only_c = sample("p9", {"0": "c"})
    scores = closed_scores([only_c], [answer(only_c, "0", "c")])
    assert (scores.macro.score, scores.micro.score, scores.micro.interval, scores.micro.p_value) == (None,) * 4
    assert scores.official.macro is None
    assert scores.three_way.score == 1
    assert closed_scores([], []).micro.n == 0


def test_a_control_brings_its_own_labels() -> None:
    # Videos exchanged: what was "a" in the data is "b" in the run.
    row = answer(THIRD, "0", "a", label="a")
    assert closed_scores([THIRD], [row]).micro.score == 1


def test_rows_that_do_not_belong_are_refused() -> None:
    with pytest.raises(InputError, match="difference '0' of pair 'p2', which the data do not label"):
        closed_scores([FIRST], [answer(THIRD, "0", "a")])
    with pytest.raises(InputError, match="Difference '0' of pair 'p2' is answered twice"):
        closed_scores([THIRD], [answer(THIRD, "0", "a"), answer(THIRD, "0", "b")])


def test_a_result_is_a_document_and_depends_on_the_seed_alone() -> None:
    scores = closed_scores(SAMPLES, rows())
    assert ClosedScores.model_validate_json(scores.model_dump_json()) == scores
    assert closed_scores(SAMPLES, rows()[::-1]) == scores


def open_pairs() -> tuple[list[Sample], list[AnswerRow], TextJudge]:
    samples = [FIRST, SECOND, OTHER]
    rows = [
        *predicted(FIRST, [("deep", "a"), ("wide", "c"), ("far", "b")]),
        *predicted(SECOND, [("quick", "b"), ("lost", None)]),
    ]
    judge = TextJudge({"statement 0": "deep", "statement 1": "wide", "the motion is faster": "quick"})
    return samples, rows, judge


def test_recall_and_its_error_parts_sum_to_one() -> None:
    samples, rows, judge = open_pairs()
    scores = open_scores(samples, match_all(samples, rows, judge))
    assert scores.micro.outcomes == {"correct": 1, "said_c": 1, "no_match": 3, "flipped": 1}
    assert sum(scores.micro.part(outcome) for outcome in scores.micro.outcomes) == pytest.approx(1)
    assert scores.micro.score == pytest.approx(1 / 6)
    assert scores.macro.score == pytest.approx((1 / 4 + 0) / 2)
    assert scores.micro.p_value is None
    assert (scores.n_predictions, scores.n_cut, scores.n_unanswered, scores.comparable) == (5, 0, 1, True)
    assert OpenScores.model_validate_json(scores.model_dump_json()) == scores


def test_a_pair_that_was_never_matched_is_missing() -> None:
    samples, rows, judge = open_pairs()
    scores = open_scores(samples, match_all(samples[:1], rows[:3], judge))
    assert scores.micro.outcomes == {"correct": 1, "said_c": 1, "missing": 4}
    with pytest.raises(InputError, match="do not belong to the data"):
        open_scores(samples[1:], match_all(samples[:1], rows[:3], judge))
