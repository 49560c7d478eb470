"""Several opinions on one statement become one answer with a probability that means what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.recorded_answers import SIMULATED_MODEL_WEIGHTS, calibration_error, decide_all, read_recorded
from viddiff.core.types import Answer
from viddiff.programs.viddiff.calibration import (
    ANSWERS,
    SOURCES,
    Opinion,
    Opinions,
    OpinionWeights,
    decide,
    fit,
    is_doubtful,
    is_overruled,
)

_OTHER: dict[Answer, Answer] = {"a": "b", "b": "a", "c": "c"}
opinions = st.builds(
    Opinion,
    answer=st.sampled_from(ANSWERS),
    confidence=st.none() | st.floats(0, 1),
    size=st.sampled_from([None, "none", "slight", "clear", "large"]),
)
opinions_of_one = st.builds(
    Opinions,
    impression=st.none() | opinions,
    swapped_impression=st.none() | opinions,
    verdict=st.none() | opinions,
    second_look=st.none() | opinions,
    swapped_second_look=st.none() | opinions,
    measured=st.none() | opinions,
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
    turned = Opinions(**{name: swap(getattr(said, name)) for name in SOURCES})
    one, other = decide(said), decide(turned)
    if one is None or other is None:
        assert one is other is None
        return
    a, b, c = one.probabilities
    assert other.probabilities == pytest.approx((b, a, c))
    assert one.confidence == pytest.approx({"a": a, "b": b, "c": c}[one.answer])
    assert other.answer == _OTHER[one.answer]


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


def answer(**said: Opinion) -> Answer:
    decision = decide(Opinions(**said))
    assert decision is not None
    return decision.answer


def test_what_is_named_in_one_order_of_the_videos_alone_is_no_answer() -> None:
    sure, none = Opinion(answer="a", confidence=0.98, size="large"), Opinion(answer="c", confidence=0.5)
    # It flips when the videos change places.
    assert answer(verdict=sure, second_look=Opinion(answer="b", confidence=0.6)) == "c"
    # It is seen with A first alone, however often and however surely.
    assert answer(impression=sure, second_look=sure, verdict=none) == "c"
    assert answer(impression=sure, verdict=sure) == "a"
    assert answer(impression=none, second_look=sure, verdict=sure) == "a"
    # A measurement has no order; one opinion is all there is at times.
    assert answer(impression=none, verdict=sure, measured=sure) == "a"
    assert answer(verdict=sure) == "a"


@given(opinions_of_one)
def test_a_video_is_named_by_two_independent_sources_or_by_the_only_one(said: Opinions) -> None:
    decision = decide(said)
    if decision is None or decision.answer == "c":
        return
    orders = (
        (said.impression, said.second_look),
        (said.swapped_impression, said.verdict, said.swapped_second_look),
        (said.measured,),
    )
    naming = [any(one is not None and one.answer == decision.answer for one in of_order) for of_order in orders]
    n_sources = sum(any(one is not None for one in of_order) for of_order in orders)
    assert sum(naming) >= min(2, n_sources)


def test_an_answer_without_a_second_witness_is_told_with_the_probability_of_c() -> None:
    torn = Opinions(
        verdict=Opinion(answer="a", confidence=0.98, size="large"), impression=Opinion(answer="c", confidence=0.34)
    )
    decision = decide(torn)
    assert decision is not None
    assert (decision.answer, decision.confidence) == ("c", decision.probabilities[2])
    assert decision.confidence < 0.5
    trusting = decide(torn, OpinionWeights(prior_c_unconfirmed=0))
    assert trusting is not None
    assert trusting.confidence < decision.confidence


def test_what_another_look_may_change_and_is_doubtful_deserves_it() -> None:
    sure, unsure = Opinion(answer="a", confidence=0.95, size="clear"), Opinion(answer="a", confidence=0.4)
    none = Opinion(answer="c", confidence=0.4)
    for said, doubtful in (
        (Opinions(verdict=sure, impression=sure), False),
        (Opinions(verdict=unsure, impression=unsure), True),
        (Opinions(verdict=sure, impression=Opinion(answer="b", confidence=0.4)), True),
        (Opinions(verdict=sure, impression=sure, measured=Opinion(answer="b", confidence=0.96)), True),
        (Opinions(verdict=none, impression=none, measured=sure), True),
        # The judge is overruled by small frames alone.
        (Opinions(verdict=unsure, impression=Opinion(answer="c", confidence=0.98)), True),
        # Whatever a look with A first shows, B first has not named a video.
        (Opinions(verdict=none), False),
        (Opinions(verdict=none, impression=sure), False),
    ):
        decision = decide(said)
        assert decision is not None
        assert is_doubtful(said, decision, 0.7) is doubtful


def test_a_c_of_which_b_first_was_not_sure_deserves_a_look_with_b_first_where_a_first_names_a_video() -> None:
    named, none = Opinion(answer="a", confidence=0.6), Opinion(answer="c", confidence=0.5)
    sure = Opinion(answer="c", confidence=0.9)
    for said, overruled in (
        (Opinions(impression=named, verdict=none), True),
        (Opinions(impression=none, second_look=named, verdict=none), True),
        (Opinions(impression=named, verdict=sure), False),
        (Opinions(impression=named, verdict=none, measured=sure), False),
        (Opinions(impression=none, verdict=none), False),
        (Opinions(impression=named, second_look=Opinion(answer="b", confidence=0.6), verdict=none), False),
        # B first names it too: nothing was overruled.
        (Opinions(impression=named, verdict=named), False),
    ):
        decision = decide(said)
        assert decision is not None
        assert is_overruled(said, decision) is overruled
    seen = named.model_copy(update={"size": "clear", "confidence": 0.9})
    assert answer(impression=named, verdict=none, swapped_second_look=seen) == "a"


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

    def error(of: OpinionWeights | None) -> float:
        decisions = [decide(said, of) for said in test]
        return calibration_error([d for d in decisions if d is not None], test_labels)

    assert error(weights) < 0.08
    assert error(weights) < error(None)


def test_a_few_labels_change_little_and_none_nothing() -> None:
    assert fit([], []) == OpinionWeights()
    assert fit([Opinions()], ["a"]) == OpinionWeights()
    few, labels = simulated(3, np.random.default_rng(0), 1.0)
    learned = fit(few, labels)
    assert abs(learned.verdict - OpinionWeights().verdict) < 0.2


def test_nobody_said_anything() -> None:
    assert decide(Opinions()) is None


def test_the_default_weights_know_better_how_sure_a_real_model_is_than_those_of_the_fake_reader() -> None:
    rows = read_recorded()
    labels = [row.label for row in rows]
    default, fake = (
        calibration_error([one.decision for one in decide_all(rows, weights)], labels)
        for weights in (OpinionWeights(), SIMULATED_MODEL_WEIGHTS)
    )
    assert len(rows) == 504
    assert default < fake - 0.01


def test_before_a_real_model_the_default_weights_mean_what_they_say_on_pairs_that_taught_them_nothing() -> None:
    rows = read_recorded(learned=False)
    decided = decide_all(rows, OpinionWeights())
    assert len(decided) == 336
    assert calibration_error([one.decision for one in decided], [row.label for row in rows]) < 0.06
    right = sum(one.decision.answer == one.row.label for one in decided)
    assert right > sum(row.one_call == row.label for row in rows)


def test_weights_and_opinions_that_were_written_before_are_read() -> None:
    old = {"exchanged": 0.1, "second": 0.2, "third": 0.3, "torn": 0.4}
    weights = OpinionWeights.model_validate(old)
    assert (weights.swapped_impression, weights.second_look, weights.swapped_second_look) == (0.1, 0.2, 0.3)
    assert weights.prior_c_unconfirmed == 0.4
    # A run of before is still the same run.
    assert old.items() <= weights.model_dump(by_alias=True).items()
    said = {"answer": "a", "confidence": 0.9}
    opinions = Opinions.model_validate({"exchanged": said, "second": said, "third": said})
    assert opinions.swapped_impression == opinions.second_look == opinions.swapped_second_look == Opinion(**said)
    assert Opinions.model_validate_json(opinions.model_dump_json()) == opinions
