"""The encoder on a tiny open_clip model with random weights, made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.footage import noise_footage
from tests.support.tiny_clip import tiny_clip
from viddiff.errors import BackendError, UsageError
from viddiff.localizer import clip
from viddiff.localizer.clip import ClipEncoder
from viddiff.localizer.embeddings import EmbeddingStore
from viddiff.localizer.localize import Localizer
from viddiff.types import Stage

STAGES = tuple(
    Stage(name=name, cues=(f"A photo of {name}", f"A picture of {name}")) for name in ("one", "two", "three")
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def test_embeddings_are_unit_vectors_and_equal_open_clips_own(model: str) -> None:
    import open_clip
    import torch
    from PIL import Image

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
    monkeypatch.setattr(clip, "cached_weights", lambda config: None)
    monkeypatch.setattr(clip, "reachable", lambda url: False)
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
