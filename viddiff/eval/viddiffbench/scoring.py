"""A predictions file of the official format, scored."""

from __future__ import annotations

from pathlib import Path

from viddiff.core.settings import Settings
from viddiff.core.types import JudgeName, Progress
from viddiff.eval.viddiffbench.dataset import DataSet
from viddiff.eval.viddiffbench.manifest import Mode
from viddiff.eval.viddiffbench.matchers import matcher_of
from viddiff.eval.viddiffbench.matching import match_all
from viddiff.eval.viddiffbench.metrics import ClosedScores, OpenScores, closed_scores, open_scores
from viddiff.eval.viddiffbench.predictions import read_predictions


def score_file(
    predictions: Path,
    dataset: DataSet,
    mode: Mode,
    matcher: JudgeName,
    official_opposites: bool,
    settings: Settings,
    progress: Progress,
) -> ClosedScores | OpenScores:
    """The scores of a predictions file.

    Args:
        predictions: a list with one object for each pair, in the order of the data.
        matcher: open mode: who matches statements to labels; "lm" asks the model of the settings.
        official_opposites: open mode: whether the official counts check for opposites.

    Raises:
        InputError: the file cannot be read, or answers other pairs. BackendError, BudgetError: of the matcher.
    """
    rows = read_predictions(predictions, dataset.samples, mode)
    if mode == "closed":
        return closed_scores(dataset.samples, rows)
    matched_by = matcher_of(matcher, settings)
    matchings = match_all(dataset.samples, rows, matched_by, official_opposites, settings.threads, progress)
    return open_scores(dataset.samples, matchings)
