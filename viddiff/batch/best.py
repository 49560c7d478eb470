"""The best clip of a folder: the one with the highest score, from a table or a scorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from viddiff.core.errors import InputError, UsageError
from viddiff.core.files import write_document
from viddiff.core.types import Progress, silent
from viddiff.eval.tables import read_file
from viddiff.eval.viddiffbench.data.fields import RowModel, fault, parse_row
from viddiff.report.exports.tables import csv_of

#: The scores of a run, in its folder.
FILE = "scores.csv"
COLUMNS = ("video", "score")


@dataclass(frozen=True)
class BestClip:
    """The best clip of a folder.

    Attributes:
        clip: the one with the highest score; of several the first by name.
        scores: of every clip that has one, by clip.
        ties: how many others have the highest score, too.
        without: clips that have no score, with the reason; they are compared, and cannot be the best.
    """

    clip: Path
    scores: Mapping[Path, float]
    ties: int
    without: Mapping[Path, str]

    def __str__(self) -> str:
        ties = f" (tied with {self.ties} more; the first by name)" if self.ties else ""
        text = f"The best of {len(self.scores)} clips is {self.clip.name!r}, with {self.scores[self.clip]:.6g}{ties}."
        names = ", ".join(f"{path.name!r} ({why})" for path, why in self.without.items())
        return text + (f" Clips without a score, which cannot be the best: {names}." if names else "")


class _Row(RowModel):
    video: Annotated[str, Field(min_length=1, max_length=4096)]
    score: Annotated[float, Field(allow_inf_nan=False)] | None = None


def scores_of_table(path: Path, clips: Sequence[Path]) -> BestClip:
    """The best by a CSV, JSON Lines, JSON or Parquet file with the columns video and score; higher is better.

    A video is named as the path from where the table lies, or by its name alone. Rows of other videos are left out,
    so that the table of a larger collection, such as the ``items.jsonl`` of SkillDiff, serves.

    Raises:
        InputError: the table cannot be read, gives a clip two scores, or none of the clips one.
    """
    by_path = {clip.resolve(): clip for clip in clips}
    by_name = {clip.name: clip for clip in clips}
    scores: dict[Path, float] = {}
    for number, fields in enumerate(read_file(path, COLUMNS), 1):
        where = f"{path.name}, row {number}"
        row = parse_row(_Row, _without_empty(fields), where)
        clip = by_path.get((path.parent / row.video).resolve()) or by_name.get(row.video)
        if clip is None or row.score is None:
            continue
        if scores.setdefault(clip, row.score) != row.score:
            raise fault(where, "score", f"differs from an earlier score of {clip.name!r}: give each clip one score")
    if not scores:
        raise InputError(f"{path.name!r} has no score for any clip of the folder: check its column 'video'.")
    return best_of(clips, scores, {})


def scores_by(score: Callable[[Path], float], clips: Sequence[Path], progress: Progress = silent) -> BestClip:
    """The best by ``score`` of each clip; one that it cannot read has no score.

    Raises:
        InputError: it can read none. Exception: what else ``score`` raises.
    """
    scores, without = {}, {}
    for number, clip in enumerate(clips, 1):
        try:
            scores[clip] = score(clip)
        except InputError as error:
            without[clip] = str(error)
        progress("scoring clips", number, len(clips))
    if not scores:
        raise InputError(f"No clip can be scored. {next(iter(without.values()), '')}")
    return best_of(clips, scores, without)


def best_of(clips: Sequence[Path], scores: Mapping[Path, float], without: Mapping[Path, str]) -> BestClip:
    """The best of clips that have scores, of which there is one at least."""
    highest = max(scores.values())
    first, *others = [clip for clip in clips if scores.get(clip) == highest]
    missing = {clip: without.get(clip, "not in the table") for clip in clips if clip not in scores}
    return BestClip(first, scores, len(others), missing)


def write_scores(out: Path, best: BestClip) -> Path:
    """Write the scores into a run folder, the best first.

    Raises:
        UsageError: the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"The folder {str(out)!r} cannot be created ({error.strerror}): name another --out.") from None
    ranked = sorted(best.scores.items(), key=lambda scored: (-scored[1], scored[0].name))
    return write_document(out / FILE, csv_of(COLUMNS, ((str(clip), score) for clip, score in ranked)))


def _without_empty(row: object) -> object:
    """An empty cell of CSV is not a score."""
    return {name: value for name, value in row.items() if value != ""} if isinstance(row, dict) else row
