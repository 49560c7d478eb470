"""One listener to all calls of a compilation: what ends it, and when."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dspy
from dspy.utils.callback import BaseCallback
from dspy.utils.usage_tracker import UsageTracker

from viddiff.core.errors import BackendError, BudgetError
from viddiff.core.types import FailureKind
from viddiff.lms import Failure, failure_of
from viddiff.optimize.student import Role

#: Faults that say something of the server and nothing of the question.
OF_THE_SERVER: frozenset[FailureKind] = frozenset({"transport", "server", "timeout", "rate", "other"})
#: So many of them in a row, with no answer in between: the server is down, and an optimizer would learn from silence.
MAX_IN_A_ROW = 5


class FailureMonitor:
    """Refuses further calls once one met a fault that every call would meet, or once ``stop_when`` says so.

    ``MAX_IN_A_ROW`` failed calls of a model in a row, each after dspy's own repeats, are such a fault where each failed
    because of its server.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fatal: Failure | None = None
        self._reason: str | None = None
        self._watch: Callable[[], str | None] = lambda: None
        self._in_a_row: dict[str, list[Failure]] = {}
        self.n_calls = 0

    def __deepcopy__(self, memo: dict[int, Any]) -> FailureMonitor:
        return self

    def on_failure(self, model: str, fault: Failure) -> None:
        """A call of ``model`` failed."""
        with self._lock:
            if fault.kind in OF_THE_SERVER:
                row = self._in_a_row.setdefault(model, [])
                row.append(fault)
                fault = fatal_failure(row) if len(row) >= MAX_IN_A_ROW else fault
            if fault.fatal and self._fatal is None:
                self._fatal = fault

    def on_answer(self, model: str) -> None:
        """A call of ``model`` was answered, by the model and not from the cache."""
        with self._lock:
            self._in_a_row.pop(model, None)

    @property
    def is_answering(self) -> bool:
        """Whether every model has answered since it last failed."""
        return not self._in_a_row

    def stop_when(self, reason: Callable[[], str | None]) -> None:
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

    def check_end(self, n_asked: int) -> None:
        """The end of ``n_asked`` questions, after which no call can show that a server is down.

        Raises:
            BackendError: a fatal fault was heard, or the last two calls of a model failed because of its server.
        """
        self.check_fatal()
        for row in self._in_a_row.values():
            if len(row) >= min(2, n_asked):
                raise BackendError(fatal_failure(row).message)

    def check_fatal(self) -> None:
        """Raises: BackendError: a fatal fault was heard."""
        if self._fatal is not None:
            raise BackendError(self._fatal.message)

    def with_check(self, role: Role, on_progress: Callable[[int], None] = lambda done: None) -> Role:
        """A role that refuses before the call, so that students stop paying.

        Args:
            on_progress: called with the number of calls so far.
        """

        @contextlib.contextmanager
        def in_force() -> Iterator[None]:
            self.check()
            with self._lock:
                self.n_calls += 1
            on_progress(self.n_calls)
            with role():
                yield

        return in_force

    def should_stop(self, state: object = None) -> bool:
        """GEPA's stop callback."""
        return self.reason is not None

    @contextlib.contextmanager
    def listen(self) -> Iterator[None]:
        """Within this context every call is heard, also those whose faults an optimizer swallows."""
        callback = _UsageCallback(self, dspy.settings.usage_tracker)
        with dspy.context(callbacks=[*dspy.settings.callbacks, _FaultCallback(self)], usage_tracker=callback):
            yield


def fatal_failure(row: Sequence[Failure]) -> Failure:
    """The fault that ends it after these in a row."""
    text = f"{len(row)} calls in a row failed so" if len(row) > 1 else "The last call failed so"
    advice = "run the same command again when the server answers. What was answered is kept"
    return Failure(row[-1].kind, f"{row[-1].message} {text}, and compiling was stopped: {advice}.", fatal=True)


class _FaultCallback(BaseCallback):  # type: ignore[misc]  # dspy ships no types
    """Tells a monitor which calls of which model failed."""

    def __init__(self, monitor: FailureMonitor) -> None:
        self.monitor = monitor
        self._models: dict[str, str] = {}

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """Remember who is asked: the end of a call does not say."""
        self._models[call_id] = str(instance.model)

    def on_lm_end(self, call_id: str, outputs: Any, exception: Exception | None = None) -> None:
        """Hear of a failed call."""
        model = self._models.pop(call_id, "")
        fault = None if exception is None else failure_of(exception, model)
        if fault is not None:
            self.monitor.on_failure(model, fault)


class _UsageCallback(UsageTracker):  # type: ignore[misc]  # dspy ships no types
    """Tells a monitor of answered calls: callbacks do not know which answers came from the cache, trackers do."""

    def __init__(self, monitor: FailureMonitor, outer: UsageTracker | None) -> None:
        super().__init__()
        self.monitor, self.outer = monitor, outer

    def __deepcopy__(self, memo: dict[int, Any]) -> _UsageCallback:
        return self

    def add_usage(self, lm: str, usage_entry: dict[str, Any]) -> None:
        """An uncached answer of the model named ``lm``."""
        self.monitor.on_answer(lm)
        if self.outer is not None:
            self.outer.add_usage(lm, usage_entry)
