"""Estimating pose while frames are decoded: the two overlap, and no more than a few frames wait in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

import numpy as np
from numpy.typing import NDArray

from viddiff.motion.pose.detections import Detections, People, detections_of
from viddiff.motion.pose.estimators import Estimator

#: Long side of the frames that are estimated, in pixels: the networks look at 224 and 256.
MAX_SIDE = 480
_WAITING = 16

_Frame = tuple[float, NDArray[np.uint8]]


class Estimation:
    """One clip's people, estimated in a thread of its own; a ``viddiff.video.loaded.FrameStream``.

    Args:
        open_estimator: called in the thread, at the first frame.
        fps: most frames a second.
    """

    max_side = MAX_SIDE

    def __init__(self, open_estimator: Callable[[], Estimator], fps: float) -> None:
        self.fps = fps
        self._open = open_estimator
        self._frames: Queue[_Frame | None] = Queue(_WAITING)
        self._last_s = -np.inf
        self._closed = False
        pool = ThreadPoolExecutor(1, thread_name_prefix="pose")
        self._found = pool.submit(self._work)
        pool.shutdown(wait=False)

    def take(self, time_s: float, pixels: NDArray[np.uint8]) -> None:
        """One frame; waits while the estimator is behind."""
        # A frame that stands in for a lost one may have been there before.
        if time_s > self._last_s:
            self._last_s = time_s
            self._frames.put((time_s, pixels))

    def close(self) -> None:
        """There are no more frames."""
        if not self._closed:
            self._closed = True
            self._frames.put(None)

    def result(self) -> Detections:
        """Everyone found, once the last frame is done.

        Raises:
            BackendError: the estimator cannot be opened, or failed.
        """
        return self._found.result()

    def _work(self) -> Detections:
        arriving = iter(self._frames.get, None)
        try:
            return _estimate(self._open, arriving)
        finally:
            # The thread that hands in frames must not wait for a thread that has failed.
            for _ in arriving:
                pass


def _estimate(open_estimator: Callable[[], Estimator], frames: Iterator[_Frame]) -> Detections:
    estimator = open_estimator()
    times_s: list[float] = []
    people: list[People] = []
    width = 1.0
    try:
        for time_s, pixels in frames:
            width = pixels.shape[1] / pixels.shape[0]
            people.append(estimator.people(pixels, time_s))
            times_s.append(time_s)
    finally:
        estimator.close()
    return detections_of(times_s, people, width)
