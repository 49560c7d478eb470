"""Matching of open predictions: the rules, the judges without a model, and the LM judge on a scripted model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from dspy import lm15

from tests.eval.scored import TextJudge, predicted, sample
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.core.errors import BackendError, BudgetError, InputError
from viddiff.eval.viddiffbench.matchers import LexicalMatcher, LMMatcher, StatementMatches, WordingMatcher, make_matcher
from viddiff.eval.viddiffbench.matching import Matching, match, match_all
from viddiff.eval.viddiffbench.metrics import open_scores
from viddiff.lms import LMs

PAIR = sample("p0", {"0": "a", "1": "b", "2": "c", "3": "a"})
TABLE = {f"statement {key}": f"predicted {key}" for key in "0123"}


def outcomes(matching: Matching, official: bool = False) -> list[str]:
    return [row.outcome for row in (matching.official_rows if official else matching.rows)]


def test_each_outcome() -> None:
    rows = predicted(PAIR, [("predicted 0", "a"), ("predicted 1", "a"), ("predicted 2", "c"), ("predicted 3", "c")])
    found = match(PAIR, rows, TextJudge(TABLE))
    assert outcomes(found) == ["correct", "flipped", "correct", "said_c"]
    assert found.rows[1].prediction == "predicted 1"
    assert found.official_why == {}
    assert outcomes(match(PAIR, [], TextJudge(TABLE))) == ["no_match"] * 4


def test_an_opposite_statement_turns_its_answer_round() -> None:
    rows = predicted(PAIR, [("predicted 0", "b"), ("predicted 1", "b"), ("predicted 3", "c")])
    opposites = frozenset([(f"statement {key}", f"predicted {key}") for key in "013"])
    found = match(PAIR, rows, TextJudge(TABLE, opposites))
    assert outcomes(found) == ["correct", "flipped", "no_match", "said_c"]
    assert [row.opposite for row in found.rows] == [True, True, False, True]
    skipped = match(PAIR, rows, TextJudge(TABLE, opposites), official_opposites=False)
    assert outcomes(skipped, official=True) == ["flipped", "correct", "no_match", "said_c"]
    assert set(skipped.official_why.values()) == {"the opposite check is skipped"}


def test_a_prediction_is_used_once_by_the_first_statement_of_any_label() -> None:
    pair = sample("p1", {"2": "c", "0": "a", "1": "a"})
    found = match(pair, predicted(pair, [("same", "a")]), TextJudge(dict.fromkeys(TABLE, "same")))
    assert outcomes(found) == ["flipped", "no_match", "no_match"]
    assert outcomes(found, official=True) == ["flipped", "correct", "correct"]
    assert set(found.official_why.values()) == {"one prediction is matched to several statements"}


def test_predictions_beyond_n_diff_are_cut_and_counted() -> None:
    pair = sample("p1", {"0": "a", "1": "b"}, n_open=1)
    judge = TextJudge(TABLE)
    found = match(pair, predicted(pair, [("predicted 0", "a"), ("predicted 1", "b")]), judge)
    assert (found.n_allowed, found.n_predictions, found.n_cut) == (1, 2, 1)
    assert outcomes(found) == ["correct", "no_match"]
    assert outcomes(found, official=True) == ["correct", "correct"]
    assert found.official_why == {"1": "more predictions than N_diff are used"}
    assert judge.n_asked == 2, "the official evaluator shows its judge all predictions"


def test_a_prediction_without_an_answer_finds_nothing_but_officially_says_a() -> None:
    rows = predicted(PAIR, [("predicted 0", None), ("predicted 1", "b")])
    found = match(PAIR, rows, TextJudge(TABLE))
    assert outcomes(found) == ["no_match", "correct", "no_match", "no_match"]
    assert found.n_unanswered == 1
    assert outcomes(found, official=True) == ["correct", "correct", "no_match", "no_match"]
    assert found.official_why == {"0": "an unreadable answer counts as 'a'"}
    assert outcomes(match(PAIR, rows[:1], TextJudge(TABLE))) == ["failed"] * 4, "nothing of the pair can be used"


def test_statements_unfit_for_a_prompt_are_never_shown() -> None:
    shown: list[str] = []

    class Listener(TextJudge):
        def __call__(
            self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]
        ) -> StatementMatches:
            shown.extend([*references.values(), *predictions.values()])
            return super().__call__(action, references, predictions)

    pair = sample("p1", {"0": "a"}, statements={"0": "<<CUSTOM-TYPE-START-IDENTIFIER>>[]"})
    rows = predicted(PAIR, [("<<CUSTOM-TYPE-START-IDENTIFIER>>[]", "a"), ("x" * 9000, "b"), (" two\n lines ", "b")])
    match(PAIR, rows, Listener(TABLE))
    assert not any("CUSTOM-TYPE" in text for text in shown)
    assert shown[4:] == ["x" * 500, "two lines"]
    assert outcomes(match(pair, rows, Listener(TABLE))) == ["no_match"]


def test_wording_and_lexical_judges() -> None:
    pair = sample(
        "p1", {"0": "a", "1": "b"}, statements={"0": "The squat is deeper.", "1": "the feet are further apart"}
    )
    rows = predicted(pair, [("feet placed further apart", "b"), ("the  squat is deeper", "a")])
    by_wording = match(pair, rows, WordingMatcher())
    assert [row.prediction_key for row in by_wording.rows] == ["1", None]
    by_words = match(pair, rows, LexicalMatcher())
    assert [row.prediction_key for row in by_words.rows] == ["1", "0"]
    assert outcomes(by_words) == ["correct", "correct"]
    assert not by_wording.comparable
    assert not by_words.comparable


def test_the_lexical_judge_gives_a_prediction_to_one_reference_only() -> None:
    judged = LexicalMatcher()("", {"x": "arms straighter", "y": "arms straighter"}, {"p": "arms straighter"})
    assert judged.assigned == {"x": "p"}
    assert LexicalMatcher()("", {"x": "the"}, {"p": "a"}).assigned == {}


def test_a_pair_whose_judge_fails_is_failed_and_the_others_are_not() -> None:
    class Broken(TextJudge):
        def __call__(
            self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]
        ) -> StatementMatches:
            if action == "broken":
                raise RuntimeError("boom")
            return super().__call__(action, references, predictions)

    bad = sample("p1", {"0": "a"}).model_copy(update={"action": "broken"})
    rows = [*predicted(PAIR, [("predicted 0", "a")]), *predicted(bad, [("predicted 0", "a")])]
    good, failed = match_all([PAIR, bad], rows, Broken(TABLE), threads=2)
    assert good.error is None
    assert failed.error == "RuntimeError: boom"
    scores = open_scores([PAIR, bad], [good, failed])
    assert scores.errors == {"p1": "RuntimeError: boom"}
    assert scores.micro.outcomes == {"correct": 1, "no_match": 2, "failed": 1}
    assert (scores.micro.score, scores.micro.best_case) == (0.25, 0.5)


def test_matching_many_pairs_keeps_their_order_and_refuses_strangers() -> None:
    samples = [sample(f"p{n}", {"0": "a"}) for n in range(20)]
    rows = [row for one in samples for row in predicted(one, [("predicted 0", "a")])]
    heard: list[tuple[str, int, int]] = []
    found = match_all(samples, rows, TextJudge(TABLE), threads=4, progress=lambda *told: heard.append(told))
    assert [matching.sample_key for matching in found] == [one.key for one in samples]
    assert heard[-1] == ("matching", 20, 20)
    with pytest.raises(InputError, match="pair 'p19', which is not in the data"):
        match_all(samples[:-1], rows, TextJudge(TABLE))
    with pytest.raises(InputError, match="two predictions '0'"):
        match_all(samples, rows * 2, TextJudge(TABLE))


def lm_match(
    reply: Callable[[Asked], str], budget_usd: float | None = None, model: str = "scripted/x"
) -> tuple[Matching, list[Asked]]:
    lm = scripted_lm(reply, model)
    rows = predicted(PAIR, [("predicted 0", "a"), ("predicted 1", "a"), ("predicted 2", "c")])
    return match(PAIR, rows, LMMatcher(LMs(lm, budget_usd=budget_usd))), lm.engine.asked


def judge_reply(asked: Asked, matches: Any, relations: Any = ()) -> str:
    return chat_reply(matches=matches) if asked.asks_for("matches") else chat_reply(relations=list(relations))


def test_the_lm_judge_asks_twice_and_turns_opposites() -> None:
    matches = [{"reference": "R1", "prediction": "P1"}, {"reference": "R2", "prediction": "P2"}]
    relations = [{"key": "Q1", "relation": "same"}, {"key": "Q2", "relation": "opposite"}]
    found, asked = lm_match(lambda one: judge_reply(one, matches, relations))
    assert outcomes(found) == ["correct", "correct", "no_match", "no_match"]
    assert [row.opposite for row in found.rows] == [False, True, False, False]
    assert (found.judge, found.comparable) == ("scripted/x", True)
    assert len(asked) == 2
    assert not any(one.images for one in asked)
    assert '"R4": "statement 3"' in asked[0].prompt, "references with label c are shown too"
    assert "predicted 2" in asked[0].prompt
    pairs = json.loads(re.search(r"\[\{.*?\}\]", asked[1].prompt, re.DOTALL).group())  # type: ignore[union-attr]  # there
    assert pairs[1] == {"key": "Q2", "first": "statement 1", "second": "predicted 1"}


def test_odd_answers_of_the_lm_judge_are_repaired() -> None:
    matches = [
        {"reference": 1, "prediction": "p1"},
        {"reference": "R1", "prediction": "P2"},
        {"reference": "R9", "prediction": "P1"},
        {"reference": "R2", "prediction": "P7"},
        {"reference": "R3", "prediction": None},
        {"reference": "r4", "prediction": 1},
    ]
    found, asked = lm_match(lambda one: judge_reply(one, matches, [{"key": "Q8", "relation": "opposite"}]))
    assert [row.prediction_key for row in found.rows] == ["0", None, None, None]
    assert [row.prediction_key for row in found.official_rows] == ["0", None, None, "0"]
    assert len(asked) == 2


def test_what_cannot_be_parsed_or_says_nothing_is_asked_again() -> None:
    said = iter(["?", chat_reply(matches=[]), chat_reply(matches=[{"reference": "R1", "prediction": "P1"}])])
    found, asked = lm_match(
        lambda one: next(said) if one.asks_for("matches") else chat_reply(relations=[{"key": "Q1", "relation": "same"}])
    )
    assert outcomes(found)[0] == "correct"
    assert len(asked) == 4


def test_no_second_question_where_nothing_matched() -> None:
    found, asked = lm_match(lambda one: judge_reply(one, [{"reference": "R1", "prediction": None}]))
    assert outcomes(found) == ["no_match"] * 4
    assert len(asked) == 1


def test_a_judge_that_never_answers_fails_its_pair() -> None:
    found, asked = lm_match(lambda one: "?")
    assert outcomes(found) == ["failed"] * 4
    assert found.error == "Model 'scripted/x' gave an answer that could not be parsed."
    assert len(asked) == 3


def test_a_fault_that_every_call_would_meet_ends_the_matching() -> None:
    def refuse(asked: Asked) -> str:
        raise lm15.AuthError("bad key")

    with pytest.raises(BackendError, match="the key was refused"):
        lm_match(refuse)
    with pytest.raises(BudgetError):
        lm_match(lambda one: "?", budget_usd=0.0, model="local/scripted")


def test_judges_by_name() -> None:
    assert make_matcher("none").name == "none"
    assert make_matcher("lexical").name == "lexical"
    with pytest.raises(BackendError, match="The judge 'lm' has no model: give --lm"):
        make_matcher("lm")
