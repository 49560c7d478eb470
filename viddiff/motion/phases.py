"""The parts of a movement as a pose shows them: the way out, the hold and the way back of each repetition."""

from __future__ import annotations

import re

from viddiff.core.types import Segment
from viddiff.motion.cycles import Cycles

_OF_REPETITION = re.compile(r"repetition (\d+), ")
#: A shorter part is counted to the one before it.
LEAST_S = 0.2


def name_in_repetition(name: str, number: int, n: int) -> str:
    """The name of a part of one of ``n`` repetitions, counted from 1.

    >>> name_in_repetition("hold", 2, 3), name_in_repetition("hold", 1, 1)
    ('repetition 2, hold', 'hold')
    """
    return f"repetition {number}, {name}" if n > 1 else name


def repetition_of(name: str) -> int | None:
    """The number of the repetition that such a name tells; None where it tells none."""
    match = _OF_REPETITION.match(name)
    return int(match[1]) if match else None


def phases(cycles: Cycles, start_s: float, stop_s: float) -> tuple[Segment, ...]:
    """The parts of a clip, in order, without gaps; the whole clip where nobody moves.

    Args:
        cycles: of the clip.
        start_s, stop_s: what is to be parted.
    """
    begins = [("start", start_s)]
    n = len(cycles.excursions)
    for number, excursion in enumerate(cycles.excursions, 1):
        begins += [
            (name_in_repetition("way out", number, n), excursion.start_s),
            (name_in_repetition("hold", number, n), excursion.hold.start_s),
            (name_in_repetition("way back", number, n), excursion.hold.stop_s),
            (f"rest {number}" if number < n else "end", excursion.stop_s),
        ]
    if len(begins) == 1:
        begins = [("movement", start_s)]
    stops_s = [*(begin_s for _, begin_s in begins[1:]), stop_s]
    named: list[tuple[str, float]] = []
    for (name, begin_s), end_s in zip(begins, stops_s, strict=True):
        if end_s - begin_s >= LEAST_S:
            named.append((name, max(begin_s, start_s)))
    named = named or [("movement", start_s)]
    named[0] = (named[0][0], start_s)
    ends_s = [*(begin_s for _, begin_s in named[1:]), stop_s]
    return tuple(
        Segment(stage=name, start_s=begin_s, stop_s=end_s) for (name, begin_s), end_s in zip(named, ends_s, strict=True)
    )
