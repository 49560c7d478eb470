"""Two clips of a repeated action aligned repetition by repetition: each one of A with the most typical one of B."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from viddiff.core.alignment import AlignedPart, Alignment, AlignmentHealth
from viddiff.core.arrays import Floats
from viddiff.core.errors import InputError
from viddiff.localizer.alignment.align import (
    MIRRORED,
    Rows,
    choose_mirroring,
    health_of,
    problems_of,
    round_values,
    rows_of,
)
from viddiff.localizer.alignment.features import FeaturesName, FrameFeatures
from viddiff.localizer.alignment.soft_dtw import GAMMA, dtw, soft_dtw, squared_distances
from viddiff.motion.cycles import Excursion, Span

UNLIKE = "hardly like a repetition of the reference"


@dataclass(frozen=True)
class OtherRepetition:
    """Another repetition of B, aligned with the typical one as those of A are.

    Attributes:
        number: which of B it is, from 1.
        times_s, matched_s, costs: (T,) its frames, what belongs to them in the typical repetition, and how far it is.
    """

    number: int
    times_s: Floats
    matched_s: Floats
    costs: Floats


@dataclass(frozen=True)
class RepetitionAlignment:
    """Clips that show an action a different number of times.

    Attributes:
        alignment: of the frames of A that lie in a repetition; with each repetition, B begins again.
        spans: the repetitions of A.
        doubts: why each of them cannot be compared; "" where it can.
        typical: the repetition of B that they are compared with.
        number: which of B it is, from 1.
        others: the other repetitions of B: how far they are from it is what a distance means at the least.
    """

    alignment: Alignment
    spans: tuple[Span, ...]
    doubts: tuple[str, ...]
    typical: Excursion
    number: int
    others: tuple[OtherRepetition, ...]


@dataclass(frozen=True)
class _Block:
    """One repetition of A (N frames) beside the typical one of B (M frames)."""

    times_s: Floats
    rows: Rows
    health: AlignmentHealth


def align_repetitions(
    name: FeaturesName, a: FrameFeatures, b: FrameFeatures, of_a: Sequence[Excursion], of_b: Sequence[Excursion]
) -> RepetitionAlignment:
    """Align each repetition of A with the typical one of B: the one that B's others are nearest to (their medoid).

    A repetition of A that does not come back is aligned with that part of the typical one that it is most like.

    Args:
        name: of the features.
        a, b: the features of both clips.
        of_a, of_b: the repetitions of both, at least one each; those of B come back.

    Raises:
        InputError: no feature that both clips have, or a repetition without a frame.
    """
    in_a, in_b = (_frames_of(*clip) for clip in ((a, of_a), (b, of_b)))
    number = _medoid(b, in_b)
    other = in_b[number]

    def cost(all_a: Floats, all_b: Floats) -> float:
        pairs = zip(in_a, of_a, strict=True)
        return sum(dtw(squared_distances(all_a[one], all_b[other]), free_ends=not of.returns)[0] for one, of in pairs)

    rows_a, rows_b, mirrored = choose_mirroring(a, b, cost)
    blocks = [
        _block(name, rows_a[one], rows_b[other], a.times_s[one], b.times_s[other], free_ends=not of.returns)
        for one, of in zip(in_a, of_a, strict=True)
    ]
    health = _health(name, blocks)
    own = [
        (i, _block(name, rows_b[one], rows_b[other], b.times_s[one], b.times_s[other]))
        for i, one in enumerate(in_b, 1)
        if i != number + 1
    ]
    notices = (MIRRORED,) if mirrored else ()
    return RepetitionAlignment(
        alignment=_join(name, blocks, b.times_s, health, mirrored, (*notices, *health.problems)),
        spans=tuple(of.span for of in of_a),
        doubts=tuple(UNLIKE if block.health.problems else "" for block in blocks),
        typical=of_b[number],
        number=number + 1,
        others=tuple(OtherRepetition(i, one.times_s, one.rows.matched_s, one.rows.costs) for i, one in own),
    )


def _frames_of(clip: FrameFeatures, repetitions: Sequence[Excursion]) -> list[NDArray[np.int64]]:
    """Which frames lie in each repetition."""
    frames = [np.flatnonzero((clip.times_s >= of.start_s) & (clip.times_s < of.stop_s)) for of in repetitions]
    if not all(map(len, frames)):
        raise InputError("A repetition has no usable frame for the alignment: give a higher --fps.")
    return frames


def _medoid(clip: FrameFeatures, frames: Sequence[NDArray[np.int64]]) -> int:
    """Which repetition the others are nearest to."""
    finite = clip.vectors[:, np.isfinite(clip.vectors).all(axis=0)]
    lengths = [
        sum(dtw(squared_distances(finite[frame], finite[other]))[0] / len(frame) for frame in frames)
        for other in frames
    ]
    return int(np.argmin(lengths))


def _block(
    name: FeaturesName, a: Floats, b: Floats, times_a_s: Floats, times_b_s: Floats, free_ends: bool = False
) -> _Block:
    distances = squared_distances(a, b)
    _, soft = soft_dtw(distances, free_ends=free_ends)
    return _Block(times_a_s, rows_of(distances, soft, times_b_s), health_of(name, distances, soft, None))


def _health(name: FeaturesName, blocks: Sequence[_Block]) -> AlignmentHealth:
    """That of all repetitions together; the largest column is that of the worst of them."""
    lengths = [len(block.times_s) for block in blocks]
    orders = [block.health.order for block in blocks if block.health.order is not None]
    health = AlignmentHealth(
        on_path=float(np.average([block.health.on_path for block in blocks], weights=lengths)),
        off_path=float(np.average([block.health.off_path for block in blocks], weights=lengths)),
        largest_column=max(block.health.largest_column for block in blocks),
        order=fmean(orders) if orders else None,
        divergence=None,
        at_edge=0.0,
    )
    return health.model_copy(update={"problems": tuple(problems_of(name, health, sum(lengths)))})


def _join(
    name: FeaturesName,
    blocks: Sequence[_Block],
    times_b_s: Floats,
    health: AlignmentHealth,
    mirrored: bool,
    notices: tuple[str, ...],
) -> Alignment:
    """All repetitions as one alignment, with a part for each."""
    return Alignment(
        features=name,
        gamma=GAMMA,
        mirrored=mirrored,
        times_a_s=round_values(np.concatenate([block.times_s for block in blocks])),
        times_b_s=round_values(times_b_s),
        matched_b_s=round_values(np.concatenate([block.rows.matched_s for block in blocks])),
        restarts_a_s=round_values(np.array([block.times_s[0] for block in blocks])),
        spread_s=round_values(np.concatenate([block.rows.spread_s for block in blocks])),
        costs=round_values(np.concatenate([block.rows.costs for block in blocks])),
        parts=tuple(_parts(blocks)),
        health=health,
        notices=notices,
    )


def _parts(blocks: Sequence[_Block]) -> Iterator[AlignedPart]:
    total = sum(float(block.rows.costs.sum()) for block in blocks) or 1.0
    for block in blocks:
        yield AlignedPart(
            start_a_s=float(block.times_s[0]),
            stop_a_s=float(block.times_s[-1]),
            start_b_s=float(block.rows.matched_s[0]),
            stop_b_s=float(block.rows.matched_s[-1]),
            cost=float(block.rows.costs.mean()),
            share=min(1.0, float(block.rows.costs.sum()) / total),
        )
