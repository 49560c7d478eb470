"""The likelihood of YES as a score (paper, section 3.4), for models that tell log-probabilities."""

from __future__ import annotations

import dspy

from viddiff.lms import Failure
from viddiff.lms.likelihood import LOGPROBS, yes_share
from viddiff.lms.retry import Retry
from viddiff.lms.roles import limits_in_force
from viddiff.programs.caller import Caller
from viddiff.programs.predict import ClipPredict
from viddiff.programs.stepdiff.clips import clips_of
from viddiff.signatures.stepdiff.yes_no import SameInCategory, TrueOfCandidate
from viddiff.video.loaded import LoadedVideo

#: A reference and a candidate.
Pair = tuple[LoadedVideo, LoadedVideo]


class YesNo(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """Asks questions that are answered by YES or NO.

    Args:
        n_frames: of a clip, evenly over it.
        attempts: asks until an answer parses.
    """

    def __init__(self, n_frames: int, attempts: int = 3) -> None:
        super().__init__()
        self.same = Retry(ClipPredict(SameInCategory, **LOGPROBS), attempts)
        self.true = Retry(ClipPredict(TrueOfCandidate, **LOGPROBS), attempts)
        self.n_frames = n_frames

    def same_share(self, call: Caller, pair: Pair, category: str) -> float | Failure | None:
        """p(YES), against NO, that both show the same in a category; None: the answer has no log-probabilities.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        return self._share(call, self.same, pair, category=category)

    def true_share(self, call: Caller, pair: Pair, difference: str) -> float | Failure | None:
        """p(YES), against NO, that a caption is true of the candidate; as ``same_share``."""
        return self._share(call, self.true, pair, difference=difference)

    def _share(self, call: Caller, question: Retry, pair: Pair, **inputs: str) -> float | Failure | None:
        reference, candidate = clips_of(pair, self.n_frames, limits_in_force(call.lms).max_images)
        answer = call(question, "vision", reference=reference, candidate=candidate, **inputs)
        if isinstance(answer, Failure):
            return answer
        tokens = (answer.get("logprobs") or {}).get("content") or ()
        return yes_share(tokens)
