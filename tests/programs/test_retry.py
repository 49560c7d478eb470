"""Asking again."""

from __future__ import annotations

import dspy
import pytest

from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.programs.retry import Retry

ADAPTER = dspy.ChatAdapter(use_json_adapter_fallback=False)


def test_a_bad_answer_in_the_cache_is_got_past_and_the_good_one_is_kept(tmp_path: object) -> None:
    def fickle(asked: Asked) -> str:
        return "?" if asked.temperature is None else chat_reply(number=7)

    lm = scripted_lm(fickle, model=f"scripted/{tmp_path}", cache=True)
    module = Retry(dspy.Predict("word -> number: int"))
    with dspy.context(lm=lm, adapter=ADAPTER):
        assert module(word="seven").number == 7
        assert len(lm.engine.asked) == 2
        assert module(word="seven").number == 7
        assert len(lm.engine.asked) == 2  # both came from the cache


def test_an_answer_that_fails_the_check_is_asked_again_and_returned_when_there_is_no_better() -> None:
    lm = scripted_lm(lambda asked: chat_reply(number=7))
    module = Retry(dspy.Predict("word -> number: int"), 3, check=lambda prediction: "odd")
    with dspy.context(lm=lm, adapter=ADAPTER):
        assert module(word="seven").number == 7
    assert len(lm.engine.asked) == 3


def test_no_answer_that_parses_is_an_error_after_all_attempts() -> None:
    lm = scripted_lm(lambda asked: "?")
    with dspy.context(lm=lm, adapter=ADAPTER), pytest.raises(dspy.AdapterParseError):
        Retry(dspy.Predict("word -> number: int"), 2)(word="seven")
    assert len(lm.engine.asked) == 2
