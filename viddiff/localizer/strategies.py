"""Ways to find the stages, by name: the paper's Viterbi, its ablations, and those that read no cues.

Each strategy gives (S, 2) int64 half-open frame intervals ``[first, stop)``, one for each stage in order. Viterbi,
uniform, motion and alignment tile the clip (an interval may be empty when there are more stages than frames), and so
does pose unless the action is repeated; argmax and random pick one frame for each stage. A strategy of your own is one
function with ``@strategy(name)`` (docs/extending.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from viddiff.core.registry import Registry
from viddiff.motion.pose.choice import NoPose
from viddiff.motion.pose.landmarks import Pose
from viddiff.video.loaded import LoadedVideo

Intervals = NDArray[np.int64]


@dataclass(frozen=True)
class Evidence:
    """What a strategy may look at.

    Attributes:
        n_stages: how many stages are to be found, at least 1.
        n_frames: how many frames were sampled from the video.
        video: the video.
        similarity: (S, T) mean cosine of each stage's cues and each frame; None unless the strategy reads text.
        seed: for what is left to chance.
        reference: the other video and the borders of its stages, (S + 1,) seconds, where they were found before.
        pose: of the person in the video, or why there is none; None unless the strategy reads pose.
        moments: for each stage the moments that a model named, in seconds of the file; none unless the strategy asks.
        notices: a strategy appends its notices here.
    """

    n_stages: int
    video: LoadedVideo
    similarity: NDArray[np.float64] | None = None
    seed: int = 0
    reference: tuple[LoadedVideo, NDArray[np.float64]] | None = None
    pose: Pose | NoPose | None = None
    moments: Sequence[Sequence[float]] = ()
    notices: list[str] = field(default_factory=list)

    @property
    def n_frames(self) -> int:
        """Frames sampled from the video."""
        return len(self.video.sequence)


@dataclass(frozen=True)
class Strategy:
    """A way to find stages.

    Attributes:
        find: from evidence to (S, 2) frame intervals.
        reads_text: whether it needs the similarity of cues and frames, and so CLIP.
        reads_pose: whether it needs the pose of the person.
        asks: whether it needs moments that a vision model names.
        measures_stages: whether its segments are where the stages were seen, so that their length is a measurement;
            else a stage lies where others left room for it.
        without_model: from evidence to (S,) bool: the stages that it finds without asking; None: none of them.
    """

    find: Callable[[Evidence], Intervals]
    reads_text: bool = False
    reads_pose: bool = False
    asks: bool = False
    without_model: Callable[[Evidence], NDArray[np.bool_]] | None = None
    measures_stages: bool = False


STRATEGIES: Registry[Strategy] = Registry("localizer")
#: The strategy where none is named: the paper's.
DEFAULT_STRATEGY = "viterbi"


def strategy(
    name: str,
    *,
    reads_text: bool = False,
    reads_pose: bool = False,
    asks: bool = False,
    without_model: Callable[[Evidence], NDArray[np.bool_]] | None = None,
    measures_stages: bool = False,
    aliases: Sequence[str] = (),
) -> Callable[[Callable[[Evidence], Intervals]], Callable[[Evidence], Intervals]]:
    """Register a function from evidence to (S, 2) frame intervals as the localizer ``name``, see ``Strategy``.

    Args:
        aliases: former names, which settings and stored runs may still hold.
    """

    def register(find: Callable[[Evidence], Intervals]) -> Callable[[Evidence], Intervals]:
        STRATEGIES.add(name, Strategy(find, reads_text, reads_pose, asks, without_model, measures_stages), aliases)
        return find

    return register


@strategy(DEFAULT_STRATEGY, reads_text=True, measures_stages=True)
def _viterbi(evidence: Evidence) -> Intervals:
    return viterbi(_similarity(evidence))


@strategy("argmax", reads_text=True)
def _argmax(evidence: Evidence) -> Intervals:
    return argmax(_similarity(evidence))


@strategy("uniform")
def _uniform(evidence: Evidence) -> Intervals:
    return uniform(evidence.n_stages, evidence.n_frames)


@strategy("random")
def _random(evidence: Evidence) -> Intervals:
    return random(evidence.n_stages, evidence.n_frames, evidence.seed)


@strategy("motion")
def motion(evidence: Evidence) -> Intervals:
    """Borders where the movement rests, from the figure's motion alone."""
    from viddiff.motion.figure.cache import figure_of
    from viddiff.motion.figure.movements import segment_by_motion

    track, times_s = figure_of(evidence.video), evidence.video.sequence.times_s
    return intervals_of(segment_by_motion(track.times_s, track.energy, times_s, evidence.n_stages), evidence.n_stages)


