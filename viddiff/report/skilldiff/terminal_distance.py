"""A query against experts in the terminal: how far each part is from theirs, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viddiff.core.skill import SkillScore
from viddiff.motion.measurement.propose import amount
from viddiff.report.skilldiff import skill_text

if TYPE_CHECKING:
    from rich.table import Table

    from viddiff.core.skill import MeasuredGap, ReferenceDistance, SkillDistance
    from viddiff.eval.skilldiff.fit import FitReport


def show(result: SkillDistance | SkillScore) -> None:
    """Print the tables and the summary on standard output."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if isinstance(result, SkillScore):
        console.print(score_table(result))
        lines = score_summary(result)
    else:
        for one in result.against:
            console.print(f"{result.query.name} against {one.reference.name}")
            console.print(distance_table(one))
        lines = distance_summary(result)
    for line in lines:
        console.print(line)


def show_fit(report: FitReport | None) -> None:
    """Print how well the test part is scored."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print(fit_table(report) if report else "Trained; the data have no test part.")
    for notice in report.notices if report else ():
        console.print(notice)


def fit_table(report: FitReport) -> Table:
    """The model and the baseline, a row each."""
    from rich.table import Table

    from viddiff.eval.skilldiff.pairwise import PairScores

    table = Table(box=None)
    of_pairs = isinstance(report.model, PairScores)
    names = (
        ("pairs", "performances", "right", "95 %", "rho")
        if of_pairs
        else ("n", "performers", "rho", "95 %", "R-l2 x 100")
    )
    for name in ("test part", *names):
        table.add_column(name, justify="left" if name == "test part" else "right")
    for row in (report.model, report.length_only):
        if isinstance(row, PairScores):
            interval, cells = (
                row.accuracy_interval,
                (row.n, row.n_performances, f"{row.accuracy:.2f}", f"{row.rho:.2f}"),
            )
        else:
            error = "-" if row.r_l2 is None else f"{100 * row.r_l2:.2f}"
            interval, cells = row.rho_interval, (row.n, row.n_performers, f"{row.rho:.2f}", error)
        within = f"{interval.low:.2f} to {interval.high:.2f}" if interval else "-"
        table.add_row(row.name, *map(str, cells[:3]), within, str(cells[3]))
    return table


def score_table(score: SkillScore) -> Table:
    """One row for each part of the query."""
    from rich.table import Table

    table = Table(box=None)
    for name in ("part", "query", "cost", "+-"):
        table.add_column(name, justify="left" if name == "part" else "right")
    unit = "s" if score.query else "frames"
    for part in score.parts:
        table.add_row(
            part.name,
            f"{part.start_s:.2f}-{part.stop_s:.2f} {unit}",
            f"{part.deduction:.2f}",
            "-" if part.spread is None else f"{part.spread:.2f}",
        )
    return table


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


def distance_table(distance: ReferenceDistance) -> Table:
    """One row for each part of the query."""
    from rich.table import Table

    table = Table(box=None)
    own = skill_text.has_own(distance.parts)
    for name in ("part", "query", "reference", "distance", *([skill_text.OWN] if own else []), "share", "measured"):
        table.add_column(name, justify="left" if name in ("part", "measured") else "right")
    for part in distance.parts:
        table.add_row(
            part.name,
            f"{part.start_s:.2f}-{part.stop_s:.2f} s",
            "-" if part.doubt else f"{part.reference_start_s:.2f}-{part.reference_stop_s:.2f} s",
            _distance_text(part.distance),
            *([_distance_text(part.own)] if own else []),
            "-" if part.share is None else f"{part.share:.0%}",
            "; ".join(map(gap_text, part.measured)) or ("" if distance.health.faults else part.doubt),
        )
    return table


def _distance_text(distance: float | None) -> str:
    return "-" if distance is None else f"{distance:.2f}"


def gap_text(gap: MeasuredGap) -> str:
    """E.g. "knee angle 71 degrees, reference 95 degrees"."""
    return f"{gap.name} {_with_sign(gap.query, gap.unit)}, reference {_with_sign(gap.reference, gap.unit)}"


def _with_sign(value: float, unit: str) -> str:
    return ("-" if value < 0 else "") + amount(abs(value), unit)


def distance_summary(distance: SkillDistance, notices: bool = True) -> Iterator[str]:
    """The whole distance, what it is one of, and notices, a line each."""
    for one in distance.against:
        yield (
            f"Distance from {one.reference.name} by {one.features}: {one.distance:.2f}; "
            f"of any two frames: {one.any_frames:.2f}."
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
