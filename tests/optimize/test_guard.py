"""The guard: what ends a compilation ends it before the next call, whoever made the failed one."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator

import dspy
import pytest
from dspy import lm15

from tests.support.scripted import Asked, scripted_lm
from viddiff.errors import BackendError, BudgetError
from viddiff.lms import Fault
from viddiff.optimize.guard import Guard, Listening
from viddiff.optimize.students import Role


def fault(fatal: bool) -> Fault:
    return Fault(kind="key" if fatal else "timeout", message="It was so.", fatal=fatal)


def test_a_fault_of_one_question_lets_the_next_one_through() -> None:
    guard = Guard()
    entered: list[str] = []
    role = guard.guarded(recording(entered))
    guard.hear(fault(fatal=False))
    with role():
        assert entered == ["in"]
    assert guard.n_failed == 1
    assert guard.reason is None
    assert not guard.stopped()


def recording(entered: list[str]) -> Role:
    @contextlib.contextmanager
    def role() -> Iterator[None]:
        entered.append("in")
        yield

    return role


def test_after_a_fatal_fault_no_role_is_entered_and_the_first_fault_is_told() -> None:
    guard = Guard()
    entered: list[str] = []
    role = copy.deepcopy(guard).guarded(recording(entered))
    guard.hear(fault(fatal=True))
    guard.hear(Fault(kind="quota", message="Later.", fatal=True))
    with pytest.raises(BackendError, match="It was so"), role():
        pytest.fail("was let through")
    assert not entered
    assert guard.n_calls == 0
    assert guard.stopped()


def test_what_it_watches_is_asked_before_each_call_until_it_says_why() -> None:
    guard = Guard()
    told: list[int] = []
    said = iter([None, None, "The money is spent.", None])
    guard.watch(lambda: next(said))
    role = guard.guarded(contextlib.nullcontext, told.append)
    for _ in range(2):
        with role():
            pass
    for _ in range(2):
        with pytest.raises(BudgetError, match="The money is spent"), role():
            pytest.fail("was let through")
    assert told == [1, 2]
    guard.check_fatal()


def test_a_fault_that_an_optimizer_swallows_is_heard() -> None:
    def refuse(asked: Asked) -> str:
        raise lm15.AuthError("no such key")

    guard = Guard()
    with dspy.context(lm=scripted_lm(refuse), callbacks=[Listening(guard)]), contextlib.suppress(Exception):
        dspy.Predict("question -> answer")(question="?")
    with pytest.raises(BackendError, match="the key was refused"):
        guard.check()
