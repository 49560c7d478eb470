"""The HTML page of a document on steps, made of the parts of the report of a comparison.

The reference is video A of the players, the candidate video B.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from viddiff.core.files import write_document
from viddiff.core.types import FrameRef, Localization, Segment, Side, Stage, VideoInfo
from viddiff.programs.stepdiff.results import (
    AnyStepDocument,
    CategoryDifferences,
    ComparedSteps,
    PairedStep,
    StepAnswerRecord,
    StepDifference,
    StepRankingRecord,
)
from viddiff.report.cards import ReportFrame, Strip
from viddiff.report.clip_views import CardViews, ClipView
from viddiff.report.media import Media
from viddiff.report.page import budget_of, page_of, position_rules, settings_text, template_text
from viddiff.report.pictures import ReportImage, report_images
from viddiff.report.player import PlayerClip, clocks_of, hash_of, page_data
from viddiff.report.player_clips import CLIPS_IN_PAGE, NO_VIDEOS, ClipChoice, player_clips_of
from viddiff.report.stepdiff import step_text
from viddiff.report.timeline import lay_out

NAMES: Mapping[Side, str] = {"a": "Reference", "b": "Candidate"}


@dataclass(frozen=True)
class ComparedClips:
    """What players and time lines need to know of a document."""

    video_a: VideoInfo
    video_b: VideoInfo
    localization_a: Localization
    localization_b: Localization
    alignment: None = None


@dataclass(frozen=True)
class StepCard:
    """One difference, ready to be shown; ``number`` counts from 1 on the page."""

    number: int
    step: str
    category: str
    difference: StepDifference
    strips: tuple[Strip, Strip]


@dataclass(frozen=True)
class CategorySection:
    """One category of one step."""

    found: CategoryDifferences
    cards: tuple[StepCard, ...]


@dataclass(frozen=True)
class StepSection:
    """One step with its differences, by category."""

    step: PairedStep
    categories: tuple[CategorySection, ...]

    @property
    def unchanged_categories(self) -> list[str]:
        """The categories in which no difference is seen."""
        return [
            category.found.category for category in self.categories if not category.cards and not category.found.failed
        ]


def write_step_page(
    document: AnyStepDocument,
    path: Path,
    media: Media,
    choice: ClipChoice = CLIPS_IN_PAGE,
) -> Path:
    """Write the self-contained page of a document to ``path``, whole or not at all, and return ``path``.

    Args:
        document: what to show.
        path: the file to write.
        media: frames and videos of reference and candidate.
        choice: which clips the page has; a ranking has none.

    Raises:
        UsageError: the file cannot be written there.
        InputError: a named file is missing, or is another video than the one that was compared.
    """
    if isinstance(document, StepRankingRecord):
        return write_document(path, render_ranking(document, media))
    clips, absent = player_clips_of(compared_clips(document), path, media, choice)
    if isinstance(document, StepAnswerRecord):
        return write_document(path, render_answer(document, media, clips, absent))
    return write_document(path, render_steps(document, media, clips, absent))


def render_document(document: AnyStepDocument, media: Media) -> str:
    """The page of a document without clips."""
    if isinstance(document, StepRankingRecord):
        return render_ranking(document, media)
    return render_answer(document, media) if isinstance(document, StepAnswerRecord) else render_steps(document, media)


def render_steps(
    document: ComparedSteps, media: Media, clips: Sequence[PlayerClip] = (), absent: str = NO_VIDEOS
) -> str:
    """The page of differences as one HTML document."""
    frames = [
        frame
        for row in document.rows()
        for frame in (*row.difference.frames_reference, *row.difference.frames_candidate)
    ]
    images = report_images(frames, media.read_frame, budget_of(clips))
    sections = sections_of(document, images.pictures)
    cards = [card for section in sections for category in section.categories for card in category.cards]
    places = [
        CardViews(
            card.number,
            f"severity-{card.difference.severity}",
            card.difference.difference,
            view_of(card.difference.frames_reference),
            view_of(card.difference.frames_candidate),
        )
        for card in cards
    ]
    compared = compared_clips(document)
    line = lay_out(compared, [Stage(name=step.name) for step in document.step_pairs], places)
    return page_of(
        "stepdiff/steps.html.j2",
        clips,
        position_rules(line) + template_text("stepdiff/steps.css"),
        page_data(hash_of(document.model_dump_json()), compared, clips, places),
        document=document,
        document_text=step_text,
        names=NAMES,
        notices=step_text.all_notices(document, document.candidate.notices),
        sections=sections,
        cards=sorted(cards, key=lambda card: (step_text.is_doubted(card.difference), card.difference.severity)),
        images=images,
        line=line,
        clocks=clocks_of(compared),
        absent=absent,
        settings=settings_text(document.settings),
    )


def render_answer(
    document: StepAnswerRecord, media: Media, clips: Sequence[PlayerClip] = (), absent: str = NO_VIDEOS
) -> str:
    """The page of an answer as one HTML document."""
    answer, compared = document.answer, compared_clips(document)
    images = report_images((*answer.frames_reference, *answer.frames_candidate), media.read_frame, budget_of(clips))
    strips = (
        strip("a", answer.frames_reference, images.pictures, document.reference),
        strip("b", answer.frames_candidate, images.pictures, document.candidate),
    )
    place = CardViews(1, "answer", answer.question, view_of(answer.frames_reference), view_of(answer.frames_candidate))
    line = lay_out(compared, (), [place])
    return page_of(
        "stepdiff/steps_answer.html.j2",
        clips,
        position_rules(line) + template_text("stepdiff/steps.css"),
        page_data(hash_of(document.model_dump_json()), compared, clips, [place]),
        document=document,
        names=NAMES,
        notices=step_text.all_notices(document, document.candidate.notices),
        strips=strips,
        images=images,
        line=line,
        clocks=clocks_of(compared),
        absent=absent,
        settings=settings_text(document.settings),
    )


def render_ranking(document: StepRankingRecord, media: Media) -> str:
    """The page of a ranking as one HTML document, with a few frames of each clip."""
    frames = (*document.frames, *(frame for one in document.ranked for frame in one.frames))
    images = report_images(frames, media.read_frame)
    compared = ComparedClips(document.reference, document.reference, localization_of("a", ()), localization_of("b", ()))
    return page_of(
        "stepdiff/steps_ranking.html.j2",
        (),
        template_text("stepdiff/steps.css"),
        page_data(hash_of(document.model_dump_json()), compared, (), ()),
        document=document,
        notices=step_text.all_notices(document),
        images=images,
        strips={
            one.index: strip("b", one.frames, images.pictures, document.candidates[one.index])
            for one in document.ranked
            if one.frames
        },
        reference=strip("a", document.frames, images.pictures, document.reference) if document.frames else None,
        names=NAMES,
        settings=settings_text(document.settings),
    )


def compared_clips(document: ComparedSteps | StepAnswerRecord) -> ComparedClips:
    """Both clips of a document, and where its steps lie in them."""
    steps = document.step_pairs if isinstance(document, ComparedSteps) else ()
    return ComparedClips(
        document.reference,
        document.candidate,
        localization_of("a", [step.reference for step in steps if step.reference]),
        localization_of("b", [step.candidate for step in steps if step.candidate]),
    )


def localization_of(side: Side, segments: Sequence[Segment]) -> Localization:
    """Segments of one video, in the order of time."""
    ordered = sorted(segments, key=lambda segment: segment.start_s)
    return Localization(side=side, strategy="steps", segments=tuple(ordered))


def sections_of(document: ComparedSteps, pictures: Mapping[str, ReportImage]) -> list[StepSection]:
    """The steps in their order, with cards numbered through the page."""

    def cards(step: PairedStep, category: CategoryDifferences) -> Iterator[StepCard]:
        for difference in category.differences:
            strips = (
                strip("a", difference.frames_reference, pictures, document.reference),
                strip("b", difference.frames_candidate, pictures, document.candidate),
            )
            yield StepCard(next(numbers), step.name, category.category, difference, strips)

    numbers = itertools.count(1)
    return [
        StepSection(step, tuple(CategorySection(found, tuple(cards(step, found))) for found in step.categories))
        for step in document.step_pairs
    ]


def strip(side: Side, frames: Sequence[FrameRef], pictures: Mapping[str, ReportImage], video: VideoInfo) -> Strip:
    """The frames that are cited of one clip, in the order of time."""
    ordered = sorted(frames, key=lambda frame: frame.time_s)
    shots = tuple(ReportFrame(frame.time_s, False, pictures.get(frame.ref)) for frame in ordered)
    shape = next((shot.picture for shot in shots if shot.picture), video)
    return Strip(side, shots, portrait=shape.height > shape.width)


def view_of(frames: Sequence[FrameRef]) -> ClipView:
    """What is cited of one clip; its first frame is the moment to jump to."""
    times_s = tuple(sorted(frame.time_s for frame in frames))
    return ClipView(times_s, times_s, times_s[0] if times_s else None)
