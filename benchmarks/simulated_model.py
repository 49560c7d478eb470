"""A stand-in for a hosted model: it answers after two seconds, and refuses requests above its rate.

    python -m benchmarks.simulated_model CALLS_PER_S

Prints its address, and serves until its input ends. Its answers are those of the tests; it measures waiting.
"""

from __future__ import annotations

import sys
import threading
import time

from tests.eval.runs import serving
from tests.support.servers import Failure, WireRequest, rate_limit

DELAY_S = 2.0


class Rate:
    """A limit on calls in a second, with a second's worth of calls in reserve."""

    def __init__(self, calls_per_s: float) -> None:
        self.calls_per_s = calls_per_s
        self._left, self._at_s = calls_per_s, time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, request: WireRequest) -> Failure:
        """A request: it takes its time, or exceeds the rate."""
        with self._lock:
            now_s = time.monotonic()
            self._left = min(self.calls_per_s, self._left + (now_s - self._at_s) * self.calls_per_s)
            self._at_s = now_s
            if self._left < 1:
                return rate_limit(1)
            self._left -= 1
        return Failure(delay_s=DELAY_S)


def main() -> None:
    """Serve."""
    with serving(faults=Rate(float(sys.argv[1]))) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
