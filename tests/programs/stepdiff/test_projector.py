"""The projector: what learns and what does not, what is saved, what a training that was cut comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.tiny_clip import tiny_clip
from tests.support.tiny_language import make_language
from viddiff.core.errors import InputError, UsageError
from viddiff.core.types import silent
from viddiff.eval.training import train_resumably
from viddiff.localizer.clip.encoder import ClipEncoder
from viddiff.programs.stepdiff.projector.checkpoint import (
    WEIGHTS,
    ProjectorCard,
    load_projector,
    save_projector,
)
from viddiff.programs.stepdiff.projector.features import ClipFeatures, ClipPatches, GreyEncoder
from viddiff.programs.stepdiff.projector.language import Language
from viddiff.programs.stepdiff.projector.options import CARD, TINY, ProjectorOptions
from viddiff.programs.stepdiff.projector.training import Example, PairedModel, ProjectorTraining

OPTIONS = ProjectorOptions(**{**TINY, "inputs": 4, "steps": 60, "batch": 8, "keep_every": 20, "width": 32, "tokens": 1})
ANSWERS = ("deep instead of shallow", "shallow instead of deep")


def chat_of(first: str, second: str) -> list[dict[str, Any]]:
    """A question on two clips."""
    parts = [{"type": "video", "video": name} for name in (first, second)]
    return [{"role": "user", "content": [*parts, {"type": "text", "text": "which is deep ?"}]}]


def features(name: str) -> ClipFeatures:
    """A clip whose depth is in its name and in its features."""
    rng = np.random.default_rng(int(name[1:]))
    vectors = rng.normal(size=(16, 1, 6)) * 0.1 + (1.0 if name[0] == "d" else -1.0)
    return ClipFeatures(vectors.astype(np.float32), 2.0)


EXAMPLES = [
    Example(chat_of(f"{a}{i}", f"{b}{i + 1}"), ANSWERS[b == "s"]) for i in range(8) for a, b in (("s", "d"), ("d", "s"))
]


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> Language:
    """A tiny language model that answers from text."""
    words = ["deep", "shallow", "instead", "of", "which", "is", "?"]
    # Of two words it has learned what projected clips are to say.
    taught = [(f"{a} {b} which is deep ?", f"{b} instead of {a}") for a in words[:2] for b in words[:2]]
    return Language(str(make_language(tmp_path_factory.mktemp("language"), words, taught)), device="cpu")


@pytest.fixture(scope="module")
def trained(language: Language) -> tuple[PairedModel, list[float]]:
    """A trained projector, and its losses."""
    losses: list[float] = []
    model = ProjectorTraining(EXAMPLES, features, language, OPTIONS).run(lambda done, loss: losses.append(loss))
    return model, losses


def test_only_the_projector_learns(language: Language) -> None:
    before = {name: value.clone() for name, value in language.model.state_dict().items()}
    training = ProjectorTraining(EXAMPLES, features, language, OPTIONS.model_copy(update={"steps": 20}))
    start = {name: value.clone() for name, value in training.model.projector.named_parameters()}
    training.run(lambda done, loss: None)
    assert all(torch.equal(value, before[name]) for name, value in language.model.state_dict().items())
    assert all(parameter.grad is None for parameter in language.model.parameters())
    assert all(not torch.equal(value, start[name]) for name, value in training.model.projector.named_parameters())


def test_clips_it_has_not_seen_are_told_apart_and_shuffled_ones_are_not(
    trained: tuple[PairedModel, list[float]],
) -> None:
    model, losses = trained
    assert losses[-1] < losses[0]
    asked = [(f"{a}{i}", f"{b}{i + 1}") for i in range(100, 110) for a, b in (("s", "d"), ("d", "s"))]

    def share(shown: list[tuple[str, str]]) -> float:
        right = 0
        for pair, clips in zip(asked, shown, strict=True):
            likely = model.log_likelihoods([chat_of(*clips)] * 2, ANSWERS)
            right += int(np.argmax(likely)) == (pair[1][0] == "s")
        return right / len(asked)

    assert share(asked) >= 0.9
    # The same clips for the other question: what was right is wrong.
    assert share([(second, first) for first, second in asked]) <= 0.1


def test_likelihoods_are_those_of_each_chat_alone(trained: tuple[PairedModel, list[float]]) -> None:
    model, _ = trained
    chats = [chat_of("s1", "d2"), chat_of("d3", "s4")]
    together = model.log_likelihoods(chats, [ANSWERS[0], "deep"])
    alone = [model.log_likelihoods([chat], [text])[0] for chat, text in zip(chats, (ANSWERS[0], "deep"), strict=True)]
    assert together == pytest.approx(alone, abs=1e-4)
    assert all(value < 0 for value in together)
    assert set(model.answer(chats[0], 6).split()) <= {*["deep", "shallow", "instead", "of", "which", "is", "?"]}


def test_a_training_that_is_cut_comes_to_the_same(language: Language, tmp_path: Path) -> None:
    class CutError(Exception):
        pass

    def cut(task: str, done: int, total: int) -> None:
        if done == 1:
            raise CutError

    def training() -> ProjectorTraining:
        return ProjectorTraining(EXAMPLES, features, language, OPTIONS)

    whole, resumed = training(), training()
    train_resumably(whole, tmp_path / "whole.safetensors", "run", silent)
    with pytest.raises(CutError):
        train_resumably(training(), tmp_path / "cut.safetensors", "run", cut)
    train_resumably(resumed, tmp_path / "cut.safetensors", "run", silent)
    assert (whole.n_done, resumed.n_done) == (3, 3)
    other = resumed.model.projector.state_dict()
    assert all(torch.equal(value, other[name]) for name, value in whole.model.projector.state_dict().items())
    with pytest.raises(UsageError, match="other data or options"):
        train_resumably(training(), tmp_path / "cut.safetensors", "another", silent)


def test_a_saved_projector_gives_the_same_numbers_and_a_foreign_one_is_refused(
    trained: tuple[PairedModel, list[float]], tmp_path: Path
) -> None:
    model, losses = trained
    card = ProjectorCard(
        encoder="grey", encoder_name="grey", clip="", language=model.language.name, language_source="x", n_patches=1,
        n_features=6, n_words=model.language.width, options=OPTIONS, data_hash="0", n_examples=16, loss=losses[-1],
    )  # fmt: skip
    save_projector(tmp_path, card, model.projector)
    _, projector = load_projector(tmp_path)
    again = PairedModel(projector, model.language, features)
    chats = [chat_of("s1", "d2")] * 2
    assert again.log_likelihoods(chats, ANSWERS) == model.log_likelihoods(chats, ANSWERS)
    (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes() + b" ")
    with pytest.raises(InputError, match="is damaged"):
        load_projector(tmp_path)
    (tmp_path / CARD).unlink()
    with pytest.raises(InputError, match="no projector"):
        load_projector(tmp_path)


def test_grey_features_are_what_moves() -> None:
    frames = [np.full((48, 64, 3), 100, np.uint8) for _ in range(5)]
    frames[2][:24] = 200
    found = GreyEncoder()(frames)
    assert found.shape == (5, 1, 768)
    assert np.flatnonzero(np.abs(found).sum((1, 2))).tolist() == [2]


def test_clip_gives_a_vector_for_each_patch(tmp_path: Path) -> None:
    encoder = ClipEncoder(tiny_clip(tmp_path))
    frames = [np.random.default_rng(seed).integers(256, size=(48, 64, 3), dtype=np.uint8) for seed in (0, 1)]
    found = ClipPatches(encoder)(frames)
    # 32 pixels in patches of 8.
    assert found.shape == (2, 16, 64)
    # The pooled vectors are what they were before.
    assert encoder.embed_frames(frames).shape == (2, 32)
