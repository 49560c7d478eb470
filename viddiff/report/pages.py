"""The page of a document, whatever task it is of."""

from __future__ import annotations

from pathlib import Path

from viddiff.core.comparison import ComparisonRecord
from viddiff.programs.skilldiff.explanation import SkillExplanationRecord
from viddiff.report.documents import AnyDocument
from viddiff.report.media import Media
from viddiff.report.player_clips import CLIPS_IN_PAGE, ClipChoice
from viddiff.report.skilldiff.page import render_skill, write_skill_page
from viddiff.report.stepdiff.page import render_document, write_step_page
from viddiff.report.viddiff.page import render, write_report


def write_page(document: AnyDocument, path: Path, media: Media, choice: ClipChoice = CLIPS_IN_PAGE) -> Path:
    """Write the self-contained page of a document to ``path``, whole or not at all, and return ``path``.

    Args:
        document: what to show.
        path: the file to write.
        media: its frames, videos and poses.
        choice: which clips the page has.

    Raises:
        UsageError: the file cannot be written there.
        InputError: a named video is missing, or is another one than was compared.
    """
    if isinstance(document, ComparisonRecord):
        return write_report(document, path, media, choice)
    if isinstance(document, SkillExplanationRecord):
        return write_skill_page(document, path, media, choice)
    return write_step_page(document, path, media, choice)


def render_page(document: AnyDocument, media: Media) -> str:
    """The page of a document without clips, as one HTML document."""
    if isinstance(document, ComparisonRecord):
        return render(document, media)
    return (
        render_skill(document, media)
        if isinstance(document, SkillExplanationRecord)
        else render_document(document, media)
    )
