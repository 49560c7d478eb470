"""Shared by the SkillDiff benchmarks: models trained by rows of ablations and compared with the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Literal

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from viddiff.core.arrays import Floats
from viddiff.eval.skilldiff.baseline import length_only
from viddiff.eval.skilldiff.metrics import SkillScores, overlap, skill_scores, spearman
from viddiff.programs.skilldiff.health import EpochRecord
from viddiff.programs.skilldiff.model import SkillModel
from viddiff.programs.skilldiff.options import ABLATIONS, SkillOptions
from viddiff.programs.skilldiff.performances import Performances
from viddiff.programs.skilldiff.training import SkillTraining, evaluate_batch

N_PARTS = 8
#: What is known of the training part: scores and of that share of the performers the deductions, or pairs alone.
Known = float | Literal["pairs"]
#: Name, what is switched, what the preprint prints, and what is known.
Row = tuple[str, dict[str, Any], float | None, Known]
_PAIRS_OF_EACH = 10


@dataclass(frozen=True)
class Testbed:
    """Performances whose every deduction is known.

    Attributes:
        train: to train on, with all deductions; scores and deductions 0 to 1.
        lengths: (N,) of its scored performances.
        vectors: (M, T, D) others to test.
        scores: (M,) theirs.
        deductions: (M, T) theirs.
        test_lengths: (M,) theirs.
        experts: (M, R, T, D) whom each is compared with.
        error: from matches (M, R, T, T) to the mean error of the alignment.
    """

    train: Performances
    lengths: Floats
    vectors: Floats
    scores: Floats
    deductions: Floats
    test_lengths: Floats
    experts: Floats
    error: Callable[[Floats], float]

    def with_labels(self, known: Known) -> Performances:
        """The training part of which only that is known."""
        rng, scores = np.random.default_rng(0), self.train.scores
        if known == "pairs":
            places = rng.integers(len(scores), size=(_PAIRS_OF_EACH * len(scores), 2))
            better_first = np.where((scores[places[:, 0]] > scores[places[:, 1]])[:, None], places, places[:, ::-1])
            pairs = better_first[scores[places[:, 0]] != scores[places[:, 1]]]
            nothing = np.full_like(self.train.deductions, np.nan)
            return replace(self.train, scores=np.full_like(scores, np.nan), deductions=nothing, pairs=pairs)
        has_score = rng.random(len(scores)) < known
        return replace(self.train, deductions=np.where(has_score[:, None], self.train.deductions, np.nan))


@dataclass(frozen=True)
class Result:
    """One model on the test part; ``last``: what is told of its last epoch. None where there is none.

    Attributes:
        where: rank correlation of the deductions by eighths of the query.
        shared: how far they overlap.
        error: of the alignment.
    """

    scores: SkillScores
    where: float | None = None
    shared: float | None = None
    error: float | None = None
    last: EpochRecord | None = None


def result_of(options: SkillOptions, bed: Testbed, known: Known = 0.0) -> Result:
    """A model trained, and what it says of the test part, as the mean over experts."""
    records: list[EpochRecord] = []
    model = SkillTraining(bed.with_labels(known), options).run(records.append)
    experts = torch.from_numpy(bed.experts).float()
    if options.references == "random":
        references = np.random.default_rng(options.seed).integers(0, len(bed.train.vectors), bed.experts.shape[:2])
        experts = torch.from_numpy(bed.train.vectors[references]).float()
    predicted, by_frame, matches = _judge(model, torch.from_numpy(bed.vectors).float(), experts)
    parts = [in_parts(values) for values in (by_frame, bed.deductions)]
    return Result(
        scores=_scores("", predicted, bed.scores),
        where=spearman(parts[0].ravel(), parts[1].ravel()),
        shared=float(np.mean([overlap(a, b) for a, b in zip(*parts, strict=True)])),
        error=None if options.align == "none" else bed.error(matches),
        last=records[-1],
    )


def by_length(bed: Testbed) -> Result:
    """What the length of a clip tells alone."""
    scored = bed.train.scores[bed.train.scored_rows]
    predicted = length_only(bed.lengths, scored, [""] * len(scored), bed.test_lengths, [""] * len(bed.scores))
    return Result(_scores("", predicted, bed.scores))


def in_parts(by_frame: Floats) -> Floats:
    """(N, 8) sums of (N, T) over eighths."""
    return np.stack([part.sum(axis=1) for part in np.array_split(by_frame, N_PARTS, axis=1)], axis=1)


def all_rows() -> list[Row]:
    """The eight of the preprint, and those of the package."""
    published: list[Row] = [
        (name, {"align_on": "learned", **switched}, rho, 0.0) for name, (switched, rho) in ABLATIONS.items()
    ]
    ours: list[Row] = [
        ("default: aligned by learned and input features", {}, None, 0.0),
        ("default, linear in place of aligned", {"align": "linear"}, None, 0.0),
        ("default, 25 % of the deductions known", {}, None, 0.25),
        ("default, from pairs alone", {}, None, "pairs"),
    ]
    return [*published, *ours]


def print_table(bed: Testbed, n_seeds: int, unit: str, rows: Iterable[Row], **options: Any) -> None:
    """Print the table of the rows; each figure is the median over seeds of the model. ``options`` are for all rows."""
    torch.set_num_threads(1)
    table = Table(box=None)
    for name in ("", "rho", "95 %", "over seeds", "where", "overlap", f"alignment error, {unit}", "preprint, BEST"):
        table.add_column(name, justify="right" if name else "left")
    table.add_row("length of the clip alone", *_cells([by_length(bed)], None))
    for name, switched, published, known in rows:
        results = [result_of(SkillOptions(seed=seed, **options, **switched), bed, known) for seed in range(n_seeds)]
        table.add_row(name, *_cells(results, published))
    console = Console(highlight=False, width=160)
    console.print(f"{len(bed.lengths)} to train, {len(bed.scores)} to test, {n_seeds} seeds; medians")
    console.print(table)


def _cells(results: list[Result], published: float | None) -> Iterator[str]:
    middle = sorted(results, key=lambda result: result.scores.rho)[len(results) // 2].scores
    rhos = [result.scores.rho for result in results]
    assert middle.rho_interval is not None
    yield f"{middle.rho:.2f}"
    yield f"{middle.rho_interval.low:.2f} to {middle.rho_interval.high:.2f}"
    yield f"{min(rhos):.2f} to {max(rhos):.2f}" if len(rhos) > 1 else "-"
    for name, digits in (("where", 2), ("shared", 2), ("error", 3)):
        yield _middle([getattr(result, name) for result in results], digits)
    yield "-" if published is None else f"{published:.2f}"


def _middle(values: Iterable[float | None], digits: int) -> str:
    known = [value for value in values if value is not None]
    return f"{median(known):.{digits}f}" if known else "-"


def _judge(model: SkillModel, queries: torch.Tensor, experts: torch.Tensor) -> tuple[Floats, Floats, Floats]:
    """(M,) scores and (M, T) deductions, as means over the experts (M, R, T, D), and (M, R, T, T) matches."""
    of_each = [evaluate_batch(model, queries, experts[:, expert]) for expert in range(experts.shape[1])]
    scores, by_frame, matches = (
        np.stack([getattr(output, name).double().numpy() for output in of_each], axis=1)
        for name in ("scores", "by_frame", "matches")
    )
    return scores.mean(axis=1), by_frame.mean(axis=1), matches


def _scores(name: str, predicted: Floats, true: Floats) -> SkillScores:
    return skill_scores(name, predicted, true, [str(row) for row in range(len(true))], [""] * len(true))
