"""Statements that the grammar understands, statements that it must refuse, and what it does with anything else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.motion.grammar.notation import told
from viddiff.core.texts import MARKER
from viddiff.motion.grammar import measurement_of
from viddiff.motion.grammar.lexicon import ENTRIES
from viddiff.motion.grammar.movements import NAMES
from viddiff.motion.measurement.spec import MeasurementSpec, NotMeasurable

HERE = Path(__file__).parent


def rows(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(("action", "statement", "measurement"), rows("statements.txt"))
def test_understood(action: str, statement: str, measurement: str) -> None:
    found = measurement_of(statement, action)
    assert isinstance(found, MeasurementSpec), found
    assert told(found) == measurement


@pytest.mark.parametrize(("action", "statement", "word"), rows("refusals.txt"))
def test_refused(action: str, statement: str, word: str) -> None:
    found = measurement_of(statement, action)
    assert isinstance(found, NotMeasurable)
    assert word in found.why
    assert found.why.endswith(".")


SQUATS = (
    "squat",
    "Squats",
    "bodyweight squat",
    "A man does squats.",
    "a person doing air squats with a ball",
    "barbell back squat",
)


@pytest.mark.parametrize("action", SQUATS)
@pytest.mark.parametrize(
    "statement",
    [
        "the squat is deeper",
        "the squats are performed faster",
        "more squats are completed",
        "the knees are further apart at the bottom",
        "the knees bend more",
        "the torso is more upright",
        "the hands are lower while standing",
        "the pause at the bottom is longer",
        "the descent is slower",
        "the ball is lower",
        "the motion is faster",
    ],
)
def test_the_wording_of_the_action_changes_nothing(statement: str, action: str) -> None:
    assert measurement_of(statement, action) == measurement_of(statement, "squat")


@pytest.mark.parametrize(
    ("statement", "action"),
    [
        ("the ball is higher", "kick the ball"),
        ("the ball is higher", "ball kicking"),
        ("the table is lower", "walking to a table"),
        ("the racket is faster", "tennis serve with a racket"),
        ("the jump shot is higher", "basketball"),
    ],
)
def test_what_an_action_is_done_with_stays_unknown(statement: str, action: str) -> None:
    assert isinstance(measurement_of(statement, action), NotMeasurable)


def test_the_action_lends_its_name() -> None:
    found = measurement_of("the door opening is faster", "door opening")
    assert isinstance(found, MeasurementSpec)
    assert told(found) == "lower action_time"
    assert isinstance(measurement_of("the door opening is faster", "yoga"), NotMeasurable)


@pytest.mark.parametrize("action", ["walking", "soccer ball juggling", "a man runs on a treadmill"])
def test_what_goes_on_and_on_is_no_slower_where_it_is_longer(action: str) -> None:
    assert isinstance(measurement_of("the movement is faster", action), NotMeasurable)
    found = measurement_of("it takes longer", action)
    assert isinstance(found, MeasurementSpec)
    assert told(found) == "higher action_time"


def test_without_a_movement_top_and_bottom_are_not_known() -> None:
    statement = "the knees are more bent at the bottom"
    assert isinstance(measurement_of(statement, "dance"), NotMeasurable)
    assert isinstance(measurement_of(statement, "squat then push-up"), NotMeasurable)
    named = measurement_of("the knees are more bent at the bottom of the squat", "squat then push-up")
    assert isinstance(named, MeasurementSpec)
    assert told(named) == "lower knee_angle at min hip_height"


@pytest.mark.parametrize(
    ("statement", "measurement"),
    [
        ("the arm is raised higher during the recovery", "higher hand_height either at stage 'Recovery'"),
        (
            "while standing at the table the feet are wider apart",
            "higher stance_width at stage 'standing at the table'",
        ),
        ("the movement is faster", "lower action_time"),
        ("the knees bend more", "lower knee_angle at min knee_angle"),
    ],
)
def test_stages_are_named_only_as_times(statement: str, measurement: str) -> None:
    stages = ("Recovery", "standing at the table", "movement", "knees bend", "pause")
    found = measurement_of(statement, "yoga", stages)
    assert isinstance(found, MeasurementSpec), found
    assert told(found) == measurement


OPPOSITES = [
    ("the knees bend more", "the knees bend less"),
    ("the squat is deeper", "the squat is shallower"),
    ("the squat is deeper", "the squat is less deep"),
    ("the feet are wider apart", "the feet are closer together"),
    ("the arms are raised higher", "the arms are raised less high"),
    ("more squats are done", "fewer squats are done"),
    ("there is a pause at the bottom", "there is no pause at the bottom"),
    ("the torso leans forward more", "the torso leans forward less"),
    ("the squats are faster", "the squats are slower"),
    ("the knees are bent", "the knees are not bent"),
]


@pytest.mark.parametrize(("statement", "opposite"), OPPOSITES)
def test_opposites_differ_in_their_direction_alone(statement: str, opposite: str) -> None:
    one, other = measurement_of(statement, "squat"), measurement_of(opposite, "squat")
    assert isinstance(one, MeasurementSpec)
    assert isinstance(other, MeasurementSpec)
    assert one.more != other.more
    assert one.model_copy(update={"more": other.more}) == other


LEXICON = sorted({" ".join(words) for words in (*ENTRIES, *NAMES)} | {"(", ")", "ball", "'s"})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(LEXICON), max_size=12).map(" ".join), st.text(max_size=60))
def test_any_words_of_the_lexicon_are_read_or_refused(statement: str, action: str) -> None:
    assert isinstance(measurement_of(statement, action, [action]), (MeasurementSpec, NotMeasurable))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=600), st.text(max_size=600), st.lists(st.text(max_size=40), max_size=4))
def test_any_text_is_read_or_refused(statement: str, action: str, stages: list[str]) -> None:
    assert isinstance(measurement_of(statement, action, stages), (MeasurementSpec, NotMeasurable))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([row[1] for row in rows("statements.txt")]),
    st.sampled_from(["ball", "table", "fingers", "zzz", MARKER + "START", "éclair", "than", "purple"]),
    st.integers(0, 12),
)
def test_a_word_that_is_not_understood_refuses_the_whole(statement: str, word: str, place: int) -> None:
    words = statement.split()
    spoilt = " ".join([*words[:place], word, *words[place:]])
    assert isinstance(measurement_of(spoilt, "squat"), NotMeasurable)


@pytest.mark.parametrize("text", ["", " ", "...", "()", "(", "the", MARKER + "START-IDENTIFIER>>[]", "\x00", "🏋️ 🏋️"])
def test_what_says_nothing_is_refused(text: str) -> None:
    assert isinstance(measurement_of(text, text), NotMeasurable)


def test_long_texts_cost_no_more_than_their_length() -> None:
    phrase = "the knees bend more at the bottom of the "
    began_s = time.perf_counter()
    for text in (phrase * 250, "(" * 10_000, "a" * 10_000, "not " * 2_500, "the " * 2_500):
        assert isinstance(measurement_of(text, text, [text]), NotMeasurable)
    assert time.perf_counter() - began_s < 1.0


def test_twelve_times_as_long_a_sentence_takes_no_more_than_forty_times_as_long() -> None:
    def least_s(statement: str) -> float:
        def once_s() -> float:
            began_s = time.perf_counter()
            measurement_of(statement, "squat")
            return time.perf_counter() - began_s

        return min(once_s() for _ in range(20))

    assert least_s("the very own feet just are " * 18) < 40 * least_s("the very own feet just are ") + 1e-3
