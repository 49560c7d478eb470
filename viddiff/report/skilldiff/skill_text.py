"""The words of an explained performance: its cost, who shows more of what, where to look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viddiff.core.formatting import NO_VALUE, one_line, percent
from viddiff.core.types import Finding, Measurement, Side
from viddiff.motion.phases import in_part_phrase, part_phrase
from viddiff.report import formatting
from viddiff.report.formatting import number
from viddiff.report.key_frames import key_frames

if TYPE_CHECKING:
    from viddiff.programs.skilldiff.documents import PartDistance, RepetitionCost
    from viddiff.programs.skilldiff.explanation import ExplainedPart, SkillExplanationRecord


#: Head of the column of ``ExplainedPart.within_reference``.
OWN = "own"
OWN_MEANING = (
    f"{OWN.capitalize()}: how far the expert's other repetitions are from the one compared, at the most; "
    "a part that is no further off is not explained."
)
NOTHING_CLEAR = "In the costliest parts nothing was found to differ clearly."


def headline(explanation: SkillExplanationRecord) -> str:
    """The score, or the distance by its name, in one sentence."""
    if explanation.score is not None:
        score, best, error = map(number, (explanation.score.score, explanation.score.best, explanation.score.error_95))
        within = f" ± {error}" if explanation.score.error_95 is not None else ""
        return f"scored {score}{within} of {best}."
    if explanation.nothing_compared:
        return "nothing is explained, since the clips could not be set side by side."
    return f"distance {explanation.distance.distance:.2f} from the expert, which is not a score."


def repetitions_text(repetitions: Sequence[RepetitionCost], scored: bool) -> str:
    """Which repetition cost most, and which least; "" where fewer than two can be told apart."""
    costs = [(repetition.cost, repetition.number) for repetition in repetitions if repetition.cost is not None]
    if len(costs) < 2:
        return ""
    (least, best), (most, worst) = min(costs), max(costs)
    if scored:
        return f"Repetition {worst} cost most ({most:.2f}), repetition {best} least ({least:.2f})."
    return f"Repetition {worst} is furthest from the expert ({most:.2f}), repetition {best} nearest ({least:.2f})."


def cost_text(cost: float | None) -> str:
    """What a part cost; "–" where it is not known."""
    return NO_VALUE if cost is None else f"{cost:.2f}"


def side_text(finding: Finding, parts: Sequence[ExplainedPart]) -> str:
    """Who shows more of a sentence, where that is not the query, of which measured ones speak."""
    if finding.verdict.swapped_answer is None:
        return ""
    clip = "query" if finding.verdict.answer == "a" else "reference"
    return f" {in_part(finding, parts)}: more so in the {clip}."


def measurement_text(measurement: Measurement) -> str:
    """Both numbers: "knee angle: query 126 ± 17, reference 70 ± 17°"."""
    query, reference = (
        formatting.format_measurement(measurement.a, measurement.error_a, ""),
        formatting.format_measurement(measurement.b, measurement.error_b, measurement.unit),
    )
    return one_line(f"{measurement.name}: query {query}, reference {reference}")


def key_moment(finding: Finding, side: Side) -> str:
    """The moment at which a sentence shows best."""
    frames = key_frames(finding, side)
    return formatting.moment(frames[0].time_s) if frames else NO_VALUE


def title(explanation: SkillExplanationRecord) -> str:
    """What was done."""
    return one_line(explanation.action) or "A performance against an expert"


def references_text(explanation: SkillExplanationRecord) -> str:
    """How many references there are."""
    n = len(explanation.distance.references)
    return "one expert" if n == 1 else f"{n} experts, the nearest beside it"


def summary_text(explanation: SkillExplanationRecord) -> str:
    """The score or the distance, and where most of it comes from."""
    text = headline(explanation)
    sentence = f"{text[0].upper()}{text[1:]}"
    sentence = " ".join(
        filter(None, (sentence, repetitions_text(explanation.repetitions, explanation.score is not None)))
    )
    costly = sorted((part for part in explanation.parts if part.shown), key=lambda part: -(part.share or 0.0))
    if not costly:
        return sentence
    shares = [percent(part.share).replace(" ", "\u00a0") for part in costly]
    listed = ", ".join(f"{part_phrase(part.segment)} ({share})" for part, share in zip(costly, shares, strict=True))
    return f"{sentence} Costliest: {listed}."


def in_part(finding: Finding, parts: Sequence[ExplainedPart]) -> str:
    """The part of ``parts`` in which a sentence shows: "in the hold"."""
    return in_part_phrase(next(part.segment for part in parts if part.name == finding.stages[0]))


def verdict_text(finding: Finding) -> str:
    """What a sentence stands on: "measured", or who shows more of it, seen in both orders of the clips."""
    if finding.verdict.swapped_answer is None:
        return "measured"
    return "more in the query" if finding.verdict.answer == "a" else "more in the reference"


def share_text(part: ExplainedPart) -> str:
    """A part's share of the cost; "" where it has none."""
    return "" if part.share is None else percent(part.share)


def cost_meaning(explanation: SkillExplanationRecord) -> str:
    """What the costs are, and what they are not."""
    if explanation.score is not None:
        return (
            "Costs are points of the best score and sum to what was lost; they are a statement about the model, and "
            "no mark of a part. After ±: standard deviation over the references of the model."
        )
    return (
        "Costs are distances along the alignment, in units of the median distance of any two frames: they tell where "
        "the two performances differ, not which is better." + (f" {OWN_MEANING}" if has_own(explanation.parts) else "")
    )


def has_own(parts: Sequence[ExplainedPart | PartDistance]) -> bool:
    """Whether it is known how far the reference's own repetitions are apart."""
    return any(part.within_reference is not None for part in parts)


def sentences_meaning(explanation: SkillExplanationRecord) -> str:
    """What a sentence rests on."""
    measured = "What is measured differs by more than its uncertainty in that part, and is worded for the query."
    if not any(sentence.verdict.swapped_answer for sentence in explanation.findings):
        return measured
    return f"{measured} What a model saw, it saw in both orders of the clips."


def others_text(explanation: SkillExplanationRecord) -> str:
    """How many statements do not stand."""
    n = len(explanation.others)
    return f"{n} statement{'' if n == 1 else 's'} asked about in both orders of the clips did not stand"


def all_notices(explanation: SkillExplanationRecord) -> list[str]:
    """Every notice once."""
    of_videos = (("Query", explanation.query), ("Reference", explanation.reference))
    notices = [f"{name}: {notice}" for name, video in of_videos for notice in video.notices]
    if explanation.n_failed:
        notices.append(
            f"{explanation.n_failed} call{'' if explanation.n_failed == 1 else 's'} of a model have no answer."
        )
    return list(dict.fromkeys([*explanation.notices, *notices]))
