"""The finder: one look at an overview of both videos tells where each statement is best judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dspy

from viddiff.core.record import Record
from viddiff.core.types import Sides
from viddiff.lms.retry import Retry
from viddiff.programs.answers import as_share
from viddiff.programs.entries import completeness_check, entries_by_key, number_statements
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.viddiff.calibration import Opinion, Opinions
from viddiff.signatures.clip import Clip
from viddiff.signatures.viddiff.finder import MAX_MOMENTS, FindMoments, StatementMoments


@dataclass(frozen=True)
class Moments(Sides[tuple[float, ...]]):
    """Where one statement is best judged, in seconds of each file; empty where it is not seen."""

    a: tuple[float, ...] = ()
    b: tuple[float, ...] = ()


class FinderAnswer(Record):
    """What an overview tells of one statement."""

    moments: Moments
    impression: Opinion | None = None
    """With A first."""
    swapped_impression: Opinion | None = None
    """With B first."""

    @property
    def confidence(self) -> float:
        """Of the surest impression."""
        confidences = [one.confidence or 0.0 for one in (self.impression, self.swapped_impression) if one is not None]
        return max(confidences, default=0.0)

    @property
    def opinions(self) -> Opinions:
        """What overviews say of the statement, in both orders."""
        return Opinions(impression=self.impression, swapped_impression=self.swapped_impression)

    def swap_sides(self) -> FinderAnswer:
        """What was seen with B first, in terms of the true A and B."""
        impression = self.impression and self.impression.swap_sides()
        return FinderAnswer(moments=self.moments.swap(), swapped_impression=impression)


class Finder(AsyncModule):
    """Looks at an overview of both videos and names the moments of each statement.

    Asks the LM in force (``dspy.settings.lm``), which must see images.

    Args:
        attempts: asks until the answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.find = Retry(ClipPredict(FindMoments), attempts)

    def forward(self, action: str, video_a: Clip, video_b: Clip, statements: Mapping[str, str]) -> dspy.Prediction:
        """``moments``: key of the statement -> FinderAnswer; a statement that was left out, or named twice, has none.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        keys, numbered = number_statements(statements)
        prediction = self.find(
            check=completeness_check("found", keys),
            video_a=video_a,
            video_b=video_b,
            action=action,
            statements=numbered,
        )
        entries = entries_by_key(prediction.found, keys)
        moments = {keys[number]: answer_of(entry, video_a, video_b) for number, entry in entries.items()}
        return dspy.Prediction(**prediction, moments=moments)


def answer_of(entry: StatementMoments, video_a: Clip, video_b: Clip) -> FinderAnswer:
    """One entry of the answer, its moments kept within the clips that were shown."""
    return FinderAnswer(
        moments=Moments(a=inside(entry.moments_a, video_a), b=inside(entry.moments_b, video_b)),
        impression=Opinion(answer=entry.answer, confidence=as_share(entry.confidence)),
    )


def inside(moments_s: Sequence[float], clip: Clip) -> tuple[float, ...]:
    """The first few moments that lie within a clip's frames, in order; a second beyond its ends counts as the end."""
    if not clip.frames:
        return ()
    first_s, last_s = clip.frames[0].time_s, clip.frames[-1].time_s
    inside_s = [m for m in moments_s if math.isfinite(m) and first_s - 1 <= m <= last_s + 1]
    return tuple(sorted({min(max(m, first_s), last_s) for m in inside_s}))[:MAX_MOMENTS]
