"""Training: the projector alone learns, by the likelihood of answers; a state every so many steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from viddiff.core.tensors import restore, state_of
from viddiff.programs.stepdiff.projector.features import ClipFeatures
from viddiff.programs.stepdiff.projector.language import Chat, ChatBatch, Language, Pieces
from viddiff.programs.stepdiff.projector.module import Projector
from viddiff.programs.stepdiff.projector.options import ProjectorOptions

#: Name of a clip -> its features, read when they are asked for.
FeaturesOf = Callable[[str], ClipFeatures]
#: Clips that inputs are centred and scaled by, at the most.
_MOST_CLIPS = 256


@dataclass(frozen=True)
class Example:
    """A chat up to the answer, and the answer."""

    chat: Chat
    answer: str


@dataclass(frozen=True)
class PairedModel:
    """A projector with what it stands between: the features of clips, and a language model."""

    projector: Projector
    language: Language
    features: FeaturesOf

    def tokens(self, names: Sequence[str]) -> Tensor:
        """(clips, n, W); all clips of a call have as many frames and patches."""
        device = self.language.device
        if not names:
            return torch.zeros(0, self.projector.options.tokens, self.language.width, device=device)
        features = [self.features(name) for name in names]
        stacked = torch.from_numpy(np.stack([one.features for one in features])).to(device)
        tokens: Tensor = self.projector(stacked, torch.tensor([one.duration_s for one in features], device=device))
        return tokens

    def batch(self, chats: Sequence[Pieces], answers: Sequence[tuple[int, ...]]) -> ChatBatch:
        """Chats with answers side by side."""
        return self.language.batch(chats, answers, self.projector.options.tokens)

    @torch.inference_mode()
    def log_likelihoods(self, chats: Sequence[Chat], answers: Sequence[str]) -> list[float]:
        """Of each answer to its chat, summed over its tokens; the end of the answer is not among them (equation 1)."""
        batch = self.batch([self.language.pieces(chat) for chat in chats], [self.language.ids(one) for one in answers])
        sums = -self.language.losses(batch, self.tokens(batch.clips)).sum(1)
        return [float(one) for one in sums]

    @torch.inference_mode()
    def answer(self, chat: Chat, max_tokens: int) -> str:
        """The likeliest answer, word by word."""
        batch = self.batch([self.language.pieces(chat)], [()])
        tokens = self.language.answer(batch, self.tokens(batch.clips), max_tokens)
        return str(self.language.tokenizer.decode(tokens, skip_special_tokens=True)).strip()


class ProjectorTraining:
    """A projector in training.

    Args:
        examples: what it learns from.
        features: of their clips.
        language: the frozen model.
        options: of projector and training.
    """

    def __init__(
        self, examples: Sequence[Example], features: FeaturesOf, language: Language, options: ProjectorOptions
    ) -> None:
        self.options, self.n_done = options, 0
        self.chats = [language.pieces(one.chat) for one in examples]
        self.answers = [(*language.ids(one.answer), language.end) for one in examples]
        names = sorted({piece for chat in self.chats for piece in chat if isinstance(piece, str)})
        vectors = [features(name).features for name in names[:: 1 + len(names) // _MOST_CLIPS]]
        _, n_patches, n_features = vectors[0].shape
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            projector = Projector(options, n_patches, n_features, language.width)
        projector.fit_inputs(torch.from_numpy(np.concatenate([one.reshape(-1, n_features) for one in vectors])))
        self.model = PairedModel(projector.to(language.device), language, features)
        self.optimizer = torch.optim.AdamW(
            projector.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
        )

    @property
    def n_rounds(self) -> int:
        """Rounds of ``options.keep_every`` steps."""
        return math.ceil(self.options.steps / self.options.keep_every)

    def run(self, on_round: Callable[[int, float], None]) -> PairedModel:
        """Train the rounds that are left; calls ``on_round`` with (rounds done, mean loss) after each."""
        self.model.projector.train()
        while self.n_done < self.n_rounds:
            first = self.n_done * self.options.keep_every
            steps = range(first, min(first + self.options.keep_every, self.options.steps))
            losses = [self._step(step) for step in steps]
            self.n_done += 1
            on_round(self.n_done, float(np.mean(losses)))
        self.model.projector.eval()
        return self.model

    def _step(self, step: int) -> float:
        rng = np.random.default_rng((self.options.seed, step))
        rows = rng.choice(len(self.chats), min(self.options.batch, len(self.chats)), replace=False).tolist()
        batch = self.model.batch([self.chats[row] for row in rows], [self.answers[row] for row in rows])
        losses = self.model.language.losses(batch, self.model.tokens(batch.clips))
        # Of an answer its words count alike, however long it is beside others.
        loss = losses.sum() / (batch.labels[:, 1:] >= 0).sum()
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.learning_rate * _rate(step, self.options)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call,unused-ignore]
        torch.nn.utils.clip_grad_norm_(self.model.projector.parameters(), self.options.clip_norm)
        self.optimizer.step()
        return float(loss.detach())

    def state(self) -> dict[str, Tensor]:
        """The tensors from which ``resume`` goes on."""
        return state_of(self.model.projector, self.optimizer)

    def resume(self, n_done: int, state: dict[str, Tensor]) -> None:
        """Go on from the state after so many rounds.

        Raises:
            KeyError, RuntimeError: it is that of another projector.
        """
        restore(self.model.projector, self.optimizer, state)
        self.n_done = n_done


def _rate(step: int, options: ProjectorOptions) -> float:
    """Share of the learning rate: a straight rise, then half a cosine down."""
    n_rising = max(1, round(options.warm_up * options.steps))
    if step < n_rising:
        return (step + 1) / n_rising
    return 0.5 * (1 + math.cos(math.pi * (step - n_rising) / max(1, options.steps - n_rising)))
