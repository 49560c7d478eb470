"""How well the cues of a proposal tell its stages apart on real clips: what the localizer will be able to do with them.

Viterbi gives each frame a stage from all frames together; where the cues are good, that stage is also the one that fits
the frame best by itself. The share of frames where both agree, corrected for chance, is the quality of the cues. It
needs no label.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viddiff.core.errors import BackendError
from viddiff.core.record import Record, Share
from viddiff.core.settings import Settings
from viddiff.core.types import Stage
from viddiff.localizer.alignment.viterbi import check_similarity, segment
from viddiff.localizer.localizer import Localizer
from viddiff.video.loaded import FrameSequence


class CueQuality(Record):
    """What the cues of a proposal are worth on some clips."""

    score: Share
    """The mean of ``separation`` over the clips."""
    n_clips: int
    confused: tuple[str, str] | None = None
    """The stage that Viterbi gives to the most frames which by themselves look like another stage, and that other one.
    """


def confusion(similarity: ArrayLike) -> NDArray[np.int64]:
    """(S, S) frames: rows are the stages that Viterbi gives, columns those that fit a frame best by itself.

    Args:
        similarity: (S, T) as in ``viddiff.localizer.alignment.viterbi.segment``; each row is scaled to 0..1 over the
            frames as there, and of stages that fit a frame equally well the earliest is taken.

    Raises:
        ValueError: as ``segment``.
    """
    path = segment(similarity)
    best = scale(check_similarity(similarity)).argmax(axis=0)
    n_stages = len(check_similarity(similarity))
    counts = np.bincount(path * n_stages + best, minlength=n_stages**2).reshape(n_stages, n_stages)
    return counts.astype(np.int64)


def separation(counts: NDArray[np.int64]) -> float:
    """The share of frames on the diagonal of a ``confusion`` (S, S), corrected for chance, 0 to 1; one stage: 0.

    Noise gets a little more than 0, for of all paths Viterbi takes one that agrees with the frames.
    """
    n_stages = len(counts)
    if n_stages == 1:
        return 0.0
    agreement = float(np.trace(counts) / counts.sum())
    return max(0.0, (agreement - 1 / n_stages) / (1 - 1 / n_stages))


def scale(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """(S, T): each row from 0 (its lowest, and NaN) to 1 (its highest); a constant row is 0."""
    finite = ~np.isnan(similarity)
    low = np.where(finite, similarity, np.inf).min(axis=1, keepdims=True)
    high = np.where(finite, similarity, -np.inf).max(axis=1, keepdims=True)
    spread = np.where(high > low, high - low, 1.0)
    return np.where(finite, (similarity - np.where(np.isfinite(low), low, 0.0)) / spread, 0.0)


def quality(stages: Sequence[Stage], similarities: Sequence[ArrayLike]) -> CueQuality:
    """The quality of the cues of ``stages`` from their similarities (S, T) to the frames of some clips, at least one.

    Raises:
        ValueError: as ``viddiff.localizer.alignment.viterbi.segment``.
    """
    counts = [confusion(similarity) for similarity in similarities]
    wrong = np.sum(counts, axis=0)
    np.fill_diagonal(wrong, 0)
    stage, looks = divmod(int(wrong.argmax()), len(stages))
    return CueQuality(
        score=float(np.mean([separation(each) for each in counts])),
        n_clips=len(counts),
        confused=(stages[stage].name, stages[looks].name) if wrong.any() else None,
    )


class CueMeter:
    """Measures the cues of proposals on a few clips of each action; called from several threads.

    Args:
        localizer: embeds cues and frames; give it a store, for the frames are the same for every proposal.
        clips: action key -> clips of that action.

    Attributes:
        why: once cues cannot be measured, the reason; nothing is tried again then.
        measured: whether any were.
    """

    def __init__(self, localizer: Localizer, clips: Mapping[str, Sequence[FrameSequence]]) -> None:
        self.localizer = localizer
        self.clips = clips
        self.why: str | None = None
        self.measured = False
        if localizer.encoder is None:
            self.why = f"the {localizer.strategy!r} localizer reads no cues"
        # One at a time: the encoder is loaded once, and it uses all cores by itself.
        self._lock = threading.Lock()

    def __call__(self, action_key: str, stages: Sequence[Stage]) -> CueQuality | None:
        """The quality, or None where it cannot be measured: no weights of CLIP, no clip of this action, no stage."""
        clips = self.clips.get(action_key, ())
        with self._lock:
            if self.why is not None or not clips or not stages:
                return None
            try:
                cue_quality = quality(stages, [self.localizer.similarity(stages, clip) for clip in clips])
            except BackendError as error:
                self.why = str(error)
                return None
            self.measured = True
            return cue_quality


def cue_meter(settings: Settings, clips: Mapping[str, Sequence[FrameSequence]]) -> CueMeter:
    """The meter with the localizer of the settings, which the compiled proposer will serve."""
    from viddiff.build import localizer

    return CueMeter(localizer(settings), clips)
