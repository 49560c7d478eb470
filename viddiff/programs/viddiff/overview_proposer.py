"""A proposer that looks: differences that an overview of both videos shows, and the moments that show them."""

from __future__ import annotations

from collections.abc import Sequence

import dspy
from pydantic import Field

from viddiff.core.record import Record
from viddiff.core.types import Difference, FailureKind
from viddiff.lms.retry import Retry
from viddiff.programs.answers import as_share
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.statements import difference_of, filter_differences
from viddiff.programs.viddiff.calibration import Opinion
from viddiff.programs.viddiff.finder import FinderAnswer, Moments, inside
from viddiff.signatures.clip import Clip
from viddiff.signatures.viddiff.finder import SeeDifferences


class OverviewDifferences(Record):
    """What an overview shows: differences, the clearest first, and where each shows."""

    differences: tuple[Difference, ...] = ()
    found: dict[str, FinderAnswer] = Field(default_factory=dict)
    notices: tuple[str, ...] = ()
    fault: FailureKind | None = None
    """What befell the call that was to find differences; None: nothing."""


class OverviewProposer(AsyncModule):
    """Looks at an overview of both videos and says which differences it shows.

    Asks the LM in force (``dspy.settings.lm``), which must see images.

    Args:
        attempts: asks until the answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.see = Retry(ClipPredict(SeeDifferences), attempts)

    def forward(
        self,
        action: str,
        video_a: Clip,
        video_b: Clip,
        n_differences: int = 10,
        measurements: Sequence[str] = (),
        named: Sequence[str] = (),
    ) -> dspy.Prediction:
        """``seen``: OverviewDifferences with at most ``n_differences`` differences, with the keys "0", "1", ...

        Args:
            measurements: what differs by measurement, in words.
            named: statements that an earlier look named.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        prediction = self.see(
            video_a=video_a,
            video_b=video_b,
            action=action,
            measurements=list(measurements),
            named=list(named),
            n_differences=n_differences,
        )
        proposed = [difference_of(seen.statement, str(i)) for i, seen in enumerate(prediction.differences)]
        kept, notices = filter_differences(proposed)
        kept = kept[:n_differences]
        found = {}
        for difference in kept:
            entry = prediction.differences[int(difference.key)]
            found[difference.key] = FinderAnswer(
                moments=Moments(a=inside(entry.moments_a, video_a), b=inside(entry.moments_b, video_b)),
                impression=Opinion(answer=entry.answer, confidence=as_share(entry.confidence)),
            )
        return dspy.Prediction(**prediction, seen=OverviewDifferences(differences=kept, found=found, notices=notices))
