"""The encoder on a tiny open_clip model with random weights, made here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from tests.support.loaded import footage_of, noise_footage
from tests.support.tiny_clip import tiny_clip
from viddiff.core.errors import BackendError, UsageError
from viddiff.core.types import Stage
from viddiff.localizer.clip import encoder as clip
from viddiff.localizer.clip import weights as clip_weights
from viddiff.localizer.clip.dedup import deduplicate
from viddiff.localizer.clip.encoder import BatchSize, ClipEncoder
from viddiff.localizer.clip.preprocess import Preprocess
from viddiff.localizer.clip.store import EmbeddingStore
from viddiff.localizer.localizer import Localizer

STAGES = tuple(
    Stage(name=name, cues=(f"A photo of {name}", f"A picture of {name}")) for name in ("one", "two", "three")
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def test_embeddings_are_unit_vectors_and_equal_open_clips_own(model: str) -> None:
    import open_clip

    footage = noise_footage(11)
    frames = [footage.sequence.pixels(i) for i in range(11)]
    heard: list[int] = []
    ours = ClipEncoder(model).embed_frames(iter(frames), heard.append)
    assert ours.shape[0] == 11
    assert ours.dtype == np.float32
    assert np.linalg.norm(ours, axis=1) == pytest.approx(np.ones(11), abs=1e-5)
    assert heard == [8, 11]

    reference, _, preprocess = open_clip.create_model_and_transforms(model)
    with torch.no_grad():
        plain = reference.eval().encode_image(torch.stack([preprocess(Image.fromarray(frame)) for frame in frames]))
    plain = (plain / plain.norm(dim=-1, keepdim=True)).numpy()
    assert (ours * plain).sum(axis=1).min() > 0.9999


def test_a_second_localization_embeds_nothing(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    footage = noise_footage(12)
    first = Localizer("viterbi", ClipEncoder(model), EmbeddingStore(tmp_path))(STAGES, footage, "a")
    monkeypatch.setattr(clip, "load_model", lambda *_: pytest.fail("the model was loaded again"))
    second = Localizer("viterbi", ClipEncoder(model), EmbeddingStore(tmp_path))(STAGES, footage, "a")
    assert first == second
    assert [segment.stage for segment in first.segments] == ["one", "two", "three"]
    assert first.segments[0].start_s == 0
    assert first.segments[-1].stop_s == footage.info.stop_s
    assert all(segment.score is not None for segment in first.segments)
    assert first.model == model


def test_a_damaged_embedding_is_made_again(model: str, tmp_path: Path) -> None:
    footage = noise_footage(6)
    localizer = Localizer("argmax", ClipEncoder(model), EmbeddingStore(tmp_path))
    first = localizer(STAGES, footage, "a")
    for path in tmp_path.glob("*.npy"):
        path.write_bytes(path.read_bytes()[:-7])
    assert localizer(STAGES, footage, "a") == first


def test_a_store_that_cannot_be_written_only_costs_time(model: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = EmbeddingStore(tmp_path / "file" / "embeddings")
    assert Localizer("viterbi", ClipEncoder(model), store)(STAGES, noise_footage(6), "a").segments


def test_similarity_is_the_mean_cosine_over_the_cues(model: str) -> None:
    footage = noise_footage(5)
    encoder = ClipEncoder(model)
    similarity = Localizer("viterbi", encoder).similarity(STAGES, footage.sequence)
    frames = encoder.embed_frames(footage.sequence.pixels(i) for i in range(5))
    for stage, row in zip(STAGES, similarity, strict=True):
        cosines = encoder.embed_texts(stage.cues) @ frames.T
        assert row == pytest.approx(cosines.mean(axis=0), abs=1e-6)


def test_weights_that_cannot_be_had_are_an_error_or_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_weights, "cached_weights", lambda config: None)
    monkeypatch.setattr(clip_weights, "is_reachable", lambda url: False)
    footage = noise_footage(8)
    with pytest.raises(BackendError, match="hub cannot be reached"):
        Localizer("viterbi")(STAGES, footage, "a")
    located = Localizer("viterbi", fallback=Localizer("motion"))(STAGES, footage, "a")
    assert located.strategy == "motion"
    assert "not by viterbi" in located.notices[0]
    assert len(located.segments) == 3


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("ViT-Z-99/tag", "no model 'ViT-Z-99'"),
        ("ViT-B-32/nothing", "neither a file nor a tag"),
        ("ViT-B-32", "its tags"),
    ],
)
def test_an_unknown_model_or_tag_is_named(spec: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        ClipEncoder(spec).embed_texts(["a"])


def test_a_file_that_holds_no_weights_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"not weights")
    with pytest.raises(BackendError, match="could not be loaded"):
        ClipEncoder(f"ViT-B-32/{path}").embed_texts(["a"])


def test_bfloat16_and_tensor_resizing_stay_close_to_open_clips_own(model: str) -> None:
    """Cosine >= 0.999 for frames that are enlarged, reduced, upright and the very size of the model."""
    shapes = [(20, 30), (90, 160), (160, 90), (32, 32), (33, 200)]
    rng = np.random.default_rng(0)
    small = [rng.integers(0, 255, (6, 6, 3), dtype=np.uint8) for _ in shapes]
    frames = [
        np.asarray(Image.fromarray(blocks).resize((width, height), Image.Resampling.BILINEAR))
        for blocks, (height, width) in zip(small, shapes, strict=True)
    ]
    exact = ClipEncoder(model, precision="float32")
    loaded, _ = exact._load()
    with torch.no_grad():
        own = loaded.model.encode_image(torch.stack([loaded.transform(Image.fromarray(frame)) for frame in frames]))
    own = (own / own.norm(dim=-1, keepdim=True)).numpy()
    for encoder in (exact, ClipEncoder(model, precision="bfloat16")):
        assert (encoder.embed_frames(frames) * own).sum(axis=1).min() >= 0.999
    assert len({exact.key, ClipEncoder(model).key, ClipEncoder(model, precision="bfloat16").key}) == 3


def test_resized_frames_follow_pillow_to_within_two_grey_levels(model: str) -> None:
    loaded, preprocess = ClipEncoder(model)._load()
    frame = np.asarray(Image.effect_noise((150, 97), 80).convert("RGB"))
    ours = preprocess(frame).float() / 255
    plain = loaded.transform(Image.fromarray(frame)) * preprocess.std + preprocess.mean
    assert float((ours - plain).abs().max()) <= 2 / 255


def test_models_that_are_made_otherwise_get_open_clips_own_transform() -> None:
    seen: list[Image.Image] = []

    def transform(image: Image.Image) -> torch.Tensor:
        seen.append(image)
        return torch.zeros(3, 8, 8)

    preprocess = Preprocess({"size": 8, "resize_mode": "squash", "interpolation": "bicubic"}, transform)
    batch = torch.stack([preprocess(np.zeros((4, 6, 3), np.uint8))])
    assert seen[0].size == (6, 4)
    assert preprocess.normalise(batch, torch.zeros(1, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_the_batch_grows_while_that_is_faster_and_then_stays() -> None:
    batches = BatchSize()
    batches.largest = 64
    sizes = []
    for seconds in (9.0, 1.0, 1.0, 2.1, 1.0):
        sizes.append(batches.size)
        batches.update(batches.size, seconds)
    # The first is not counted; 8 a second, then 16 a second, then 32 in 2.1 s is no faster: back to 16 for good.
    assert sizes == [8, 8, 16, 32, 16]
    assert batches.size == 16
    batches.update(3, 0.001)
    assert batches.size == 16


def test_frames_that_hardly_differ_are_embedded_once_and_slow_changes_add_up(model: str) -> None:
    still = np.full((64, 64, 3), 100, np.uint8)
    frames = [still + np.uint8(level) for level in (0, 0, 0, 40, 40, 41, 42)]
    shown_by: list[int] = []
    given = list(deduplicate(frames, shown_by))
    assert shown_by == [0, 0, 0, 1, 1, 2, 3]
    assert len(given) == 4
    footage = footage_of(frames)
    encoded: list[int] = []

    class Counting(ClipEncoder):
        def embed_frames(
            self, frames: Iterable[NDArray[np.uint8]], on_progress: Callable[[int], None] | None = None
        ) -> NDArray[np.float32]:
            kept = list(frames)
            encoded.append(len(kept))
            return super().embed_frames(kept, on_progress)

    similarity = Localizer("viterbi", Counting(model), skip_similar=True).similarity(STAGES, footage.sequence)
    assert similarity.shape == (3, 7)
    assert encoded[0] < 7
