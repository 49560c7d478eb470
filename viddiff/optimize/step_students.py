"""What an optimizer sees of the components of StepDiff: all questions of one row, and one failure for any of them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import dspy
from dspy.utils.exceptions import LMError

from viddiff.optimize.failed_calls import Role, failure_from
from viddiff.programs.entries import LEFT_OUT
from viddiff.programs.stepdiff.captioner import DifferenceCaptioner
from viddiff.programs.stepdiff.checker import StepChecker
from viddiff.programs.stepdiff.ranker import SHARES, CandidateComparer, SimilarityGrader, out_of_range
from viddiff.signatures.clip import Clip

StepProgram = DifferenceCaptioner | SimilarityGrader | StepChecker | CandidateComparer
#: The key of the one sentence that a verifier is asked about.
_KEY = "caption"


class StepStudent(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """A captioner, a verifier, a ranker or a comparer.

    Args:
        part: what is compiled.
        role: puts the vision model in force; default: the LM in force.
    """

    def __init__(self, part: StepProgram, role: Role = contextlib.nullcontext) -> None:
        super().__init__()
        self.part = part
        self.role = role

    @property
    def program(self) -> StepProgram:
        """What is compiled."""
        return self.part

    def forward(
        self,
        pairs: Sequence[tuple[Clip, Clip]],
        category: str = "",
        difference: str = "",
        step: str = "",
    ) -> dspy.Prediction:
        """A prediction with ``told``, one entry for each pair (reference, candidate), or None where ``error`` says why.

        A captioner tells a tuple of sentences, a verifier how likely the sentence is true, 0 to 1, a ranker a
        similarity, 0 to 100, a comparer in how many of its comparisons a candidate was closer, 0 to 100; its
        prediction has ``closer``, too: (first, second, which was called closer) of every comparison.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        if isinstance(self.part, CandidateComparer):
            return self.compare_all(pairs, {"category": category, "step": step})
        answers: list[Any] = []
        for reference, candidate in pairs:
            inputs = {"reference": reference, "candidate": candidate, **self.about(category, difference, step)}
            try:
                with self.role():
                    answers.append(self.answer_of(self.part(**inputs), category))
            except (dspy.AdapterParseError, LMError) as error:
                return dspy.Prediction(answer=None, error=failure_from(self, error, inputs).message)
            if answers[-1] is None:
                return dspy.Prediction(answer=None, error=LEFT_OUT)
        return dspy.Prediction(answer=answers, error=None)

    def compare_all(self, pairs: Sequence[tuple[Clip, Clip]], about: Mapping[str, str]) -> dspy.Prediction:
        """Every two candidates compared once, in turns of the order."""
        closer: list[tuple[int, int, str]] = []
        wins = [0.0] * len(pairs)
        for number, two in enumerate(combinations(range(len(pairs)), 2)):
            first, second = two if number % 2 else two[::-1]
            clips = [Clip.of("B", pairs[first][1].frames), Clip.of("C", pairs[second][1].frames)]
            inputs = {"reference": pairs[first][0], "first": clips[0], "second": clips[1], **about}
            try:
                with self.role():
                    answer = str(self.part(**inputs).closer)
            except (dspy.AdapterParseError, LMError) as error:
                return dspy.Prediction(answer=None, error=failure_from(self, error, inputs).message)
            closer.append((first, second, answer))
            wins[first] += SHARES[answer]
            wins[second] += 1 - SHARES[answer]
        return dspy.Prediction(answer=[round(100 * won / (len(pairs) - 1)) for won in wins], closer=closer, error=None)

    def about(self, category: str, difference: str, step: str) -> dict[str, Any]:
        """What is asked of the clips."""
        if isinstance(self.part, DifferenceCaptioner):
            return {"step": step, "categories": (category,)}
        if isinstance(self.part, StepChecker):
            return {"step": step, "differences": {_KEY: difference}}
        return {"step": step, "category": category}

    def answer_of(self, prediction: dspy.Prediction, category: str) -> Any:
        """The answer to one question, None where there is none."""
        if isinstance(self.part, DifferenceCaptioner):
            entry = prediction.found.get(category)
            return entry and tuple(" ".join(difference.difference.split()) for difference in entry.differences)
        if isinstance(self.part, StepChecker):
            return prediction.probabilities.get(_KEY)
        return None if out_of_range(prediction) else prediction.similarity
