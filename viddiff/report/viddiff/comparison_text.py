"""The words of a comparison: what came of it, what its confidences are, its notices."""

from __future__ import annotations

from collections import Counter

from viddiff.build import METHODS
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.formatting import percent
from viddiff.core.settings import MODEL_FREE_METHOD
from viddiff.core.types import Finding
from viddiff.report.formatting import kind_of, reading_order


def confidence_meaning(comparison: ComparisonRecord) -> str:
    """What the confidences of this document are, and what they are not."""
    return METHODS[comparison.program if comparison.program in METHODS else MODEL_FREE_METHOD].confidence


def program_text(comparison: ComparisonRecord) -> str:
    """The program and the mode: "viddiff program, differences proposed"."""
    return f"{comparison.program} program, differences {'proposed' if comparison.mode == 'open' else 'given'}"


def summary_sentence(comparison: ComparisonRecord) -> str:
    """What came of all questions, in plain language."""
    count = Counter(kind_of(finding.verdict) for finding in comparison.differences)
    total = count.total()
    if total == 0 and comparison.program == MODEL_FREE_METHOD:
        return "Nothing could be measured of these clips: set a model (--lm)."
    if total == 0:
        return "No difference was looked for, so there is nothing to tell."
    parts = [
        _notice_line(count["a"], "shows more in video A", "show more in video A"),
        _notice_line(count["b"], "shows more in video B", "show more in video B"),
        _notice_line(count["c"], "shows no visible difference", "show no visible difference"),
        _notice_line(count["unsure"], "is unsure", "are unsure"),
        _notice_line(count["failed"], "failed", "failed"),
        _notice_line(count["refused"], "was refused", "were refused"),
        _notice_line(count["not_measurable"], "could not be measured", "could not be measured"),
    ]
    clauses = [part for part in parts if part]
    listed = clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"
    source = "proposed" if comparison.mode == "open" else "given"
    return f"Of {total} {source} difference{'s' if total > 1 else ''}, {listed}."


def _notice_line(n: int, singular: str, plural: str) -> str:
    return f"{n} {singular if n == 1 else plural}" if n else ""


def all_notices(comparison: ComparisonRecord) -> list[str]:
    """Every notice of the document once; those that concern one video alone have its letter."""
    sides = [
        ("Video A", comparison.video_a.notices + comparison.localization_a.notices),
        ("Video B", comparison.video_b.notices + comparison.localization_b.notices),
    ]
    notices = [*comparison.notices, *comparison.proposal.notices]
    notices += [f"{side}: {text}" for side, texts in sides for text in texts if text not in notices]
    if comparison.order_disagreement is not None:
        notices.append(
            f"Each question was asked in both orders of the videos; {percent(comparison.order_disagreement)} of the "
            "pairs of answers disagreed."
        )
    return list(dict.fromkeys(notices))


def failures(comparison: ComparisonRecord) -> list[Finding]:
    """The questions that failed or were refused, in reading order."""
    return [f for f in reading_order(comparison.differences) if f.verdict.status in ("failed", "refused")]
