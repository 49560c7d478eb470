"""Frames are embedded while the proposer is waited for, once, and not beyond the end of a comparison."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import dspy
import numpy as np
import pytest

from tests.support.loaded import Frame, jpeg_of, noise_footage
from tests.support.models import both, judge_reply
from tests.support.scripted import Asked, scripted_lm
from tests.support.tiny_clip import tiny_clip
from viddiff.core.errors import BackendError, InputError
from viddiff.core.types import Outcome, Stage
from viddiff.lms import LMs, adapter_of
from viddiff.localizer.clip.encoder import ClipEncoder
from viddiff.localizer.clip.prefetch import Prefetch
from viddiff.localizer.clip.store import Embeddings, EmbeddingStore
from viddiff.localizer.localizer import Localizer
from viddiff.programs.viddiff.program import VidDiff

FOOTAGE_A, FOOTAGE_B = noise_footage(16, seed=1), noise_footage(12, seed=2)
PATIENCE_S = 20


class FakeEncoder(ClipEncoder):
    """Brightness and contrast instead of CLIP; tells of every frame that it takes."""

    has_weights = True

    def __init__(self, on_frame: Callable[[int], None] = lambda n: None) -> None:
        super().__init__("ViT-B-32/fake")
        self.on_frame = on_frame
        self.n_frames, self.n_clips = 0, 0

    def embed_frames(self, frames: Iterable[Frame], on_progress: Callable[[int], None] | None = None) -> Embeddings:
        rows = []
        for frame in frames:
            self.n_frames += 1
            self.on_frame(self.n_frames)
            rows.append((frame.mean(), frame.std() + 1))
            if on_progress:
                on_progress(len(rows))
        self.n_clips += 1
        vectors = np.array(rows, dtype=np.float32)
        unit: Embeddings = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_texts(self, texts: Iterable[str]) -> Embeddings:
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


def wait_for_threads() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("prefetch"):
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


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
    # Told in order, by video, and to the end, though all was done before anybody waited for it.
    located = [each for each in told if isinstance(each, tuple) and each[0].startswith("locating")]
    assert located == [
        ("locating stages in A", 0, 16),
        ("locating stages in A", 16, 16),
        ("locating stages in B", 0, 12),
        ("locating stages in B", 12, 12),
    ]


def test_the_end_of_a_clip_is_reported_once_when_it_is_waited_for() -> None:
    reported: list[int] = []
    waited = threading.Event()

    def embed(sequence: object, update: Callable[[int], None], take: object) -> Embeddings:
        while not waited.wait(0.001):
            update(0)
        update(16)
        return np.zeros((16, 2), dtype=np.float32)

    def on_progress(done: int) -> None:
        reported.append(done)
        waited.set()

    with Prefetch(embed, [FOOTAGE_A.sequence]) as prefetch:
        assert prefetch.embeddings(FOOTAGE_A.sequence, on_progress) is not None
    assert reported == [0, 16]


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
    wait_for_threads()
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
    with localizer.prefetch(FOOTAGE_A, FOOTAGE_A) as prefetch:
        assert prefetch is not None
        first, second = (prefetch.embeddings(FOOTAGE_A.sequence) for _ in range(2))
    assert first is second
    assert encoder.n_frames == 16


def test_nothing_is_begun_that_is_not_read_or_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Localizer("uniform").prefetch(FOOTAGE_A) as prefetch:
        assert prefetch is None
    localizer = Localizer("viterbi", FakeEncoder(), EmbeddingStore(tmp_path))
    localizer.embeddings(FOOTAGE_A.sequence)
    # To ask whether weights are there imports torch.
    monkeypatch.setattr(FakeEncoder, "has_weights", property(lambda self: pytest.fail("the weights were looked for")))
    with localizer.prefetch(FOOTAGE_A) as prefetch:
        assert prefetch is None


def test_weights_that_would_be_fetched_are_left_to_whoever_locates() -> None:
    fetched = threading.Event()

    class Fetching(FakeEncoder):
        has_weights = False

        def embed_frames(self, frames: Iterable[Frame], on_progress: Callable[[int], None] | None = None) -> Embeddings:
            assert threading.current_thread() is threading.main_thread()
            fetched.set()
            return super().embed_frames(frames, on_progress)

    assert compared(Fetching(), answers).localization_b.strategy == "viterbi"
    assert fetched.is_set()


def test_the_work_ends_with_the_batch_at_hand_and_reads_no_frame_for_nobody(tmp_path: Path) -> None:
    encoder = ClipEncoder(tiny_clip(tmp_path), "cpu")
    video = noise_footage(80, seed=5)
    n_read = 0

    def counted(frames: Iterable[Frame]) -> Iterator[Frame]:
        nonlocal n_read
        for frame in frames:
            n_read += 1
            # So that the next batch is still being read when the first one is embedded.
            threading.Event().wait(0.01)
            yield frame

    def hear(done: int) -> None:
        raise CancelledError

    localizer = Localizer("viterbi", encoder)
    with pytest.raises(CancelledError):
        localizer.embeddings(video.sequence, hear, counted)
    n_then = n_read
    # One batch was embedded and the next one was being read.
    assert n_then <= 16
    threading.Event().wait(0.2)
    assert n_read == n_then
    # The encoder is free again.
    assert localizer.embeddings(video.sequence).shape == (80, 32)


def test_one_encoder_is_used_by_one_thread_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = ClipEncoder(tiny_clip(tmp_path), "cpu")
    model = encoder._load()[0].model
    inside, most = 0, 0

    def alone(method: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            try:
                threading.Event().wait(0.005)
                return method(*args, **options)
            finally:
                inside -= 1

        return call

    for name in ("encode_image", "encode_text"):
        monkeypatch.setattr(model, name, alone(getattr(model, name)))
    stages = [Stage(name=name, cues=(name,)) for name in ("one", "two")]
    footages = [noise_footage(20, seed=seed) for seed in range(3)]
    alike = {video.info.source_hash: Localizer("viterbi", encoder)(stages, video, "a") for video in footages}
    localizer = Localizer("viterbi", encoder)

    def compare(index: int) -> bool:
        a, b = footages[index % 3], footages[(index + 1) % 3]
        with localizer.prefetch(a, b) as prefetch:
            return all(localizer(stages, each, "a", None, prefetch) == alike[each.info.source_hash] for each in (a, b))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(compare, range(6)))
    assert most == 1


def test_a_damaged_frame_is_the_error_that_it_was() -> None:
    video = noise_footage(6, seed=9)
    ref = video.sequence.refs[3]
    video.sequence.store._memory[ref] = jpeg_of(video.sequence.pixels(3))[:20]
    localizer = Localizer("viterbi", FakeEncoder(), fallback=Localizer("motion"))
    stages = [Stage(name=name, cues=(name,)) for name in ("one", "two")]
    with pytest.raises(InputError) as plain:
        localizer(stages, video, "a")
    with localizer.prefetch(video) as prefetch, pytest.raises(InputError) as caught:
        localizer(stages, video, "a", None, prefetch)
    assert str(caught.value) == str(plain.value)


@pytest.mark.parametrize("kept", [True, False])
def test_what_several_threads_ask_for_is_made_once(tmp_path: Path, kept: bool) -> None:
    store = EmbeddingStore(tmp_path if kept else None)
    asked = threading.Barrier(4, timeout=PATIENCE_S)
    made: list[int] = []

    def make() -> Embeddings:
        made.append(1)
        # Long enough for the others to come.
        threading.Event().wait(0.3)
        return np.ones((2, 3), dtype=np.float32)

    def get(_: int) -> Embeddings:
        asked.wait()
        return store.get("key", make)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(get, range(4)))
    assert all(np.array_equal(each, np.ones((2, 3))) for each in found)
    assert len(made) == 1


def test_whoever_waits_for_work_that_is_given_up_does_it_himself() -> None:
    store = EmbeddingStore(None)
    begun, ended = threading.Event(), threading.Event()

    def given_up() -> Embeddings:
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
