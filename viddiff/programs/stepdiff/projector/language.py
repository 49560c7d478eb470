"""The frozen language model: chats with places for clips to logits, likelihoods and answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from viddiff.lms.local_load import device_of, dtype_of, load_text_model, out_of_memory, translate_load_errors
from viddiff.lms.local_weights import LocalModelError, find_weights

#: Messages, each a role and content: a text, or parts of type "text" and "video" (the name of a clip).
Chat = Sequence[Mapping[str, Any]]
#: Token ids, and between them the names of clips.
Pieces = tuple[tuple[int, ...] | str, ...]
_PLACE = "\ufdd0{}\ufdd1"  # noncharacters, which no text that is sent may hold
_IGNORED = -100


@dataclass(frozen=True)
class ChatBatch:
    """Chats with their answers, side by side.

    Attributes:
        ids: (B, L) token ids; 0 where a clip's token stands or nothing.
        slots: (B, L) which token of the clips stands there, counted over ``clips``; -1: none.
        mask: (B, L) whether anything stands there.
        labels: (B, L) the ids of answers, elsewhere -100.
        clips: names, each once.
    """

    ids: Tensor
    slots: Tensor
    mask: Tensor
    labels: Tensor
    clips: tuple[str, ...]


class Language:
    """A causal language model that takes ``inputs_embeds``, in this process; none of its weights ever changes.

    Args:
        source: a folder, or a repository on the hub.
        device, dtype: see ``viddiff.lms.local``.

    Raises:
        UsageError: there is no such device or dtype.
        LocalModelError: the weights are not available or cannot be loaded.
    """

    def __init__(self, source: str, device: str | None = None, dtype: str | None = None) -> None:
        weights = find_weights(source)
        self.source, self.name = source, f"{weights.name}@{weights.id}"
        self.device = device_of(device)
        with translate_load_errors(weights.name, "a causal language model"):
            self.tokenizer, self.model = load_text_model(weights.folder(), dtype_of(dtype, self.device))
        self.model.to(self.device).eval().requires_grad_(False)
        self.embed: nn.Module = self.model.get_input_embeddings()
        self.width = int(self.embed.weight.shape[1])
        if self.tokenizer.eos_token_id is None:
            raise LocalModelError(f"Language model {weights.name!r} has no end-of-text token: use another model.")
        self.end: int = self.tokenizer.eos_token_id
        specials = sorted(map(str, self.tokenizer.all_special_tokens), key=len, reverse=True)
        self._specials = re.compile("|".join(map(re.escape, specials)))

    def pieces(self, chat: Chat) -> Pieces:
        """A chat without its answer, as the model's template writes it, up to where the answer begins."""
        clips: list[str] = []
        messages = [{"role": one["role"], "content": self._text(one["content"], clips)} for one in chat]
        if self.tokenizer.chat_template:
            text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        else:
            text = "\n".join(message["content"] for message in messages) + "\n"
        pieces: list[tuple[int, ...] | str] = []
        for place, clip in enumerate(clips):
            before, _, text = text.partition(_PLACE.format(place))
            pieces += [self.ids(before), clip]
        return (*pieces, self.ids(text))

    def ids(self, text: str) -> tuple[int, ...]:
        """The tokens of a text alone."""
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def batch(self, chats: Sequence[Pieces], answers: Sequence[tuple[int, ...]], n_tokens: int) -> ChatBatch:
        """Chats with answers (token ids) side by side, each clip in ``n_tokens`` tokens."""
        names = tuple(dict.fromkeys(piece for chat in chats for piece in chat if isinstance(piece, str)))
        first = {name: place * n_tokens for place, name in enumerate(names)}
        rows = []
        for chat, answer in zip(chats, answers, strict=True):
            ids: list[int] = []
            slots: list[int] = []
            for piece in chat:
                clip = range(first[piece], first[piece] + n_tokens) if isinstance(piece, str) else None
                ids += [0] * n_tokens if clip else list(piece)  # type: ignore[arg-type]  # ids, where it is no name
                slots += list(clip) if clip else [-1] * len(piece)
            rows.append((ids + list(answer), slots + [-1] * len(answer), [_IGNORED] * len(ids) + list(answer)))
        length = max(len(ids) for ids, _, _ in rows)
        padded = [
            torch.tensor([row[k] + [fill] * (length - len(row[k])) for row in rows])
            for k, fill in enumerate((0, -1, _IGNORED))
        ]
        mask = torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids, _, _ in rows])
        ids_, slots_, labels = (one.to(self.device) for one in padded)
        return ChatBatch(ids_, slots_, mask.to(self.device), labels, names)

    def inputs(self, batch: ChatBatch, tokens: Tensor) -> Tensor:
        """(B, L, W) what the model reads, with the tokens (clips, n, W) in their places."""
        embedded: Tensor = self.embed(batch.ids)
        flat = tokens.flatten(0, 1).to(embedded.dtype)
        put = flat[batch.slots.clamp(min=0)] if len(flat) else embedded
        return torch.where((batch.slots >= 0)[..., None], put, embedded)

    def losses(self, batch: ChatBatch, tokens: Tensor) -> Tensor:
        """(B, L - 1) minus the log-likelihood of each token of the answers, 0 elsewhere."""
        logits = self.model(inputs_embeds=self.inputs(batch, tokens), attention_mask=batch.mask).logits[:, :-1].float()
        losses: Tensor = nn.functional.cross_entropy(
            logits.flatten(0, 1), batch.labels[:, 1:].flatten(), ignore_index=_IGNORED, reduction="none"
        )
        return losses.view(len(batch.ids), -1)

    @torch.inference_mode()
    def answer(self, batch: ChatBatch, tokens: Tensor, max_tokens: int) -> list[int]:
        """The tokens of the likeliest continuation of one chat, word by word, without the end."""
        generated = self.model.generate(
            inputs_embeds=self.inputs(batch, tokens),
            attention_mask=batch.mask,
            max_new_tokens=max_tokens,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=self.end,
        )[0].tolist()
        return list(generated[: generated.index(self.end)] if self.end in generated else generated)

    @contextmanager
    def report_out_of_memory(self) -> Iterator[None]:
        """Turn running out of memory into one sentence."""
        try:
            yield
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            raise LocalModelError(
                f"Language model {self.name!r} ran out of memory: use a smaller model, a smaller --batch, or fewer "
                "--tokens."
            ) from None

    def _text(self, content: object, clips: list[str]) -> str:
        """Content as text with a mark for each clip, whose name is added to ``clips``."""
        if isinstance(content, str):
            return self._plain(content)
        assert isinstance(content, (list, tuple))
        texts = []
        for part in content:
            if part["type"] == "text":
                texts.append(self._plain(part["text"]))
            else:
                texts.append(_PLACE.format(len(clips)))
                clips.append(part["video"])
        return "".join(texts)

    def _plain(self, text: str) -> str:
        """Text that can neither stand for a clip nor end a turn: it is data."""
        unmarked = text.replace(_PLACE[0], "").replace(_PLACE[-1], "")
        return self._specials.sub(lambda match: f"{match[0][0]} {match[0][1:]}", unmarked)
