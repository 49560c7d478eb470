"""What a role asks of its model: calls, cache hits, failures, images, tokens, money.

dspy reports calls through callbacks (without usage), and usage through a tracker (without calls, and not for cache
hits), so a meter is both. It keeps sums only, however long a run is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import dspy
from dspy.utils.callback import BaseCallback
from dspy.utils.usage_tracker import UsageTracker

from viddiff.core.settings import Price
from viddiff.core.usage import Usage
from viddiff.lms.pricing import Rates, rates_of

#: A context in which one call may be made.
CallSlot = Callable[[], AbstractContextManager[None]]


class Meter:
    """Counts for one role; what it counts, ``outer`` counts, too. Prices: see ``rates_of``."""

    def __init__(
        self,
        role: str,
        model: str,
        price: Price | None = None,
        hosted: bool = True,
        batched: bool = False,
        outer: Meter | None = None,
    ) -> None:
        self.role, self.model, self.outer = role, model, outer
        self.rates: Rates | None = outer.rates if outer else rates_of(model, price, hosted, batched)
        self._lock = threading.Lock()
        self._answered = 0
        self._failed = 0
        self._images = 0
        self._billed = 0
        self._input_tokens = 0
        self._output_tokens = 0
        self._cached_input_tokens = 0

    def usage_tracker(self, outer: UsageTracker | None, call_slot: CallSlot = nullcontext) -> UsageTracker:
        """A tracker that counts here and passes all on to the one that was in force; see ``current_call_slot``."""
        return ForwardingTracker(self, outer, call_slot)

    def add(self, entry: dict[str, Any]) -> None:
        """Count the usage of one answered, uncached call."""
        if self.outer is not None:
            self.outer.add(entry)
        details = entry.get("prompt_tokens_details") or {}
        with self._lock:
            self._billed += 1
            self._input_tokens += entry.get("prompt_tokens") or 0
            self._output_tokens += entry.get("completion_tokens") or 0
            self._cached_input_tokens += details.get("cached_tokens") or 0

    def count_images(self, n_images: int) -> None:
        """Count the images of a request, sent or served from the cache."""
        if self.outer is not None:
            self.outer.count_images(n_images)
        with self._lock:
            self._images += n_images

    def count_call(self, failed: bool) -> None:
        """Count a call as answered or failed."""
        if self.outer is not None:
            self.outer.count_call(failed)
        with self._lock:
            if failed:
                self._failed += 1
            else:
                self._answered += 1

    @property
    def cost_usd(self) -> float | None:
        """Dollars so far; None where no price is known."""
        if self.rates is None:
            return None
        return self.rates.cost(self._input_tokens, self._output_tokens, self._cached_input_tokens)

    @property
    def n_asked(self) -> int:
        """Calls so far that no cache answered."""
        return self._billed + self._failed

    @property
    def usage(self) -> Usage:
        """The counts so far."""
        return Usage(
            role=self.role,
            model=self.model,
            calls=self._answered,
            cached_calls=max(0, self._answered - self._billed),
            failed_calls=self._failed,
            images=self._images,
            input_tokens=self._input_tokens,
            output_tokens=self._output_tokens,
            cost_usd=self.cost_usd,
        )


class ForwardingTracker(UsageTracker):  # type: ignore[misc]  # dspy ships no types
    """dspy's usage tracker, which counts in a meter; dspy.Parallel copies trackers, and a copy must still count."""

    def __init__(self, meter: Meter, outer: UsageTracker | None, call_slot: CallSlot) -> None:
        super().__init__()
        self.meter, self.outer, self.call_slot = meter, outer, call_slot

    def __deepcopy__(self, memo: dict[int, Any]) -> ForwardingTracker:
        return self

    def add_usage(self, lm: str, usage_entry: dict[str, Any]) -> None:
        """Count one uncached call; dspy calls this for every one, also where the provider reports no usage."""
        self.meter.add(usage_entry)
        if self.outer is not None:
            self.outer.add_usage(lm, usage_entry)


class _CallCounter(BaseCallback):  # type: ignore[misc]  # dspy ships no types
    """Counts the calls of the LMs that it is attached to, in the current role's meter."""

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """Count the image blocks of a request."""
        meter = _meter_in_force()
        if meter is not None:
            contents = [message.get("content") for message in inputs.get("messages") or []]
            blocks = [block for content in contents if isinstance(content, list) for block in content]
            meter.count_images(sum(block.get("type") == "image_url" for block in blocks))

    def on_lm_end(self, call_id: str, outputs: Any, exception: Exception | None = None) -> None:
        """Count the call as answered or failed."""
        meter = _meter_in_force()
        if meter is not None:
            meter.count_call(failed=exception is not None)


_COUNTER = _CallCounter()


def count_calls(lm: dspy.BaseLM) -> None:
    """Have the calls of an LM counted by the meter in force."""
    # On the LM and not in dspy's settings: there it would be called for every module and adapter as well, which costs a
    # tenth of the time of a question.
    if _COUNTER not in lm.callbacks:
        lm.callbacks = [*lm.callbacks, _COUNTER]


def count_answered(n_images: int) -> None:
    """Count a call that was answered without dspy's LM, and its images, in the meter in force."""
    meter = _meter_in_force()
    if meter is not None:
        meter.count_images(n_images)
        meter.add({})
        meter.count_call(failed=False)


def current_call_slot() -> AbstractContextManager[None]:
    """The context in which the role in force makes one call; without a role there is no limit."""
    tracker = dspy.settings.usage_tracker
    return tracker.call_slot() if isinstance(tracker, ForwardingTracker) else nullcontext()


def _meter_in_force() -> Meter | None:
    tracker = dspy.settings.usage_tracker
    return tracker.meter if isinstance(tracker, ForwardingTracker) else None
