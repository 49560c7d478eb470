"""``viddiff eval`` on a file of StepDiff: every item through a method, resumable at any moment.

What decides the answers stands in the manifest; every answer is in the journal before the next item begins; the files
are written from the journal alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from viddiff import build
from viddiff.core.errors import InputError
from viddiff.core.files import write_document
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.eval.journal import Journal, open_journal
from viddiff.eval.manifest import claim
from viddiff.eval.session import Session
from viddiff.eval.stepdiff.controls import same_clip, swap_clips
from viddiff.eval.stepdiff.facts import facts_of
from viddiff.eval.stepdiff.items import CaptionItem, Item, StepData, key_of
from viddiff.eval.stepdiff.manifest import manifest_of
from viddiff.eval.stepdiff.methods.registry import AnswerItem, ItemAnswer, StepMethod, StepMethodContext
from viddiff.eval.stepdiff.options import Control, RunOptions, check_control, check_model
from viddiff.eval.stepdiff.predictions import write_predictions
from viddiff.eval.stepdiff.scores import RunFacts, StepScores, score_predictions
from viddiff.eval.stepdiff.text_store import TextStore
from viddiff.eval.stepdiff.videos import ClipReader
from viddiff.lms import LMs

PREDICTIONS, SCORES = "predictions.jsonl", "scores.json"
#: Clips at once in one request, at the most.
_MOST_CLIPS = 3


def run(
    data: StepData,
    root: Path,
    method: StepMethod,
    options: RunOptions,
    settings: Settings,
    out: Path,
    progress: Progress,
    lms: LMs | None = None,
) -> StepScores:
    """Run, or go on with, the run in ``out``, which gets ``predictions.jsonl`` and ``scores.json``; the scores.

    Args:
        data: what is asked; its rows beyond ``limit`` and of other shards have no answer in the predictions, and are
            not scored.
        root: where the videos are, see ``StepClip.file``.
        lms: models by role; None: those of the settings.

    Raises:
        UsageError: a method or control that is not for these rows, other settings than the run was made with, or
            another process on it.
        InputError: a video. BackendError: a model. BudgetError: the budget ended the run for now.
    """
    method.check_task(data.task)
    check_control(options.control, data.task)
    check_model(method, options)
    limits = (lms or build.models(None, settings)) if method.roles else None
    if "vision" in method.roles:
        settings = build.fit_to_model(settings, limits, _MOST_CLIPS * build.step_frames(settings))
    rows = options.rows(data)
    items = [data.items[row] for row in rows]
    with open_journal(out) as journal:
        claim(out, manifest_of(data, method, options, settings, limits))
        session = Session(journal, progress)
        session.lms = lms
        if lms is None and limits is not None:
            session.lms = build.models(None, session.settings_within_budget(settings))
        texts = TextStore(journal, session.records)
        answers = method.start(StepMethodContext(settings, session.lms, texts, options.model, options.features))
        runner = _Runner(journal, answers, root, options, settings)
        settled = latest_answers(session.records, options.keep_failed)
        session.answer_items("items", items, key_of, settled, runner.answer, settings.threads)
        latest = latest_answers(journal.read(), keep_failed=True)
        facts = facts_of(
            [latest[key_of(item)] for item in items], method.name, options.control, options.n_frames(settings)
        )
        return write_results(data, rows, latest, facts, out)


def latest_answers(records: Iterable[Mapping[str, Any]], keep_failed: bool) -> dict[str, ItemAnswer]:
    """Key of an item -> its last answer; what failed for a reason that passes is asked again."""
    answers = {
        # "said" is the name in journals of earlier versions.
        record["item"]: ItemAnswer.model_validate_json(record.get("answer") or record["said"])
        for record in records
        if record["type"] == "answer"
    }
    return {key: one for key, one in answers.items() if keep_failed or not one.retryable}


def write_results(
    data: StepData, rows: Sequence[int], answers: Mapping[str, ItemAnswer], facts: RunFacts, out: Path
) -> StepScores:
    """Write the predictions of all rows of the data and the scores of the rows that were asked."""
    items = tuple(data.items[row] for row in rows)
    predictions = {row: answers[key_of(item)].prediction for row, item in zip(rows, items, strict=True)}
    write_predictions(out / PREDICTIONS, data, [predictions.get(row) for row in range(len(data.items))])
    scored = score_predictions(data.model_copy(update={"items": items}), list(predictions.values()))
    scores = scored.model_copy(update={"run": facts})
    write_document(out / SCORES, scores.model_dump_json(indent=2) + "\n")
    return scores


class _Runner:
    """Answers items; each answer is on disk before the next item begins."""

    def __init__(
        self, journal: Journal, method: AnswerItem, root: Path, options: RunOptions, settings: Settings
    ) -> None:
        self.journal, self.method = journal, method
        self.options, self.settings = options, settings
        self.reader = ClipReader(root, settings)

    def answer(self, item: Item) -> None:
        """One item, from its videos to its record in the journal."""
        controlled = apply_control(item, self.options.control)
        try:
            videos = {} if self.options.features else {clip.id: self.reader.read(clip) for clip in controlled.clips}
        except InputError as error:
            if not self.options.allow_missing:
                raise
            result = ItemAnswer(error=str(error), fault="request", missing=True)
        else:
            with build.asking_context(self.settings, self.reader.store):
                result = self.method(controlled, videos)
        self.journal.append({"type": "answer", "item": key_of(item), "answer": result.model_dump_json()})


def apply_control(item: Item, control: Control) -> Item:
    """The item that a method is shown."""
    if control == "swap-videos":
        return swap_clips(item)
    return same_clip(item) if control == "same-video" and isinstance(item, CaptionItem) else item
