"""How likely a model holds a word, read off the log-probabilities that come with an answer, or a whole answer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import dspy

from viddiff.core.settings import ModelLimits

#: Asks for log-probabilities, with so many alternatives as every server gives.
LOGPROBS: Mapping[str, Any] = {"logprobs": True, "top_logprobs": 5}

#: What stands before the word: the header of its field, as the adapters have models write it.
_HEADER = re.compile(r'\[\[ ## answer ## \]\]|"answer"\s*:')


@runtime_checkable
class HasLikelihoods(Protocol):
    """An engine that tells how likely given answers are, as models in this process do."""

    def log_likelihoods(self, conversation: list[dict[str, Any]], answers: Sequence[str]) -> list[float]:
        """Of each answer to a conversation, summed over its tokens."""


def likelihoods_of(lm: dspy.LM) -> HasLikelihoods | None:
    """What tells how likely answers are to a model; None: nothing does."""
    engine = getattr(lm, "engine", None)
    return engine if isinstance(engine, HasLikelihoods) else None


def share_of(log_one: float, log_other: float) -> float:
    """p / (p + q) of two log-likelihoods.

    >>> share_of(-1.0, -1.0)
    0.5
    """
    # Never the exponential of a large number.
    ratio = math.exp(-abs(log_one - log_other))
    return 1 / (1 + ratio) if log_one >= log_other else ratio / (1 + ratio)


def gives_logprobs(lm: dspy.LM, limits: ModelLimits) -> bool:
    """Whether log-probabilities may be asked of a model: as stated, else as dspy knows it."""
    return "logprobs" in lm.supported_params if limits.logprobs is None else limits.logprobs


def yes_share(tokens: Sequence[Mapping[str, Any]]) -> float | None:
    """p(YES) / (p(YES) + p(NO)) of the field ``answer``, all spellings summed; None where neither is among the tokens.

    The header of the field comes before the word, as the adapters have models write it.

    >>> said = [{"token": "Y", "logprob": -0.2, "top_logprobs": [{"token": " no", "logprob": -1.8}]}]
    >>> header = {"token": "[[ ## answer ## ]]", "logprob": 0.0, "top_logprobs": []}
    >>> round(yes_share([header, *said]), 2)
    0.83

    Args:
        tokens: of the answer, in order, in OpenAI's form.
    """
    text = ""
    for token in tokens:
        if _HEADER.search(text) and _letters(token["token"]):
            return _share(token)
        text += token["token"]
    return None


def _share(token: Mapping[str, Any]) -> float | None:
    """Of the first token of the word."""
    # The chosen token is mostly, but not always, among the alternatives.
    alternatives = {one["token"]: one["logprob"] for one in [*(token["top_logprobs"] or ()), token]}
    sums = {"YES": 0.0, "NO": 0.0}
    for spelling, logprob in alternatives.items():
        for word in sums:
            letters = _letters(spelling)
            if letters and word.startswith(letters):
                sums[word] += math.exp(logprob)
    total = sum(sums.values())
    return sums["YES"] / total if total > 0 else None


def _letters(token: str) -> str:
    return re.sub(r"[^A-Z]", "", token.upper())
