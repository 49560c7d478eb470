"""Repeats a request until its answer can be used, and caches only such an answer.

dspy caches an answer before it is parsed. An answer that cannot be parsed would then be served again to every later
run, even after the server that sent it was repaired.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from dspy.clients import Cache

from viddiff.core.parallel import check_interrupted
from viddiff.core.shared_store import SharedStore
from viddiff.lms.answers import answer_of, content_of

_ATTEMPTS: ContextVar[Attempts | None] = ContextVar("viddiff_attempts", default=None)


class Attempts:
    """The attempts at one answer. Inside this context ``AnswerCache`` stores nothing until ``accept`` is called.

    ``configs`` yields the options of each attempt. Attempts after the first read no cache: not ours, and through a
    rollout id of their own not dspy's.
    """

    def __init__(self) -> None:
        self._n_attempts = 0
        self._n_calls = 0
        #: The requests of the first attempt, in order.
        self._requests: list[dict[str, Any]] = []
        #: The current attempt: (position of the call, its answer), and the cache that it goes to.
        self._answer: tuple[int, Any] | None = None
        self._cache: AnswerCache | None = None
        self._cached = False

    def __enter__(self) -> Attempts:
        self._token = _ATTEMPTS.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _ATTEMPTS.reset(self._token)

    def configs(self, n_max: int) -> Iterator[dict[str, Any]]:
        """The options of up to ``n_max`` attempts; an attempt that the cache answered does not count."""
        while n_max > 0:
            check_interrupted()
            config = {"rollout_id": secrets.randbits(62), "temperature": 1.0} if self._n_attempts else {}
            self._n_attempts += 1
            self._n_calls, self._answer, self._cached = 0, None, False
            yield config
            n_max -= not self._cached

    def accept(self) -> None:
        """Store the current answer as the answer to the first request."""
        if self._answer is not None and self._cache is not None:
            position, answer = self._answer
            # A later attempt may make more calls than the first: those have no request to be stored under.
            if position < len(self._requests):
                self._cache.put_now(self._requests[position], answer)

    def look_up(self, cache: AnswerCache, request: dict[str, Any], ignored: list[str] | None) -> Any:
        """The cached answer to a call; None after the first attempt."""
        self._n_calls += 1
        self._cache = cache
        if self._n_attempts > 1:
            return None
        self._requests.append({name: value for name, value in request.items() if name not in (ignored or ())})
        answer = cache.get_now(request, ignored)
        self._cached = answer is not None
        return answer

    def record(self, answer: Any) -> None:
        """Note a new answer, to be stored by ``accept``."""
        self._answer = (self._n_calls - 1, answer)


class AnswerCache(Cache):  # type: ignore[misc]  # dspy ships no types
    """``dspy.cache``, but inside ``Attempts`` an answer is stored only when it was accepted.

    Args:
        shared: where answers go for other machines, as JSON, see ``viddiff.lms.answers``.
        server: whose answers they are.
        options: see ``dspy.clients.Cache``.
    """

    def __init__(self, shared: SharedStore | None = None, server: str = "hosted", **options: Any) -> None:
        super().__init__(**options)
        self.shared, self.server = shared, server

    def get(self, request: dict[str, Any], ignored_args_for_cache_key: list[str] | None = None) -> Any:
        """As dspy's."""
        attempts = _ATTEMPTS.get()
        if attempts is None:
            return self.get_now(request, ignored_args_for_cache_key)
        return attempts.look_up(self, request, ignored_args_for_cache_key)

    def put(
        self,
        request: dict[str, Any],
        value: Any,
        ignored_args_for_cache_key: list[str] | None = None,
        enable_memory_cache: bool = True,
    ) -> None:
        """As dspy's; inside ``Attempts`` only when the answer is accepted."""
        attempts = _ATTEMPTS.get()
        if attempts is None:
            self.put_now(request, value, ignored_args_for_cache_key, enable_memory_cache)
        else:
            attempts.record(value)

    def get_now(self, request: dict[str, Any], ignored: list[str] | None = None) -> Any:
        """What is kept, here or by another machine."""
        stored = super().get(request, ignored)
        entry = self.shared.read(self._name(request, ignored)) if stored is None and self.shared else None
        answer = None if entry is None else answer_of(entry)
        if answer is None:
            return stored
        super().put(request, answer, ignored)
        return super().get(request, ignored)

    def put_now(
        self, request: dict[str, Any], answer: Any, ignored: list[str] | None = None, in_memory: bool = True
    ) -> None:
        """Keep an answer."""
        super().put(request, answer, ignored, in_memory)
        content = content_of(answer) if self.shared else None
        if self.shared and content is not None:
            self.shared.write(self._name(request, ignored), content)

    def _name(self, request: dict[str, Any], ignored: list[str] | None) -> str:
        return f"answers/{self.server}/{self.cache_key(request, ignored)}.json"
