"""Frames are embedded while the proposer is waited for, once, and not beyond the end of a comparison."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import dspy
import numpy as np
import pytest

from tests.support.footage import Frame, noise_footage
from tests.support.models import both, judge_reply
from tests.support.scripted import Asked, scripted_lm
from viddiff.errors import BackendError
from viddiff.lms import LMs, adapter_of
from viddiff.localizer.clip import ClipEncoder
from viddiff.localizer.embeddings import Array, EmbeddingStore
from viddiff.localizer.localize import Localizer
from viddiff.programs.viddiff import VidDiff
from viddiff.types import Outcome

FOOTAGE_A, FOOTAGE_B = noise_footage(16, seed=1), noise_footage(12, seed=2)
PATIENCE_S = 20


class FakeEncoder(ClipEncoder):
    """Brightness and contrast instead of CLIP; tells of every frame that it takes."""

    at_hand = True

    def __init__(self, on_frame: Callable[[int], None] = lambda n: None) -> None:
        super().__init__("ViT-B-32/fake")
        self.on_frame = on_frame
        self.n_frames, self.n_clips = 0, 0

    def embed_frames(self, frames: Iterable[Frame], on_progress: Callable[[int], None] | None = None) -> Array:
        rows = []
        for frame in frames:
            self.n_frames += 1
            self.on_frame(self.n_frames)
            rows.append((frame.mean(), frame.std() + 1))
            if on_progress:
                on_progress(len(rows))
        self.n_clips += 1
        vectors = np.array(rows, dtype=np.float32)
        unit: Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_texts(self, texts: Iterable[str]) -> Array:
        return np.array([(len(text) % 7 + 1, 1) for text in texts], dtype=np.float32)


def compared(encoder: ClipEncoder, reply: Callable[[Asked], str], progress: list[object] | None = None) -> Outcome:
    """A comparison in open mode."""
    program = VidDiff(
        LMs(scripted_lm(reply)),
        localizer=Localizer("viterbi", encoder, fallback=Localizer("motion")),
        measure=False,
        progress=lambda *told: progress.append(told) if progress is not None else None,
    )
    with dspy.context(adapter=adapter_of("chat"), trace=[], disable_history=True):
        outcome: Outcome = program(action="squat", video_a=FOOTAGE_A, video_b=FOOTAGE_B, n_differences=2).outcome
    return outcome


def answers(asked: Asked) -> str:
    return both(lambda asked: judge_reply("a"))(asked)


def test_both_videos_are_embedded_before_the_proposer_has_answered() -> None:
    done = threading.Event()
    encoder = FakeEncoder(lambda n: done.set() if n == 28 else None)

    def reply(asked: Asked) -> str:
        assert done.wait(PATIENCE_S), "the frames waited for the proposer"
        return answers(asked)

    told: list[object] = []
    waited = compared(encoder, reply, told)
    assert encoder.n_frames == 28
    plain = Localizer("viterbi", FakeEncoder())(waited.proposal.stages, FOOTAGE_B, "b")
    assert waited.localization_b == plain
    assert ("locating stages in A", 0, 16) in told


def test_a_proposer_that_fails_ends_the_work() -> None:
    failed, begun = threading.Event(), threading.Event()

    def on_frame(n: int) -> None:
        begun.set()
        assert failed.wait(PATIENCE_S)

    def reply(asked: Asked) -> str:
        assert begun.wait(PATIENCE_S)
        return "nothing that could be read"

    encoder = FakeEncoder(on_frame)
    with pytest.raises(BackendError, match="Nothing could be proposed"):
        compared(encoder, reply)
    failed.set()
    for thread in threading.enumerate():
        if thread.name.startswith("ahead"):
            thread.join(PATIENCE_S)
    assert encoder.n_frames == 1
    assert encoder.n_clips == 0


def test_weights_that_fail_in_the_background_give_way_as_they_would_in_front() -> None:
    def on_frame(n: int) -> None:
        raise BackendError("The weights are damaged.")

    outcome = compared(FakeEncoder(on_frame), answers)
    assert outcome.localization_a.strategy == outcome.localization_b.strategy == "motion"
    assert any("not by viterbi: The weights are damaged." in notice for notice in outcome.notices)


def test_the_same_clip_twice_is_embedded_once() -> None:
    encoder = FakeEncoder()
    localizer = Localizer("argmax", encoder)
    with localizer.ahead(FOOTAGE_A, FOOTAGE_A) as ahead:
        assert ahead is not None
        first, second = (ahead.embeddings(FOOTAGE_A.sequence) for _ in range(2))
    assert first is second
    assert encoder.n_frames == 16


@pytest.mark.parametrize("localizer", [Localizer("uniform"), Localizer("viterbi", ClipEncoder("hf-hub:a/b"))])
def test_nothing_is_begun_that_is_not_read_or_would_be_fetched(localizer: Localizer) -> None:
    with localizer.ahead(FOOTAGE_A) as ahead:
        assert ahead is None


@pytest.mark.parametrize("kept", [True, False])
def test_what_several_threads_ask_for_is_made_once(tmp_path: Path, kept: bool) -> None:
    store = EmbeddingStore(tmp_path if kept else None)
    asked = threading.Barrier(4, timeout=PATIENCE_S)
    made: list[int] = []

    def make() -> Array:
        made.append(1)
        # Long enough for the others to come.
        threading.Event().wait(0.3)
        return np.ones((2, 3), dtype=np.float32)

    def get(_: int) -> Array:
        asked.wait()
        return store.get("key", make)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(get, range(4)))
    assert all(np.array_equal(each, np.ones((2, 3))) for each in found)
    assert len(made) == 1


def test_whoever_waits_for_work_that_is_given_up_does_it_himself() -> None:
    store = EmbeddingStore(None)
    begun, ended = threading.Event(), threading.Event()

    def given_up() -> Array:
        begun.set()
        assert ended.wait(PATIENCE_S)
        raise CancelledError

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.get, "key", given_up)
        assert begun.wait(PATIENCE_S)
        second = pool.submit(store.get, "key", lambda: np.ones((1, 2), dtype=np.float32))
        ended.set()
        assert second.result(PATIENCE_S).shape == (1, 2)
        with pytest.raises(CancelledError):
            first.result(PATIENCE_S)
