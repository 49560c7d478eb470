"""The captioner: what it shows and asks, and what becomes of each answer."""

from __future__ import annotations

from typing import Any

import pytest
from dspy import lm15

from tests.programs.stepdiff.answers import StepReader, names_shown
from tests.support.loaded import noise_footage
from tests.support.scripted import Asked, labels_of, scripted_lm
from viddiff.core.errors import BackendError
from viddiff.core.settings import ModelLimits
from viddiff.lms import LMs
from viddiff.programs.stepdiff.captioner import StepCaptioner
from viddiff.programs.stepdiff.results import CategoryDifferences

VIDEOS = {"reference": noise_footage(12, seed=1), "candidate": noise_footage(12, seed=2)}
CATEGORIES = ("Ingredients", "Technique")


def run(answer: Any, table: Any = None, **options: Any) -> tuple[dict[str, CategoryDifferences], list[Asked]]:
    """The differences by category, and what was asked."""
    lm = scripted_lm(answer)
    program = StepCaptioner(LMs(lm, table=table), **options)
    found = program(step="squat", **VIDEOS, categories=CATEGORIES).categories
    return {one.category: one for one in found}, lm.engine.asked


def test_three_calls_find_differences_and_check_them_in_both_orders() -> None:
    found, asked = run(StepReader(VIDEOS))
    assert (len(asked), len(asked[0].images)) == (3, 16)
    orders = sorted(names_shown(one, VIDEOS) for one in asked[1:])
    assert orders == [["candidate", "reference"], ["reference", "candidate"]]
    assert labels_of(asked[0])[0].startswith("Video A, frame 1 of 8")
    assert (found["Ingredients"].differences, found["Ingredients"].failed) == ((), False)
    (one,) = found["Technique"].differences
    assert (one.difference, one.severity) == (StepReader.DIFFERENCE, 2)
    # Frame 99 was never shown.
    assert (len(one.frames_reference), len(one.frames_candidate)) == (1, 1)
    assert one.check is not None
    assert one.check.outcome == "holds"
    assert one.check.contrast == pytest.approx(0.8)


def test_what_is_said_to_be_true_of_both_orders_is_undirected() -> None:
    found, _ = run(StepReader(VIDEOS, agrees=True))
    check = found["Technique"].differences[0].check
    assert check is not None
    assert (check.outcome, check.contrast) == ("undirected", 0.0)


def test_a_category_that_was_left_out_is_asked_for_again_and_then_has_failed() -> None:
    found, asked = run(StepReader(VIDEOS, left_out="Ingredients"))
    assert [one.asks_for("entries") for one in asked] == [True, True, True, False, False]
    assert (found["Ingredients"].failed, found["Ingredients"].fault) == (True, "garbled")
    assert not found["Technique"].failed


def test_a_check_that_fails_leaves_its_difference_without_an_opinion() -> None:
    def answer(asked: Asked) -> str:
        if asked.asks_for("checks"):
            raise lm15.ServerError("down")
        return StepReader(VIDEOS)(asked)

    check = run(answer)[0]["Technique"].differences[0].check
    assert check is not None
    assert (check.outcome, check.fault, check.contrast) == ("failed", "server", None)


def test_a_call_that_fails_is_a_failure_of_every_category_and_never_no_difference() -> None:
    def answer(asked: Asked) -> str:
        raise lm15.ServerError("down")

    found, _ = run(answer)
    assert {one.fault for one in found.values()} == {"server"}
    assert all(one.retryable for one in found.values())


def test_a_refused_key_ends_the_asking() -> None:
    def answer(asked: Asked) -> str:
        raise lm15.AuthError("no")

    with pytest.raises(BackendError):
        run(answer)


def test_clips_fit_a_model_that_takes_few_images() -> None:
    _, asked = run(StepReader(VIDEOS), table={"scripted/*": ModelLimits(max_images=5)}, checks=False)
    assert [len(one.images) for one in asked] == [4]


def test_a_state_that_an_earlier_version_saved_is_loaded() -> None:
    """It called the verifier a checker."""
    state = StepCaptioner().dump_state()
    for value in state.values():
        value["signature"]["instructions"] = "Look."
    program = StepCaptioner()
    program.load_state({name.replace("verifier.", "checker."): value for name, value in state.items()})
    assert {one.signature.instructions for one in program.predictors()} == {"Look."}
