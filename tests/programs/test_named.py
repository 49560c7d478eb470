"""The localizer ``finder``: the frames that an overview named are shown to the differencer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import dspy
import pytest
from dspy import lm15

from tests.programs.test_search import times_of
from tests.programs.test_two_looks import keys_of
from tests.support.loaded import noise_footage
from tests.support.models import judge_reply, proposer_reply
from tests.support.poses import KnownPoses
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.core.settings import Settings
from viddiff.core.types import Outcome, Proposal, Stage
from viddiff.lms import LMs
from viddiff.localizer.localizer import Localizer
from viddiff.programs.statements import parse_differences
from viddiff.programs.viddiff.estimate import estimate_questions
from viddiff.programs.viddiff.finder import Moments
from viddiff.programs.viddiff.finder_strategy import moments_of_stages
from viddiff.programs.viddiff.program import VidDiff
from viddiff.video.loaded import LoadedVideo

GIVEN = parse_differences(["the squat is deeper", "the stance is wider"])
A, B = noise_footage(16, seed=1), noise_footage(12, seed=2)


@pytest.fixture(autouse=True)
def chat_adapter() -> Iterator[None]:
    with dspy.context(adapter=dspy.ChatAdapter(use_json_adapter_fallback=False), trace=[], disable_history=True):
        yield


def names(a: list[float], b: list[float]) -> Callable[[Asked], str]:
    """Names the same moments for every statement."""

    def reply(asked: Asked) -> str:
        if asked.asks_for("found"):
            entry = {"moments_a": a, "moments_b": b, "answer": "a", "confidence": 0.9}
            return chat_reply(found=[{"key": key, **entry} for key in keys_of(asked)])
        return judge_reply() if asked.asks_for("answer") else proposer_reply(asked)

    return reply


def run(reply: Callable[[Asked], str]) -> tuple[Outcome, list[Asked]]:
    lm = scripted_lm(reply)
    program = VidDiff(LMs(lm), localizer=Localizer("finder"), measure=False)
    return program(action="squat", video_a=A, video_b=B, differences=GIVEN).outcome, lm.engine.asked


def test_one_overview_is_asked_and_its_moments_are_shown() -> None:
    outcome, asked = run(names([1.5], [0.5, 2.0]))
    questions = [one for one in asked if one.asks_for("answer")]
    assert [one.asks_for("found") for one in asked].count(True) == 1
    assert len(questions) == len(GIVEN)
    for one in questions:
        assert times_of(one, "A") == [1.5]
        assert set(times_of(one, "B")) >= {0.5, 2.0}
    assert outcome.localization_a.strategy == "finder"
    assert any(segment.start_s == 1.5 for segment in outcome.localization_a.segments)


class SettledFirst(Localizer):
    """Settles the first stages without asking."""

    n_settled = 0

    def stages_to_ask(self, stages: Sequence[Stage], video: LoadedVideo) -> frozenset[str]:
        return frozenset(stage.name for stage in stages[self.n_settled :])


@pytest.mark.parametrize("n_settled", [0, 1, 9])
def test_the_model_names_moments_of_what_is_linked_to_a_stage_that_is_not_settled(n_settled: int) -> None:
    """The first statement is linked to the first stage, the second to the second."""
    localizer = SettledFirst("agreement", poses=KnownPoses({}))
    localizer.n_settled = n_settled
    lm = scripted_lm(names([1.5], [0.5]))
    VidDiff(LMs(lm), localizer=localizer, measure=False)(action="squat", video_a=A, video_b=B, differences=GIVEN)
    overviews = [one for one in lm.engine.asked if one.asks_for("found")]
    asked = [[one.statement in overview.prompt for one in GIVEN] for overview in overviews]
    assert asked == {0: [[True, True]], 1: [[False, True]], 9: []}[n_settled]
    shown = [times_of(one, "A") == [1.5] for one in lm.engine.asked if one.asks_for("answer")]
    assert sum(shown) == max(0, 2 - n_settled)


def test_what_is_not_seen_is_shown_by_stage() -> None:
    _, asked = run(names([], [0.5]))
    for one in (one for one in asked if one.asks_for("answer")):
        assert times_of(one, "A")
        assert times_of(one, "B") == [0.5]


def test_an_overview_that_fails_is_told_and_stages_of_equal_length_serve() -> None:
    def fails(asked: Asked) -> str:
        if asked.asks_for("found"):
            raise lm15.ServerError("down")
        return names([], [])(asked)

    outcome, _ = run(fails)
    lengths = {segment.stop_s - segment.start_s for segment in outcome.localization_a.segments}
    assert lengths == {1.0}
    assert any("No moments were found" in notice for notice in outcome.notices)
    assert {finding.verdict.status for finding in outcome.differences} == {"answered"}


def test_the_plan_holds_the_overview() -> None:
    settings = Settings(lm="openai/gpt-4o", localizer="finder")
    _, asked = run(names([1.5], [0.5]))
    shown = [one for one in asked if one.images]
    (_, vision) = estimate_questions(settings, A, B, GIVEN).roles
    (_, without) = estimate_questions(settings.model_copy(update={"localizer": "uniform"}), A, B, GIVEN).roles
    assert vision.calls == len(shown) == without.calls + 1
    assert vision.images >= sum(len(one.images) for one in shown)
    assert vision.cost_usd is not None
    assert without.cost_usd is not None
    assert vision.cost_usd > without.cost_usd


def test_a_stage_has_the_moments_of_its_own_differences_first() -> None:
    stages = tuple(Stage(name=name, description=name) for name in ("down", "up", "end"))
    links = {"0": ("down",), "1": ("down", "up"), "2": ("down", "up")}
    proposal = Proposal(differences=parse_differences(["x is", "y is", "z is"]), stages=stages, links=links)
    moments = {"0": Moments(a=(1.0,)), "1": Moments(a=(1.5, 3.0)), "2": Moments(b=(2.0,))}
    assert moments_of_stages(proposal, moments, "a") == [(1.0,), (1.5, 3.0), ()]
    assert moments_of_stages(proposal, moments, "b") == [(2.0,), (2.0,), ()]
