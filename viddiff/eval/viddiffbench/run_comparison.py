"""Two finished runs question by question: paired tests, and whether a method stands by its answers when swapped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.core.files import MAX_TABLE_BYTES, read_bytes
from viddiff.core.record import Record
from viddiff.eval.manifest import read_manifest
from viddiff.eval.viddiffbench.controls import PairedTest, Rate, compare_items, swap_consistency
from viddiff.eval.viddiffbench.dataset import AnswerRow
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.results import ANSWERS, RunAnswers
from viddiff.eval.viddiffbench.scored_items import ScoredItem, outcome_of


class RunPair(Record):
    """What a run came to beside another one."""

    first: str
    second: str
    paired: tuple[PairedTest, ...] | None
    """None: the two are the same run, once with its videos swapped."""
    swap: Rate | None


def compare_runs(folders: Sequence[Path]) -> list[RunPair]:
    """Every closed run beside the first one on the same pairs, and every run beside its ``--swap-videos`` twin."""
    run_pairs: list[RunPair] = []
    runs = [(folder, read_manifest(folder, Manifest)) for folder in folders]
    closed = [(folder, manifest) for folder, manifest in runs if manifest.mode == "closed"]
    for i, (folder, manifest) in enumerate(closed):
        for other, other_manifest in closed[:i]:
            if differ_by_swap(manifest, other_manifest):
                plain, swapped = (other, folder) if manifest.control == "swap-videos" else (folder, other)
                rate = swap_consistency(read_answers(plain), read_answers(swapped))
                run_pairs.append(RunPair(first=plain.name, second=swapped.name, paired=None, swap=rate))
        base = next((other for other, earlier in closed[:i] if have_same_questions(earlier, manifest)), None)
        if base is not None:
            tests = compare_items(items_of(read_answers(folder)), items_of(read_answers(base)))
            run_pairs.append(RunPair(first=folder.name, second=base.name, paired=tests, swap=None))
    return run_pairs


def differ_by_swap(one: Manifest, other: Manifest) -> bool:
    """Whether two manifests differ by ``--swap-videos`` alone."""
    controls = {one.control, other.control}
    return controls == {"none", "swap-videos"} and one == other.model_copy(update={"control": one.control})


def have_same_questions(one: Manifest, other: Manifest) -> bool:
    """Whether two runs answered the same questions with the same labels."""
    names = ("data_hash", "split", "limit", "per_action", "shard", "control")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def read_answers(folder: Path) -> tuple[AnswerRow, ...]:
    """The answers of a finished run.

    Raises:
        InputError: there are none, or they cannot be read.
    """
    try:
        return RunAnswers.model_validate_json(read_bytes(folder / ANSWERS, MAX_TABLE_BYTES)).rows
    except (OSError, ValueError):
        raise InputError(f"{str(folder / ANSWERS)!r} is missing or damaged: run the same command again.") from None


def items_of(rows: Sequence[AnswerRow]) -> list[ScoredItem]:
    """The scored items of rows with a label."""
    return [
        ScoredItem(
            sample_key=row.sample_key,
            action_key=row.action_key,
            domain=row.domain,
            split=row.split,
            difference_key=row.difference_key,
            statement=row.statement,
            label=row.label,
            outcome=outcome_of(row, row.label),
        )
        for row in rows
        if row.label is not None
    ]
