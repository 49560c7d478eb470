"""How the components of this task are asked about a row: all its questions, and one failure for any of them.

Each function gives ``answer``, one entry for each pair of the row (reference, candidate), see
``viddiff.optimize.student.Student``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from viddiff.lms import Failure
from viddiff.optimize.student import FailedCallError, Student
from viddiff.programs.entries import LEFT_OUT
from viddiff.programs.stepdiff.ranker import SHARES, out_of_range
from viddiff.signatures.clip import Clip

Pairs = Sequence[tuple[Clip, Clip]]
#: The key of the one sentence that a verifier is asked about.
_KEY = "caption"


def ask_captioner(student: Student, pairs: Pairs, category: str, step: str = "") -> dict[str, Any]:
    """A tuple of sentences for each pair."""
    answers = []
    for reference, candidate in pairs:
        inputs = {"reference": reference, "candidate": candidate, "step": step, "categories": (category,)}
        entry = require_answer(student.call(student.program, **inputs).found.get(category))
        answers.append(tuple(" ".join(difference.difference.split()) for difference in entry.differences))
    return {"answer": answers}


def ask_verifier(student: Student, pairs: Pairs, difference: str, step: str = "") -> dict[str, Any]:
    """How likely the sentence is true, 0 to 1, for each pair."""
    answers = []
    for reference, candidate in pairs:
        inputs = {"reference": reference, "candidate": candidate, "step": step, "differences": {_KEY: difference}}
        answers.append(require_answer(student.call(student.program, **inputs).probabilities.get(_KEY)))
    return {"answer": answers}


def ask_ranker(student: Student, pairs: Pairs, category: str, step: str = "") -> dict[str, Any]:
    """A similarity, 0 to 100, for each pair."""
    answers = []
    for reference, candidate in pairs:
        inputs = {"reference": reference, "candidate": candidate, "step": step, "category": category}
        prediction = student.call(student.program, **inputs)
        answers.append(require_answer(None if out_of_range(prediction) else prediction.similarity))
    return {"answer": answers}


def ask_comparer(student: Student, pairs: Pairs, category: str, step: str = "") -> dict[str, Any]:
    """In how many of its comparisons a candidate was closer, 0 to 100, every two compared once, in turns of the order.

    ``closer`` has (first, second, which was called closer) of every comparison.
    """
    closer: list[tuple[int, int, str]] = []
    wins = [0.0] * len(pairs)
    for number, two in enumerate(combinations(range(len(pairs)), 2)):
        first, second = two if number % 2 else two[::-1]
        clips = [Clip.of("B", pairs[first][1].frames), Clip.of("C", pairs[second][1].frames)]
        inputs = {"reference": pairs[first][0], "first": clips[0], "second": clips[1]}
        answer = str(student.call(student.program, **inputs, category=category, step=step).closer)
        closer.append((first, second, answer))
        wins[first] += SHARES[answer]
        wins[second] += 1 - SHARES[answer]
    return {"answer": [round(100 * won / (len(pairs) - 1)) for won in wins], "closer": closer}


def require_answer(answer: Any) -> Any:
    """The answer to one question.

    Raises:
        FailedCallError: there is none.
    """
    if answer is None:
        raise FailedCallError(Failure("garbled", LEFT_OUT))
    return answer
