"""``viddiff backends``: the same labelled pairs through several models, one row each.

Every backend is a run of its own, closed mode with both orders asked: resumable, and ``viddiff table`` reads it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from viddiff.build import IMAGES_OF_A_QUESTION, fit_to_model
from viddiff.core.errors import EXIT_FAILURES, EXIT_OK, BackendError, BudgetError
from viddiff.core.record import Record
from viddiff.core.settings import Settings
from viddiff.core.types import Finding, Outcome, Progress
from viddiff.core.usage import cost_of
from viddiff.eval.journal import open_journal, records_of
from viddiff.eval.session import usage_of
from viddiff.eval.viddiffbench import results
from viddiff.eval.viddiffbench.controls import Rate, rate
from viddiff.eval.viddiffbench.evaluate import evaluate, models_of
from viddiff.eval.viddiffbench.metrics import Score
from viddiff.eval.viddiffbench.options import EvalOptions, method_of
from viddiff.eval.viddiffbench.results import RunResult
from viddiff.eval.viddiffbench.run_comparison import read_answers
from viddiff.lms import LMs, adapter_of, failure_of

MAX_NAME_CHARS = 80


class Backend(Record):
    """What one model came to. Without a ``score`` it came to nothing, and ``fault`` says why."""

    model: str
    """The model string."""
    folder: str
    """Name of its run folder."""
    fault: str | None = None
    """In one sentence."""
    budget_reached: bool = False
    """Whether the spending limit kept it from being asked to the end."""
    score: Score | None = None
    """Over rows with label a or b; an answer that changes when the videos are swapped is not right."""
    swap: Rate | None = None
    """How often the answers of the two orders name the same video."""
    n_questions: int = 0
    """Questions that it was asked."""
    n_failed: int = 0
    """Questions without an answer."""
    images: int = 0
    """Images in all requests."""
    input_tokens: int = 0
    """Tokens of all requests."""
    output_tokens: int = 0
    """Tokens of all answers."""
    cost_usd: float | None = None
    """None where a price is not known."""
    seconds_per_pair: float | None = None
    """Wall-clock, of all sessions; the first backend also fills the caches of frames and embeddings."""


class Backends(Record):
    """Several models on the same pairs."""

    data: str
    """What the user named."""
    n_pairs: int
    """Pairs that all of them were asked about."""
    text_lm: str | None
    """The text model whose stages all of them were judged on; None: each its own."""
    rows: tuple[Backend, ...]
    """One for each model, in the order given."""

    @property
    def exit_code(self) -> int:
        """0; 5 where the budget ended it, 4 where no model came to anything, 1 where something failed."""
        if any(row.budget_reached for row in self.rows):
            return BudgetError.exit_code
        if all(row.fault for row in self.rows):
            return BackendError.exit_code
        return EXIT_FAILURES if any(row.fault or row.n_failed for row in self.rows) else EXIT_OK


def compare_backends(
    options: EvalOptions, settings: Settings, models: Sequence[str], out: Path, progress: Progress
) -> Backends:
    """Run every model, or continue its run, below ``out``; one that is not available does not stop the others.

    Args:
        options: of the runs.
        settings: of the runs; ``text_lm``, where it is set, proposes the stages for all, ``max_cost`` holds for all
            together.
        models: model strings that look at frames.
        out: where the run folders lie.
        progress: called with how many pairs are done, with the model's name.

    Raises:
        UsageError: a model string that cannot be, a model that is known not to see, or a folder of another run.
        InputError: the data or a video.
    """
    models = tuple(dict.fromkeys(models))
    for model in models:
        model_settings = settings_of(settings, model)
        fit_to_model(
            model_settings, models_of(method_of(options, model_settings), model_settings), IMAGES_OF_A_QUESTION
        )
    folders = [out / folder_name(model) for model in models]
    rows: list[Backend] = []
    data, n_pairs = options.data, 0
    for model, folder in zip(models, folders, strict=True):
        others = [other for other in folders if other != folder]
        row, result = run_backend(options, settings, model, folder, others, progress)
        rows.append(row)
        if result is not None:
            data, n_pairs = result.manifest.data, result.n_samples
    return Backends(data=data, n_pairs=n_pairs, text_lm=settings.text_lm, rows=tuple(rows))


def settings_of(settings: Settings, model: str) -> Settings:
    """The settings of one backend's run."""
    return settings.model_copy(update={"lm": model, "vision_lm": None, "swap": True})


class BackendRun(NamedTuple):
    """The row of one model, and the result of its run; None where it did not end."""

    row: Backend
    result: RunResult | None


