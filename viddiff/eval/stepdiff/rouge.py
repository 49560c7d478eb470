"""ROUGE-L (Lin, 2004) as the released evaluator of StepDiff computes it."""

from __future__ import annotations

from collections.abc import Sequence

#: How many times more recall counts than precision, squared.
_BETA_SQUARED = 1.2**2


def rouge_l(answer: str, references: Sequence[str]) -> float:
    """The F-score of the longest common subsequence, 0 to 1; precision and recall each of the best reference.

    Tokens are what stands between single blanks: two blanks make an empty token.

    >>> round(rouge_l("The feet point forward", ["The feet point outward instead of straight ahead"]), 6)
    0.471649
    """
    tokens = answer.split(" ")
    places: dict[str, int] = {}
    for index, token in enumerate(tokens):
        places[token] = places.get(token, 0) | 1 << index
    precision = recall = 0.0
    for text in references:
        other = text.split(" ")
        common = _common(places, len(tokens), other)
        precision, recall = max(precision, common / len(tokens)), max(recall, common / len(other))
    if not precision or not recall:
        return 0.0
    return (1 + _BETA_SQUARED) * precision * recall / (recall + _BETA_SQUARED * precision)


def _common(places: dict[str, int], n_tokens: int, other: Sequence[str]) -> int:
    """Length of the longest common subsequence, a row of its table in the bits of one number (Hyyrö, 2004).

    Args:
        places: token -> the bits of its places among ``n_tokens`` tokens.
    """
    everything = (1 << n_tokens) - 1
    row = everything
    for token in other:
        same = row & places.get(token, 0)
        row = (row + same | row - same) & everything
    return n_tokens - row.bit_count()
