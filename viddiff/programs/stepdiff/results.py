"""What the programs of this task find, as documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError

from viddiff.core.errors import InputError
from viddiff.core.notices import Notices
from viddiff.core.record import Record, Share, first_invalid_field
from viddiff.core.types import RETRYABLE, FailureKind, FrameRef, RedactedText, Segment, VideoInfo
from viddiff.core.usage import PaidDocument, Usage

#: Five of figure 4 of the paper and the sixth of the released ranking file; other names are a user's own.
CATEGORIES = ("Ingredients", "Tools/Equipment", "Technique", "Actions", "Visuals", "Serving / Presentation")

#: "holds": true of the candidate and false with the clips swapped; "false": not seen when asked again; "undirected":
#: said to be true in both orders, so that it tells nothing; "failed": a check has no answer.
CheckOutcome = Literal["holds", "false", "undirected", "failed"]


class ModelAnswer(Record):
    """Something that a model was asked; it has no answer where ``error`` says why."""

    error: RedactedText | None = None
    """Why there is no answer; None where there is one."""
    fault: FailureKind | None = None
    """The kind of failure; None where there is an answer."""

    @property
    def failed(self) -> bool:
        """Whether there is no answer."""
        return self.error is not None

    @property
    def retryable(self) -> bool:
        """Whether it failed for a reason that may be gone when it is asked again."""
        return self.fault in RETRYABLE


class OrderCheck(ModelAnswer):
    """How likely a difference is true, asked in both orders of the clips."""

    outcome: CheckOutcome
    """What both orders come to."""
    p_true: Share | None = Field(None, validation_alias="as_told")
    """Of the candidate, compared with the reference."""
    p_true_swapped: Share | None = Field(None, validation_alias="exchanged")
    """With the two clips swapped, where a directed difference is false."""

    @property
    def contrast(self) -> float | None:
        """From -1 to 1: what is left of the probability when a habit of saying yes is taken out."""
        return None if self.p_true is None or self.p_true_swapped is None else self.p_true - self.p_true_swapped


class StepDifference(Record):
    """What the candidate does otherwise than the reference."""

    difference: str
    """One sentence on the candidate."""
    severity: int = Field(ge=1, le=5)
    """The paper's scale: 1 significant, 5 nearly identical."""
    frames_reference: tuple[FrameRef, ...] = ()
    """The frames that the model named as evidence."""
    frames_candidate: tuple[FrameRef, ...] = ()
    """Frames of the candidate that show it."""
    check: OrderCheck | None = None
    """None: not checked."""


class CategoryDifferences(ModelAnswer):
    """The differences in one category, the main one first; none where it was looked for and none is seen."""

    category: str
    """The category."""
    differences: tuple[StepDifference, ...] = ()
    """Differences, the main one first."""


class PairedStep(Record):
    """One step and where it lies in both videos; a video without a segment does not show it."""

    name: str
    """Name of the step."""
    reference: Segment | None = None
    """Where it lies in the reference; None: not there."""
    candidate: Segment | None = None
    """Where it lies in the candidate; None: not there."""
    in_order: bool = True
    """False: the candidate does it at another place in the order."""
    categories: tuple[CategoryDifferences, ...] = ()
    """Empty where one of the videos does not show it."""


class PairedAnswer(ModelAnswer):
    """The answer to a question about both clips."""

    question: str
    """What was asked."""
    answer: str = ""
    """The answer."""
    answerable: bool = False
    """False: the frames do not tell, as the answer says."""
    confidence: Share | None = None
    """How sure the answer is; None where nothing tells."""
    seen_reference: str = ""
    """What the reference shows."""
    seen_candidate: str = ""
    """What the candidate shows."""
    frames_reference: tuple[FrameRef, ...] = ()
    """Frames of the reference that show it."""
    frames_candidate: tuple[FrameRef, ...] = ()
    """Frames of the candidate that show it."""


class RankedCandidate(ModelAnswer):
    """How close one candidate comes to the reference; larger is closer."""

    index: int
    """Its place among the candidates as they were given, from 0."""
    similarity: Share | None = None
    """Combines the grade and all comparisons with other candidates."""
    grade: Share | None = None
    """What the model said of it alone."""
    reason: str = ""
    """Why, as the model put it."""
    frames: tuple[FrameRef, ...] = ()
    """A few of those that were shown, to recognize the clip by."""


