"""One listener to all calls of a compilation: what ends it, and when."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from dspy.utils.callback import BaseCallback

from viddiff.errors import BackendError, BudgetError
from viddiff.lms import Fault, fault_of
from viddiff.optimize.students import Role


class Guard:
    """Refuses further calls once one met a fault that every call would meet, or once ``watch`` says to stop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fatal: Fault | None = None
        self._reason: str | None = None
        self._watch: Callable[[], str | None] = lambda: None
        self.n_failed = self.n_calls = 0

    def __deepcopy__(self, memo: dict[int, Any]) -> Guard:
        return self

    def hear(self, fault: Fault) -> None:
        """A failed call, as a student tells it."""
        with self._lock:
            self.n_failed += 1
            if fault.fatal and self._fatal is None:
                self._fatal = fault

    def watch(self, reason: Callable[[], str | None]) -> None:
        """From now on ask ``reason`` before each call: a sentence ends the compilation, None lets it go on."""
        self._watch = reason

    @property
    def reason(self) -> str | None:
        """Why no further call is let through, or None."""
        if self._fatal is not None:
            return self._fatal.message
        if self._reason is None:
            reason = self._watch()
            with self._lock:
                self._reason = reason
        return self._reason

    def check(self) -> None:
        """Raises: BackendError: a fatal fault was heard. BudgetError: the compilation was stopped."""
        self.check_fatal()
        if self.reason is not None:
            raise BudgetError(self.reason)

    def check_fatal(self) -> None:
        """Raises: BackendError: a fatal fault was heard."""
        if self._fatal is not None:
            raise BackendError(self._fatal.message)

    def guarded(self, role: Role, tell: Callable[[int], None] = lambda done: None) -> Role:
        """A role that refuses before the call, so that students stop paying; ``tell`` hears how many calls were let."""

        @contextlib.contextmanager
        def in_force() -> Iterator[None]:
            self.check()
            with self._lock:
                self.n_calls += 1
            tell(self.n_calls)
            with role():
                yield

        return in_force

    def stopped(self, state: object = None) -> bool:
        """GEPA's stop callback."""
        return self.reason is not None


class Listening(BaseCallback):  # type: ignore[misc]  # dspy ships no types
    """Tells a guard of the calls that an optimizer makes by itself, whose faults it may swallow."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard

    def on_lm_end(self, call_id: str, outputs: Any, exception: Exception | None = None) -> None:
        """Hear of a failed call."""
        fault = None if exception is None else fault_of(exception)
        if fault is not None:
            self.guard.hear(fault)
