"""The words of documents on steps: severities, checks, what came of it all."""

from __future__ import annotations

from collections.abc import Sequence

from viddiff.core.formatting import one_line, percent
from viddiff.programs.stepdiff.results import (
    AnyStepDocument,
    ComparedSteps,
    InstructionComparisonRecord,
    OrderCheck,
    PairedStep,
    StepAnswerRecord,
    StepDifference,
    StepDocumentRecord,
)

#: The paper's scale, in words.
SEVERITIES = {1: "significant", 2: "strong", 3: "clear", 4: "slight", 5: "nearly identical"}
CHECKED = {
    "holds": "holds in both orders",
    "false": "not seen when asked again",
    "undirected": "claimed in both orders",
    "failed": "check failed",
}
#: The same in a word or three.
BRIEFLY = {"holds": "holds", "false": "not seen again", "undirected": "claimed both ways", "failed": "check failed"}
MISSING, EXTRA, MOVED = "missing in the candidate", "extra in the candidate", "at another place in the candidate"


def severity_text(difference: StepDifference) -> str:
    """A severity as "strong, 2 of 5"."""
    return f"{SEVERITIES[difference.severity]}, {difference.severity} of 5"


def check_text(check: OrderCheck | None) -> str:
    """What a check came to, with its probabilities: "holds in both orders (90 % as shown, 10 % swapped)"."""
    if check is None:
        return "not checked"
    shares = ((check.p_true, "as shown"), (check.p_true_swapped, "swapped"))
    text = ", ".join(f"{percent(share)} {order}" for share, order in shares if share is not None)
    return CHECKED[check.outcome] + (f" ({text})" if text else "")


def brief_check(check: OrderCheck | None) -> str:
    """What a check came to, briefly; "" where there is none."""
    return BRIEFLY[check.outcome] if check else ""


def is_doubted(difference: StepDifference) -> bool:
    """Whether a check speaks against it."""
    return difference.check is not None and difference.check.outcome in ("false", "undirected")


def summary_sentence(document: ComparedSteps) -> str:
    """What was found, in plain language."""
    listed = [row.difference for row in document.rows()]
    if isinstance(document, InstructionComparisonRecord) and document.localization.failed:
        return "The steps of the two videos were not found."
    n_categories = len({(row.step.name, row.category) for row in document.rows()})
    n_asked = sum(not found.failed for step in document.step_pairs for found in step.categories)
    parts = [
        format_count(len(listed), "difference")
        + f" in {n_categories} of {format_count(n_asked, 'category', 'categories')}"
    ]
    if isinstance(document, InstructionComparisonRecord):
        parts = [steps_sentence(document.step_pairs), format_count(len(listed), "difference")]
    checks = [one.check for one in listed if one.check]
    if checks:
        n_true = sum(check.outcome == "holds" for check in checks)
        parts.append(f"{n_true} {'holds' if n_true == 1 else 'hold'} in both orders of the clips")
    if document.n_failed:
        parts.append(f"{format_count(document.n_failed, 'question')} failed")
    return "; ".join(parts) + "."


def finding_text(document: AnyStepDocument) -> str:
    """What a document comes to, in a line: the differences, the answer, or who is closest."""
    if isinstance(document, ComparedSteps):
        return summary_sentence(document)
    if isinstance(document, StepAnswerRecord):
        return one_line(document.answer.answer or "There is no answer.")
    first = document.ranked[0] if document.ranked else None
    if first is None or first.failed:
        return "There is no order."
    return one_line(f"Closest: {document.candidates[first.index].name}, {percent(first.similarity or 0.0)}")


def steps_sentence(steps: Sequence[PairedStep]) -> str:
    """Which steps both videos show: "3 of 5 steps are in both videos, 1 is missing in the candidate, 1 is extra"."""
    n_both = sum(where_text(step) in ("", MOVED) for step in steps)
    parts = [f"{n_both} of {format_count(len(steps), 'step')} {'is' if n_both == 1 else 'are'} in both videos"]
    for words in (MOVED, MISSING, EXTRA):
        n = sum(where_text(step) == words for step in steps)
        parts += [f"{n} {'is' if n == 1 else 'are'} {words}"] if n else []
    return ", ".join(parts)


def where_text(step: PairedStep) -> str:
    """Where a step is not as in the reference; "" where both videos show it in one order."""
    if step.candidate is None:
        return MISSING
    if step.reference is None:
        return EXTRA
    return "" if step.in_order else MOVED


def format_count(n: int, singular: str, many: str = "") -> str:
    """A number and what it counts.

    >>> format_count(1, "category", "categories"), format_count(2, "step")
    ('1 category', '2 steps')
    """
    return f"{n} {singular if n == 1 else many or singular + 's'}"


def all_notices(document: StepDocumentRecord, candidate: Sequence[str] = ()) -> list[str]:
    """Every notice of a document once; those that concern one clip alone say which."""
    notices = [*document.notices]
    for name, texts in (("Reference", document.reference.notices), ("Candidate", candidate)):
        notices += [f"{name}: {text}" for text in texts]
    return list(dict.fromkeys(map(one_line, notices)))


def failures(document: StepDocumentRecord) -> list[str]:
    """Why something has no answer, each reason once."""
    return list(dict.fromkeys(one_line(one.error) for one in document.answers if one.error))
