"""The documents of ``viddiff.programs.stepdiff.results``, which can write their own pages."""

from __future__ import annotations

from viddiff.api import MediaDocument
from viddiff.programs.stepdiff import results


class StepDocument(results.StepDocumentRecord, MediaDocument):
    """A document that knows what it was made from, and can write its page."""

    def __eq__(self, other: object) -> bool:
        """Two documents are the same when what they hold is."""
        return isinstance(other, results.StepDocumentRecord) and self.model_dump() == other.model_dump()


class StepComparison(results.StepComparisonRecord, StepDocument):
    """The differences of a candidate in one step, by category.

    >>> from viddiff import steps
    >>> found = steps.compare("reference.mp4", "mine.mp4", step="fry the onions", lm="openai/gpt-4o")
    >>> found.report("found.html", clips=False).name
    'found.html'
    """


class InstructionComparison(results.InstructionComparisonRecord, StepDocument):
    """Two whole videos of one instruction, step by step.

    >>> from viddiff import steps
    >>> steps.compare_videos("reference.mp4", "reference.mp4", lm="openai/gpt-4o").notices
    ('Both videos are the same clip: nothing was asked.',)
    """


class StepAnswer(results.StepAnswerRecord, StepDocument):
    """The answer to a question about two clips.

    >>> from viddiff import steps
    >>> found = steps.ask("reference.mp4", "mine.mp4", "why is mine paler?", lm="openai/gpt-4o")
    >>> found.answer.confidence
    0.9
    """


class StepRanking(results.StepRankingRecord, StepDocument):
    """Candidates in order, the closest to the reference first; those without an answer last.

    >>> from viddiff import steps
    >>> clips = ["first.mp4", "second.mp4"]
    >>> found = steps.rank("reference.mp4", clips, category="Technique", compares=False, lm="openai/gpt-4o")
    >>> [one.grade for one in found.ranked]
    [0.6, 0.6]
    """
