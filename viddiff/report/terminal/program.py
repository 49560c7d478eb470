"""A compiled program for people: its card, and its instructions as a difference from the default."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from viddiff.core.formatting import NO_VALUE, one_line, percent, plain
from viddiff.programs.compiled.artifact import Artifact
from viddiff.programs.compiled.program_card import PartScore
from viddiff.programs.compiled.registry import COMPONENTS, new_program
from viddiff.report.terminal.view import Column, TextTable, table

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def as_document(artifact: Artifact) -> dict[str, Any]:
    """All of a program but its frames, with its instructions as a difference from the default, as JSON values."""
    document = artifact.model_dump(mode="json", exclude={"frames"}, by_alias=True)
    diffs = {name: "\n".join(lines) for name, lines in instruction_diffs(artifact)}
    return {**document, "instructions_diff": diffs}


class InstructionDiff(NamedTuple):
    """The instructions of a predictor as lines of a unified diff against the default."""

    predictor: str
    lines: list[str]


def instruction_diffs(artifact: Artifact) -> Iterator[InstructionDiff]:
    """The predictors whose instructions are changed."""
    for name, predictor in new_program(artifact.component).named_predictors():
        default = predictor.signature.instructions.splitlines()
        compiled = artifact.state[name].instructions.splitlines()
        lines = list(difflib.unified_diff(default, compiled, "default", "compiled", lineterm="", n=1))
        if lines:
            yield InstructionDiff(name, lines)


def card_rows(artifact: Artifact) -> Iterator[tuple[str, str]]:
    """What the card says, (heading, text), in the order of interest."""
    card = artifact.card
    options = ", ".join(f"{name}={value}" for name, value in card.options.items())
    yield "program", f"{card.component}, compiled by {card.optimizer}" + (f" ({options})" if options else "")
    parts = f" ({card.release}), split {card.split}: {card.n_train} / {card.n_val} / {card.n_test} pairs"
    yield "data", card.data + (parts if card.split else "")
    if card.frames:
        yield "frames", card.frames
    yield "metric", card.metric
    yield "models", ", ".join(f"{role} {model}" for role, model in card.models.items()) or "none"
    yield "adapter", card.adapter
    yield "effort", f"{card.effort}, seed {card.seed}"
    demos = {name: len(state.demos) for name, state in artifact.state.items() if state.demos}
    counts = ", ".join(f"{n} for {name}" for name, n in demos.items()) or "none"
    yield "examples", counts + (f"; {len(artifact.frames)} frames inside" if artifact.frames else "")
    versions = ", ".join(f"{name} {version}" for name, version in artifact.versions.items())
    yield "made", f"{card.created}, {versions}"
    yield "digest", artifact.digest
    for notice in card.notices:
        yield "notice", notice


def program_view(artifact: Artifact) -> Iterator[RenderableType]:
    """The card, the scores and the instructions."""
    from rich.text import Text

    card = table(Column("", style="bold", no_wrap=True), "")
    for heading, text in card_rows(artifact):
        card.add_row(heading, one_line(text))
    yield card
    if artifact.card.scores:
        yield ""
        yield score_table(artifact.card.scores)
    changed = list(instruction_diffs(artifact))
    for name, lines in changed:
        yield ""
        yield Text(f"instructions of {one_line(name)}", style="bold")
        for line in lines[2:]:
            yield Text(plain(line), style=_DIFF_STYLES.get(line[:1], ""))
    if not changed:
        yield "\nThe instructions are the default ones."


def compiled_view(artifact: Artifact, path: Path) -> Iterator[RenderableType]:
    """What was just compiled: the scores, what it cost, where it is and what to do with it."""
    card = artifact.card
    yield score_table(card.scores)
    yield f"\n{card.effort}"
    yield from map(one_line, card.notices)
    yield f"\nWrote {path}"
    yield f"  viddiff programs show {path}"
    yield f"  viddiff {COMPONENTS[card.component].command} --program {path} --lm ..."


def score_table(scores: tuple[PartScore, ...]) -> TextTable:
    """The scores, a row each; how many failed only where some did."""
    failed = any(score.failed_before or score.failed_after for score in scores)
    grid = table("score", "#n", "#before, %", "#after, %", "#change", "#p", *(("#failed",) if failed else ()))
    for score in scores:
        grid.add_row(*score_cells(score, failed))
    return grid


def score_cells(score: PartScore, failed: bool) -> tuple[str, ...]:
    """One score in words."""
    change = NO_VALUE
    if score.before is not None and score.after is not None:
        change = f"{100 * (score.after - score.before):+.1f}"
        if score.difference_interval:
            change += " [{:+.0f}, {:+.0f}]".format(*(100 * edge for edge in score.difference_interval))
    return (
        one_line(f"{score.part}, {score.name}"),
        str(score.n),
        _with_interval(score.before, score.before_interval),
        _with_interval(score.after, score.after_interval),
        change,
        NO_VALUE if score.p_value is None else f"{score.p_value:.3f}",
        *((f"{score.failed_before} / {score.failed_after}",) if failed else ()),
    )


def _with_interval(share: float | None, interval: tuple[float, float] | None) -> str:
    """In percent without its sign: the head has it."""
    edges = ", ".join(percent(edge, sign="") for edge in interval or ())
    return percent(share, 1, sign="") + (f" [{edges}]" if edges and share is not None else "")
