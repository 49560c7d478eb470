"""Asking again, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dspy
import pytest
from dspy.clients import Cache

from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.lms.cache import configure
from viddiff.lms.retry import Retry

ADAPTER = dspy.ChatAdapter(use_json_adapter_fallback=False)
Answer = Callable[[Asked], str]


def good(asked: Asked) -> str:
    return chat_reply(number=7)


def garbage(asked: Asked) -> str:
    return "<html>502</html>"


def later(asked: Asked) -> str:
    """Garbage first; good when asked again, at a temperature."""
    return garbage(asked) if asked.temperature is None else good(asked)


def module(check: bool = False, attempts: int = 3) -> Retry:
    odd = (lambda prediction: None if prediction.number == 7 else "not seven") if check else None
    return Retry(dspy.Predict("word -> number: int"), attempts, check=odd)


def n_asked(answer: Answer, retry: Retry, wanted: int | None = 7) -> int:
    """Requests of a model that answers so; ``wanted`` None: no answer parses."""
    lm = scripted_lm(answer, cache=True)
    with dspy.context(lm=lm, adapter=ADAPTER):
        if wanted is None:
            with pytest.raises(dspy.AdapterParseError):
                retry(word="seven")
        else:
            assert retry(word="seven").number == wanted
    return len(lm.engine.asked)


@pytest.fixture
def reopened(tmp_path: Path) -> Callable[[], object]:
    """Opens the cache folder as a new process does, with an empty memory."""

    def reopen() -> object:
        return configure(tmp_path / "answers")

    reopen()
    return reopen


def test_what_does_not_parse_is_not_kept_and_a_mended_server_is_asked(reopened: Callable[[], object]) -> None:
    assert n_asked(garbage, module(), wanted=None) == 3
    for reopen in (lambda: None, reopened):
        reopen()
        assert n_asked(garbage, module(), wanted=None) == 3
    assert n_asked(good, module()) == 1
    reopened()
    assert n_asked(garbage, module()) == 0


def test_a_good_answer_to_a_later_attempt_is_the_first_that_is_found(reopened: Callable[[], object]) -> None:
    assert n_asked(later, module()) == 2
    assert n_asked(garbage, module()) == 0
    reopened()
    assert n_asked(garbage, module()) == 0


def test_an_answer_that_fails_the_check_is_returned_at_last_and_not_kept(reopened: Callable[[], object]) -> None:
    def eight(asked: Asked) -> str:
        return chat_reply(number=8)

    assert n_asked(eight, module(check=True), wanted=8) == 3
    assert n_asked(eight, module(check=True), wanted=8) == 3
    assert n_asked(good, module(check=True)) == 1
    assert n_asked(eight, module(check=True)) == 0


@pytest.mark.parametrize("attempts", [1, 3])
def test_garbage_that_an_earlier_version_kept_is_got_past_and_replaced(
    tmp_path: Path, reopened: Callable[[], object], attempts: int
) -> None:
    dspy.configure_cache(disk_cache_dir=str(tmp_path / "answers"))
    n_asked(garbage, Retry(dspy.Predict("word -> number: int"), 1), wanted=None)
    reopened()
    with dspy.context(lm=scripted_lm(garbage, cache=True), adapter=ADAPTER), pytest.raises(dspy.AdapterParseError):
        # What dspy itself would ask.
        dspy.Predict("word -> number: int")(word="seven")
    assert n_asked(good, module(attempts=attempts)) == 1
    reopened()
    assert n_asked(garbage, module(attempts=attempts)) == 0


def test_under_another_cache_garbage_is_got_past_in_every_process(tmp_path: Path) -> None:
    dspy.cache = Cache(enable_disk_cache=False, enable_memory_cache=True, disk_cache_dir=str(tmp_path))
    assert n_asked(garbage, module(), wanted=None) == 3
    assert n_asked(garbage, module(), wanted=None) == 2  # the first answer is in the cache, the others are asked for
    assert n_asked(good, module()) == 1


def test_without_a_cache_everything_is_asked_every_time() -> None:
    configure(None)
    assert [n_asked(later, module()) for _ in range(2)] == [2, 2]


def test_calls_of_others_are_kept_as_dspy_does(reopened: Callable[[], object]) -> None:
    lm = scripted_lm(garbage, cache=True)
    for _ in range(2):
        lm("Improve this.")
    reopened()
    lm("Improve this.")
    assert len(lm.engine.asked) == 1


def test_no_answer_that_parses_is_an_error_after_all_attempts() -> None:
    lm = scripted_lm(garbage)
    with dspy.context(lm=lm, adapter=ADAPTER), pytest.raises(dspy.AdapterParseError):
        Retry(dspy.Predict("word -> number: int"), 2)(word="seven")
    assert len(lm.engine.asked) == 2
