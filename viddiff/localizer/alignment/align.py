"""Two clips aligned: the time map from one to the other, what it costs, and whether it can be trusted."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viddiff.core.alignment import AlignedPart, Alignment, AlignmentHealth
from viddiff.core.arrays import Floats
from viddiff.core.errors import InputError, UsageError
from viddiff.localizer.alignment.features import FeaturesName, FrameFeatures
from viddiff.localizer.alignment.soft_dtw import (
    GAMMA,
    cells_of,
    divergence,
    dtw,
    matches_of,
    soft_dtw,
    squared_distances,
)

#: Frames of a clip that are aligned at the most; of a longer one every second, third ...
MAX_ALIGNED_FRAMES = 2000
#: Clips of more frames get a band, of this width.
BAND_FRAMES, BAND = 1000, 0.3
#: The mirrored clip is taken where it makes the way cheaper by this factor.
_MIRRORED_IS_BETTER = 0.8
MIRRORED = "B is more like A when it is mirrored, and was mirrored to align them."
#: Share of the alignment at the edge of a band from which on it is reported.
_AT_EDGE = 0.01
#: Distance along the alignment as a share of that of any two frames, from which on an alignment is not believed:
#: what rendered pairs of one action stay below (``python -m benchmarks.alignment`` tells how often that is right).
ALIKE: dict[FeaturesName, float] = {"pose": 0.6, "figure": 0.75, "clip": 0.75}
#: Share of A that is aligned with one frame of B, likewise.
_COLLAPSED = 0.5


@dataclass(frozen=True)
class AlignmentOptions:
    """How two clips are aligned.

    Attributes:
        gamma, band, free_ends: as in ``viddiff.localizer.alignment.soft_dtw.soft_dtw``; rows are A, and distances are
            in units of their median.
        n_parts: equal parts of A for which the cost is given.

    Raises:
        UsageError: a value that cannot be.
    """

    gamma: float = GAMMA
    band: float | None = None
    free_ends: bool = False
    n_parts: int = 8

    def __post_init__(self) -> None:
        if not 0 < self.gamma < math.inf:
            raise UsageError(f"gamma is {self.gamma!r}: give a number above 0.")
        if self.band is not None and not 0 < self.band <= 1:
            raise UsageError(f"The band is {self.band!r}: give a share of the length, above 0 and at most 1.")
        if self.n_parts < 1:
            raise UsageError(f"{self.n_parts!r} is not a number of parts: give 1 or more.")


@dataclass(frozen=True)
class Rows:
    """What belongs to each of N frames of A, (N,) each: the time in B, its standard deviation, the mean distance."""

    matched_s: Floats
    spread_s: Floats
    costs: Floats


def align_features(
    name: FeaturesName, a: FrameFeatures, b: FrameFeatures, options: AlignmentOptions | None = None
) -> Alignment:
    """The alignment of two clips.

    Args:
        name: of the features.
        a, b: the features of both clips, at least one frame each.
        options: None: the defaults.

    Raises:
        InputError: no feature that both clips have.
    """
    options = options or AlignmentOptions()
    a, b = _subsample(a), _subsample(b)
    notices = []
    if options.band is None and max(len(a.times_s), len(b.times_s)) > BAND_FRAMES:
        options = replace(options, band=BAND)
        notices.append(f"The clips are long: only moments within {BAND:.0%} of their length were aligned (--band).")
    rows_a, rows_b, mirrored = choose_mirroring(
        a, b, lambda one, other: dtw(squared_distances(one, other), band=options.band, free_ends=options.free_ends)[0]
    )
    distances = squared_distances(rows_a, rows_b)
    _, soft = soft_dtw(distances, options.gamma, band=options.band, free_ends=options.free_ends)
    rows = rows_of(distances, soft, b.times_s)
    apart = None if options.free_ends else divergence(rows_a, rows_b, options.gamma)
    health = health_of(name, distances, soft, apart, options.band)
    if mirrored:
        notices.append(MIRRORED)
    if health.at_edge > _AT_EDGE:
        notices.append("The alignment touches the edge of its band: give a wider one (--band).")
    return Alignment(
        features=name,
        gamma=options.gamma,
        mirrored=mirrored,
        times_a_s=round_values(a.times_s),
        times_b_s=round_values(b.times_s),
        matched_b_s=round_values(rows.matched_s),
        spread_s=round_values(rows.spread_s),
        costs=round_values(rows.costs),
        parts=_parts(a.times_s, rows.matched_s, rows.costs, options.n_parts),
        health=health,
        notices=(*notices, *health.problems),
    ).keep_soft(soft)


def health_of(
    name: FeaturesName, distances: Floats, soft: Floats, apart: float | None, band: float | None = None
) -> AlignmentHealth:
    """What speaks for and against an alignment (N, M) of frames at these distances; ``apart``: their divergence."""
    matches = matches_of(soft)
    health = AlignmentHealth(
        on_path=float((soft * distances).sum() / soft.sum()),
        off_path=float(distances.mean()),
        largest_column=min(1.0, float(matches.sum(axis=0).max()) / len(soft)),
        order=order_of(distances.argmin(axis=1)),
        divergence=None if apart is None else apart / len(soft),
        at_edge=_at_edge(soft, band),
    )
    return health.model_copy(update={"problems": tuple(problems_of(name, health, len(soft)))})


def order_of(places: NDArray[np.int64]) -> float | None:
    """Kendall's tau b between places (N,) and their numbers: 1 where they only grow; None where all are the same.

    >>> order_of(np.array([0, 2, 1, 3])), order_of(np.array([5, 5]))
    (0.6666666666666666, None)
    """
    turns = np.sign(places - places[:, None])[np.triu_indices(len(places), 1)]
    return float(turns.sum() / math.sqrt(turns.size * np.count_nonzero(turns))) if turns.any() else None


def problems_of(name: FeaturesName, health: AlignmentHealth, n_rows: int) -> Iterator[str]:
    """Why an alignment of ``n_rows`` frames of A should not be trusted."""
    if health.off_path == 0:
        yield "Nothing differs from frame to frame: there is nothing to align by."
        return
    if health.on_path > ALIKE[name] * health.off_path:
        yield "The clips are hardly more alike along the alignment than elsewhere: they may show different actions."
    if n_rows > 1 and health.largest_column > _COLLAPSED:
        yield "Most of A is aligned with one moment of B: the alignment has collapsed."


def _subsample(features: FrameFeatures) -> FrameFeatures:
    """No more than ``MAX_ALIGNED_FRAMES`` frames."""
    step = math.ceil(len(features.times_s) / MAX_ALIGNED_FRAMES)
    mirrored = tuple(vectors[::step] for vectors in features.mirrored)
    return FrameFeatures(features.times_s[::step], features.vectors[::step], mirrored)


class ComparableRows(NamedTuple):
    """Features of A and of B in the same columns; whether those of B are mirrored."""

    a: Floats
    b: Floats
    mirrored: bool


def choose_mirroring(a: FrameFeatures, b: FrameFeatures, cost: Callable[[Floats, Floats], float]) -> ComparableRows:
    """Features of both: B as it is, or mirrored where that makes the way much cheaper.

    Args:
        cost: of the way from the features of A (N, d) to those of B (M, d).
    """
    pairs = [comparable(a.vectors, vectors) for vectors in (b.vectors, *b.mirrored)]
    costs = [cost(*pair) for pair in pairs]
    best = int(np.argmin(costs))
    if costs[best] > _MIRRORED_IS_BETTER * costs[0]:
        best = 0
    return ComparableRows(*pairs[best], best > 0)


def comparable(query: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """The columns that both clips have, such that the median squared distance of their frames is 1."""
    usable = np.isfinite(query).all(axis=0) & np.isfinite(reference).all(axis=0)
    if not usable.any():
        raise InputError("Both clips have no usable features in common: try other --features.")
    distances = squared_distances(query[:, usable], reference[:, usable])
    # Where most frames are the same the median is 0.
    scale = math.sqrt(float(np.median(distances)) or float(distances.mean()) or 1.0)
    return query[:, usable] / scale, reference[:, usable] / scale


def round_values(values: Floats) -> tuple[float, ...]:
    """Values as they stand in a document: to a tenth of a millisecond."""
    return tuple(np.round(values, 4).tolist())


def rows_of(distances: Floats, soft: Floats, times_s: Floats) -> Rows:
    """What an alignment (N, M) of frames at these distances tells of each row; ``times_s`` (M,) are those of B."""
    matches = matches_of(soft)
    matched_s = matches @ times_s
    spread_s = np.sqrt((matches * (times_s - matched_s[:, None]) ** 2).sum(axis=1))
    return Rows(np.maximum.accumulate(matched_s), spread_s, (matches * distances).sum(axis=1))


def _parts(times_s: Floats, matched_s: Floats, costs: Floats, n_parts: int) -> tuple[AlignedPart, ...]:
    """Equal parts of A; fewer where there are fewer frames."""
    edges = np.linspace(0, len(times_s), min(n_parts, len(times_s)) + 1).round().astype(int)
    total = float(costs.sum()) or 1.0
    last = len(times_s) - 1
    return tuple(
        AlignedPart(
            start_a_s=float(times_s[start]),
            stop_a_s=float(times_s[min(stop, last)]),
            start_b_s=float(matched_s[start]),
            stop_b_s=float(matched_s[min(stop, last)]),
            cost=float(costs[start:stop].mean()),
            share=min(1.0, float(costs[start:stop].sum()) / total),
        )
        for start, stop in itertools.pairwise(edges.tolist())
    )


def _at_edge(soft: Floats, band: float | None) -> float:
    """Share of the alignment at the edge of its band, where it is not the edge of the whole."""
    if band is None:
        return 0.0
    first, stop = cells_of(soft.shape, band)
    rows = np.arange(len(soft))
    low, high = soft[rows, first] * (first > 0), soft[rows, stop - 1] * (stop < soft.shape[1])
    return min(1.0, float((low + high).sum() / soft.sum()))
