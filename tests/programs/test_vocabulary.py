"""Statements that can be measured are understood, and all others are not."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from viddiff.programs.viddiff.vocabulary import STATEMENTS, Kind, Meaning, Unclear, meaning_of, noun_of

TAXONOMY = Path(__file__).resolve().parents[2] / ".." / "shared" / "viddiffbench" / "difference_taxonomy.csv"


@pytest.mark.parametrize(
    ("statement", "kind", "sign"),
    [
        ("the squat is faster", "pace", 1),
        ("The squats are slower.", "pace", -1),
        ("the speed of the whole motion is faster", "pace", 1),
        ("the speed is higher", "pace", 1),
        ("the tempo is lower", "pace", -1),
        ("a slower pace", "pace", -1),
        ("the motion is less slow", "pace", 1),
        ("the squats are performed more quickly", "pace", 1),
        ("the bodyweight squat is less fast", "pace", -1),
        ("the squat takes longer", "pace", -1),
        ("each squat is slower", "pace", -1),
        ("every repetition takes less time", "pace", 1),
        ("the squat takes less time", "pace", 1),
        ("the repetitions take longer", "pace", -1),
        ("the action takes longer", "duration", 1),
        ("it takes less time", "duration", -1),
        ("the whole exercise lasts longer", "duration", 1),
        ("the duration is shorter", "duration", -1),
        ("more repetitions are completed", "count", 1),
        ("fewer squats are performed in the clip", "count", -1),
        ("the number of repetitions is lower", "count", -1),
        ("there is a pause", "pause", 1),
        ("there is no pause", "pause", -1),
        ("the person pauses longer", "pause", 1),
        ("a shorter pause", "pause", -1),
        ("there are more pauses", "pauses", 1),
        ("fewer pauses are made", "pauses", -1),
        ("they pause less often", "pauses", -1),
        ("the squat is deeper", "lowering", 1),
        ("the squat is shallower", "lowering", -1),
        ("the body gets lower", "lowering", 1),
    ],
)
def test_measurable(statement: str, kind: Kind, sign: int) -> None:
    assert meaning_of(statement, "a bodyweight squat with a bar") == Meaning(kind, 1 if sign > 0 else -1)


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("the speed of hip rotation is faster", "'hip'"),
        ("the squat is faster at the bottom", "'bottom'"),
        ("during the first squat the motion is faster", "'first'"),
        ("the motion is not faster", "'not'"),
        ("the motion isn't faster", '"isn\'t"'),
        ("the hands are lower", "'hands'"),
        ("the lower body is faster", "'lower-body'"),
        ("the head gets lower", "'head'"),
        ("the knee bend is deeper", "'knee'"),
        ("the foot moves faster", "'foot'"),
        ("the motion is smoother", "'smoother'"),
        ("the motion is faster but the pause is longer", "'but'"),
        ("the motion is faster than usual", "'than'"),
        ("the ball is faster", "'ball'"),
        ("the body moves more from side to side", "'from'"),
        ("les genoux sont pliés", "'les'"),
    ],
)
def test_words_that_are_not_understood(statement: str, word: str) -> None:
    found = meaning_of(statement, "squat with a ball")
    assert isinstance(found, Unclear)
    assert word in found.reason


@pytest.mark.parametrize(
    "statement",
    ["", "the squat", "the pace", "faster, slower", "faster slower", "more", "the body is lower", "more less squats"],
)
def test_no_quantity_or_no_direction(statement: str) -> None:
    assert isinstance(meaning_of(statement, "squat"), Unclear)


@pytest.mark.parametrize(
    ("action", "noun"),
    [
        ("bodyweight squat", ["bodyweight", "squat"]),
        ("a push-up", ["push", "up"]),
        ("Jumping jacks", ["jumping", "jack"]),
        ("deadlift with a barbell", ["deadlift"]),
        ("walking to a table, standing at it and leaving", None),
        ("the exercise", None),
        ("", None),
    ],
)
def test_the_noun_of_an_action(action: str, noun: list[str] | None) -> None:
    assert noun_of(action) == noun


def test_a_noun_of_two_words_is_read_as_one() -> None:
    assert meaning_of("the push-ups are faster", "push-up") == Meaning("pace", 1)
    assert meaning_of("more push ups are completed", "push-up") == Meaning("count", 1)
    assert isinstance(meaning_of("goes up faster", "push-up"), Unclear)


def test_own_statements_mean_their_kind() -> None:
    for kind, (_, statement) in STATEMENTS.items():
        assert meaning_of(statement, "squat") == Meaning(kind, 1)


def test_of_the_benchmark_only_whole_motions_are_measurable() -> None:
    if not TAXONOMY.exists():
        pytest.skip("shared/viddiffbench is not here")
    with TAXONOMY.open(encoding="utf-8", newline="") as file:
        rows = [(row["action"], row["description"]) for row in csv.DictReader(file)]
    measurable = [row for row in rows if isinstance(meaning_of(row[1], row[0]), Meaning)]
    assert len(rows) == 148
    assert measurable == [
        ("fitness_1", "the motion is faster"),
        ("fitness_2", "the entire motion is faster"),
        ("fitness_4", "the speed of the whole motion is faster"),
        ("fitness_5", "the speed of the whole motion is faster"),
        ("fitness_7", "the motion is faster"),
    ]
