"""A causal language model of a few thousand random weights and a vocabulary of words, made here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def make_language(
    folder: Path, words: list[str], taught: Sequence[tuple[str, str]] = (), seed: int = 0, layers: int = 2
) -> Path:
    """Write a checkpoint (safetensors) to ``folder``, taught to answer questions; the same seed, the same weights."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    library: Any = transformers
    vocabulary = {word: number for number, word in enumerate(["<unk>", "<end>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    library.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", unk_token="<unk>").save_pretrained(
        folder
    )
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": layers, "num_attention_heads": 4}
    config = library.LlamaConfig(vocab_size=len(vocabulary), eos_token_id=1, bos_token_id=None, **sizes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = library.LlamaForCausalLM(config)
        _teach(
            model,
            [([vocabulary[word] for word in f"{one} {two} <end>".split()], len(one.split())) for one, two in taught],
        )
        model.save_pretrained(folder)
    return folder


def _teach(model: Any, rows: list[tuple[list[int], int]]) -> None:
    """Train on rows of equal length: ids, and how many of them are the question."""
    import torch

    if not rows:
        return
    ids = torch.tensor([row for row, _ in rows])
    labels = ids.clone()
    for row, (_, n_asked) in enumerate(rows):
        labels[row, :n_asked] = -100
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(150):
        optimizer.zero_grad()
        model(input_ids=ids, labels=labels).loss.backward()
        optimizer.step()
