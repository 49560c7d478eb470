"""The HTML page of an explained performance, made of the parts of the report of a comparison.

The query is video A of the players, the reference video B.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from viddiff.core.files import write_document
from viddiff.core.types import Finding, Side, Stage
from viddiff.programs.skilldiff.explanation import Advice, SkillExplanationRecord
from viddiff.report.cards import cards
from viddiff.report.clip_views import CardViews, view_of
from viddiff.report.curves import Curves
from viddiff.report.media import Media, poses_of
from viddiff.report.page import budget_of, page_of, position_rules, settings_text, template_text
from viddiff.report.pictures import frames_of, report_images
from viddiff.report.player import PlayerClip, clocks_of, hash_of, page_data
from viddiff.report.player_clips import CLIPS_IN_PAGE, NO_VIDEOS, ClipChoice, player_clips_of
from viddiff.report.skilldiff import skill_text
from viddiff.report.timeline import lay_out

NAMES: Mapping[Side, str] = {"a": "Query", "b": "Reference"}


@dataclass(frozen=True)
class Cost:
    """What one part cost, as a bar; ``height`` in percent of the costliest."""

    part: str
    text: str
    height: float
    shown: bool


@dataclass(frozen=True)
class AdviceCard:
    """Advice with the numbers of the sentences that it rests on."""

    text: str
    numbers: tuple[int, ...]


def write_skill_page(
    explanation: SkillExplanationRecord,
    path: Path,
    media: Media,
    choice: ClipChoice = CLIPS_IN_PAGE,
) -> Path:
    """Write the self-contained page of an explanation to ``path``, whole or not at all, and return ``path``.

    Args:
        explanation: what to show.
        path: the file to write.
        media: frames, videos and poses of query and reference.
        choice: which clips the page has.

    Raises:
        UsageError: the file cannot be written there.
        InputError: a named file is missing, or is another video than the one that was compared.
    """
    clips, absent = player_clips_of(explanation, path, media, choice)
    return write_document(path, render_skill(explanation, media, clips, absent))


def render_skill(
    explanation: SkillExplanationRecord, media: Media, clips: Sequence[PlayerClip] = (), absent: str = NO_VIDEOS
) -> str:
    """The page of an explanation as one HTML document."""
    poses = poses_of(explanation, media)
    clips = [replace(clip, pose=poses.get(clip.side)) for clip in clips]
    images = report_images(frames_of(explanation.findings), media.read_frame, budget_of(clips))
    places = [_place(number, sentence) for number, sentence in enumerate(explanation.findings, 1)]
    line = lay_out(explanation, [Stage(name=part.name) for part in explanation.parts], places)
    costs = costs_of(explanation)
    return page_of(
        "skilldiff/skill.html.j2",
        clips,
        position_rules(line) + _heights(costs) + template_text("skilldiff/skill.css"),
        page_data(hash_of(explanation.to_json()), explanation, clips, places),
        document=explanation,
        document_text=skill_text,
        names=NAMES,
        notices=skill_text.all_notices(explanation),
        cards=cards(explanation, explanation.findings, images.pictures, Curves(explanation, poses)),
        advice=[_advice(one) for one in explanation.advice],
        costs=costs,
        own=skill_text.has_own(explanation.parts),
        images=images,
        line=line,
        clocks=clocks_of(explanation),
        absent=absent,
        settings=settings_text(explanation.settings),
    )


def costs_of(explanation: SkillExplanationRecord) -> tuple[Cost, ...]:
    """A bar for each part; none where no part has a cost."""
    most = max((part.share or 0.0 for part in explanation.parts), default=0.0)
    if not most:
        return ()
    return tuple(
        Cost(part.name, skill_text.share_text(part), 100 * (part.share or 0.0) / most, part.shown)
        for part in explanation.parts
    )


def _heights(costs: Sequence[Cost]) -> str:
    return "".join(
        f".level-{i} {{ height: calc({cost.height / 100:.4f} * (100% - 1.2rem)) }}\n" for i, cost in enumerate(costs)
    )


def _place(number: int, sentence: Finding) -> CardViews:
    answer = sentence.verdict.answer
    return CardViews(
        number, answer or "c", sentence.difference.statement, view_of(sentence, "a"), view_of(sentence, "b"), answer
    )


def _advice(advice: Advice) -> AdviceCard:
    return AdviceCard(advice.text, tuple(place + 1 for place in advice.findings))
