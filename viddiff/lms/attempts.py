"""Asking a model until its answer can be used: only such an answer is kept, and one that was kept is the first asked.

dspy keeps an answer as soon as it is there, before it is read. So what cannot be read would be found again for ever,
by every later run, even when the server that sent it has long been mended.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from dspy.clients import Cache

from viddiff.core.parallel import check_interrupted

_ASKING: ContextVar[Asking | None] = ContextVar("viddiff_asking", default=None)


class Asking:
    """The attempts at one answer, as a context manager; in it ``AnswerCache`` keeps nothing until ``keep`` is called.

    ``attempts`` yields what each attempt is to be asked with. All but the first pass every cache by: ours, and through
    a rollout of its own dspy's.
    """

    def __init__(self) -> None:
        self._n_attempts = 0
        self._n_calls = 0
        #: Of the first attempt: what was asked, call by call.
        self._requests: list[dict[str, Any]] = []
        #: Of the attempt at hand: (position of the call, its answer).
        self._answer: tuple[int, Any] | None = None
        self._cached = False

    def __enter__(self) -> Asking:
        self._token = _ASKING.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _ASKING.reset(self._token)

    def attempts(self, most: int) -> Iterator[dict[str, Any]]:
        """The options of each attempt, ``most`` at the most; one that a cache answered asked nothing and is extra."""
        while most > 0:
            check_interrupted()
            config = {"rollout_id": secrets.randbits(62), "temperature": 1.0} if self._n_attempts else {}
            self._n_attempts += 1
            self._n_calls, self._answer, self._cached = 0, None, False
            yield config
            most -= not self._cached

    def keep(self) -> None:
        """The answer at hand can be used: it is kept as the answer to what was asked first."""
        import dspy

        if self._answer is not None and isinstance(dspy.cache, AnswerCache):
            position, answer = self._answer
            # A later attempt that made more calls than the first has no place of its own.
            if position < len(self._requests):
                dspy.cache.put_now(self._requests[position], answer)

    def look_up(self, cache: AnswerCache, request: dict[str, Any], ignored: list[str] | None) -> Any:
        """What is kept for a call; only the first attempt looks."""
        self._n_calls += 1
        if self._n_attempts > 1:
            return None
        self._requests.append({name: value for name, value in request.items() if name not in (ignored or ())})
        found = cache.get_now(request, ignored)
        self._cached = found is not None
        return found

    def hold(self, answer: Any) -> None:
        """An answer that has just come."""
        self._answer = (self._n_calls - 1, answer)


class AnswerCache(Cache):  # type: ignore[misc]  # dspy ships no types
    """``dspy.cache`` that keeps the answers of an ``Asking`` only once they are found good; all others as dspy does."""

    def get(self, request: dict[str, Any], ignored_args_for_cache_key: list[str] | None = None) -> Any:
        """As dspy's."""
        asking = _ASKING.get()
        if asking is None:
            return self.get_now(request, ignored_args_for_cache_key)
        return asking.look_up(self, request, ignored_args_for_cache_key)

    def put(
        self,
        request: dict[str, Any],
        value: Any,
        ignored_args_for_cache_key: list[str] | None = None,
        enable_memory_cache: bool = True,
    ) -> None:
        """As dspy's; within an ``Asking`` later, or never."""
        asking = _ASKING.get()
        if asking is None:
            super().put(request, value, ignored_args_for_cache_key, enable_memory_cache)
        else:
            asking.hold(value)

    def get_now(self, request: dict[str, Any], ignored: list[str] | None = None) -> Any:
        """What is kept."""
        return super().get(request, ignored)

    def put_now(self, request: dict[str, Any], answer: Any) -> None:
        """Keep an answer."""
        super().put(request, answer)
