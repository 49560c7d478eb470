"""Clips that show an action a different number of times: each repetition of A beside the typical one of B."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from viddiff.core.errors import InputError
from viddiff.localizer.alignment.features import FrameFeatures, pose_features
from viddiff.localizer.alignment.repetitions import UNLIKE, RepetitionAlignment, align_repetitions
from viddiff.motion.cycles import Excursion, cycles_of
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.landmarks import landmarks_of
from viddiff.synthetic.skill.performers import draw_squats
from viddiff.synthetic.skill.squats import FAULTS, SquatSet

Clip = SyntheticClip[SquatSet]
SHALLOW = 0


def squats(seed: int, shallow: dict[int, float], n: int) -> Clip:
    """So many squats; those of these numbers are too shallow by so much."""
    sizes = np.zeros((n, len(FAULTS)))
    for turn, size in shallow.items():
        sizes[turn, SHALLOW] = size
    return draw_squats(sizes, np.random.default_rng(seed))


def read(clip: Clip) -> tuple[FrameFeatures, tuple[Excursion, ...]]:
    pose = landmarks_of(clip)
    return pose_features(pose), cycles_of(pose).repetitions


def aligned(a: Clip, b: Clip) -> RepetitionAlignment:
    (one, of_a), (other, of_b) = read(a), read(b)
    return align_repetitions("pose", one, other, of_a, of_b)


def edges_s(clip: Clip, turn: int) -> list[float]:
    """When the way down begins, the hold, the way up, and when it ends."""
    return [segment.start_s for segment in clip.performance.segments[1 + 4 * turn :][:4]]


@pytest.mark.parametrize(("n_a", "n_b"), [(3, 2), (2, 4), (1, 3)])
def test_each_repetition_is_at_the_same_moment_of_the_typical_one(n_a: int, n_b: int) -> None:
    a, b = squats(1, {}, n_a), squats(2, {}, n_b)
    found = aligned(a, b)
    assert found.doubts == ("",) * n_a
    assert len(found.others) == n_b - 1
    times_s, matched_s = np.array(found.alignment.times_a_s), np.array(found.alignment.matched_b_s)
    theirs = edges_s(b, found.number - 1)
    for turn in range(n_a):
        ours = edges_s(a, turn)
        inside = (times_s >= ours[0]) & (times_s < ours[-1])
        off_s = matched_s[inside] - np.interp(times_s[inside], ours, theirs)
        assert np.abs(off_s).mean() < 0.12
        assert (np.diff(matched_s[inside]) >= 0).all()
    assert found.alignment.restarts_a_s == pytest.approx([part.start_a_s for part in found.alignment.parts], abs=1e-4)
    assert found.alignment.health.problems == ()


def test_the_typical_repetition_is_like_the_others_and_the_odd_one_costs_most() -> None:
    found = aligned(squats(3, {1: 1.0}, 3), squats(4, {0: 1.0}, 4))
    assert found.number != 1
    costs = [part.cost for part in found.alignment.parts]
    assert np.argmax(costs) == 1
    assert sum(part.share for part in found.alignment.parts) == pytest.approx(1)
    own = {one.number: float(one.costs.mean()) for one in found.others}
    assert sorted(own) == sorted({1, 2, 3, 4} - {found.number})
    assert max(own, key=lambda number: own[number]) == 1
    # Two that are sound are no further apart than those of the other performer.
    assert own[1] > max(cost for number, cost in own.items() if number != 1)


def test_another_movement_among_the_repetitions_is_doubted_alone() -> None:
    a, b = squats(1, {}, 3), squats(2, {}, 2)
    (one, of_a), (other, of_b) = read(a), read(b)
    first, second = (np.flatnonzero((one.times_s >= of.start_s) & (one.times_s < of.stop_s)) for of in of_a[:2])
    vectors = one.vectors.copy()
    # Down where the others go up, and the other way round.
    vectors[second] = -vectors[np.resize(first, len(second))]
    found = align_repetitions("pose", FrameFeatures(one.times_s, vectors), other, of_a, of_b)
    assert found.doubts == ("", UNLIKE, "")


def test_a_repetition_that_is_cut_off_meets_its_part_of_the_typical_one() -> None:
    a, b = squats(1, {}, 2), squats(2, {}, 3)
    (one, of_a), (other, of_b) = read(a), read(b)
    stop_s = of_a[1].hold.stop_s
    inside = one.times_s < stop_s
    cut = Excursion(of_a[1].start_s, of_a[1].extreme_s, stop_s, of_a[1].hold, returns=False)
    seen = FrameFeatures(one.times_s[inside], one.vectors[inside])
    found = align_repetitions("pose", seen, other, (of_a[0], cut), of_b)
    _, hold_s, up_s, _ = edges_s(b, found.number - 1)
    assert hold_s - 0.3 < found.alignment.matched_b_s[-1] < up_s + 0.3


def test_b_starts_again_with_each_repetition() -> None:
    found = aligned(squats(1, {}, 3), squats(2, {}, 2)).alignment
    backwards = [
        later[0]
        for earlier, later in pairwise(zip(found.times_a_s, found.matched_b_s, strict=True))
        if later[1] < earlier[1]
    ]
    assert backwards == list(found.restarts_a_s[1:])


def test_a_repetition_between_two_frames_is_said() -> None:
    one, of_a = read(squats(1, {}, 2))
    with pytest.raises(InputError, match="no usable frame"):
        align_repetitions("pose", FrameFeatures(one.times_s[:3], one.vectors[:3]), one, of_a, of_a)
