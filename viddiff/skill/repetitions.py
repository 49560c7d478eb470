"""Clips that show an action several times: what is compared with what, and what each repetition cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

import numpy as np

from viddiff.core.types import Segment
from viddiff.localizer.alignment.repetitions import RepetitionAlignment
from viddiff.motion.cycles import Cycles, Span
from viddiff.motion.figure.repetitions import count_repetitions
from viddiff.motion.figure.tracking import FigureTrack
from viddiff.motion.phases import name_in_repetition
from viddiff.programs.skilldiff.documents import RepetitionCost, ScoredPart, SkillDistance
from viddiff.skill.reference import ReferenceAlignment


def comparable_by_repetition(query: Cycles, reference: Cycles) -> bool:
    """Whether each repetition of the query is to be compared with one of the reference: they differ in number."""
    return _differ_in_repetitions(query, reference) and bool(query.excursions) and bool(reference.repetitions)


def repetition_problems(query: Cycles, reference: Cycles, name: str) -> tuple[str, ...]:
    """Why clips that are not comparable by repetition cannot be set side by side; ``name``: of the reference."""
    if not _differ_in_repetitions(query, reference):
        return ()
    return (
        f"The action is seen {_times(len(query.excursions))} in the query, and {name!r} does not show it to its end, "
        "so their parts cannot be set side by side: give another --reference.",
    )


def outline_problems(query: FigureTrack, reference: FigureTrack, name: str) -> tuple[str, ...]:
    """The same of clips without a pose, whose repetitions can be counted and not told apart."""
    one, other = (count_repetitions(track.times_s, track.pose).count for track in (query, reference))
    if one is None or other is None or one == other:
        return ()
    return (
        f"The action is seen {_times(one)} in the query and {_times(other)} in {name!r}, by the outline of what moves: "
        "to compare each repetition takes a person whose pose is seen.",
    )


def notice_of(alignment: RepetitionAlignment, reference: Cycles, name: str) -> str:
    """What was compared with what; ``name``: of the reference."""
    typical = f", number {alignment.number}, which its others are most like" if alignment.others else ""
    return (
        f"The action is seen {_times(len(alignment.spans))} in the query and {_times(len(reference.repetitions))} in "
        f"{name!r}: each repetition of the query was compared with one of the reference{typical}."
    )


def equal_parts(n: int, spans: Sequence[Span]) -> tuple[Segment, ...]:
    """``n`` equal parts of each span."""
    segments = []
    for number, span in enumerate(spans, 1):
        repetition = number if len(spans) > 1 else None
        edges_s = np.linspace(span.start_s, span.stop_s, n + 1).tolist()
        for i in range(n):
            name = name_in_repetition(f"part {i + 1}", repetition)
            segments.append(Segment(stage=name, start_s=edges_s[i], stop_s=edges_s[i + 1], repetition=repetition))
    return tuple(segments)


def repetition_costs(reference: ReferenceAlignment) -> tuple[RepetitionCost, ...]:
    """How far each repetition of the query is from the reference; none where it shows the action once."""
    return tuple(_repetition_costs(reference))


def _repetition_costs(reference: ReferenceAlignment) -> Iterator[RepetitionCost]:
    times_s, costs = np.array(reference.alignment.times_a_s), np.array(reference.alignment.costs)
    excursions = reference.pair.a.cycles.excursions if reference.pair else ()
    for number, excursion in enumerate(excursions if len(excursions) > 1 else (), 1):
        inside = (times_s >= excursion.start_s) & (times_s < excursion.stop_s)
        segment = Segment(stage="", start_s=excursion.start_s, stop_s=excursion.stop_s)
        why = reference.match(segment).reason_unknown
        yield RepetitionCost(
            number=number,
            start_s=excursion.start_s,
            stop_s=excursion.stop_s,
            cost=None if why else float(costs[inside].mean()),
            reason_unknown=why,
        )


def mean_repetition_costs(distance: SkillDistance) -> tuple[RepetitionCost, ...]:
    """The mean over those references that each repetition can be compared with."""
    return tuple(map(_mean, zip(*(one.repetitions for one in distance.references if one.repetitions), strict=True)))


def _mean(of_one: tuple[RepetitionCost, ...]) -> RepetitionCost:
    costs = [one.cost for one in of_one if one.cost is not None]
    if not costs:
        return of_one[0]
    return of_one[0].model_copy(update={"cost": fmean(costs), "reason_unknown": ""})


def repetition_deductions(parts: Sequence[ScoredPart]) -> tuple[RepetitionCost, ...]:
    """What the parts of each repetition cost together; none where the action is seen once."""
    by_number: dict[int, list[ScoredPart]] = {}
    for part in parts:
        if part.repetition is not None:
            by_number.setdefault(part.repetition, []).append(part)
    return tuple(
        RepetitionCost(
            number=number,
            start_s=of_one[0].start_s,
            stop_s=of_one[-1].stop_s,
            cost=sum(part.deduction for part in of_one),
        )
        for number, of_one in by_number.items()
    )


def _differ_in_repetitions(query: Cycles, reference: Cycles) -> bool:
    return max(1, len(query.excursions)) != max(1, len(reference.excursions))


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"
