"""The words of documents on steps: severities, checks, what came of it all."""

from __future__ import annotations

from collections.abc import Sequence

from viddiff.programs.stepdiff.results import Check, ComparedSteps, StepDifference, StepDocument
from viddiff.report.formatting import one_line, percent

#: The paper's scale, in words.
SEVERITIES = {1: "significant", 2: "strong", 3: "clear", 4: "slight", 5: "nearly identical"}
CHECKED = {
    "holds": "holds in both orders",
    "false": "not seen when asked again",
    "undirected": "said of both orders",
    "failed": "check failed",
}


def severity_words(difference: StepDifference) -> str:
    """A severity as "strong, 2 of 5"."""
    return f"{SEVERITIES[difference.severity]}, {difference.severity} of 5"


def check_words(check: Check | None) -> str:
    """What a check came to, with its probabilities: "holds in both orders (90 % as told, 10 % exchanged)"."""
    if check is None:
        return "not checked"
    shares = ((check.as_told, "as told"), (check.exchanged, "exchanged"))
    told = ", ".join(f"{percent(share)} {order}" for share, order in shares if share is not None)
    return CHECKED[check.outcome] + (f" ({told})" if told else "")


def summary_sentence(document: ComparedSteps) -> str:
    """What was found, in plain language."""
    listed = [difference for _, _, difference in document.listed()]
    n_categories = len({(step.name, category) for step, category, _ in document.listed()})
    n_asked = sum(not found.failed for step in document.paired for found in step.categories)
    told = [f"{counted(len(listed), 'difference')} in {n_categories} of {counted(n_asked, 'category', 'categories')}"]
    checks = [one.check for one in listed if one.check]
    if checks:
        n_true = sum(check.outcome == "holds" for check in checks)
        told.append(f"{n_true} {'holds' if n_true == 1 else 'hold'} in both orders of the clips")
    if document.n_failed:
        told.append(f"{counted(document.n_failed, 'question')} failed")
    return "; ".join(told) + "."


def counted(n: int, one: str, many: str = "") -> str:
    """A number and what it counts.

    >>> counted(1, "category", "categories"), counted(2, "step")
    ('1 category', '2 steps')
    """
    return f"{n} {one if n == 1 else many or one + 's'}"


def all_notices(document: StepDocument, candidate: Sequence[str] = ()) -> list[str]:
    """Every notice of a document once; those that concern one clip alone say which."""
    notices = [*document.notices]
    for name, texts in (("Reference", document.reference.notices), ("Candidate", candidate)):
        notices += [f"{name}: {text}" for text in texts]
    return list(dict.fromkeys(map(one_line, notices)))


def failures(document: StepDocument) -> list[str]:
    """Why something has no answer, each reason once."""
    return list(dict.fromkeys(one_line(one.error) for one in document.asked if one.error))
