"""The documents of ``viddiff.programs.stepdiff.results``, which can write their own pages."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import cast

from viddiff.api import MediaDocument
from viddiff.programs.stepdiff import results


class StepDocument(results.StepDocument, MediaDocument):
    """A document that knows what it was made from."""

    def __eq__(self, other: object) -> bool:
        """Two documents are the same when what they hold is."""
        return isinstance(other, results.StepDocument) and self.model_dump() == other.model_dump()

    def report(self, path: str | PathLike[str], *, clips: bool = True, link: bool = False) -> Path:
        """Write the self-contained HTML page to ``path`` and return it.

        With both clips and players in it where the videos are known, unless ``clips`` is off; ``link`` keeps the clips
        in a folder next to the page.

        Raises:
            UsageError: the file cannot be written there.
        """
        from viddiff.report.player_clips import ClipChoice
        from viddiff.report.stepdiff.page import write_step_page

        document = cast("results.AnyStepDocument", self)
        return write_step_page(document, Path(path), self.media, ClipChoice(clips=clips, link=link))


class StepComparison(results.StepComparison, StepDocument):
    """The differences of a candidate in one step, by category.

    >>> from viddiff import steps
    >>> found = steps.compare("reference.mp4", "mine.mp4", step="fry the onions")  # doctest: +SKIP
    >>> found.report("found.html")  # doctest: +SKIP
    """


class InstructionComparison(results.InstructionComparison, StepDocument):
    """Two whole videos of one instruction, step by step."""


class StepAnswer(results.StepAnswer, StepDocument):
    """The answer to a question about two clips."""


class StepRanking(results.StepRanking, StepDocument):
    """Candidates in order, the closest to the reference first; those without an answer last."""
