"""A small language model, trained on text only, that compares two squats described by levels.

What a large language model brings with it: from "depth-3 lean-7 ..." of two clips to a caption of what differs. No
clip is seen. A projector then has to say of a clip what the levels said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from viddiff.eval.stepdiff.items import ChoiceItem
from viddiff.eval.stepdiff.load import load_items
from viddiff.programs.stepdiff.projector.chat import paired_chat
from viddiff.programs.stepdiff.projector.language import Language
from viddiff.programs.stepdiff.projector.questions import NO, YES
from viddiff.signatures.stepdiff.paired_qa import main_difference, same_in
from viddiff.synthetic.steps.attempts import Attempt, plan_group
from viddiff.synthetic.steps.contrasts import captions, similarity
from viddiff.synthetic.steps.words import TECHNIQUE

#: What grey frames before a camera that stands still can show.
CATEGORIES = (TECHNIQUE,)
#: Numbers are told in half margins, counted from the least.
_SHARE_OF_MARGIN, _MOST_LEVELS = 0.5, 16
_N_ACTIONS, _GROUPS, _SEED = 6, 120, 1000
_STEPS, _BATCH, _RATE = 900, 32, 3e-3


def squats(n_groups: int, seed: int) -> Iterator[tuple[int, tuple[Attempt, ...]]]:
    """Number of a group of the benchmark and its five squats."""
    for index in range(0, n_groups * _N_ACTIONS, _N_ACTIONS):
        yield index, plan_group(index, seed).attempts


def make_language(folder: Path) -> Path:
    """Write the checkpoint to ``folder``; the same folder twice is made once."""
    if (folder / "config.json").exists():
        return folder
    attempts = _training_attempts()
    least = _least(attempts)
    levels = [_levels(attempt, least) for attempt in attempts]
    rng = np.random.default_rng(0)
    texts = list(_texts(attempts, levels, rng))
    words = sorted({word for text in texts for part in text for word in part.split()})
    tokenizer = _tokenizer(words)
    tokenizer.save_pretrained(folder)
    model = _model(len(words) + 2)
    _order_levels(model.get_input_embeddings().weight, words)
    _train(model, [_ids(text, words) for text in texts], rng)
    model.save_pretrained(folder)
    return folder


def accuracy_in_words(folder: Path, choices: Path, attempts: Sequence[Attempt]) -> float:
    """The accuracy of the language model on choices whose clips are told in levels: what it can do at best."""
    language, least = Language(str(folder), device="cpu"), _least(_training_attempts())
    levels = {attempt.id: _levels(attempt, least) for attempt in attempts}
    right = []
    for item in load_items(choices).items:
        assert isinstance(item, ChoiceItem)
        question, answer = main_difference(item.category), language.ids(item.difference)
        pairs = [(levels[pair.reference.id], levels[pair.candidate.id]) for pair in item.options]
        prompts = [(language.ids(_chat_text(*pair, question)),) for pair in pairs]
        with torch.inference_mode():
            losses = language.losses(
                language.batch(prompts, [answer] * len(prompts), 1), torch.zeros(0, 1, language.width)
            )
        right.append(int(losses.sum(1).argmin()) == item.answer)
    return sum(right) / len(right)


def _training_attempts() -> list[Attempt]:
    return [attempt for _, group in squats(_GROUPS, _SEED) for attempt in group]


def _least(attempts: Sequence[Attempt]) -> dict[str, float]:
    return {key: min(attempt.numbers[key] for attempt in attempts) for key in attempts[0].numbers}


def _levels(attempt: Attempt, least: Mapping[str, float]) -> str:
    margins = {aspect.key: aspect.resolution * _SHARE_OF_MARGIN for aspect in attempt.action.aspects}
    levels = {key: (attempt.numbers[key] - least[key]) / margin for key, margin in margins.items()}
    return " ".join(f"{key}-{min(_MOST_LEVELS, round(level))}" for key, level in levels.items())


def _texts(attempts: Sequence[Attempt], levels: Sequence[str], rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Questions on two squats with their answers."""
    for _ in range(20_000):
        one, other = rng.choice(len(attempts), 2, replace=False).tolist()
        category = str(rng.choice(CATEGORIES))
        asks_same = bool(rng.random() < 0.3)
        answers = captions(attempts[one], attempts[other], category)
        if asks_same:
            answers = (YES if (similarity(attempts[one], attempts[other], category) or 0) >= 3 else NO,)
        if answers:
            question = same_in(category) if asks_same else main_difference(category)
            yield _chat_text(levels[one], levels[other], question), str(rng.choice(answers))


def _chat_text(reference: str, candidate: str, question: str) -> str:
    """The chat as ``Language.pieces`` writes it, with words where clips stand."""
    system, user = paired_chat(reference, candidate, question)
    parts = [part.get("text") or f" {part['video']} " for part in user["content"]]
    return f"{system['content']}\n{''.join(parts)}\n"


def _ids(text: tuple[str, str], words: Sequence[str]) -> tuple[list[int], int]:
    """The tokens of question, answer and end, and how many of them are the question."""
    number = {word: place for place, word in enumerate(words, 2)}
    prompt, answer = ([number[word] for word in part.split()] for part in text)
    return [*prompt, *answer, 1], len(prompt)


def _tokenizer(words: Sequence[str]) -> Any:
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {word: number for number, word in enumerate(["<unk>", "<end>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    library: Any = transformers
    return library.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", unk_token="<unk>")


def _model(n_words: int) -> Any:
    import transformers

    library: Any = transformers
    sizes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4}
    torch.manual_seed(0)
    return library.LlamaForCausalLM(
        library.LlamaConfig(vocab_size=n_words, eos_token_id=1, bos_token_id=None, tie_word_embeddings=True, **sizes)
    )


@torch.no_grad()
def _order_levels(embeddings: torch.Tensor, words: Sequence[str]) -> None:
    """Levels of one aspect begin on a line, in order: a large language model knows which number is more."""
    lines: dict[str, torch.Tensor] = {}
    for place, word in enumerate(words, 2):
        aspect, _, level = word.rpartition("-")
        if aspect and level.isdigit():
            line = lines.setdefault(aspect, torch.randn(2, embeddings.shape[1]) * 0.05)
            embeddings[place] = line[0] + line[1] * (int(level) / 4 - 1)


def _train(model: Any, rows: Sequence[tuple[list[int], int]], rng: np.random.Generator) -> None:
    """Train all weights on the answers."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, _STEPS)
    for step in range(_STEPS):
        batch = [rows[place] for place in rng.choice(len(rows), _BATCH).tolist()]
        length = max(len(ids) for ids, _ in batch)
        ids = torch.tensor([row + [0] * (length - len(row)) for row, _ in batch])
        place = torch.arange(length)
        lengths, prompt_lengths = (
            torch.tensor(column)[:, None] for column in zip(*((len(r), n) for r, n in batch), strict=True)
        )
        labels = torch.where((place >= prompt_lengths) & (place < lengths), ids, -100)
        logits = model(input_ids=ids, attention_mask=(place < lengths).long()).logits[:, :-1]
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call,unused-ignore]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 99:
            print(f"language: step {step + 1} of {_STEPS}, loss {float(loss.detach()):.3f}", flush=True)
