"""``viddiff steps make-data``: from clips to paired questions and answers, resumable at any moment.

Every answer of a model is in the journal before the next is asked for; the files are written from what is known at the
end, in the order of clips and pairs, so that a run that was killed and goes on writes the same bytes.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, ValidationError

from viddiff import build
from viddiff.core.errors import UsageError
from viddiff.core.files import write_document
from viddiff.core.record import Record, first_invalid_field
from viddiff.core.settings import RecordedSettings, Settings
from viddiff.core.types import Progress
from viddiff.eval.journal import open_journal
from viddiff.eval.manifest import claim, prompts_hash, writer_versions
from viddiff.eval.session import Session
from viddiff.eval.stepdiff.items import StepData
from viddiff.eval.stepdiff.qa.chat import Row, chat_row
from viddiff.eval.stepdiff.qa.describe import SourceDescriber
from viddiff.eval.stepdiff.qa.pair import DroppedItem, PairMaker, QAItem, without_duplicates
from viddiff.eval.stepdiff.qa.sources import ClipSource
from viddiff.eval.stepdiff.qa.text_similarity import pairs_of
from viddiff.eval.stepdiff.text_store import TextStore
from viddiff.lms import LMs

DATA, DROPPED, REPORT = "data.jsonl", "dropped.jsonl", "report.json"


class QAOptions(Record):
    """What is made of the clips."""

    min_object: float = Field(0.3, ge=0, le=1)
    """A detector's score from which on an object counts."""
    min_caption: float = Field(0.25, ge=0, le=1)
    """Score of a caption from which on it counts."""
    min_similarity: float = Field(0.15, ge=0, le=1, validation_alias=AliasChoices("min_similarity", "least_alike"))
    """Minimum cosine similarity of two descriptions that are paired (``text_similarity.cosines``)."""
    max_similarity: float = Field(0.95, ge=0, le=1, validation_alias=AliasChoices("max_similarity", "most_alike"))
    """The maximum of the same."""
    pairs_per_clip: int = Field(4, ge=1, le=1000)
    """Pairs that a clip is in, at the most."""
    questions: int = Field(3, ge=1, le=20)
    """Of a pair; the paper's prompt asks for 3."""
    seed: int = Field(0, ge=0)
    """Another seed, other pairs."""


def qa_options_of(fields: Mapping[str, Any]) -> QAOptions:
    """What was chosen.

    Raises:
        UsageError: a value that cannot be.
    """
    try:
        choices = QAOptions(**fields)
    except ValidationError as error:
        name, message, value = first_invalid_field(error)
        raise UsageError(f"--{name.replace('_', '-')} cannot be {value!r}: {message}.") from None
    if choices.min_similarity > choices.max_similarity:
        raise UsageError("--min-similarity is greater than --max-similarity: swap them.")
    return choices


class QAManifest(Record):
    """The identity of a run."""

    schema_version: Literal[1] = 1
    """Version of the form of this document."""
    kind: Literal["paired_qa"] = "paired_qa"
    """What kind of run it is."""
    data_hash: str
    """Hash of the clips."""
    test_hashes: tuple[str, ...]
    """Hashes of the files whose videos are left out."""
    choices: QAOptions
    """What was chosen: scores, similarities, how many."""
    videos: bool
    """Whether the videos are looked at."""
    models: dict[str, str]
    """Role -> model string."""
    versions: dict[str, str]
    """Package -> version that it was made with."""
    prompts: str
    """Hash of all prompts."""
    settings: RecordedSettings
    """The settings that the answers depend on."""


class QAReport(Record):
    """How much was made and kept; ``n_kept`` and all that was dropped add up to ``n_made``."""

    n_clips: int
    """Clips that were given."""
    clips_dropped: dict[str, int]
    """Reason -> clips."""
    n_pairs: int
    """Pairs that were asked about."""
    pairs_failed: int
    """Pairs whose call failed."""
    n_made: int
    """Questions that the model made."""
    n_kept: int
    """Questions that are in the data."""
    dropped: dict[str, int]
    """Reason (``filter.Reason``) -> questions."""

    @property
    def n_failed(self) -> int:
        """What the same command would ask again."""
        return self.pairs_failed + self.dropped.get("failed", 0) + self.clips_dropped.get("failed", 0)


@dataclass(frozen=True)
class QAInputs:
    """What a run starts from.

    Attributes:
        sources: the clips.
        tests: items whose videos must not be trained on.
        root: where videos are; None: descriptions alone.
    """

    sources: Sequence[ClipSource]
    tests: Sequence[StepData]
    root: Path | None


def make(
    inputs: QAInputs, choices: QAOptions, settings: Settings, out: Path, progress: Progress, lms: LMs | None = None
) -> QAReport:
    """Make ``data.jsonl`` (chat rows), ``dropped.jsonl`` (each with its reason) and ``report.json`` in ``out``.

    Raises:
        UsageError: the folder holds a run of other data or settings, or another process works on it.
        InputError: a video. BackendError: a model. BudgetError: the budget ended the run for now.
    """
    limits = lms or build.models(None, settings)
    if inputs.root:
        settings = build.fit_to_model(settings, limits, 2 * build.step_frames(settings))
    with open_journal(out) as journal:
        claim(out, _manifest(inputs, choices, settings, limits))
        session = Session(journal, progress)
        session.lms = models = lms or build.models(None, session.settings_within_budget(settings))
        run = _Run(inputs, choices, settings, models, TextStore(journal, session.records))
        reader = run.describing.reader
        with build.asking_context(settings, *([reader.store] if reader else [])):
            return run.finish(out, session)