@strategy("alignment", reads_text=True, aliases=["aligned"])
def alignment(evidence: Evidence) -> Intervals:
    """The borders of the other video, carried over by the alignment of both figures; found as by viterbi in the first.

    Where the alignment cannot be trusted, the second video is read by viterbi too, and a notice says so.
    """
    if evidence.reference is None:
        return viterbi(_similarity(evidence))
    from viddiff.localizer.alignment.videos import align_videos

    other, borders_s = evidence.reference
    aligned = align_videos(other, evidence.video)
    if aligned.health.problems:
        evidence.notices.append(f"Stages were found by viterbi, not by alignment. {aligned.health.problems[0]}")
        return viterbi(_similarity(evidence))
    carried_s = np.interp(borders_s[1:-1], aligned.times_a_s, aligned.matched_b_s)
    inner = np.searchsorted(evidence.video.sequence.times_s, carried_s)
    edges = np.concatenate([[0], inner, [evidence.n_frames]])
    return np.stack([edges[:-1], edges[1:]], axis=1).astype(np.int64)


@strategy("pose", reads_pose=True)
def pose(evidence: Evidence) -> Intervals:
    """Phases of the movement (of one repetition) as the pose shows them; by motion where the pose shows no way back."""
    from viddiff.localizer.stage_intervals import intervals_by_phases
    from viddiff.motion.cycles import cycles_of

    info = evidence.video.info
    if not isinstance(evidence.pose, Pose):
        why = evidence.pose.why if evidence.pose else "No pose was estimated."
        evidence.notices.append(f"Stages were found by motion, not by pose. {why}")
        return motion(evidence)
    cycles = cycles_of(evidence.pose)
    if not cycles.repetitions:
        why = "does not come back" if cycles.excursions else "does not move"
        evidence.notices.append(f"Stages were found by motion, not by pose: that of {info.name!r} {why}.")
        return motion(evidence)
    return intervals_by_phases(cycles, info.start_s, info.stop_s, evidence.video.sequence.times_s, evidence.n_stages)


@strategy("finder", asks=True)
def finder(evidence: Evidence) -> Intervals:
    """From the first to the last moment that a vision model named for a stage; of equal length where it named none."""
    from viddiff.localizer.stage_intervals import intervals_by_moments

    return intervals_by_moments(evidence.moments or [()] * evidence.n_stages, evidence.video.sequence.times_s)


def agreement_by_stage(evidence: Evidence) -> NDArray[np.bool_]:
    """(S,) whether pose and motion place a stage alike: what both cover is at least half of what either does."""
    if not isinstance(evidence.pose, Pose):
        return np.zeros(evidence.n_stages, dtype=bool)
    one, other = pose(evidence), motion(evidence)
    shared = np.minimum(one[:, 1], other[:, 1]) - np.maximum(one[:, 0], other[:, 0])
    either = np.maximum(one[:, 1], other[:, 1]) - np.minimum(one[:, 0], other[:, 0])
    agrees: NDArray[np.bool_] = (shared > 0) & (2 * shared >= either)
    return agrees


@strategy("agreement", reads_pose=True, asks=True, without_model=agreement_by_stage, aliases=["agreed"])
def agreement(evidence: Evidence) -> Intervals:
    """As by pose where motion places a stage alike, else by the moments that a vision model named, if it named any."""
    by_finder = ~agreement_by_stage(evidence) & np.array(
        [bool(moments) for moments in evidence.moments or [()] * evidence.n_stages]
    )
    return np.where(by_finder[:, None], finder(evidence), pose(evidence))


def viterbi(similarity: NDArray[np.float64]) -> Intervals:
    """Left-to-right Viterbi over (S, T) similarities (paper, section 4.2)."""
    from viddiff.localizer.alignment.viterbi import segment

    return intervals_of(segment(similarity), len(similarity))


def argmax(similarity: NDArray[np.float64]) -> Intervals:
    """The best frame for each stage by itself, in no order (the paper's ablation without Viterbi)."""
    return single_frames(np.argmax(np.nan_to_num(similarity, nan=-np.inf), axis=1))


def uniform(n_stages: int, n_frames: int) -> Intervals:
    """Stages of equal length."""
    edges = np.arange(n_stages + 1) * n_frames // n_stages
    return np.stack([edges[:-1], edges[1:]], axis=1).astype(np.int64)


def random(n_stages: int, n_frames: int, seed: int) -> Intervals:
    """One random frame for each stage (the paper's ablation)."""
    return single_frames(np.random.default_rng(seed).integers(0, n_frames, size=n_stages))


def intervals_of(stages: NDArray[np.int64], n_stages: int) -> Intervals:
    """Frame intervals of a path (T,) that never decreases; a skipped stage is empty at the place it would start."""
    order = np.arange(n_stages)
    return np.stack([np.searchsorted(stages, order, "left"), np.searchsorted(stages, order, "right")], axis=1)


def single_frames(frames: NDArray[np.int64]) -> Intervals:
    """One frame for each stage."""
    return np.stack([frames, frames + 1], axis=1)


def _similarity(evidence: Evidence) -> NDArray[np.float64]:
    if evidence.similarity is None:
        raise ValueError("a strategy that reads text needs the similarity of cues and frames")
    return evidence.similarity
