"""Optimizers, metrics and examples of the caller's own in ``viddiff.optimize.compile``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.optimize.compilations import data_in, everything, examples_of, fakes
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.optimize import compile as compile_program
from viddiff.optimize.examples import Examples
from viddiff.optimize.metrics import as_metric
from viddiff.optimize.request import request_of
from viddiff.optimize.sources import divide, group_of
from viddiff.programs.differencer import Differencer
from viddiff.video import FrameStore

SETTINGS = Settings(attempts=1, threads=2, cache=False)
STORE = FrameStore(None)


@pytest.fixture(autouse=True)
def frames_at_hand() -> Iterator[None]:
    with dspy.context(frame_stores=[STORE]):
        yield


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return examples_of(data_in(tmp_path_factory.mktemp("pairs")), STORE)


def right(gold: dspy.Example, pred: dspy.Prediction, trace: object = None) -> bool:
    return bool(pred.answer == gold.answer)


def test_an_optimizer_object_and_a_metric_compile_given_examples(examples: Examples) -> None:
    lms = fakes(examples)
    given = {"train": examples.train, "val": examples.val, "test": examples.test}
    optimizer = dspy.BootstrapFewShot(metric=right, max_bootstrapped_demos=4, max_labeled_demos=0)
    made = compile_program(
        "differencer", given, lms=lms, optimizer=optimizer, metric=right, settings=SETTINGS, keep_anyway=True
    )
    assert isinstance(made, Differencer)
    card = made.artifact.card
    assert (card.optimizer, card.metric, card.data, card.split) == ("BootstrapFewShot", "right", "examples", "given")
    assert [score.name for score in card.scores] == ["right", "right"]
    assert card.scores[1].n == len(examples.test)
    assert made.judge.predict.demos
    assert (card.n_train, card.n_val) == (
        len({one.sample_key for one in examples.train}),
        len({one.sample_key for one in examples.val}),
    )


def test_frames_that_are_in_no_store_are_an_error_and_nothing_is_asked(examples: Examples) -> None:
    with dspy.context(frame_stores=[]), pytest.raises(InputError, match="is in no open frame store"):
        Differencer()(**examples.train[0].inputs())


def test_bare_examples_are_divided_so_that_what_shows_the_same_frames_stays_together(examples: Examples) -> None:
    bare = [
        dspy.Example(**{name: one[name] for name in ("action", "video_a", "video_b", "statement", "answer")})
        for one in everything(examples)
    ]
    wanted = request_of(component="differencer", by="pair")
    parts = divide(bare, wanted)
    groups = [{group_of(one, "pair") for one in part} for part in parts.values()]
    assert all(groups)
    assert sum(map(len, groups)) == len(set.union(*groups))
    assert divide(list(reversed(bare)), wanted).keys() == parts.keys()
    made = compile_program(
        "differencer", bare, lms=fakes(examples), by="pair", optimizer="labeled", options={"k": 2}, settings=SETTINGS
    )
    assert made.artifact.card.scores[0].before is not None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"optimizer": object()}, "optimizer cannot be object"),
        ({"metric": lambda gold, pred: 7}, "The metric returned 7: scores must be from 0 to 1"),
        ({"data": [dspy.Example(action="squat")]}, "three parts need at least three"),
        ({"data": {"train": [dspy.Example(action="squat")]}}, "An example of train has no 'video_a'"),
        ({"data": {}}, "needs 3 train examples or more"),
    ],
)
def test_what_cannot_be_is_one_sentence(change: dict[str, Any], says: str, examples: Examples) -> None:
    data = {"train": examples.train, "val": examples.val, "test": examples.test}
    with pytest.raises((UsageError, InputError), match=says):
        compile_program(
            "differencer",
            **{"data": data, "lms": fakes(examples), "settings": SETTINGS, **change},
        )


@pytest.mark.parametrize(
    ("given", "score", "text"),
    [
        (lambda gold, pred: True, 1.0, "The score is 1 of 1."),
        (lambda gold, pred, trace: 0.25, 0.25, "The score is 0.25 of 1."),
        (
            lambda gold, pred, trace, pred_name, pred_trace: dspy.Prediction(score=0.5, feedback="Look closer."),
            0.5,
            "Look closer.",
        ),
    ],
)
def test_metrics_of_every_form_are_taken(given: Any, score: float, text: str) -> None:
    found = as_metric(given)(dspy.Example(), dspy.Prediction())
    assert (found.score, found.text) == (score, text)


def test_plain_dspy_takes_the_metric_and_the_examples(own_place: Path) -> None:
    from viddiff import optimize

    folder = data_in(own_place)
    pairs = optimize.load_examples("differencer", folder[2], by="pair")
    assert len(pairs.train) > len(pairs.val) > 0
    metric = optimize.metric("differencer")
    found = metric(pairs.test[0], dspy.Prediction(answer=pairs.test[0].answer))
    assert found.score == 1.0
    assert "The right answer to" in found.feedback
    assert [set(one.inputs().keys()) for one in optimize.load_examples("proposer", folder[2], by="pair").train] == [
        {"action", "n_differences"}
    ] * 2
