"""The fault proposer: what may be wrong in a part of a movement, as statements that can be judged on two clips."""

from __future__ import annotations

from collections.abc import Sequence

import dspy

from viddiff.lms.retry import Retry
from viddiff.programs.predict import AsyncModule
from viddiff.programs.statements import difference_of, filter_differences
from viddiff.signatures.skilldiff.explanation import ProposeFaults

#: Faults that are proposed for one part.
N_FAULTS = 4


class FaultProposer(AsyncModule):
    """Proposes faults of one part of an action. Asks the LM in force (``dspy.settings.lm``), which sees no frame.

    Args:
        attempts: asks until an answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.propose = Retry(dspy.Predict(ProposeFaults), attempts)

    def forward(
        self, action: str, part: str, measured: Sequence[str] = (), n_faults: int = N_FAULTS
    ) -> dspy.Prediction:
        """``faults``: as the model wrote them; ``differences``: those that can be asked, at most ``n_faults``.

        Also ``notices``: what was left out, a sentence each.

        Args:
            action: what is done.
            part: of the movement, as it stands in a sentence.
            measured: statements on what was measured to differ in it, which are not to be proposed again.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        prediction = self.propose(action=action, part=part, measured=list(measured), n_faults=n_faults)
        statements = [" ".join(text.split()).rstrip(".") for text in prediction.faults]
        sound, left_out = filter_differences([difference_of(text, str(i)) for i, text in enumerate(statements)])
        return dspy.Prediction(**prediction, differences=sound[:n_faults], notices=left_out)
