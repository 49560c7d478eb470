"""How many questions are in flight: fewer after a rate limit, slowly more again after answers.

Additive increase and multiplicative decrease (Chiu and Jain, Computer Networks and ISDN Systems 17, 1989), as TCP does.
dspy repeats a limited request by itself, ``--retries`` times, after the pause that the server names or 1, 2, 4 ... s;
meanwhile the request counts as in flight. Only a limit that outlasts those repeats is raised here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from dspy.utils.exceptions import LMRateLimitError

T = TypeVar("T")

#: Attempts of one question that ends in a rate limit each time, and the longest pause between two.
MAX_ATTEMPTS, MAX_PAUSE_S = 4, 60.0


class Throttle:
    """Bounds the questions in flight; one object for all that share a provider's limit. Safe for several threads.

    Args:
        most: questions in flight at once, at the most.
        sleep: waits so many seconds.

    Attributes:
        limit: how many may be in flight now, 1 to ``most``.
        in_flight: how many are.
    """

    def __init__(self, most: int, sleep: Callable[[float], object] = time.sleep) -> None:
        self.most = most
        self._sleep = sleep
        self.limit = float(most)
        self.in_flight = 0
        self._n_decreases = 0
        self._changed = threading.Condition()

    def __deepcopy__(self, memo: dict[int, Any]) -> Throttle:
        # Optimizers copy programs; the provider stays the same.
        return self

    def __reduce__(self) -> tuple[type[Throttle], tuple[int]]:
        # What is in flight is not saved with a program.
        return Throttle, (self.most,)

    def __call__(self, ask: Callable[[], T]) -> T:
        """Call ``ask`` when fewer than ``limit`` are in flight; after a rate limit call it again, later.

        Raises:
            LMRateLimitError: the limit was met ``MAX_ATTEMPTS`` times. Else what ``ask`` raises.
        """
        for attempt in range(1, MAX_ATTEMPTS + 1):
            n_decreases = self._enter()
            try:
                answer = ask()
                self._increase()
                return answer
            except LMRateLimitError as error:
                self._decrease(n_decreases)
                if attempt == MAX_ATTEMPTS:
                    raise
                pause_s = error.retry_after if error.retry_after is not None else 2.0 ** (attempt - 1)
            finally:
                self._leave()
            # Not in flight during the pause, so that others may try.
            self._sleep(min(max(pause_s, 0.0), MAX_PAUSE_S))
        raise AssertionError("the last attempt returns or raises")

    def _enter(self) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self.in_flight < int(self.limit))
            self.in_flight += 1
            return self._n_decreases

    def _leave(self) -> None:
        with self._changed:
            self.in_flight -= 1
            # The place that is free now, and one that an answer may have added.
            self._changed.notify(2)

    def _increase(self) -> None:
        with self._changed:
            # One more for each round of answers.
            self.limit = min(self.most, self.limit + 1 / self.limit)

    def _decrease(self, n_decreases: int) -> None:
        with self._changed:
            # All requests that were in flight at a rate limit report the same one.
            if n_decreases == self._n_decreases:
                self._n_decreases += 1
                self.limit = max(1.0, self.limit / 2)
