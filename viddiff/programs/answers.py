"""Values of answers, as models write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: "A" or "B" by itself, and the word after it.
_NAME = re.compile(r"(?<![\w'’])([AB])(?![\w])(?:(?= ([a-z]+)))?")
_STARTS_SENTENCE = re.compile(r"(?:^|[.!?:]\s+|\n\s*)$")
#: What follows the name of a video and no article: a verb ("takes"), an adverb ("clearly") or one of these.
_AFTER_NAME = re.compile(r"\w+(?:s|ly)|and|or|but|also|at|in|on|to|only|never|just|with")


def as_share(confidence: float | None) -> float | None:
    """A confidence as a share of 1; models that answer in percent are understood, nonsense is None."""
    if confidence is None or not 0 <= confidence <= 100:
        return None
    return confidence if confidence <= 1 else confidence / 100


def positions(numbers: Sequence[int] | None, n_frames: int) -> tuple[int, ...]:
    """Frame numbers from 1, as positions from 0; numbers of frames that were not shown are dropped."""
    return tuple(sorted({number - 1 for number in numbers or () if 1 <= number <= n_frames}))


def swap_names(text: str) -> str:
    """A sentence about videos that were shown as each other, in terms of the true A and B.

    "A" at the beginning of a sentence is an article where a noun may follow it; elsewhere it is a name.

    >>> swap_names("In A the knees bend, B's stay straight.")
    "In B the knees bend, A's stay straight."
    >>> swap_names("A takes 1.2 s, B 2 s. A man stands beside A.")
    'B takes 1.2 s, A 2 s. A man stands beside B.'
    """

    def other(match: re.Match[str]) -> str:
        name, word = match.groups()
        is_article = word and _STARTS_SENTENCE.search(text[: match.start()]) and not _AFTER_NAME.fullmatch(word)
        if name == "A" and is_article:
            return name
        return "B" if name == "A" else "A"

    return _NAME.sub(other, text)
