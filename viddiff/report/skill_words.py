"""The words of an explained performance: its cost, who shows more of what, where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viddiff.core.types import Finding, Measurement, Side
from viddiff.report import formatting as words
from viddiff.report.key_frames import key_frames

if TYPE_CHECKING:
    from viddiff.core.skill import SkillExplanation


def headline(found: SkillExplanation) -> str:
    """The score, or the distance by its name, in one sentence."""
    if found.score is not None:
        error = f" ± {words.number(found.score.error_95)}" if found.score.error_95 is not None else ""
        return f"scored {words.number(found.score.score)}{error} of {words.number(found.score.best)}."
    return f"distance {found.distance.distance:.2f} from the expert, which is no score."


def cost_words(cost: float | None) -> str:
    """What a part cost; "-" where it is not known."""
    return "-" if cost is None else f"{cost:.2f}"


def side_words(finding: Finding) -> str:
    """Who shows more of a sentence, where that is not the query, of which measured ones speak."""
    if finding.verdict.swapped_answer is None:
        return ""
    return " More so in the query." if finding.verdict.answer == "a" else " More so in the reference."


def measured_words(one: Measurement) -> str:
    """Both numbers: "knee angle: query 126 ± 17, reference 70 ± 17°"."""
    query, reference = words.measured(one.a, one.error_a, ""), words.measured(one.b, one.error_b, one.unit)
    return words.one_line(f"{one.name}: query {query}, reference {reference}")


def shown_moment(finding: Finding, side: Side) -> str:
    """The moment at which a sentence shows best."""
    frames = key_frames(finding, side)
    return words.moment(frames[0].time_s) if frames else "–"