class _Run:
    """One session."""

    def __init__(self, inputs: QAInputs, choices: QAOptions, settings: Settings, lms: LMs, texts: TextStore) -> None:
        self.inputs, self.choices, self.settings = inputs, choices, settings
        self.describing = SourceDescriber(choices.min_object, choices.min_caption, settings, lms, texts, inputs.root)
        self.maker = PairMaker(settings, lms, texts, self.describing, choices.questions)

    def finish(self, out: Path, session: Session) -> QAReport:
        """Ask what is not known yet, and write the files."""
        guarded = videos_of_tests(self.inputs.tests)
        sources = [source for source in self.inputs.sources if source.clip.video not in guarded]
        dropped = Counter({"test_video": len(self.inputs.sources) - len(sources)})

        jobs = [functools.partial(self.describing.text, source) for source in sources]
        descriptions = session.run("describing", jobs, self.settings.threads)
        texts: dict[str, str] = {}
        for source, text in zip(sources, descriptions, strict=True):
            if isinstance(text, str) and text:
                texts[source.clip.id] = text
            else:
                dropped["nothing_known" if text == "" else "failed"] += 1
        pairs = self.pairs(sources, texts)
        pair_jobs = [functools.partial(self.maker.items, *pair, texts) for pair in pairs]
        results = session.run("asking", pair_jobs, self.settings.threads)
        paired = {source.clip.id for pair in pairs for source in pair}
        dropped["no_similar_clip"] = len(texts.keys() - paired)
        return write(out, len(self.inputs.sources), dropped, results)

    def pairs(self, sources: Sequence[ClipSource], texts: Mapping[str, str]) -> list[tuple[ClipSource, ClipSource]]:
        """Pairs of each keystep, in the order of keysteps."""
        by_name = {source.clip.id: source for source in sources}
        steps: dict[str, dict[str, str]] = {}
        for source in sources:
            if source.clip.id in texts:
                steps.setdefault(source.keystep, {})[source.clip.id] = texts[source.clip.id]
        videos = {name: source.clip.video for name, source in by_name.items()}
        between = self.choices.min_similarity, self.choices.max_similarity
        return [
            (by_name[reference], by_name[candidate])
            for step in sorted(steps)
            for reference, candidate in pairs_of(
                steps[step], videos, between, self.choices.pairs_per_clip, self.choices.seed
            )
        ]


def write(out: Path, n_clips: int, clips_dropped: Counter[str], results: Sequence[Sequence[QAItem] | None]) -> QAReport:
    """Write what was made of each pair (None: it could not be asked), without duplicates, and the report."""
    items = without_duplicates([item for result in results for item in result or ()])
    rows = [chat_row(item.pair, item.qa.question, item.qa.answer, item.qa.kind) for item in items if not item.reason]
    dropped = [DroppedItem.of(item) for item in items if item.reason]
    report = QAReport(
        n_clips=n_clips,
        clips_dropped=_counts(clips_dropped),
        n_pairs=len(results),
        pairs_failed=sum(result is None for result in results),
        n_made=len(items),
        n_kept=len(rows),
        dropped=_counts(Counter(item.reason for item in dropped)),
    )
    write_document(out / DATA, _lines(rows))
    write_document(out / DROPPED, _lines(item.model_dump() for item in dropped))
    write_document(out / REPORT, report.model_dump_json(indent=2) + "\n")
    return report


def videos_of_tests(tests: Iterable[StepData]) -> set[str]:
    """The videos of all clips of test items: none of them is trained on, in whichever part.

    The paper leaves out the pairs of its test items alone; a model trained on a clip knows more than that pair.
    """
    return {clip.video for data in tests for item in data.items for clip in item.clips}


def _manifest(inputs: QAInputs, choices: QAOptions, settings: Settings, lms: LMs) -> QAManifest:
    total = hashlib.sha256()
    for source in inputs.sources:
        total.update(source.model_dump_json().encode() + b"\n")
    dumped = settings.model_dump(mode="json")
    return QAManifest(
        data_hash=total.hexdigest(),
        test_hashes=tuple(data.content_hash for data in inputs.tests),
        choices=choices,
        videos=inputs.root is not None,
        models={role: lms.lms[role].model for role in ("text", "vision")},
        versions=writer_versions(),
        prompts=prompts_hash("stepdiff"),
        settings={name: dumped[name] for name in ("adapter", "attempts", "effort", "fps", "max_side", "decoder")},
    )


def _counts(counter: Counter[str]) -> dict[str, int]:
    return {name: n for name, n in sorted(counter.items()) if n}


def _lines(rows: Iterable[Row]) -> str:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
