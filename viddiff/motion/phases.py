"""The parts of a movement as a pose shows them: the way out, the hold and the way back of each repetition."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import get_args

from viddiff.core.types import Phase, Segment
from viddiff.motion.cycles import Cycles, Excursion

#: A shorter part is counted to the one before it.
MIN_PHASE_S = 0.2
_RESTS: tuple[Phase, ...] = ("start", "rest", "end")
_PHASES: dict[str, Phase] = {phase: phase for phase in get_args(Phase)}


def is_rest(part: Segment) -> bool:
    """Whether a part lies before, between or after the movements.

    >>> is_rest(Segment(stage="rest 1", start_s=1, stop_s=2, phase="rest"))
    True
    >>> is_rest(Segment(stage="ending lift", start_s=1, stop_s=2))
    False
    """
    return part.phase in _RESTS


def phase_named(name: str) -> Phase | None:
    """The phase of exactly that name; None where there is none.

    >>> phase_named("hold"), phase_named("holding on")
    ('hold', None)
    """
    return _PHASES.get(name)


def name_in_repetition(name: str, repetition: int | None) -> str:
    """The name of a part of a repetition, counted from 1; None: the action is seen once.

    >>> name_in_repetition("hold", 2), name_in_repetition("hold", None)
    ('repetition 2, hold', 'hold')
    """
    return f"repetition {repetition}, {name}" if repetition else name


def part_phrase(part: Segment) -> str:
    """A part of the movement as it stands in a sentence; one that ends in a number takes no article.

    >>> part_phrase(Segment(stage="repetition 2, hold", start_s=1, stop_s=2, repetition=2, phase="hold"))
    'the hold of repetition 2'
    >>> part_phrase(Segment(stage="part 3", start_s=1, stop_s=2))
    'part 3'
    """
    if part.stage[-1:].isdigit():
        return part.stage
    if part.repetition is None:
        return f"the {part.stage}"
    return f"the {part.stage.removeprefix(name_in_repetition('', part.repetition))} of repetition {part.repetition}"


def in_part_phrase(part: Segment) -> str:
    """When something shows, by a part of the movement: "in the hold of repetition 2", "at the start"."""
    return f"{'at' if part.phase in ('start', 'end') else 'in'} {part_phrase(part)}"


def phases(cycles: Cycles, start_s: float, stop_s: float) -> tuple[Segment, ...]:
    """The parts of a clip, in order, without gaps; the whole clip where nobody moves.

    Args:
        cycles: of the clip.
        start_s, stop_s: what is to be parted.
    """
    n = len(cycles.excursions)
    parts = [Segment(stage="start", phase="start", start_s=start_s, stop_s=stop_s)]
    for number, excursion in enumerate(cycles.excursions, 1):
        parts += _phases_of(excursion, number if n > 1 else None)
        rest: tuple[str, Phase] = (f"rest {number}", "rest") if number < n else ("end", "end")
        parts.append(Segment(stage=rest[0], phase=rest[1], start_s=excursion.stop_s, stop_s=stop_s))
    stops_s = [*(part.start_s for part in parts[1:]), stop_s]
    lasting = [part for part, end_s in zip(parts, stops_s, strict=True) if end_s - part.start_s >= MIN_PHASE_S]
    if not lasting or not n:
        return (Segment(stage="movement", start_s=start_s, stop_s=stop_s),)
    edges_s = [start_s, *(max(part.start_s, start_s) for part in lasting[1:]), stop_s]
    return tuple(
        part.model_copy(update={"start_s": begin_s, "stop_s": end_s})
        for part, (begin_s, end_s) in zip(lasting, pairwise(edges_s), strict=True)
    )


def _phases_of(excursion: Excursion, repetition: int | None) -> Iterator[Segment]:
    hold, stop_s = excursion.hold, excursion.stop_s
    spans_s: tuple[tuple[Phase, float, float], ...] = (
        ("way out", excursion.start_s, hold.start_s),
        ("hold", hold.start_s, hold.stop_s),
        ("way back", hold.stop_s, stop_s),
    )
    for phase, begin_s, end_s in spans_s:
        name = name_in_repetition(phase, repetition)
        yield Segment(stage=name, repetition=repetition, phase=phase, start_s=begin_s, stop_s=end_s)
