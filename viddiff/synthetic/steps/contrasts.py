"""What is true of two attempts: which aspects differ and which way, how similar they are, and captions that say it."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from viddiff.synthetic.pairs import DIFFERENT_ABOVE, SAME_BELOW
from viddiff.synthetic.steps.attempts import COLOURS, Attempt
from viddiff.synthetic.steps.words import ACTIONS, CONTRASTS, TECHNIQUE, TEMPO, VISUALS, caption_of
from viddiff.synthetic.truth import Aspect

CATEGORIES = (TECHNIQUE, ACTIONS, TEMPO, VISUALS)
#: Up to so many margins apart two numbers have similarity 5, 4, 3, 2, 1; farther ones 0.
_STEPS = (SAME_BELOW, DIFFERENT_ABOVE, 2.0, 3.0, 4.0)
_MAX_GRADE = len(_STEPS)
_LINKS = ("instead of", "rather than")


def margins(aspect: Aspect[Any], reference: Attempt, candidate: Attempt) -> float:
    """By how many of the smallest visible differences the candidate has more of an aspect; negative: less."""
    return (candidate.numbers[aspect.key] - reference.numbers[aspect.key]) / aspect.resolution


def aspects_of(attempt: Attempt, category: str) -> tuple[Aspect[Any], ...]:
    """The aspects of a category."""
    action = attempt.action
    return tuple(aspect for aspect in action.aspects if CONTRASTS[action.key, aspect.key].category == category)


def similarity(reference: Attempt, candidate: Attempt, category: str) -> int | None:
    """0 to 5: the mean over the aspects of a category, rounded; None where the action has none."""
    if category == VISUALS:
        grades = [_MAX_GRADE * (candidate.colours[thing] == reference.colours[thing]) for thing in COLOURS]
    else:
        grades = [_grade(one, reference, candidate) for one in aspects_of(reference, category)]
    return round(sum(grades) / len(grades)) if grades else None


def _grade(aspect: Aspect[Any], reference: Attempt, candidate: Attempt) -> int:
    apart = abs(margins(aspect, reference, candidate))
    if not aspect.unit:
        # An either-or has no size.
        return 0 if apart >= 1 else _MAX_GRADE
    return _MAX_GRADE - bisect_left(_STEPS, apart)


def captions(reference: Attempt, candidate: Attempt, category: str) -> tuple[str, ...]:
    """All captions that are true of what plainly differs in a category, each difference in several wordings."""
    if category == VISUALS:
        pairs = [
            (f"a {candidate.colours[thing]} {thing}", f"a {reference.colours[thing]} one")
            for thing in COLOURS
            if candidate.colours[thing] != reference.colours[thing]
        ]
        return tuple(caption_of(*pair, link) for pair in pairs for link in _LINKS)
    return tuple(
        text
        for aspect in aspects_of(reference, category)
        if abs(margins(aspect, reference, candidate)) >= DIFFERENT_ABOVE
        for text in _of_aspect(aspect, reference, candidate)
    )


def _of_aspect(aspect: Aspect[Any], reference: Attempt, candidate: Attempt) -> list[str]:
    contrast = CONTRASTS[reference.action.key, aspect.key]
    more = margins(aspect, reference, candidate) > 0
    if contrast.category != TEMPO:
        return [contrast.caption(more, link) for link in _LINKS]
    candidate_number, reference_number = (one.numbers[aspect.key] for one in (candidate, reference))
    return [
        contrast.caption(more),
        caption_of(f"a {aspect.name} of {candidate_number:.2f}", f"{reference_number:.2f} {aspect.unit}"),
    ]


def true_of(aspect: Aspect[Any], more: bool, reference: Attempt, candidate: Attempt) -> bool | None:
    """Whether the caption that says more (or less) of an aspect is true; None where one could argue."""
    apart = margins(aspect, reference, candidate) * (1 if more else -1)
    if apart >= DIFFERENT_ABOVE:
        return True
    return False if apart <= SAME_BELOW else None
