"""Several opinions on one statement become one answer with a probability that means what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viddiff.core.types import Answer
from viddiff.programs.viddiff.calibration import (
    ANSWERS,
    Opinion,
    Opinions,
    Weights,
    calibration_error,
    decide,
    fit,
    is_doubtful,
)

_OTHER: dict[Answer, Answer] = {"a": "b", "b": "a", "c": "c"}
opinions = st.builds(
    Opinion,
    answer=st.sampled_from(ANSWERS),
    confidence=st.none() | st.floats(0, 1),
    size=st.sampled_from([None, "none", "slight", "clear", "large"]),
)
opinions_of_one = st.builds(
    Opinions, impression=st.none() | opinions, verdict=st.none() | opinions, second=st.none() | opinions
)


@given(opinions)
def test_an_opinion_is_a_distribution_whose_answer_is_likeliest(opinion: Opinion) -> None:
    shares = opinion.distribution()
    assert shares.sum() == pytest.approx(1)
    assert shares.min() > 0
    if opinion.confidence is None or opinion.confidence > 0.5:
        assert ANSWERS[int(shares.argmax())] == opinion.answer


def swap(opinion: Opinion | None) -> Opinion | None:
    return opinion and opinion.model_copy(update={"answer": _OTHER[opinion.answer]})


@given(opinions_of_one)
def test_with_the_videos_exchanged_every_decision_turns(said: Opinions) -> None:
    turned = Opinions(impression=swap(said.impression), verdict=swap(said.verdict), second=swap(said.second))
    one, other = decide(said), decide(turned)
    if one is None or other is None:
        assert one is other is None
        return
    a, b, c = one.probabilities
    assert other.probabilities == pytest.approx((b, a, c))
    assert one.confidence == pytest.approx(max(a, b, c))


def test_two_that_agree_are_surer_than_one_and_two_that_differ_less_so() -> None:
    says_a = Opinion(answer="a", confidence=0.8, size="clear")
    alone = decide(Opinions(verdict=says_a))
    agreed = decide(Opinions(verdict=says_a, impression=says_a))
    torn = decide(Opinions(verdict=says_a, impression=Opinion(answer="b", confidence=0.8)))
    assert alone is not None
    assert agreed is not None
    assert torn is not None
    assert agreed.confidence > alone.confidence > torn.confidence
    assert agreed.answer == "a"


def test_a_slight_difference_of_a_model_that_is_not_sure_is_none() -> None:
    slight = Opinion(answer="a", confidence=0.4, size="slight")
    decision = decide(Opinions(verdict=slight, impression=Opinion(answer="c", confidence=0.6)))
    assert decision is not None
    assert decision.answer == "c"


def test_what_is_unsure_or_contradicts_itself_deserves_another_look() -> None:
    sure = Opinion(answer="a", confidence=0.95, size="clear")
    for said, doubtful in (
        (Opinions(verdict=sure, impression=sure), False),
        (Opinions(verdict=sure, impression=Opinion(answer="b", confidence=0.4)), True),
        (Opinions(verdict=sure, impression=sure, measured=Opinion(answer="b", confidence=0.96)), True),
        (Opinions(verdict=Opinion(answer="c", confidence=0.4)), True),
    ):
        decision = decide(said)
        assert decision is not None
        assert is_doubtful(said, decision, 0.7) is doubtful


def simulated(n: int, rng: np.random.Generator, accuracy: float) -> tuple[list[Opinions], list[Answer]]:
    """Impressions that are noise and verdicts that are right in ``accuracy`` of the cases and say 0.9 always."""
    found: list[Opinions] = []
    labels: list[Answer] = []
    for _ in range(n):
        label: Answer = ANSWERS[int(rng.integers(3))]
        right = rng.random() < accuracy
        said: Answer = label if right else ANSWERS[(ANSWERS.index(label) + int(rng.integers(1, 3))) % 3]
        noise: Answer = ANSWERS[int(rng.integers(3))]
        found.append(
            Opinions(impression=Opinion(answer=noise, confidence=0.9), verdict=Opinion(answer=said, confidence=0.9))
        )
        labels.append(label)
    return found, labels


def test_fitting_unlearns_a_source_of_noise_and_calibrates_on_pairs_never_seen() -> None:
    rng = np.random.default_rng(1)
    train, train_labels = simulated(300, rng, 0.75)
    test, test_labels = simulated(300, rng, 0.75)
    weights = fit(train, train_labels)
    assert weights.impression < 0.15
    assert weights.verdict > 0.4

    def error(of: Weights | None) -> float:
        decisions = [decide(said, of) for said in test]
        return calibration_error([d for d in decisions if d is not None], test_labels)

    assert error(weights) < 0.08
    assert error(weights) < error(None)


def test_a_few_labels_change_little_and_none_nothing() -> None:
    assert fit([], []) == Weights()
    assert fit([Opinions()], ["a"]) == Weights()
    few, labels = simulated(3, np.random.default_rng(0), 1.0)
    learned = fit(few, labels)
    assert abs(learned.verdict - Weights().verdict) < 0.2


def test_nobody_said_anything() -> None:
    assert decide(Opinions()) is None
    assert calibration_error([], []) == 0.0
