"""A method evaluated on rows of DiffCap, DiffMCQ or DiffRank, and predictions that somebody else made scored."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from viddiff import build
from viddiff.core.errors import UsageError
from viddiff.core.record import parse_options
from viddiff.core.settings import Settings, load_settings
from viddiff.core.types import Progress, silent

if TYPE_CHECKING:
    import dspy

    from viddiff.eval.session import RunUsage
    from viddiff.eval.stepdiff.items import StepData
    from viddiff.eval.stepdiff.methods import StepMethod
    from viddiff.eval.stepdiff.predictions import Prediction
    from viddiff.eval.stepdiff.scores import StepScores
    from viddiff.lms import LMs

JudgeName = Literal["lm", "none"]


@dataclass(frozen=True)
class StepEvaluation:
    """What an evaluation came to.

    Attributes:
        scores: of the rows that were asked, with intervals, and what the run was.
        predictions: of all rows, in the order of the data: a caption, or the scores of four options or candidates;
            None: the row was not asked, or has no answer.
        usage: calls, tokens, money and time, over all sessions of the run.
    """

    scores: StepScores
    predictions: tuple[Prediction, ...]
    usage: RunUsage


def evaluate(
    data: StepData | str | PathLike[str],
    method: StepMethod | str | None = None,
    *,
    videos: str | PathLike[str] | None = None,
    lm: str | dspy.LM | LMs | None = None,
    settings: Settings | None = None,
    out: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> StepEvaluation:
    """Run a method on rows of DiffCap, DiffMCQ or DiffRank and score it, as ``viddiff eval`` does.

    >>> from viddiff import steps
    >>> made = steps.evaluate("steps/diffmcq.jsonl", "contrast", lm="openai/gpt-4o", limit=20)  # doctest: +SKIP
    >>> made.scores.scores[0].name, made.scores.scores[0].strict  # doctest: +SKIP
    ('accuracy', 0.65)

    Args:
        data: a file, or what ``viddiff.eval.stepdiff.load.load_items`` read of it.
        method: a method, or the name of a registered one; None: that of the trained projector where ``model`` or the
            model string names one, else "contrast".
        videos: the folder of the videos; None: where a file of one's own lies, for released rows ``videos`` beside it.
        lm: a model string, a ``dspy.LM`` or ``LMs``; None: the models of the settings.
        settings: all settings; default: environment and viddiff.toml.
        out: the run folder, where a run that was killed resumes; None: nothing is kept.
        progress: called with (task, done, total).
        options: fields of ``viddiff.eval.stepdiff.options.RunOptions``, e.g. ``limit=10``, ``control="swap-videos"``.

    Returns:
        Scores, every prediction, usage.

    Raises:
        UsageError: an option that cannot be, a method or control that is not for these rows, or ``out`` holds a run
            with other settings.
        InputError: a row or a video that cannot be read. BackendError: a model. BudgetError: the budget ended the run
            for now; the same call resumes.
    """
    from viddiff.eval.journal import records_of
    from viddiff.eval.session import usage_of
    from viddiff.eval.stepdiff.load import videos_root
    from viddiff.eval.stepdiff.options import RunOptions, choose_method
    from viddiff.eval.stepdiff.predictions import read_predictions
    from viddiff.eval.stepdiff.run import PREDICTIONS, run

    run_options = parse_options(RunOptions, options)
    settings = settings or load_settings()
    if isinstance(lm, str):
        settings = settings.model_copy(update={"lm": lm, "text_lm": None, "vision_lm": None})
    chosen, run_options = choose_method(method, run_options, settings)
    rows = _data_of(data)
    # Rows that were read before know no folder.
    place = Path(data) if isinstance(data, (str, PathLike)) else Path()
    root = Path(videos) if videos is not None else videos_root(place, rows.clips)
    lms = None if lm is None or isinstance(lm, str) else build.models(lm, settings)
    with contextlib.ExitStack() as stack:
        stack.enter_context(build.answer_cache(settings, build.is_asked_by_settings(lm, settings)))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()) if out is None else out)
        scores = run(rows, root, chosen, run_options, settings, folder, progress or silent, lms)
        return StepEvaluation(scores, read_predictions(folder / PREDICTIONS, rows), usage_of(records_of(folder)))


def score(
    predictions: Sequence[Prediction] | str | PathLike[str],
    data: StepData | str | PathLike[str],
    *,
    judge: JudgeName = "none",
    lm: str | dspy.LM | LMs | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> StepScores:
    """Score predictions for rows of DiffCap, DiffMCQ or DiffRank, as ``viddiff score`` does.

    >>> from viddiff import steps
    >>> steps.score("said.jsonl", "steps/diffcap.jsonl").scores[0].name  # doctest: +SKIP
    'BLEU-1'

    Args:
        predictions: one for each row, in their order, or a file of the released format with a line for each.
        data: a file, or what ``viddiff.eval.stepdiff.load.load_items`` read of it.
        judge: "lm": the model of the role "judge" also says of each caption of DiffCap which labelled ones it agrees
            with.
        lm, settings, progress: of the judge; see ``evaluate``.

    Returns:
        The scores with intervals by reference clip; shares from 0 to 1, CIDEr from 0 to 10, tau-b from -1 to 1.

    Raises:
        UsageError: a judge where scores are numbers. InputError: a file that cannot be read or has another number
            of lines. ValueError: another number of predictions than of rows. BackendError, BudgetError: of the judge.
    """
    from viddiff.eval.stepdiff.judge import judge_captions
    from viddiff.eval.stepdiff.predictions import read_predictions
    from viddiff.eval.stepdiff.scores import score_predictions

    rows = _data_of(data)
    if judge == "lm" and rows.task != "diffcap":
        raise UsageError(f"Scores of {rows.task} are numbers and need no judge: leave --judge out.")
    answers = read_predictions(Path(predictions), rows) if isinstance(predictions, (str, PathLike)) else predictions
    scores = score_predictions(rows, answers)
    if judge == "none":
        return scores
    settings = settings or load_settings()
    with build.answer_cache(settings, build.is_asked_by_settings(lm, settings)):
        judged = judge_captions(rows, answers, build.models(lm, settings), settings, progress or silent)
    return scores.model_copy(update={"judge": judged})


def _data_of(data: StepData | str | PathLike[str]) -> StepData:
    from viddiff.eval.stepdiff.load import load_items

    return load_items(Path(data)) if isinstance(data, (str, PathLike)) else data
