"""A compiled program for people: its card, and its instructions as a difference from the default."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from viddiff.programs.compiled.artifact import Artifact
from viddiff.programs.compiled.card import PartScore
from viddiff.programs.compiled.components import new_program

if TYPE_CHECKING:
    from rich.console import RenderableType

_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def as_document(artifact: Artifact) -> dict[str, Any]:
    """All of a program but its frames, with its instructions as a difference from the default, as JSON values."""
    document = artifact.model_dump(mode="json", exclude={"frames"}, by_alias=True)
    diffs = {name: "\n".join(lines) for name, lines in instruction_diffs(artifact)}
    return {**document, "instructions_diff": diffs}


def instruction_diffs(artifact: Artifact) -> Iterator[tuple[str, list[str]]]:
    """(predictor, lines of a unified diff of its instructions against the default); none for what is unchanged."""
    for name, predictor in new_program(artifact.component).named_predictors():
        default = predictor.signature.instructions.splitlines()
        compiled = artifact.state[name].instructions.splitlines()
        lines = list(difflib.unified_diff(default, compiled, "default", "compiled", lineterm="", n=1))
        if lines:
            yield name, lines


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


def score_rows(scores: tuple[PartScore, ...]) -> list[tuple[str, ...]]:
    """Headings, then a row for each score in words; how many failed only where some did."""
    failed = any(score.failed_before or score.failed_after for score in scores)
    headings = ("score", "n", "before, %", "after, %", "change", "p", *(("failed",) if failed else ()))
    return [headings, *(score_row(score, failed) for score in scores)]


def score_row(score: PartScore, failed: bool) -> tuple[str, ...]:
    """One score in words."""
    change = "–"
    if score.before is not None and score.after is not None:
        change = f"{100 * (score.after - score.before):+.1f}"
        if score.difference_interval:
            change += " [{:+.0f}, {:+.0f}]".format(*(100 * edge for edge in score.difference_interval))
    return (
        f"{score.part}, {score.name}",
        str(score.n),
        share_text(score.before, score.before_interval),
        share_text(score.after, score.after_interval),
        change,
        "–" if score.p_value is None else f"{score.p_value:.3f}",
        *((f"{score.failed_before} / {score.failed_after}",) if failed else ()),
    )


def share_text(share: float | None, interval: tuple[float, float] | None) -> str:
    """A share in percent with its interval."""
    if share is None:
        return "–"
    return f"{100 * share:.1f}" + (" [{:.0f}, {:.0f}]".format(*(100 * edge for edge in interval)) if interval else "")


def render(artifact: Artifact) -> Iterator[RenderableType]:
    """The card, the scores and the instructions for a terminal; text of the file is text, never markup."""
    from rich.table import Table
    from rich.text import Text

    card = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    card.add_column(style="bold", no_wrap=True)
    card.add_column(overflow="fold")
    for heading, text in card_rows(artifact):
        card.add_row(heading, Text(clean(text)))
    yield card
    if artifact.card.scores:
        yield Text()
        yield score_table(artifact.card.scores)
    changed = list(instruction_diffs(artifact))
    for name, lines in changed:
        yield Text()
        yield Text(f"instructions of {name}", style="bold")
        for line in lines[2:]:
            yield Text(clean(line), style=_DIFF_STYLES.get(line[:1], ""))
    if not changed:
        yield Text("\nThe instructions are the default ones.")


def score_table(scores: tuple[PartScore, ...]) -> RenderableType:
    """The scores as a table for a terminal."""
    from rich.table import Table
    from rich.text import Text

    headings, *rows = score_rows(scores)
    table = Table(*headings, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    return table


def clean(text: str) -> str:
    """Text of a file that may come from anybody, without what acts on a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
