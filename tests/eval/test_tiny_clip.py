"""Text-to-stage localization for real: a trained tiny CLIP on clips, people, rooms and cameras it has never seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support.stage_clip import TRAINING_SEED, WEIGHTS, stage_clip, with_cues
from viddiff.core.types import Segment, Stage
from viddiff.localizer.clip.encoder import ClipEncoder
from viddiff.localizer.clip.store import EmbeddingStore
from viddiff.localizer.localizer import Localizer
from viddiff.synthetic.pairs import ACTIONS, plan_pair
from viddiff.video import FrameStore, LoadedVideo, Sampling, load
from viddiff.video.encode import write_video

SEED = 7
# Jumping jacks have three stages, two of which are alike: nothing that order could tell apart.
INDEXES = [index for index in range(2 * len(ACTIONS)) if ACTIONS[index % len(ACTIONS)].key != "jumping_jack"]
N_RANDOM = 20


@dataclass(frozen=True)
class Held:
    """A held-out clip with its true segments."""

    stages: tuple[Stage, ...]
    footage: LoadedVideo
    truth: tuple[Segment, ...]


@dataclass(frozen=True)
class Score:
    """Over all stages of all clips: the share whose located middle, which is what a model is shown, lies in the true
    stage, and how far it is from the true middle. Moves begin and end so gently that frames near the boundaries show
    nothing of them: no share of frames is held against a strategy."""

    hits: float
    off_s: float


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> ClipEncoder:
    return ClipEncoder(stage_clip(tmp_path_factory.mktemp("stage-clip")))


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> list[Held]:
    folder = tmp_path_factory.mktemp("held-out")
    clips = []
    for index in INDEXES:
        clip = plan_pair(index, SEED).a
        performance, camera = clip.performance, clip.camera
        path = write_video(folder / f"{index}.mp4", clip.frames(), performance.fps, camera.width_px, camera.height_px)
        footage = load(path, Sampling(fps=8, max_side=160), FrameStore(None))
        clips.append(Held(tuple(with_cues(stage) for stage in performance.stages), footage, performance.segments))
    return clips


@pytest.fixture(scope="module")
def scores(encoder: ClipEncoder, held_out: list[Held], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Score]:
    store = EmbeddingStore(tmp_path_factory.mktemp("embeddings"))
    text: tuple[str, ...] = ("viterbi", "argmax")
    found: dict[str, Score] = {name: score(Localizer(name, encoder, store), held_out) for name in text}
    found["uniform"] = score(Localizer("uniform"), held_out)
    draws = [score(Localizer("random", seed=seed), held_out) for seed in range(N_RANDOM)]
    found["random"] = Score(float(np.mean([one.hits for one in draws])), float(np.mean([one.off_s for one in draws])))
    return found


def score(localizer: Localizer, clips: list[Held]) -> Score:
    hits, off_s = [], []
    for clip in clips:
        located = localizer(clip.stages, clip.footage, "a").segments
        for mine, true in zip(located, clip.truth, strict=True):
            middle_s = (mine.start_s + mine.stop_s) / 2
            hits.append(true.start_s <= middle_s < true.stop_s)
            off_s.append(abs(middle_s - (true.start_s + true.stop_s) / 2))
    return Score(float(np.mean(hits)), float(np.mean(off_s)))


def test_viterbi_on_cues_beats_argmax_uniform_and_random_on_clips_never_seen(scores: dict[str, Score]) -> None:
    viterbi = scores["viterbi"]
    assert viterbi.hits >= 0.92
    assert viterbi.off_s <= 0.12
    for rival in ("argmax", "uniform", "random"):
        assert viterbi.hits >= scores[rival].hits + 0.1, rival
        assert viterbi.off_s <= 0.6 * scores[rival].off_s, rival


def test_cues_fit_the_frames_they_describe(encoder: ClipEncoder, held_out: list[Held]) -> None:
    """The cues of the rest fit the frames of the rest better than those of the hold, and the other way round."""
    clip = held_out[0]
    similarity = Localizer("viterbi", encoder).similarity(clip.stages, clip.footage.sequence)
    times_s = clip.footage.sequence.times_s
    rest, hold = (
        (times_s >= segment.start_s) & (times_s < segment.stop_s) for segment in (clip.truth[0], clip.truth[2])
    )
    assert similarity[0, rest].mean() > similarity[0, hold].mean() + 0.2
    assert similarity[2, hold].mean() > similarity[2, rest].mean() + 0.2


def test_the_weights_are_small_and_were_made_from_other_clips() -> None:
    assert WEIGHTS.stat().st_size < 1_000_000
    assert SEED != TRAINING_SEED
    for index in INDEXES:
        assert plan_pair(index, SEED).a != plan_pair(index, TRAINING_SEED).a


def test_the_model_is_open_clips_own(encoder: ClipEncoder, tmp_path: Path) -> None:
    assert encoder.spec.startswith("local-dir:")
    assert stage_clip(tmp_path) == f"local-dir:{tmp_path}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["open_clip_config.json", "open_clip_model.safetensors"]
    assert np.linalg.norm(encoder.embed_texts(["A photo of a person"]), axis=1) == pytest.approx([1.0], abs=1e-5)
