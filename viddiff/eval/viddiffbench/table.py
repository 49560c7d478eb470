"""Runs side by side, with the published figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from viddiff.core.errors import InputError
from viddiff.core.files import read_bytes
from viddiff.core.formatting import percent
from viddiff.core.record import Record
from viddiff.core.usage import cost_of
from viddiff.eval.session import RunUsage
from viddiff.eval.viddiffbench.published import PUBLISHED
from viddiff.eval.viddiffbench.results import RESULT, USAGE, RunResult

HEAD = ("run", "what", "data", "pairs", "easy", "medium", "hard", "mean", "all rows", "95 %", "no answer", "cost")


class TableRow(Record):
    """One line of the table; text in it comes from folders and data, and is not fit to be shown as it is."""

    cells: tuple[str, ...]
    published: bool = False


def rows_of(folders: Sequence[Path], mode: Literal["closed", "open"]) -> list[TableRow]:
    """The runs of one mode, then the published figures of that mode.

    Raises:
        InputError: a folder without a result.
    """
    rows = [row for folder in folders if (row := row_of(folder, mode)) is not None]
    return [*rows, *published_rows(mode)] if rows else []


def row_of(folder: Path, mode: Literal["closed", "open"]) -> TableRow | None:
    """One run, or None where it is of the other mode."""
    result = read_result(folder)
    manifest, scores = result.manifest, result.scores
    if manifest.mode != mode:
        return None
    by_split = {score.name: score.score for score in scores.splits}
    micro = scores.micro
    between = f"{in_percent(micro.interval.low)}-{in_percent(micro.interval.high)}" if micro.interval else "-"
    unanswered = len(scores.failures)
    method = " ".join(filter(None, (manifest.method, manifest.localizer, control(manifest.control), judge(result))))
    models = ", ".join(dict.fromkeys(manifest.models.values()))
    return TableRow(
        cells=(
            folder.name,
            f"{method} ({models})" if models else method,
            f"{manifest.data} {manifest.split or ''}".strip(),
            str(result.n_samples),
            *(in_percent(by_split.get(name)) for name in ("easy", "medium", "hard")),
            in_percent(scores.macro.score),
            in_percent(micro.score),
            between,
            str(unanswered),
            cost(folder),
        )
    )


def control(name: str) -> str:
    """A control as it is called on the command line."""
    return "" if name == "none" else f"--{name}"


def judge(result: RunResult) -> str:
    """The judge of an open run; one that is not comparable says so."""
    scores = result.scores
    if scores.mode == "closed":
        return ""
    return f"judge {scores.judge}" + ("" if scores.comparable else ", NOT comparable")


def cost(folder: Path) -> str:
    """What a run cost, as far as prices are known."""
    try:
        usage = RunUsage.model_validate_json(read_bytes(folder / USAGE)).usage
    except (OSError, ValueError):
        return "-"
    paid = cost_of(usage)
    return "unknown" if paid is None else f"${paid:.2f}"


def published_rows(mode: Literal["closed", "open"]) -> list[TableRow]:
    """The paper's rows."""
    rows = []
    for entry in PUBLISHED:
        figures = entry.closed if mode == "closed" else entry.open
        cells = (
            "paper",
            entry.name,
            "VidDiffBench 549",
            "549",
            *(f"{figure:.1f}" for figure in figures),
            "",
            "",
            "",
            "",
        )
        rows.append(TableRow(cells=cells, published=True))
    return rows


def read_result(folder: Path) -> RunResult:
    """The result of a run folder.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    try:
        return RunResult.model_validate_json(read_bytes(folder / RESULT))
    except FileNotFoundError:
        raise InputError(
            f"{str(folder)!r} has no {RESULT}: it is not a run folder, or unfinished; run the same command again."
        ) from None
    except OSError as error:
        raise InputError(
            f"{str(folder / RESULT)!r} cannot be read ({error.strerror}): run the same command again."
        ) from None
    except ValueError:
        raise InputError(f"{str(folder / RESULT)!r} is damaged: run the same command again to regenerate it.") from None


def in_percent(share: float | None) -> str:
    """The number of a share in percent, one decimal, without its sign."""
    return percent(share, 1, sign="", missing="-")
