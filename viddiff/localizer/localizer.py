"""The localizer: the segment of each stage in one video (paper, section 4.2). Numbers only; it knows no LM."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import BackendError
from viddiff.core.types import Localization, Segment, Side, Stage
from viddiff.localizer.clip.dedup import SAME_BELOW, deduplicate
from viddiff.localizer.clip.encoder import ClipEncoder, text_key
from viddiff.localizer.clip.prefetch import Prefetch
from viddiff.localizer.clip.store import EmbeddingStore
from viddiff.localizer.strategies import DEFAULT_STRATEGY, STRATEGIES, Evidence, Intervals
from viddiff.motion.pose.reader import PoseReader
from viddiff.video.loaded import FrameSequence, LoadedVideo

Frame = NDArray[np.uint8]


class Localizer:
    """Finds stages by the strategy of its name.

    >>> from pathlib import Path
    >>> from viddiff import Localizer, Stage
    >>> from viddiff.video import FrameStore, Sampling, load
    >>> video = load(Path("squat.mp4"), Sampling(fps=8), FrameStore(None))  # doctest: +SKIP
    >>> Localizer("uniform")([Stage(name="down"), Stage(name="up")], video, "a").segments  # doctest: +SKIP

    Args:
        strategy: a name of ``viddiff.localizer.strategies.STRATEGIES``.
        encoder: CLIP, for the strategies that read cues.
        store: where embeddings are kept.
        seed: of the random strategy.
        fallback: takes over, with a notice, when the CLIP weights are not available; None: that is an error.
        skip_similar: embed frames that hardly differ from the one before only once.
        poses: estimates pose, or knows it, for the strategies that read it.

    Raises:
        UsageError: there is no such strategy.
    """

    def __init__(
        self,
        strategy: str = DEFAULT_STRATEGY,
        encoder: ClipEncoder | None = None,
        store: EmbeddingStore | None = None,
        seed: int = 0,
        fallback: Localizer | None = None,
        skip_similar: bool = False,
        poses: PoseReader | None = None,
    ) -> None:
        kind = STRATEGIES[strategy]
        self.strategy = STRATEGIES.canonical(strategy)
        self.encoder = (encoder or ClipEncoder()) if kind.reads_text else None
        self.store = store or EmbeddingStore(None)
        self.seed = seed
        self.fallback = fallback
        self.skip_similar = skip_similar
        self.poses = poses if kind.reads_pose else None
        self.asks = kind.asks

    def __deepcopy__(self, memo: dict[int, Any]) -> Localizer:
        # Optimizers copy a program for every candidate; models and caches are shared.
        return self

    def __call__(
        self,
        stages: Sequence[Stage],
        video: LoadedVideo,
        side: Side,
        on_progress: Callable[[int], None] | None = None,
        prefetch: Prefetch | None = None,
        reference: tuple[LoadedVideo, Localization] | None = None,
        moments: Sequence[Sequence[float]] = (),
    ) -> Localization:
        """Locate ``stages`` in ``video``; at least one stage, in order.

        Args:
            stages, video, side: what, where, and which video it is.
            on_progress: called with how many frames are embedded.
            prefetch: computes its embeddings.
            reference: the other video and its stages, for strategies that carry them over.
            moments: for each stage those that a model named, in seconds, where ``asks`` says that they are needed.

        Raises:
            BackendError: the CLIP weights are not available.
        """
        similarity = None
        if self.encoder is not None:
            try:
                similarity = self.similarity(stages, video.sequence, on_progress, prefetch)
            except BackendError as error:
                if self.fallback is None:
                    raise
                notice = f"Stages were found by {self.fallback.strategy}, not by {self.strategy}: {error}"
                located = self.fallback(stages, video, side)
                return located.model_copy(update={"notices": (notice, *located.notices)})
        borders = reference and _borders(*reference)
        pose = self.poses.pose_of(video) if self.poses else None
        evidence = Evidence(len(stages), video, similarity, self.seed, borders, pose, moments)
        intervals = STRATEGIES[self.strategy].find(evidence)
        return Localization(
            side=side,
            strategy=self.strategy,
            segments=segments_of(stages, intervals, video, similarity),
            model=self.encoder.spec if self.encoder else None,
            notices=tuple(evidence.notices),
        )

    def stages_to_ask(self, stages: Sequence[Stage], video: LoadedVideo) -> frozenset[str]:
        """The names of the stages of which a vision model is to name the moments, where ``asks`` says that one is."""
        without_model = STRATEGIES[self.strategy].without_model
        if without_model is None:
            return frozenset(stage.name for stage in stages)
        decided = without_model(Evidence(len(stages), video, pose=self.poses.pose_of(video) if self.poses else None))
        return frozenset(stage.name for stage, sure in zip(stages, decided, strict=True) if not sure)

    def prefetch(self, *videos: LoadedVideo) -> contextlib.AbstractContextManager[Prefetch | None]:
        """Within this context, frames of these videos that are not in the store are embedded in the background.

        Yields None where there is nothing to do; then torch is not imported.
        """
        if self.encoder is None:
            return contextlib.nullcontext()
        key = functools.partial(self.frames_key, self.encoder)
        missing = [video.sequence for video in videos if not self.store.holds(key(video.sequence))]
        return Prefetch(self._prefetch_embeddings, missing) if missing else contextlib.nullcontext()

    def _prefetch_embeddings(
        self,
        sequence: FrameSequence,
        on_progress: Callable[[int], None],
        through: Callable[[Iterable[Frame]], Iterator[Frame]],
    ) -> NDArray[np.float32]:
        # Checked here and not before, because it imports torch, which takes seconds. Weights that must be downloaded
        # first are left to ``__call__``, which can be interrupted.
        if self.encoder is None or not self.encoder.has_weights:
            raise CancelledError
        return self.embeddings(sequence, on_progress, through)

    def similarity(
        self,
        stages: Sequence[Stage],
        sequence: FrameSequence,
        on_progress: Callable[[int], None] | None = None,
        prefetch: Prefetch | None = None,
    ) -> NDArray[np.float64]:
        """(S, T) mean cosine over each stage's cues; a stage without cues is read by its name and description."""
        if self.encoder is None:
            raise ValueError(f"the {self.strategy!r} strategy reads no text")
        encoder = self.encoder
        cues = [list(stage.cues) or [f"{stage.name}. {stage.description}"] for stage in stages]
        texts = [text for of_stage in cues for text in of_stage]
        vectors = self.store.get(f"texts|{encoder.key}|{text_key(texts)}", lambda: encoder.embed_texts(texts))
        prefetched = prefetch.embeddings(sequence, on_progress) if prefetch else None
        frames = self.embeddings(sequence, on_progress) if prefetched is None else prefetched
        # The mean of cosines is the cosine with the mean of unit vectors: S products for a frame, whatever the cues.
        edges = np.cumsum([0, *(len(of_stage) for of_stage in cues)])
        means = np.stack([vectors[i:j].mean(axis=0) for i, j in itertools.pairwise(edges)]).astype(np.float64)
        similarity: NDArray[np.float64] = means @ frames.T.astype(np.float64)
        return similarity

    def embeddings(
        self,
        sequence: FrameSequence,
        on_progress: Callable[[int], None] | None = None,
        through: Callable[[Iterable[Frame]], Iterator[Frame]] = iter,
    ) -> NDArray[np.float32]:
        """(T, D) unit vectors of all frames of a clip, which go ``through`` a function on their way to the encoder."""
        encoder = self.encoder
        if encoder is None:
            raise ValueError(f"the {self.strategy!r} strategy embeds no frames")

        def make() -> NDArray[np.float32]:
            pixels = through(sequence.pixels(i) for i in range(len(sequence)))
            if not self.skip_similar:
                return encoder.embed_frames(pixels, on_progress)
            shown_by: list[int] = []
            vectors = encoder.embed_frames(deduplicate(pixels, shown_by), on_progress)
            return vectors[shown_by]

        return self.store.get(self.frames_key(encoder, sequence), make)

    def frames_key(self, encoder: ClipEncoder, sequence: FrameSequence) -> str:
        """What the embeddings of a clip depend on."""
        skipping = f"|without similar below {SAME_BELOW:g}" if self.skip_similar else ""
        return f"frames|{encoder.key}{skipping}|{text_key(sequence.refs)}"


def _borders(video: LoadedVideo, located: Localization) -> tuple[LoadedVideo, NDArray[np.float64]]:
    """A video and where its stages begin, and the last one ends."""
    return video, np.array([*(segment.start_s for segment in located.segments), located.segments[-1].stop_s])


def segments_of(
    stages: Sequence[Stage], intervals: Intervals, video: LoadedVideo, similarity: NDArray[np.float64] | None
) -> tuple[Segment, ...]:
    """Frame intervals as segments in seconds; the first frame reaches back to the start, the last to the stop."""
    edges_s = np.append(video.sequence.times_s, video.info.stop_s)
    edges_s[0] = min(edges_s[0], video.info.start_s)
    segments = []
    for i, (stage, (first, stop)) in enumerate(zip(stages, intervals.tolist(), strict=True)):
        has_score = similarity is not None and stop > first
        score = float(similarity[i, first:stop].mean()) if similarity is not None and has_score else None
        segments.append(
            Segment(stage=stage.name, start_s=float(edges_s[first]), stop_s=float(edges_s[stop]), score=score)
        )
    return tuple(segments)
