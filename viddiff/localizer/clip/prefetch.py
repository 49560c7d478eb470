"""Embeds frames in a background thread while the proposer's request runs: embeddings do not depend on its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from viddiff.localizer.clip.store import Embeddings
from viddiff.video.loaded import FrameSequence

T = TypeVar("T")
#: Called with how many frames of a clip are embedded.
OnProgress = Callable[[int], None]


class Prefetch:
    """The embeddings of some clips, made one clip after the other in a thread; leaving the context ends the work.

    Args:
        embed: (T, D) embeddings of a clip; it calls the second argument with how many frames are done, and takes its
            frames through the third: both raise CancelledError when the work is to end. It may raise that itself for
            clips that are to be embedded when they are needed.
        sequences: the clips, in the order in which they are wanted.
    """

    def __init__(
        self,
        embed: Callable[[FrameSequence, OnProgress, Callable[[Iterable[T]], Iterator[T]]], Embeddings],
        sequences: Sequence[FrameSequence],
    ) -> None:
        self._cancelled = threading.Event()
        self._listeners: dict[tuple[str, ...], OnProgress] = {}
        self._reported: dict[tuple[str, ...], int] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="prefetch")
        self._jobs: dict[tuple[str, ...], Future[Embeddings]] = {}
        for sequence in sequences:
            if sequence.refs not in self._jobs:
                job = self._pool.submit(embed, sequence, self._progress_of(sequence), self._until_cancelled)
                self._jobs[sequence.refs] = job

    def __enter__(self) -> Prefetch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cancelled.set()
        # Not waited for: the current batch is the last one, and it must not delay Ctrl-C.
        self._pool.shutdown(wait=False, cancel_futures=True)

    def embeddings(self, sequence: FrameSequence, on_progress: OnProgress | None = None) -> Embeddings | None:
        """Wait for the embeddings of one clip; None where they are not computed here. Raises what ``embed`` raised.

        ``on_progress`` is called from now on, and not after the embeddings are returned.
        """
        job = self._jobs.get(sequence.refs)
        if job is None:
            return None
        if on_progress:
            self._listeners[sequence.refs] = on_progress
        try:
            embeddings = job.result()
        except CancelledError:
            return None
        # The last frames may have been embedded before ``on_progress`` was set.
        if on_progress and self._reported.get(sequence.refs) != len(embeddings):
            on_progress(len(embeddings))
        return embeddings

    def _progress_of(self, sequence: FrameSequence) -> OnProgress:
        def update(done: int) -> None:
            if self._cancelled.is_set():
                raise CancelledError
            if sequence.refs in self._listeners:
                self._listeners[sequence.refs](done)
                self._reported[sequence.refs] = done

        return update

    def _until_cancelled(self, items: Iterable[T]) -> Iterator[T]:
        for item in items:
            if self._cancelled.is_set():
                raise CancelledError
            yield item
