"""Accuracy of aligning rendered people whose true times are known: ``python -m benchmarks.alignment [N]``.

Both clips show one action, each with its own tempo, rests, faults, appearance, room and camera. The error is that of
the time in B, averaged over the frames of A within the action. No weights are needed: poses are exact.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import mean, median
from typing import Any

import numpy as np
from PIL import Image

from viddiff.core.alignment import Alignment
from viddiff.core.arrays import Floats
from viddiff.localizer.alignment.align import align_features, comparable
from viddiff.localizer.alignment.features import (
    FeaturesName,
    FrameFeatures,
    features_of_cells,
    figure_cells,
    pose_features,
)
from viddiff.localizer.alignment.soft_dtw import dtw, squared_distances
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.landmarks import landmarks_of
from viddiff.synthetic.pairs import PlannedPair, plan_pair
from viddiff.synthetic.truth import matching_times_s
from viddiff.video.loaded import GreyTrack

SEED, N_PAIRS = 33, 60
_TRACK_SIZE = 192, 144


@dataclass(frozen=True)
class PairFeatures:
    """A pair and the features of both clips."""

    pair: PlannedPair
    a: FrameFeatures
    b: FrameFeatures

    def error_s(self, times_b_s: Floats) -> float:
        """Mean error of the times in B for the frames of A."""
        true_s = matching_times_s(self.pair.a.performance, self.pair.b.performance, self.a.times_s)
        return float(np.nanmean(np.abs(times_b_s - true_s)))

    def border_error_s(self, alignment: Alignment) -> float:
        """Mean error of where the stages of B begin, when they are known in A and carried over."""
        a_s, b_s = (
            [segment.start_s for segment in clip.performance.segments[1:]] for clip in (self.pair.a, self.pair.b)
        )
        return float(np.abs(np.interp(a_s, alignment.times_a_s, alignment.matched_b_s) - b_s).mean())


def pairs(n: int) -> Iterator[PlannedPair]:
    """Pairs in which both do the action equally often."""
    index = 0
    while n:
        pair = plan_pair(index, SEED)
        index += 1
        if getattr(pair.a.performance, "reps", 1) == getattr(pair.b.performance, "reps", 1):
            n -= 1
            yield pair


def track_of(clip: SyntheticClip[Any]) -> GreyTrack:
    """The grey track of a rendered clip."""
    frames = [np.asarray(Image.fromarray(frame).convert("L").resize(_TRACK_SIZE)) for frame in clip.frames()]
    return GreyTrack(np.arange(len(frames)) / clip.performance.fps, np.stack(frames))


def linear(described: PairFeatures) -> Floats:
    """As if both clips ran evenly from their start to their end."""
    a_s, b_s = described.a.times_s, described.b.times_s
    even: Floats = a_s / a_s[-1] * b_s[-1]
    return even


def hard_dtw(described: PairFeatures) -> Floats:
    """By the cheapest path: the median of the frames of B that it passes with a frame of A."""
    _, path = dtw(squared_distances(*comparable(described.a.vectors, described.b.vectors)))
    columns = [np.median(path[path[:, 0] == row, 1]) for row in range(len(described.a.times_s))]
    times_s: Floats = np.interp(columns, np.arange(len(described.b.times_s)), described.b.times_s)
    return times_s


def main() -> None:
    """Print the errors, and how many alignments have a warning, for clips that fit and clips that do not."""
    planned = list(pairs(int(sys.argv[1]) if len(sys.argv) > 1 else N_PAIRS))
    of_clip: dict[FeaturesName, Callable[[SyntheticClip[Any]], FrameFeatures]] = {
        "figure": lambda clip: features_of_cells((track := track_of(clip)).times_s, figure_cells(track)),
        "pose": lambda clip: pose_features(landmarks_of(clip)),
    }
    print(f"{len(planned)} pairs, seed {SEED}; error in seconds: mean, median")
    for name, features in of_clip.items():
        described = [PairFeatures(pair, features(pair.a), features(pair.b)) for pair in planned]
        soft = [align_features(name, one.a, one.b) for one in described]
        errors = {
            "linear": [one.error_s(linear(one)) for one in described],
            "DTW": [one.error_s(hard_dtw(one)) for one in described],
            "soft-DTW": [
                one.error_s(np.array(alignment.matched_b_s)) for one, alignment in zip(described, soft, strict=True)
            ],
        }
        for way, values in errors.items():
            print(f"{name:7} {way:9} {mean(values):.3f} {median(values):.3f}")
        borders = [one.border_error_s(alignment) for one, alignment in zip(described, soft, strict=True)]
        print(f"{name:7} borders of stages, mapped by soft-DTW: {mean(borders):.3f} {median(borders):.3f}")
        others = [align_features(name, one.a, other.b) for one, other in itertools.pairwise(described)]
        print(f"{name:7} warnings: {count_warnings(soft)} of these, {count_warnings(others)} of different actions")
        backwards = [replace(one.b, vectors=one.b.vectors[::-1], mirrored=()) for one in described]
        reversed_in_time = [align_features(name, one.a, other) for one, other in zip(described, backwards, strict=True)]
        print(f"{name:7} warnings: {count_warnings(reversed_in_time)} for pairs with B played backwards")


def count_warnings(alignments: list[Alignment]) -> str:
    """How many have a warning in their health, as "7/60"."""
    return f"{sum(bool(alignment.health.problems) for alignment in alignments)}/{len(alignments)}"


if __name__ == "__main__":
    main()
