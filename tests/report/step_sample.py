"""Documents on steps with every kind of answer, made by hand."""

from __future__ import annotations

from tests.report.sample import video_info
from viddiff.core.types import FrameRef
from viddiff.core.usage import Usage
from viddiff.programs.stepdiff.results import (
    CategoryDifferences,
    OrderCheck,
    PairedAnswer,
    RankedCandidate,
    StepAnswerRecord,
    StepComparisonRecord,
    StepDifference,
    StepRankingRecord,
)

REFERENCE, CANDIDATE = video_info("reference.mp4", "a" * 64), video_info("mine.mp4", "b" * 64)
ABOUT = {"created": "2026-01-31T09:30:00+00:00", "step": "fry the onions", "reference": REFERENCE}
USAGE = Usage(role="vision", model="openai/x", calls=3, images=48)


def frames(*times_s: float) -> tuple[FrameRef, ...]:
    """Frames at these times."""
    return tuple(FrameRef(time_s=time_s, ref=f"{time_s:064.2f}") for time_s in times_s)


def difference(text: str, severity: int = 2, check: OrderCheck | None = None) -> StepDifference:
    """A difference that is seen at 1 and 2 s of the reference and at 1.5 s of the candidate."""
    return StepDifference(
        difference=text,
        severity=severity,
        frames_reference=frames(2.0, 1.0),
        frames_candidate=frames(1.5),
        check=check,
    )


HOLDS = OrderCheck(outcome="holds", p_true=0.9, p_true_swapped=0.1)
UNDIRECTED = OrderCheck(outcome="undirected", p_true=0.8)
CATEGORIES = (
    CategoryDifferences(category="Ingredients"),
    CategoryDifferences(
        category="Technique",
        differences=(
            difference("The onions are stirred all the time instead of now and then.", 4, HOLDS),
            difference(
                "=cmd() <b>The heat is lower</b> instead of high", 1, OrderCheck(outcome="undirected", p_true=0.8)
            ),
        ),
    ),
    CategoryDifferences(category="Visuals", error="The model gave no answer.", fault="garbled"),
)
COMPARISON = StepComparisonRecord(**ABOUT, candidate=CANDIDATE, categories=CATEGORIES, usage=(USAGE,))
ANSWER = StepAnswerRecord(
    **ABOUT,
    candidate=CANDIDATE,
    answer=PairedAnswer(
        question="Why is it drier?", answer="Less water.", answerable=True, confidence=0.8, seen_reference="A cup.",
        seen_candidate="No cup.", frames_reference=frames(1.0), frames_candidate=frames(2.0),
    ),
)  # fmt: skip
RANKING = StepRankingRecord(
    **ABOUT,
    category="Technique",
    candidates=(CANDIDATE, video_info("other.mp4", "c" * 64)),
    ranked=(
        RankedCandidate(index=1, similarity=0.75, grade=0.6, reason="Both stir."),
        RankedCandidate(index=0, error="The server is down.", fault="server"),
    ),
)
