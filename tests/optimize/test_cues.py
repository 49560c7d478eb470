"""What cues are worth: the share of frames that agree with Viterbi, beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn
from numpy.typing import NDArray

from tests.support.loaded import footage_of, noise_footage
from tests.support.stage_clip import stage_clip, with_cues
from viddiff.core.errors import BackendError
from viddiff.core.settings import Settings
from viddiff.core.types import Stage
from viddiff.localizer.clip.encoder import ClipEncoder
from viddiff.localizer.clip.store import EmbeddingStore
from viddiff.localizer.localizer import Localizer
from viddiff.optimize.viddiff.cues import CueMeter, confusion, cue_meter, quality, scale, separation
from viddiff.synthetic.pairs import plan_pair
from viddiff.video.loaded import FrameSequence

STAGES = tuple(Stage(name=name, cues=(f"A photo of {name}",)) for name in ("down", "hold", "up"))


def steps(n_stages: int, n_frames: int) -> NDArray[np.float64]:
    """Each stage fits its own stretch of frames and no other."""
    stage_of = np.arange(n_frames) * n_stages // n_frames
    fits: NDArray[np.float64] = (np.arange(n_stages)[:, None] == stage_of).astype(np.float64)
    return fits


def test_cues_that_fit_their_own_frames_only_are_worth_everything() -> None:
    counts = confusion(steps(3, 12))
    assert counts.tolist() == [[4, 0, 0], [0, 4, 0], [0, 0, 4]]
    assert separation(counts) == 1.0


def test_cues_that_are_all_the_same_are_worth_nothing() -> None:
    row = np.sin(np.arange(30.0))
    assert separation(confusion(np.stack([row, row, row]))) == 0.0


def test_cues_of_chance_are_worth_almost_nothing() -> None:
    rng = np.random.default_rng(0)
    worth = np.mean([separation(confusion(rng.normal(size=(4, 60)))) for _ in range(40)])
    # Not 0: of all paths Viterbi takes one that agrees with the frames.
    assert 0.05 < worth < 0.2
    assert separation(confusion(steps(4, 60) + 0.2 * rng.normal(size=(4, 60)))) > 4 * worth


def test_a_single_stage_separates_nothing() -> None:
    assert separation(confusion(np.ones((1, 5)))) == 0.0


def test_the_share_of_agreement_is_corrected_for_chance() -> None:
    # Two of eight frames look like the other stage: (6/8 - 1/2) / (1/2).
    similarity = steps(2, 8)
    similarity[:, 1] = 0.4, 0.6
    similarity[:, 2] = 0.3, 0.5
    counts = confusion(similarity)
    assert counts.tolist() == [[2, 2], [0, 4]]
    assert separation(counts) == pytest.approx(0.5)


def test_the_stages_that_are_mixed_up_most_are_named() -> None:
    similarity = steps(3, 30)
    # Most frames of "hold" look like "up", a few of "down" look like "hold".
    similarity[2, 12:18] = 1.2
    similarity[1, 2] = 1.5
    found = quality(STAGES, [similarity])
    assert found.confused == ("hold", "up")
    assert 0 < found.score < 1
    assert quality(STAGES, [steps(3, 30)]).confused is None


def test_the_quality_of_several_clips_is_their_mean() -> None:
    flat = np.zeros((3, 9))
    found = quality(STAGES, [steps(3, 9), steps(3, 30), flat])
    assert found.n_clips == 3
    assert found.score == pytest.approx(2 / 3)


def test_more_stages_than_frames_and_missing_similarities_are_no_fault() -> None:
    assert 0 <= separation(confusion(np.eye(5)[:, :3])) <= 1
    similarity = steps(2, 6)
    similarity[0, 3] = np.nan
    assert separation(confusion(similarity)) == 1.0
    assert scale(np.full((2, 3), np.nan)).tolist() == [[0, 0, 0], [0, 0, 0]]


@settings(max_examples=40, deadline=None)
@given(
    stn.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 12)), elements=st.integers(-8, 8)),
    st.integers(-3, 3),
)
def test_every_frame_is_counted_once_and_scale_does_not_matter(similarity: NDArray[np.float64], power: int) -> None:
    counts = confusion(similarity)
    assert counts.sum() == similarity.shape[1]
    assert 0 <= separation(counts) <= 1
    assert np.array_equal(confusion(similarity * 2.0**power), counts)


def test_without_weights_the_reason_is_kept_and_nothing_is_tried_again() -> None:
    meter = cue_meter(Settings(clip="ViT-B-32/laion2b_s34b_b79k"), {"squat": (noise_footage(4).sequence,)})
    tried = []

    def similarity(stages: Sequence[Stage], sequence: FrameSequence) -> NDArray[np.float64]:
        tried.append(len(stages))
        raise BackendError("The weights are not on this machine.")

    meter.localizer.similarity = similarity  # type: ignore[method-assign, assignment]
    assert meter("squat", STAGES) is None
    assert meter("squat", STAGES) is None
    assert (meter.why, tried) == ("The weights are not on this machine.", [3])


def test_a_localizer_that_reads_no_cues_and_an_unknown_action_have_no_quality() -> None:
    motion = cue_meter(Settings(localizer="motion"), {"squat": (noise_footage(4).sequence,)})
    assert motion("squat", STAGES) is None
    assert motion.why == "the 'motion' localizer reads no cues"
    unknown = cue_meter(Settings(), {})
    assert (unknown("squat", STAGES), unknown.why) == (None, None)


def test_a_model_that_knows_the_stages_tells_right_cues_from_exchanged_ones(tmp_path: Path) -> None:
    performed: Any = plan_pair(0, 5).a
    clip = footage_of(list(performed.frames())[::3], fps=performed.performance.fps / 3).sequence
    stages = [with_cues(stage) for stage in performed.performance.stages]
    encoder = ClipEncoder(stage_clip(tmp_path), "cpu")
    localizer = Localizer("viterbi", encoder, EmbeddingStore(tmp_path / "embeddings"))
    meter = CueMeter(localizer, {"squat": (clip,)})
    blurred = [stage.model_copy(update={"cues": stages[0].cues}) for stage in stages]
    assert not meter.measured
    right, wrong = meter("squat", stages), meter("squat", blurred)
    assert meter.measured
    assert right is not None
    assert wrong is not None
    assert right.score > wrong.score + 0.3
    assert right.n_clips == 1
