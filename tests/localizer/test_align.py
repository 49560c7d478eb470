"""Two clips are aligned: rendered people whose true times are known, and clips that cannot be."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from statistics import mean
from typing import Any

import numpy as np
import pytest

from benchmarks.alignment import PairFeatures, hard_dtw, linear, pairs
from tests.support.loaded import footage_of, noise_footage
from viddiff.core.alignment import Alignment
from viddiff.core.errors import InputError, UsageError
from viddiff.localizer.alignment.align import (
    BAND_FRAMES,
    MAX_ALIGNED_FRAMES,
    AlignmentOptions,
    align_features,
    order_of,
)
from viddiff.localizer.alignment.features import FrameFeatures, features_of_track, figure_features, pose_features
from viddiff.localizer.alignment.videos import align_videos
from viddiff.localizer.strategies import STRATEGIES, Evidence
from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.pose.reader import PoseReader
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.landmarks import landmarks_of
from viddiff.synthetic.performance import Performance
from viddiff.video.loaded import LoadedVideo


@cache
def poses() -> list[PairFeatures]:
    """Pairs of all actions by their exact landmarks."""
    return [
        PairFeatures(pair, pose_features(landmarks_of(pair.a)), pose_features(landmarks_of(pair.b)))
        for pair in pairs(6)
    ]


@cache
def filmed() -> tuple[Performance, Performance, LoadedVideo, LoadedVideo]:
    """Two squats and what is seen of them."""
    pair = next(pairs(1))

    def film(clip: SyntheticClip[Any]) -> LoadedVideo:
        return footage_of([frame[::2, ::2] for frame in clip.frames()], clip.performance.fps)

    return pair.a.performance, pair.b.performance, film(pair.a), film(pair.b)


def walk(n: int, seed: int = 0, warp: Callable[[Any], Any] = lambda share: share) -> FrameFeatures:
    """A way through space that never comes back, at another pace."""
    rng = np.random.default_rng(seed)
    through = rng.standard_normal((12, 6)).cumsum(axis=0)
    at = 11 * warp(np.linspace(0, 1, n))
    vectors = np.stack([np.interp(at, np.arange(12), column) for column in through.T], axis=1)
    return FrameFeatures(np.arange(n) / 10, vectors)


def test_the_order_of_places_is_kendalls_tau() -> None:
    from scipy.stats import kendalltau

    rng = np.random.default_rng(6)
    for n in (2, 9, 60):
        places = rng.integers(0, 1 + n // 2, n)
        assert order_of(places) == pytest.approx(kendalltau(np.arange(n), places).statistic)
    assert order_of(np.array([3])) is None


def test_people_are_aligned_by_pose() -> None:
    soft = [one.error_s(np.array(align_features("pose", one.a, one.b).matched_b_s)) for one in poses()]
    straight = mean(one.error_s(linear(one)) for one in poses())
    assert mean(soft) < 0.1
    assert mean(soft) < 0.4 * straight
    assert mean(one.error_s(hard_dtw(one)) for one in poses()) < 0.6 * straight


def test_people_are_aligned_by_their_outline() -> None:
    a, b, footage_a, footage_b = filmed()
    found = align_videos(footage_a, footage_b)
    described = PairFeatures(next(pairs(1)), figure_features(footage_a), figure_features(footage_b))
    assert found.features == "figure"
    assert described.error_s(np.array(found.matched_b_s)) < 0.15
    assert not found.health.problems
    assert found.soft.shape == (a.n_frames, b.n_frames)


def test_a_clip_is_aligned_with_itself_at_no_cost() -> None:
    clip = walk(60)
    found = align_features("clip", clip, clip, AlignmentOptions(gamma=0.001))
    assert found.matched_b_s == pytest.approx(clip.times_s, abs=0.02)
    assert max(found.costs) < 0.01
    assert found.health.divergence == pytest.approx(0, abs=1e-6)
    assert found.health.on_path < 0.01 < found.health.off_path
    assert found.health.order == pytest.approx(1)
    assert found.notices == ()


def test_another_pace_is_followed_and_told_by_part() -> None:
    slow, fast = walk(80), walk(40, warp=lambda share: share**2)
    found = align_features("clip", slow, fast, AlignmentOptions(gamma=0.01, n_parts=4))
    expected = np.interp(
        slow.times_s, np.interp(fast.times_s, fast.times_s, 7.9 * np.linspace(0, 1, 40) ** 2), fast.times_s
    )
    assert np.abs(np.array(found.matched_b_s) - expected).max() < 0.15
    assert [part.start_a_s for part in found.parts] == [0.0, 2.0, 4.0, 6.0]
    assert all(one.stop_b_s == other.start_b_s for one, other in itertools.pairwise(found.parts))
    assert sum(part.share for part in found.parts) == pytest.approx(1)
    assert np.diff(found.matched_b_s).min() >= 0
    assert len(found.spread_s) == len(found.costs) == 80


def test_any_moment_of_a_has_one_of_b() -> None:
    found = align_features("clip", walk(20), walk(30), AlignmentOptions(gamma=0.001))
    assert [found.at(time_s) for time_s in found.times_a_s] == pytest.approx(found.matched_b_s)
    assert found.matched_b_s[4] <= found.at(0.45) <= found.matched_b_s[5]
    assert (found.at(-1.0), found.at(9.0)) == (found.matched_b_s[0], found.matched_b_s[-1])


def test_more_parts_than_frames_are_as_many_as_frames() -> None:
    assert len(align_features("clip", walk(3), walk(5), AlignmentOptions(n_parts=8)).parts) == 3
    assert len(align_features("clip", walk(1), walk(1)).parts) == 1


def test_a_mirrored_clip_is_mirrored_back() -> None:
    one = next(iter(poses()))
    flipped = FrameFeatures(one.b.times_s, one.b.mirrored[1], (one.b.vectors,))
    as_it_is, found = align_features("pose", one.a, one.b), align_features("pose", one.a, flipped)
    assert (as_it_is.mirrored, found.mirrored) == (False, True)
    assert found.matched_b_s == as_it_is.matched_b_s
    assert "was mirrored" in found.notices[0]


def test_what_should_not_be_believed_says_so() -> None:
    one, other = walk(50), walk(50, seed=1)
    noise = [FrameFeatures(one.times_s, np.random.default_rng(seed).standard_normal((50, 64))) for seed in (0, 1)]
    assert "hardly more alike" in align_features("clip", noise[0], noise[1]).health.problems[0]
    still = FrameFeatures(one.times_s, np.ones((50, 3)))
    assert "Nothing differs" in align_features("clip", still, still).health.problems[0]
    # All frames of A are like one frame of B, and no others.
    stuck = FrameFeatures(np.arange(300) / 10, np.zeros((300, 6)))
    passing = FrameFeatures(other.times_s, np.where(np.arange(50)[:, None] == 20, 0.0, 3 + other.vectors))
    assert "collapsed" in align_features("clip", stuck, passing).health.problems[-1]


def test_free_ends_leave_out_what_only_b_shows() -> None:
    whole = walk(90)
    part = FrameFeatures(whole.times_s[:30], whole.vectors[40:70])
    found = align_features("clip", part, whole, AlignmentOptions(gamma=0.01, free_ends=True))
    assert found.matched_b_s == pytest.approx(part.times_s + 4.0, abs=0.1)
    assert found.health.divergence is None


def test_long_clips_are_thinned_and_banded_and_that_is_told() -> None:
    clip = walk(BAND_FRAMES + 10)
    found = align_features("clip", clip, clip)
    assert "band" in found.notices[0]
    assert found.soft[0, -1] == 0
    assert len(align_features("clip", walk(2 * MAX_ALIGNED_FRAMES + 2), walk(5)).times_a_s) <= MAX_ALIGNED_FRAMES
    late = walk(60, warp=lambda share: share**6)
    assert any(
        "touches the edge" in notice
        for notice in align_features("clip", walk(60), late, AlignmentOptions(band=0.1)).notices
    )


@pytest.mark.parametrize(
    "options", [{"gamma": 0.0}, {"gamma": float("inf")}, {"band": 0.0}, {"band": 2.0}, {"n_parts": 0}]
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"give|cannot"):
        AlignmentOptions(**options)


def test_clips_that_share_no_feature_are_refused() -> None:
    nothing = np.full((4, 2), np.nan)
    with pytest.raises(InputError, match="Both clips have no usable features"):
        align_features("pose", FrameFeatures(np.arange(4.0), nothing), FrameFeatures(np.arange(4.0), nothing))


def test_features_of_a_figure_are_kept(tmp_path: Any) -> None:
    from dataclasses import replace

    footage = replace(noise_footage(8), cache_path=tmp_path / "reading")
    first = figure_features(footage)
    (kept,) = tmp_path.glob("reading.cells-*.npy")
    assert (figure_features(footage).vectors == first.vectors).all()
    assert (first.vectors == features_of_track(footage.track).vectors).all()
    kept.write_bytes(b"damaged")
    assert (figure_features(footage).vectors == first.vectors).all()


def test_without_pose_the_outline_is_taken_and_the_reason_told(tmp_path: Any) -> None:
    _, _, footage_a, footage_b = filmed()
    found = align_videos(footage_a, footage_b, PoseReader(PoseChoice(cache_dir=tmp_path)))
    assert found.features == "figure"
    assert "not by pose" in found.notices[0]
    assert "viddiff weights get pose" in found.notices[0]


def test_stages_of_one_clip_are_carried_to_the_other() -> None:
    a, b, footage_a, footage_b = filmed()
    borders_s = np.array([*(segment.start_s for segment in a.segments), a.segments[-1].stop_s])
    # By text the stages would all be found at the end.
    misleading = np.tile(np.arange(b.n_frames, dtype=float) == b.n_frames - 1, (5, 1)).astype(float)
    evidence = Evidence(5, footage_b, misleading, reference=(footage_a, borders_s))
    intervals = STRATEGIES["alignment"].find(evidence)
    assert evidence.notices == []
    assert intervals[0, 0] == 0
    assert intervals[-1, 1] == b.n_frames
    found_s = intervals[1:, 0] / b.fps
    assert np.abs(found_s - [segment.start_s for segment in b.segments[1:]]).max() < 0.35


def test_stages_are_found_by_viterbi_where_the_alignment_is_not_believed() -> None:
    similarity = np.repeat(np.eye(2), 8, axis=1)
    reference = (noise_footage(16, seed=1), np.array([0.0, 1.0, 4.0]))
    evidence = Evidence(2, noise_footage(16), similarity, reference=reference)
    assert STRATEGIES["alignment"].find(evidence).tolist() == [[0, 8], [8, 16]]
    assert "not by alignment" in evidence.notices[0]
    assert STRATEGIES["alignment"].find(Evidence(2, noise_footage(16), similarity)).tolist() == [[0, 8], [8, 16]]


def test_the_document_is_read_back_without_the_soft_alignment() -> None:
    found = align_features("clip", walk(9), walk(7))
    again = Alignment.model_validate_json(found.model_dump_json())
    assert again == found
    assert found.soft is not None
    assert again.soft is None