def run_backend(
    options: EvalOptions, settings: Settings, model: str, folder: Path, others: Sequence[Path], progress: Progress
) -> BackendRun:
    """Run, or go on with, one model."""
    row = Backend(model=model, folder=folder.name)
    model_settings = settings_of(settings, model)
    try:
        if settings.max_cost is not None:
            model_settings = model_settings.model_copy(update={"max_cost": budget_left(settings.max_cost, others)})
        if not (folder / results.RESULT).exists():
            check_reachable(
                models_of(method_of(options, model_settings), model_settings.model_copy(update={"cache": False})),
                model_settings,
            )
        if settings.text_lm is not None:
            share_proposals(others, folder)
        result = evaluate(options, model_settings, folder, lambda task, *done: progress(f"{model}: {task}", *done))
    except BackendError as error:
        return BackendRun(row.model_copy(update={"fault": str(error)}), None)
    except BudgetError as error:
        return BackendRun(row.model_copy(update={"fault": str(error), "budget_reached": True}), None)
    return BackendRun(finish_row(row, folder, result), result)


def check_reachable(lms: LMs | None, settings: Settings) -> None:
    """One tiny question past the cache: a server that is down would else be asked every question, with retries.

    Raises:
        BackendError: it cannot be asked. An answer of any form will do.
    """
    import dspy

    from viddiff.core.types import FrameRef
    from viddiff.signatures.clip import Clip, open_stores
    from viddiff.signatures.ping import RED, NameColour, plain_picture
    from viddiff.video import FrameStore

    if lms is None:
        return
    store = FrameStore(None)
    picture = Clip.of("A", (FrameRef(time_s=0, ref=store.put(plain_picture(RED))),))
    try:
        context = dspy.context(adapter=adapter_of(settings.adapter), trace=[], disable_history=True)
        with lms.role("vision"), context, open_stores(store):
            dspy.Predict(NameColour)(picture=picture)
    except dspy.AdapterParseError:
        return
    except dspy.utils.exceptions.LMError as error:
        fault = failure_of(error)
        raise BackendError(fault.message if fault else str(error)) from error


def share_proposals(sources: Sequence[Path], target: Path) -> None:
    """Give a run the stages that the same text model proposed for other runs, so that all are shown the same frames."""
    with open_journal(target) as journal:
        names = {record["name"] for record in journal.read() if record["type"] == "proposal"}
        for source in sources:
            for record in records_of(source):
                if record["type"] == "proposal" and record["name"] not in names:
                    names.add(record["name"])
                    journal.append(record)


def budget_left(max_cost: float, others: Sequence[Path]) -> float:
    """Dollars of the budget that the runs of other backends have left.

    Raises:
        BudgetError: none.
    """
    usages = [usage for folder in others for usage in usage_of(records_of(folder)).usage]
    left = max_cost - sum(usage.cost_usd or 0.0 for usage in usages)
    if left <= 0:
        raise BudgetError(
            f"The budget of ${max_cost:g} was spent by other backends: raise --max-cost and run the same command again."
        )
    return left


def finish_row(row: Backend, folder: Path, result: RunResult) -> Backend:
    """The row of a run that went through."""
    records = records_of(folder)
    outcomes, _ = results.outcomes_of(records)
    labelled = [answer for answer in read_answers(folder) if answer.label is not None]
    n_failed = sum(answer.answer is None for answer in labelled)
    usage = usage_of(records)
    counts = {
        name: sum(getattr(role, name) for role in usage.usage) for name in ("images", "input_tokens", "output_tokens")
    }
    return row.model_copy(
        update={
            "fault": first_error(outcomes.values()) if labelled and n_failed == len(labelled) else None,
            "score": result.scores.micro,
            "swap": consistency(outcomes),
            "n_questions": len(labelled),
            "n_failed": n_failed,
            "cost_usd": cost_of(usage.usage),
            "seconds_per_pair": usage.seconds / result.n_samples,
            **counts,
        }
    )


def consistency(outcomes: dict[str, Outcome]) -> Rate:
    """How often both orders of a question name the same video, with its interval over pairs."""
    findings = [(key, finding) for key, outcome in outcomes.items() for finding in outcome.differences]
    both = [(key, finding) for key, finding in findings if finding.verdict.swapped_answer is not None]
    hits = [finding.verdict.status != "unsure" for _, finding in both]
    return rate([key for key, _ in both], hits, len(findings) - len(both))


def first_error(outcomes: Iterable[Outcome]) -> str:
    """Why a question has no answer."""
    findings: list[Finding] = [finding for outcome in outcomes for finding in outcome.differences]
    return next((finding.verdict.error for finding in findings if finding.verdict.error), "No question was answered.")


def folder_name(model: str) -> str:
    """A folder name for a model string: no two have the same one, and none leaves the folder it lies in."""
    name = re.sub(r"[^\w.@=+-]", "_", model.replace("/", "--"), flags=re.ASCII)
    if name == model.replace("/", "--") and len(name) <= MAX_NAME_CHARS and "--" not in model:
        return name
    return f"{name[:MAX_NAME_CHARS]}-{hashlib.sha256(model.encode()).hexdigest()[:8]}"
