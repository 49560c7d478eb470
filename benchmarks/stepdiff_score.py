"""Caption metrics of a whole file, and ``viddiff score`` on it, against plain loops.

``python -m benchmarks.stepdiff_score``: 22,000 rows of words by chance, about as long as those of DiffCap.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import plain_captions as plain
from benchmarks.timing import Row, median_s, print_rows
from viddiff.cli.steps_files import score
from viddiff.eval.stepdiff.ngrams import MAX_N, Texts, bleu, bleu_sums, cider
from viddiff.eval.stepdiff.rouge import rouge_l

N_ROWS, N_REFERENCE_CLIPS, N_WORDS = 22_000, 5_500, 3_000
_REPETITIONS = 3


def texts() -> tuple[list[str], list[list[str]]]:
    """Answers, and one to three references each."""
    rng = np.random.default_rng(0)
    # Few words are common and many rare, as in a language.
    share = 1 / np.arange(1, N_WORDS + 1)
    words = iter(rng.choice(N_WORDS, N_ROWS * 60, p=share / share.sum()).tolist())

    def sentence() -> str:
        return " ".join(f"w{next(words)}" for _ in range(int(rng.integers(6, 20))))

    return [sentence() for _ in range(N_ROWS)], [
        [sentence() for _ in range(int(rng.integers(1, 3)))] for _ in range(N_ROWS)
    ]


def rows() -> list[Row]:
    """Each metric, then the command with all its checks, columns and intervals beside the three plain loops."""
    answers, references = texts()

    def fast_rouge() -> float:
        return float(np.mean([rouge_l(*pair) for pair in zip(answers, references, strict=True)]))

    def plain_rouge() -> float:
        return float(np.mean([plain.rouge_l(*pair) for pair in zip(answers, references, strict=True)]))

    both: dict[str, tuple[Callable[[], float], Callable[[], float]]] = {
        "BLEU-4": (
            lambda: float(bleu(MAX_N)(bleu_sums(Texts(answers, references)).sum(axis=0)[None, None])[0]),
            lambda: plain.bleu(answers, references, MAX_N),
        ),
        "CIDEr": (
            lambda: float(cider(Texts(answers, references)).mean()),
            lambda: float(np.mean(plain.cider(answers, references))),
        ),
        "ROUGE-L": (fast_rouge, plain_rouge),
    }
    table = []
    for name, (ours, loops) in both.items():
        ours_s, (output, plain_s) = median_s(ours, _REPETITIONS), once(loops)
        assert abs(ours() - output) < 1e-9
        table.append(Row(name, f"{N_ROWS:,} rows", ours_s, plain_s, "row by row"))
    whole_s = sum(row.reference_s for row in table)
    return [
        *table,
        Row("viddiff score", f"{N_ROWS:,} rows", command_s(answers, references), whole_s, "all three loops"),
    ]


def once(work: Callable[[], float]) -> tuple[float, float]:
    """What it returns, and its seconds."""
    began_s = time.perf_counter()
    return work(), time.perf_counter() - began_s


def command_s(answers: list[str], references: list[list[str]]) -> float:
    """Seconds of the command on files."""
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
        data, predictions = Path(name) / "data.jsonl", Path(name) / "said.jsonl"
        data.write_text("".join(f"{json.dumps(row_of(i, text))}\n" for i, text in enumerate(references)))
        predictions.write_text("".join(f"{json.dumps({'generated_text': answer})}\n" for answer in answers))
        return median_s(partial(score, predictions, data, None, True), 1)


def row_of(index: int, text: list[str]) -> dict[str, object]:
    """A row of DiffCap; four rows share a reference clip."""
    reference, candidate = f"ref_{index % N_REFERENCE_CLIPS:07d}_0.0_9.5", f"can_{index:07d}_1.0_8.0"
    category = ("Technique", "Visuals", "Actions")[index % 3]
    return {"reference": reference, "candidate": candidate, "category": category, "text": text}


if __name__ == "__main__":
    print_rows(rows())
