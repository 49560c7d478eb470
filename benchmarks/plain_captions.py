"""Caption metrics computed row by row from their definitions: reference for tests and times of the fast ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence


def grams(text: str, n: int) -> Counter[tuple[str, ...]]:
    """The n-grams of a text."""
    tokens = text.split()
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def bleu(answers: Sequence[str], references: Sequence[Sequence[str]], n: int) -> float:
    """BLEU-n over all rows."""
    matches, total, length, reference_length = [0] * n, [0] * n, 0, 0
    for answer, texts in zip(answers, references, strict=True):
        size = len(answer.split())
        length += size
        reference_length += min((abs(len(text.split()) - size), len(text.split())) for text in texts)[1]
        for k in range(n):
            counts = grams(answer, k + 1)
            most = [grams(text, k + 1) for text in texts]
            matches[k] += sum(min(count, max(one[gram] for one in most)) for gram, count in counts.items())
            total[k] += sum(counts.values())
    product = math.prod((match + 1e-15) / (all_ + 1e-9) for match, all_ in zip(matches, total, strict=True))
    ratio = (length + 1e-15) / (reference_length + 1e-9)
    return float(product ** (1 / n) * min(1.0, math.exp(1 - 1 / ratio)))


def cider(answers: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
    """CIDEr of each row, 0 to 10."""
    rows_with = [
        Counter(gram for texts in references for gram in {gram for text in texts for gram in grams(text, n)})
        for n in range(1, 5)
    ]

    def vector(text: str, n: int) -> dict[tuple[str, ...], float]:
        return {
            gram: count * (math.log(len(answers)) - math.log(max(1, rows_with[n - 1][gram])))
            for gram, count in grams(text, n).items()
        }

    scores = []
    for answer, texts in zip(answers, references, strict=True):
        total = 0.0
        for text in texts:
            apart = sum(grams(answer, 2).values()) - sum(grams(text, 2).values())
            for n in range(1, 5):
                one, other = vector(answer, n), vector(text, n)
                norms = math.hypot(*one.values()) * math.hypot(*other.values())
                dot = sum(min(one.get(gram, 0.0), value) * value for gram, value in other.items())
                total += dot / norms * math.exp(-(apart**2) / 72) / 4 if norms else 0.0
        scores.append(10 * total / len(texts))
    return scores


def rouge_l(answer: str, texts: Sequence[str]) -> float:
    """ROUGE-L of one row."""
    tokens = answer.split(" ")
    common = [longest(tokens, text.split(" ")) for text in texts]
    precision = max(common) / len(tokens)
    recall = max(one / len(text.split(" ")) for one, text in zip(common, texts, strict=True))
    return 2.44 * precision * recall / (recall + 1.44 * precision) if precision and recall else 0.0


def longest(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, cell by cell."""
    row = [0] * (len(other) + 1)
    for token in one:
        before, row = row, [0] * (len(other) + 1)
        for j, word in enumerate(other):
            row[j + 1] = before[j] + 1 if token == word else max(before[j + 1], row[j])
    return row[-1]
