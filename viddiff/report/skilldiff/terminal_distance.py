"""A query against experts in the terminal: how far each part is from theirs, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viddiff.core.formatting import NO_VALUE, one_line, percent
from viddiff.motion.measurement.propose import amount
from viddiff.programs.skilldiff.documents import SkillScore
from viddiff.report.formatting import span
from viddiff.report.skilldiff import skill_text
from viddiff.report.terminal.view import TextTable, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from viddiff.eval.skilldiff.fit import FitReport
    from viddiff.motion.measurement.aligned import MeasuredGap
    from viddiff.programs.skilldiff.documents import ReferenceDistance, SkillDistance


def skill_view(result: SkillDistance | SkillScore) -> Iterator[RenderableType]:
    """The tables and the summary."""
    if isinstance(result, SkillScore):
        yield score_table(result)
        yield from score_summary(result)
        return
    for one in result.references:
        yield one_line(f"{result.query.name} against {one.reference.name}")
        yield distance_table(one)
    yield from distance_summary(result)


def fit_view(report: FitReport | None) -> Iterator[RenderableType]:
    """How well the test part is scored."""
    if report is None:
        yield "Trained; the data have no test part."
        return
    yield fit_table(report)
    yield from report.notices


def fit_table(report: FitReport) -> TextTable:
    """The model and the baseline, a row each."""
    from viddiff.eval.skilldiff.pairwise import PairScores

    of_pairs = isinstance(report.model, PairScores)
    pair_names = ("#pairs", "#performances", "#right", "#95 %", "#rho")
    grid = table("test part", *(pair_names if of_pairs else ("#n", "#performers", "#rho", "#95 %", "#R-l2 x 100")))
    for row in (report.model, report.length_only):
        if isinstance(row, PairScores):
            interval = row.accuracy_interval
            cells = (row.n, row.n_performances, f"{row.accuracy:.2f}", f"{row.rho:.2f}")
        else:
            error = NO_VALUE if row.r_l2 is None else f"{100 * row.r_l2:.2f}"
            interval, cells = row.rho_interval, (row.n, row.n_performers, f"{row.rho:.2f}", error)
        within = f"{interval.low:.2f} to {interval.high:.2f}" if interval else NO_VALUE
        grid.add_row(row.name, *map(str, cells[:3]), within, str(cells[3]))
    return grid


def score_table(score: SkillScore) -> TextTable:
    """One row for each part of the query."""
    grid = table("part", "#query", "#cost", "#±")
    for part in score.parts:
        where = f"{part.start_s:.0f}–{part.stop_s:.0f} frames" if not score.query else span(part.start_s, part.stop_s)
        grid.add_row(one_line(part.name), where, f"{part.deduction:.2f}", skill_text.cost_text(part.spread))
    return grid


def score_summary(score: SkillScore) -> Iterator[str]:
    """The score and how sure it is, a line each."""
    lost = sum(part.deduction for part in score.parts)
    yield f"{score.name}: score {score.score:.4g}; {lost:.3g} lost of {score.best:.4g}."
    yield from filter(None, [skill_text.repetitions_text(score.repetitions, scored=True)])
    if score.error_95 is not None:
        yield f"Of the test part 95 % were predicted to within {score.error_95:.3g}."
    if score.spread is not None:
        yield f"Standard deviation over {len(score.references)} references: {score.spread:.2g}."
    yield from score.notices


def distance_table(distance: ReferenceDistance) -> TextTable:
    """One row for each part of the query."""
    own = skill_text.has_own(distance.parts)
    grid = table(
        "part", "#query", "#reference", "#distance", *(["#" + skill_text.OWN] if own else []), "#share", "measured"
    )
    for part in distance.parts:
        grid.add_row(
            one_line(part.name),
            span(part.start_s, part.stop_s),
            NO_VALUE if part.reason_unknown else span(part.reference_start_s, part.reference_stop_s),
            skill_text.cost_text(part.distance),
            *([skill_text.cost_text(part.within_reference)] if own else []),
            percent(part.share),
            "; ".join(map(gap_text, part.measured)) or ("" if distance.health.problems else part.reason_unknown),
        )
    return grid


def gap_text(gap: MeasuredGap) -> str:
    """E.g. "knee angle 71 degrees, reference 95 degrees"."""
    return f"{gap.name} {_with_sign(gap.query, gap.unit)}, reference {_with_sign(gap.reference, gap.unit)}"


def _with_sign(value: float, unit: str) -> str:
    return ("-" if value < 0 else "") + amount(abs(value), unit)


def distance_summary(distance: SkillDistance, notices: bool = True) -> Iterator[str]:
    """The whole distance, what it is one of, and notices, a line each."""
    for one in distance.references:
        yield (
            f"Distance from {one.reference.name} by {one.features}: {one.distance:.2f}; "
            f"of any two frames: {one.chance_distance:.2f}."
        )
        yield from filter(None, [skill_text.repetitions_text(one.repetitions, scored=False)])
        if skill_text.has_own(one.parts):
            yield skill_text.OWN_MEANING
        if notices:
            yield from one.notices
    if distance.spread is not None:
        yield f"Mean distance {distance.distance:.2f}, standard deviation over the references {distance.spread:.2f}."
    yield "A distance and no score: it tells where the performances differ, not which is better."
    if notices:
        yield from distance.notices
