"""Frames embedded in the background, while the proposer's answer is waited for: they do not depend on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from viddiff.localizer.clip.store import Embeddings
from viddiff.video.loaded import FrameSequence

T = TypeVar("T")
#: Hears how many frames of a clip are embedded.
Hear = Callable[[int], None]


class Prefetch:
    """The embeddings of some clips, made one clip after the other in a thread; leaving the context ends the work.

    Args:
        embed: (T, D) embeddings of a clip; it calls the second argument with how many frames are done, and takes its
            frames through the third: both raise CancelledError when the work is to end. It may raise that itself for
            what is to be left to whoever needs it.
        sequences: the clips, in the order in which they are wanted.
    """

    def __init__(
        self,
        embed: Callable[[FrameSequence, Hear, Callable[[Iterable[T]], Iterator[T]]], Embeddings],
        sequences: Sequence[FrameSequence],
    ) -> None:
        self._ended = threading.Event()
        self._listeners: dict[tuple[str, ...], Hear] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._found: dict[tuple[str, ...], Future[Embeddings]] = {}
        for sequence in sequences:
            if sequence.refs not in self._found:
                job = self._pool.submit(embed, sequence, self._teller(sequence), self._until_the_end)
                self._found[sequence.refs] = job

    def __enter__(self) -> Prefetch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        # Not waited for: the batch at hand is the last one, and Ctrl-C is not held up by it.
        self._pool.shutdown(wait=False, cancel_futures=True)

    def embeddings(self, sequence: FrameSequence, hear: Hear | None = None) -> Embeddings | None:
        """Those of one clip, as soon as they are there; raises what making them raised. None where they are not made.

        ``hear`` is told of this clip only from now on, and not once the embeddings are returned.
        """
        found = self._found.get(sequence.refs)
        if found is None:
            return None
        if hear:
            self._listeners[sequence.refs] = hear
        try:
            embeddings = found.result()
        except CancelledError:
            return None
        if hear:
            # All may have been done before anybody listened.
            hear(len(embeddings))
        return embeddings

    def _teller(self, sequence: FrameSequence) -> Hear:
        def tell(done: int) -> None:
            if self._ended.is_set():
                raise CancelledError
            if sequence.refs in self._listeners:
                self._listeners[sequence.refs](done)

        return tell

    def _until_the_end(self, items: Iterable[T]) -> Iterator[T]:
        for item in items:
            if self._ended.is_set():
                raise CancelledError
            yield item
