"""The monitor: what ends a compilation ends it before the next call, whoever made the failed one."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from pathlib import Path

import dspy
import pytest
from dspy import lm15
from dspy.utils.exceptions import LMError

from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.core.errors import BackendError, BudgetError
from viddiff.core.types import FailureKind
from viddiff.lms import Failure
from viddiff.lms.cache import configure
from viddiff.optimize.monitor import MAX_IN_A_ROW, FailureMonitor
from viddiff.optimize.student import Role


def fault(kind: FailureKind = "timeout", fatal: bool = False, message: str = "It was so.") -> Failure:
    return Failure(kind=kind, message=message, fatal=fatal)


def recording(entered: list[str]) -> Role:
    @contextlib.contextmanager
    def role() -> Iterator[None]:
        entered.append("in")
        yield

    return role


def test_a_fault_of_one_question_lets_the_next_one_through() -> None:
    monitor = FailureMonitor()
    entered: list[str] = []
    role = monitor.with_check(recording(entered))
    monitor.on_failure("x", fault())
    with role():
        assert entered == ["in"]
    assert monitor.reason is None
    assert not monitor.should_stop()


def test_after_a_fatal_fault_no_role_is_entered_and_the_first_fault_is_told() -> None:
    monitor = FailureMonitor()
    entered: list[str] = []
    role = copy.deepcopy(monitor).with_check(recording(entered))
    monitor.on_failure("x", fault("key", fatal=True))
    monitor.on_failure("x", fault("quota", fatal=True, message="Later."))
    with pytest.raises(BackendError, match="It was so"), role():
        pytest.fail("was let through")
    assert not entered
    assert monitor.n_calls == 0
    assert monitor.should_stop()


@pytest.mark.parametrize("kind", ["transport", "server", "timeout", "rate", "other"])
def test_a_server_that_fails_again_and_again_ends_it(kind: FailureKind) -> None:
    monitor = FailureMonitor()
    for _ in range(MAX_IN_A_ROW - 1):
        monitor.on_failure("x", fault(kind))
    monitor.check()
    assert not monitor.is_answering
    monitor.on_failure("x", fault(kind))
    with pytest.raises(BackendError, match=r"It was so\. 5 calls in a row failed so.*same command again"):
        monitor.check()


def test_an_answer_in_between_lets_it_go_on_and_each_model_counts_alone() -> None:
    monitor = FailureMonitor()
    for model in ("x", "y") * (MAX_IN_A_ROW - 1):
        monitor.on_failure(model, fault())
    monitor.on_answer("x")
    assert not monitor.is_answering
    monitor.on_failure("x", fault())
    monitor.check()
    monitor.on_failure("y", fault())
    with pytest.raises(BackendError):
        monitor.check()


@pytest.mark.parametrize(("n_failed", "n_asked", "ends"), [(1, 1, True), (1, 9, False), (2, 9, True)])
def test_at_the_end_two_failures_are_enough(n_failed: int, n_asked: int, ends: bool) -> None:
    monitor = FailureMonitor()
    for _ in range(n_failed):
        monitor.on_failure("x", fault())
    with pytest.raises(BackendError, match="compiling was stopped") if ends else contextlib.nullcontext():
        monitor.check_end(n_asked)


def test_answers_that_cannot_be_used_say_nothing_of_the_server() -> None:
    monitor = FailureMonitor()
    for kind in ("garbled", "refused", "context", "request"):
        for _ in range(2 * MAX_IN_A_ROW):
            monitor.on_failure("x", fault(kind))
    monitor.check()
    assert monitor.is_answering


def test_answers_from_the_cache_do_not_hide_that_the_server_is_down(tmp_path: Path) -> None:
    configure(tmp_path)
    up = True

    def answer(asked: Asked) -> str:
        if not up:
            raise lm15.ServerError("down")
        return chat_reply(answer="yes")

    monitor = FailureMonitor()
    ask = dspy.Predict("question -> answer")
    with dspy.context(lm=scripted_lm(answer, cache=True)), monitor.listen():
        ask(question="known")
        up = False
        for number in range(MAX_IN_A_ROW):
            monitor.check()
            with contextlib.suppress(LMError):
                ask(question=f"new {number}")
            assert ask(question="known").answer == "yes"
    with pytest.raises(BackendError, match="the server failed"):
        monitor.check()


def test_what_it_watches_is_asked_before_each_call_until_it_says_why() -> None:
    monitor = FailureMonitor()
    told: list[int] = []
    said = iter([None, None, "The money is spent.", None])
    monitor.stop_when(lambda: next(said))
    role = monitor.with_check(contextlib.nullcontext, told.append)
    for _ in range(2):
        with role():
            pass
    for _ in range(2):
        with pytest.raises(BudgetError, match="The money is spent"), role():
            pytest.fail("was let through")
    assert told == [1, 2]
    monitor.check_fatal()


def test_a_fault_that_an_optimizer_swallows_is_heard() -> None:
    def refuse(asked: Asked) -> str:
        raise lm15.AuthError("no such key")

    monitor = FailureMonitor()
    with dspy.context(lm=scripted_lm(refuse)), monitor.listen(), contextlib.suppress(Exception):
        dspy.Predict("question -> answer")(question="?")
    with pytest.raises(BackendError, match="the key was refused"):
        monitor.check()
