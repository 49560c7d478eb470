"""``viddiff eval`` on a file of StepDiff: every item through a method, resumable at any moment.

What decides the answers stands in the manifest; every answer is in the journal before the next item begins; the files
are written from the journal alone.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from viddiff import build
from viddiff.core.errors import InputError, UsageError
from viddiff.core.extras import need_projector
from viddiff.core.files import write_document
from viddiff.core.parallel import in_parallel
from viddiff.core.record import Record
from viddiff.core.settings import RecordedSettings, Settings
from viddiff.core.types import Progress
from viddiff.core.versions import versions
from viddiff.eval.journal import Journal, open_journal
from viddiff.eval.manifest import claim, prompts_hash
from viddiff.eval.sessions import affordable, earlier_of, usage_record
from viddiff.eval.stepdiff.controls import exchange, same_clip
from viddiff.eval.stepdiff.facts import facts_of
from viddiff.eval.stepdiff.items import CaptionItem, Item, StepData, Task, key_of
from viddiff.eval.stepdiff.methods.registry import AnswerItem, ItemAnswer, Setup, StepMethod
from viddiff.eval.stepdiff.predictions import write_predictions
from viddiff.eval.stepdiff.scores import RunFacts, StepScores, score_predictions
from viddiff.eval.stepdiff.text_store import TextStore
from viddiff.eval.stepdiff.videos import ClipReader
from viddiff.lms import LMs

if TYPE_CHECKING:
    from viddiff.programs.stepdiff.projector.checkpoint import Card

PREDICTIONS, SCORES = "predictions.jsonl", "scores.json"
Control = Literal["none", "swap-videos", "same-video"]
#: Clips at once in one request, at the most.
_MOST_CLIPS = 3
#: Settings that can change an answer; they are part of what a run is.
_DECIDING = ("adapter", "attempts", "effort", "fps", "frames", "max_side", "decoder", "models", "seed")


class StepManifest(Record):
    """The identity of a run."""

    schema_version: Literal[1] = 1
    """Version of the form of this document."""
    task: Task
    """The task of StepDiff."""
    data: str
    """Name of the data."""
    data_hash: str
    """Hash of the rows."""
    method: str
    """The method, by name."""
    control: Control
    """The control that was applied, or none."""
    models: dict[str, str]
    """Role -> model string."""
    versions: dict[str, str]
    """Package -> version that it was made with."""
    prompts: str
    """Hash of all prompts."""
    settings: RecordedSettings
    """The settings that the answers depend on."""
    limit: int | None
    """How many rows were asked at most; None: all."""
    allow_missing: bool
    """Whether rows without their videos are left out."""
    shard: tuple[int, int] | None = None
    """(i, n): every n-th row from the i-th on, counted from 1."""
    programs: dict[str, str] = Field({})
    """Component -> the compiled program that is run."""


@dataclass(frozen=True)
class RunOptions:
    """What a run is to do.

    Attributes:
        control: which clips are shown in place of those of an item; "same-video" is for captions.
        limit: the first so many items; None: all.
        shard: (i, n): of these every n-th from the i-th on, counted from 1; None: all.
        allow_missing: items whose videos are missing count as missing instead of ending the run.
        keep_failed: what failed is not asked again.
        model: the folder of a trained projector, for the method that asks it.
        features: where features of clips lie, which are read in place of videos.
    """

    control: Control = "none"
    limit: int | None = None
    shard: tuple[int, int] | None = None
    allow_missing: bool = False
    keep_failed: bool = False
    model: Path | None = None
    features: Path | None = None

    @property
    def card(self) -> Card | None:
        """Of the trained projector.

        Raises:
            InputError: there is none in the folder.
        """
        if self.model is None:
            return None
        from viddiff.programs.stepdiff.projector.checkpoint import load_card

        return load_card(self.model)

    def n_frames(self, settings: Settings) -> int:
        """Frames of a clip that are shown, at the most."""
        return self.card.options.frames if self.card else build.step_frames(settings)

    def rows(self, data: StepData) -> range:
        """The places of the rows that are asked.

        Raises:
            UsageError: there is none.
        """
        index, count = self.shard or (1, 1)
        rows = range(index - 1, len(data.items[: self.limit]), count)
        if not rows:
            raise UsageError("No row is left to ask: widen --limit or --shard.")
        return rows


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
        records = journal.read()
        earlier = earlier_of(records)
        models = lms
        if models is None and limits is not None:
            models = build.models(None, affordable(settings, earlier.spent_usd, earlier.n_asked))
        latest = latest_answers(records, options.keep_failed)
        pending = list({key: item for item in items if (key := key_of(item)) not in latest}.values())
        answers = method.start(Setup(settings, models, TextStore(journal, records), options.model, options.features))
        session = _Session(journal, answers, root, options, settings)

        def keep_usage(n_done: int = 0) -> None:
            if models:
                journal.append(usage_record(models, earlier.session))
            progress("items", len(items) - len(pending) + n_done, len(items))

        try:
            in_parallel([functools.partial(session.answer, item) for item in pending], settings.threads, keep_usage)
        finally:
            keep_usage(len(pending))
        latest = latest_answers(journal.read(), keep_failed=True)
        facts = facts_of(
            [latest[key_of(item)] for item in items], method.name, options.control, options.n_frames(settings)
        )
        return write_results(data, rows, latest, facts, out)


def manifest_of(
    data: StepData, method: StepMethod, options: RunOptions, settings: Settings, lms: LMs | None
) -> StepManifest:
    """What decides the answers."""
    dumped = settings.model_dump(mode="json")
    models = {role: lms.lms[role].model for role in method.roles} if lms else {}
    return StepManifest(
        task=data.task,
        data=data.name,
        data_hash=data.content_hash,
        method=method.name,
        control=options.control,
        models=models | ({"clip": build.clip_name(settings)} if method.embeds else {}) | trained_models(options),
        versions={name: version for name, version in versions().items() if name in ("viddiff", "dspy")},
        prompts=prompts_hash("stepdiff"),
        settings={name: dumped[name] for name in _DECIDING},
        limit=options.limit,
        shard=options.shard,
        allow_missing=options.allow_missing,
        programs=build.labels_of(build.step_programs(settings)) if lms else {},
    )


def trained_models(options: RunOptions) -> dict[str, str]:
    """The weights of a trained projector, and its language model."""
    card = options.card
    return {"projector": card.weights_hash, "language": card.language} if card else {}


def check_model(method: StepMethod, options: RunOptions) -> None:
    """Raise UsageError unless there is a trained projector where a method asks one, and BackendError without torch."""
    if not method.trained and (options.model or options.features):
        raise UsageError(f"The method {method.name} asks no projector: leave --model and --features out.")
    if method.trained and options.model is None:
        raise UsageError(
            "The method projector asks a trained one: name its folder (--model DIR), see viddiff steps train."
        )
    if method.trained:
        need_projector()


def latest_answers(records: Sequence[Mapping[str, Any]], keep_failed: bool) -> dict[str, ItemAnswer]:
    """Key of an item -> what was said of it last; what failed for a reason that passes is asked again."""
    answers = {
        record["item"]: ItemAnswer.model_validate_json(record["said"])
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


class _Session:
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
        self.journal.append({"type": "answer", "item": key_of(item), "said": result.model_dump_json()})


def apply_control(item: Item, control: Control) -> Item:
    """The item that a method is shown."""
    if control == "swap-videos":
        return exchange(item)
    return same_clip(item) if control == "same-video" and isinstance(item, CaptionItem) else item


def check_control(control: Control, task: Task) -> None:
    """Raise UsageError where a control would change nothing, or leave nothing to choose."""
    if control == "swap-videos" and task == "diffrank":
        raise UsageError("--swap-videos is not for DiffRank: similarity has no direction.")
    if control == "same-video" and task != "diffcap":
        raise UsageError("--same-video is for DiffCap: choices and ranks of clips that are the same have no answer.")
