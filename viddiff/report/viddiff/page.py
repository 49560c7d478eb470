"""The HTML report of a comparison: everything that it holds, and both clips where their videos are at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from viddiff.core.comparison import ComparisonRecord
from viddiff.core.files import write_document
from viddiff.report import formatting
from viddiff.report.cards import cards
from viddiff.report.clip_views import CardViews, view_of
from viddiff.report.curves import Curves
from viddiff.report.media import Media, poses_of
from viddiff.report.page import budget_of, page_of, position_rules, settings_text
from viddiff.report.pictures import frames_of, report_images
from viddiff.report.player import PlayerClip, clocks_of, hash_of, page_data
from viddiff.report.player_clips import CLIPS_IN_PAGE, NO_VIDEOS, ClipChoice, player_clips_of
from viddiff.report.timeline import StageTimeline, lay_out
from viddiff.report.viddiff import comparison_text
from viddiff.report.viddiff.coach import coach_pair


def write_report(
    comparison: ComparisonRecord,
    path: Path,
    media: Media,
    choice: ClipChoice = CLIPS_IN_PAGE,
) -> Path:
    """Write the self-contained report to ``path``, whole or not at all, and return ``path``.

    A frame that is not to be had is drawn as an empty frame that says so. A page without clips says why.

    Args:
        comparison: what to show.
        path: the file to write.
        media: its frames, videos and poses.
        choice: which clips the page has.

    Raises:
        UsageError: the file cannot be written there.
        InputError: a named file is missing, or is another video than the one that was compared.
    """
    clips, absent = player_clips_of(comparison, path, media, choice)
    return write_document(path, render(comparison, media, clips, absent))


def render(
    comparison: ComparisonRecord, media: Media, clips: Sequence[PlayerClip] = (), absent: str = NO_VIDEOS
) -> str:
    """The report as one HTML document.

    Args:
        comparison: what to show.
        media: its frames and poses.
        clips: both clips, or none.
        absent: why there are none.
    """
    line = stage_timeline(comparison)
    poses = poses_of(comparison, media)
    clips = [replace(clip, pose=poses.get(clip.side)) for clip in clips]
    images = report_images(frames_of(comparison.differences), media.read_frame, budget_of(clips))
    document = hash_of(comparison.to_json())
    return page_of(
        "viddiff/report.html.j2",
        clips,
        position_rules(line),
        page_data(document, comparison, clips, card_views(comparison), coach_pair(comparison, document)),
        comparison=comparison,
        document_text=comparison_text,
        cards=cards(
            comparison, formatting.reading_order(comparison.differences), images.pictures, Curves(comparison, poses)
        ),
        images=images,
        line=line,
        clocks=clocks_of(comparison),
        absent=absent,
        settings=settings_text(comparison.settings),
    )


def card_views(comparison: ComparisonRecord) -> tuple[CardViews, ...]:
    """The differences of a comparison in reading order."""
    return tuple(
        CardViews(
            number,
            formatting.kind_of(finding.verdict),
            finding.difference.statement,
            view_of(finding, "a"),
            view_of(finding, "b"),
            finding.verdict.answer,
        )
        for number, finding in enumerate(formatting.reading_order(comparison.differences), 1)
    )


def stage_timeline(comparison: ComparisonRecord) -> StageTimeline:
    """Lay out the stages and differences of a comparison."""
    return lay_out(comparison, comparison.proposal.stages, card_views(comparison))
