"""The parts of a movement as a pose shows them: the way out, the hold and the way back of each repetition."""

from __future__ import annotations

from viddiff.core.types import Segment
from viddiff.motion.cycles import Cycles

#: A shorter part is counted to the one before it.
LEAST_S = 0.2


def phases(cycles: Cycles, start_s: float, stop_s: float) -> tuple[Segment, ...]:
    """The parts of a clip, in order, without gaps; the whole clip where nobody moves.

    Args:
        cycles: of the clip.
        start_s, stop_s: what is to be parted.
    """
    begins = [("start", start_s)]
    for number, excursion in enumerate(cycles.excursions, 1):
        of = f"repetition {number}, " if len(cycles.excursions) > 1 else ""
        begins += [
            (f"{of}way out", excursion.start_s),
            (f"{of}hold", excursion.hold.start_s),
            (f"{of}way back", excursion.hold.stop_s),
            (f"rest {number}" if number < len(cycles.excursions) else "end", excursion.stop_s),
        ]
    if len(begins) == 1:
        begins = [("movement", start_s)]
    stops_s = [*(begin_s for _, begin_s in begins[1:]), stop_s]
    kept: list[tuple[str, float]] = []
    for (name, begin_s), end_s in zip(begins, stops_s, strict=True):
        if end_s - begin_s >= LEAST_S:
            kept.append((name, max(begin_s, start_s)))
    kept = kept or [("movement", start_s)]
    kept[0] = (kept[0][0], start_s)
    ends_s = [*(begin_s for _, begin_s in kept[1:]), stop_s]
    return tuple(
        Segment(stage=name, start_s=begin_s, stop_s=end_s) for (name, begin_s), end_s in zip(kept, ends_s, strict=True)
    )
