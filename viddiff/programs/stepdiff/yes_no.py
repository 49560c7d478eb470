"""The likelihood of YES as a score (paper, section 3.4), for models that tell log-probabilities."""

from __future__ import annotations

import dspy

from viddiff.lms import Failure
from viddiff.lms.likelihood import LOGPROBS, yes_share
from viddiff.lms.retry import Retry
from viddiff.lms.roles import limits_in_force
from viddiff.programs.caller import Caller
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.stepdiff.clips import clips_of
from viddiff.signatures.clip import Clip
from viddiff.signatures.stepdiff.yes_no import SameInCategory, TrueOfCandidate
from viddiff.video.loaded import LoadedVideo

#: A reference and a candidate.
Pair = tuple[LoadedVideo, LoadedVideo]


class SameProbability(AsyncModule):
    """How likely both clips show the same in a category.

    Asks the LM in force (``dspy.settings.lm``), which must see images and give log-probabilities.

    Args:
        attempts: asks until an answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.ask = Retry(ClipPredict(SameInCategory, **LOGPROBS), attempts)

    def forward(self, reference: Clip, candidate: Clip, category: str) -> dspy.Prediction:
        """``probability``: p(YES), against NO; None: the answer has no log-probabilities.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        return _with_probability(self.ask(reference=reference, candidate=candidate, category=category))


class TrueProbability(AsyncModule):
    """How likely a caption is true of the candidate; arguments as of ``SameProbability``."""

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.ask = Retry(ClipPredict(TrueOfCandidate, **LOGPROBS), attempts)

    def forward(self, reference: Clip, candidate: Clip, difference: str) -> dspy.Prediction:
        """``probability``; returns and raises as ``SameProbability``."""
        return _with_probability(self.ask(reference=reference, candidate=candidate, difference=difference))


class YesNo:
    """Asks questions that are answered by YES or NO.

    Args:
        n_frames: of a clip, evenly over it.
        attempts: asks until an answer parses.
    """

    def __init__(self, n_frames: int, attempts: int = 3) -> None:
        self.same, self.true = SameProbability(attempts), TrueProbability(attempts)
        self.n_frames = n_frames

    def p_same(self, call: Caller, pair: Pair, category: str) -> float | Failure | None:
        """p(YES), against NO, that both show the same in a category; None: the answer has no log-probabilities.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        return self._probability(call, self.same, pair, category=category)

    def p_true(self, call: Caller, pair: Pair, difference: str) -> float | Failure | None:
        """p(YES), against NO, that a caption is true of the candidate; as ``p_same``."""
        return self._probability(call, self.true, pair, difference=difference)

    def _probability(self, call: Caller, program: AsyncModule, pair: Pair, **inputs: str) -> float | Failure | None:
        reference, candidate = clips_of(pair, self.n_frames, limits_in_force(call.lms).max_images)
        answer = call(program, "vision", reference=reference, candidate=candidate, **inputs)
        return answer if isinstance(answer, Failure) else answer.probability


def _with_probability(answer: dspy.Prediction) -> dspy.Prediction:
    tokens = (answer.get("logprobs") or {}).get("content") or ()
    return dspy.Prediction(**answer, probability=yes_share(tokens))