class StepDocumentRecord(PaidDocument):
    """What all documents of this task have."""

    schema_version: Literal[1] = 1
    """Version of the form of this document."""
    created: str
    """When it was made, ISO 8601, UTC."""
    step: str
    """Name of the step."""
    reference: VideoInfo
    """The reference clip."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""
    programs: dict[str, str] = Field({})
    """Component -> the compiled program that was run."""
    usage: tuple[Usage, ...] = ()
    """What was asked of each model."""
    settings: dict[str, Any] = Field({})
    """The settings that the answers depend on."""
    versions: dict[str, str] = Field({})
    """Package -> version that it was made with."""

    @property
    def answers(self) -> tuple[ModelAnswer, ...]:
        """All that was asked."""
        raise NotImplementedError

    @property
    def n_failed(self) -> int:
        """How much of it has no answer."""
        return sum(one.failed for one in self.answers)


class DifferenceRow(NamedTuple):
    """A difference with the step and the category that it is of."""

    step: PairedStep
    category: str
    difference: StepDifference


class ComparedSteps(StepDocumentRecord):
    """A document with differences of a candidate, step by step."""

    candidate: VideoInfo
    """The candidate clip."""

    @property
    def step_pairs(self) -> tuple[PairedStep, ...]:
        """The steps in their order."""
        raise NotImplementedError

    @property
    def answers(self) -> tuple[ModelAnswer, ...]:
        """The categories and the checks of their differences."""
        categories = (category for step in self.step_pairs for category in step.categories)
        return (*categories, *(row.difference.check for row in self.rows() if row.difference.check))

    def rows(self) -> Iterator[DifferenceRow]:
        """All differences, step by step and category by category."""
        for step in self.step_pairs:
            for category in step.categories:
                for difference in category.differences:
                    yield DifferenceRow(step, category.category, difference)


class StepComparisonRecord(ComparedSteps):
    """The differences of a candidate in one step, by category."""

    kind: Literal["step_comparison"] = "step_comparison"
    """Which document this is."""
    categories: tuple[CategoryDifferences, ...]
    """One entry for each category that was asked about."""

    @property
    def step_pairs(self) -> tuple[PairedStep, ...]:
        """The one step, which both clips show from start to end."""
        return (PairedStep(name=self.step, categories=self.categories),)


class InstructionComparisonRecord(ComparedSteps):
    """Two whole videos of one instruction, step by step; ``step`` is what the reference makes or does."""

    kind: Literal["instruction_comparison"] = "instruction_comparison"
    """Which document this is."""
    localization: ModelAnswer = Field(ModelAnswer(), validation_alias="finding")
    """Whether the steps of both videos were found and matched."""
    steps: tuple[PairedStep, ...]
    """All steps of both videos."""

    @property
    def step_pairs(self) -> tuple[PairedStep, ...]:
        """The steps in the order of the reference."""
        return self.steps

    @property
    def answers(self) -> tuple[ModelAnswer, ...]:
        """The steps, the categories and the checks of their differences."""
        return (self.localization, *super().answers)


class StepAnswerRecord(StepDocumentRecord):
    """The answer to a question about two clips."""

    kind: Literal["step_answer"] = "step_answer"
    """Which document this is."""
    candidate: VideoInfo
    """The candidate clip."""
    answer: PairedAnswer
    """The answer with its evidence."""

    @property
    def answers(self) -> tuple[ModelAnswer, ...]:
        """The question."""
        return (self.answer,)


class StepRankingRecord(StepDocumentRecord):
    """Candidates in order, the closest to the reference first; those without an answer last."""

    kind: Literal["step_ranking"] = "step_ranking"
    """Which document this is."""
    category: str
    """The category."""
    candidates: tuple[VideoInfo, ...]
    """As they were given."""
    ranked: tuple[RankedCandidate, ...]
    """Candidates, the closest first."""
    frames: tuple[FrameRef, ...] = ()
    """A few of the reference, as of the candidates."""

    @property
    def answers(self) -> tuple[ModelAnswer, ...]:
        """The candidates."""
        return self.ranked


AnyStepDocument = StepComparisonRecord | InstructionComparisonRecord | StepAnswerRecord | StepRankingRecord
_DOCUMENTS: TypeAdapter[AnyStepDocument] = TypeAdapter(Annotated[AnyStepDocument, Field(discriminator="kind")])


def read_step_document(text: str | bytes) -> AnyStepDocument:
    """Read a document of this task back.

    Raises:
        InputError: the text is none of them, or damaged.
    """
    try:
        return _DOCUMENTS.validate_json(text)
    except ValidationError as error:
        where, message, _ = first_invalid_field(error)
        raise InputError(
            f"This document of steps is damaged at {where or 'its beginning'!r}: {message}. "
            "Regenerate it with viddiff steps."
        ) from None
