"""Whether what is said of a candidate is true, asked in both orders of the clips."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import dspy

from viddiff.core.parallel import in_parallel
from viddiff.lms import Failure
from viddiff.lms.retry import Retry
from viddiff.lms.roles import limits_in_force
from viddiff.programs.answers import as_share
from viddiff.programs.caller import Caller
from viddiff.programs.entries import LEFT_OUT, completeness_check, entries_by_key, number_statements
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.stepdiff.clips import clips_of
from viddiff.programs.stepdiff.results import CheckOutcome, OrderCheck
from viddiff.signatures.clip import Clip
from viddiff.signatures.stepdiff.captions import CheckDifferences
from viddiff.video.loaded import LoadedVideo

#: From here on a sentence counts as true.
TRUE = 0.5


class StepVerifier(AsyncModule):
    """Tells how likely sentences are true of a candidate, compared with a reference.

    Asks the LM in force (``dspy.settings.lm``), which must see images.

    Args:
        attempts: asks until the answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.check = Retry(ClipPredict(CheckDifferences), attempts)

    def forward(self, step: str, reference: Clip, candidate: Clip, differences: Mapping[str, str]) -> dspy.Prediction:
        """``probabilities``: key of the sentence -> 0 to 1; a sentence that was left out, or named twice, has none.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        keys, numbered = number_statements(differences)
        prediction = self.check(
            check=completeness_check("checks", keys),
            reference=reference,
            candidate=candidate,
            step=step,
            differences=numbered,
        )
        entries = entries_by_key(prediction.checks, keys)
        shares = {keys[number]: as_share(entry.probability) for number, entry in entries.items()}
        return dspy.Prediction(**prediction, probabilities=shares)


def check_differences(
    call: Caller,
    verifier: StepVerifier,
    step: str,
    reference: LoadedVideo,
    candidate: LoadedVideo,
    differences: Mapping[str, str],
    n_frames: int,
    both_orders: bool = True,
) -> dict[str, OrderCheck]:
    """Key of a difference -> what both orders of the clips come to; one call each for all differences together.

    Without ``both_orders`` the order given alone is asked about.

    Raises:
        BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
    """
    if not differences:
        return {}
    most = limits_in_force(call.lms).max_images

    def ask(first: LoadedVideo, second: LoadedVideo) -> dspy.Prediction | Failure:
        clips = clips_of((first, second), n_frames, most)
        return call(verifier, "vision", step=step, reference=clips[0], candidate=clips[1], differences=differences)

    orders = ((reference, candidate), (candidate, reference))[: 2 if both_orders else 1]
    answers = in_parallel([functools.partial(ask, *order) for order in orders], len(orders))
    return {key: check_of(answers, key) for key in differences}


def check_of(answers: Sequence[dspy.Prediction | Failure], key: str) -> OrderCheck:
    """What the answers (as told, swapped) come to for one difference; without one of them nothing is known."""
    shares: list[float] = []
    for answer in answers:
        failure = answer if isinstance(answer, Failure) else None
        share = None if isinstance(answer, Failure) else answer.probabilities.get(key)
        if share is None:
            failure = failure or Failure("garbled", LEFT_OUT)
            return OrderCheck(outcome="failed", error=failure.message, fault=failure.kind)
        shares.append(share)
    p_true, swapped = shares[0], shares[1] if len(shares) > 1 else None
    said_of_both = swapped is not None and swapped >= TRUE
    outcome: CheckOutcome = "false" if p_true < TRUE else "undirected" if said_of_both else "holds"
    return OrderCheck(outcome=outcome, p_true=p_true, p_true_swapped=swapped)
