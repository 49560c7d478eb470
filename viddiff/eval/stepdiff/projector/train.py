"""``viddiff steps train``: a projector fitted to rows, in a folder in which a run that was killed goes on."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from viddiff.core.errors import InputError, UsageError
from viddiff.core.files import document
from viddiff.core.record import Record
from viddiff.core.types import Progress
from viddiff.core.versions import versions
from viddiff.eval.stepdiff.items import StepClip
from viddiff.eval.stepdiff.projector.features import DescribeClip, describe_clips
from viddiff.eval.stepdiff.projector.parts import Rows, clear_of, hold_out
from viddiff.eval.stepdiff.projector.rows import TrainingRow
from viddiff.eval.stepdiff.projector.scoring import scores_of
from viddiff.eval.training import train_resumably
from viddiff.programs.stepdiff.projector.checkpoint import ProjectorCard, load_card, save_projector
from viddiff.programs.stepdiff.projector.features import ClipFeatures
from viddiff.programs.stepdiff.projector.language import Language
from viddiff.programs.stepdiff.projector.options import CARD, EncoderName, ProjectorOptions
from viddiff.programs.stepdiff.projector.training import Example, ProjectorTraining

STATE = "state.safetensors"
#: Folder of the rows that were held out, as files of the form that they came in.
HELD_OUT = "held_out"


class TrainingPlan(Record):
    """What would be trained on, and how."""

    n_rows: dict[str, int]
    """File -> rows to train on."""
    n_held_out: dict[str, int]
    """File -> rows to score on."""
    n_examples: int
    """Questions with their answers, of the rows to train on."""
    n_clips: int
    """Clips that are described."""
    encoder: str
    """What describes frames."""
    language: str
    """The language model."""
    options: ProjectorOptions
    """The projector and its training."""


@dataclass(frozen=True)
class Parts:
    """Rows to train on, and rows held out."""

    train: Rows
    held_out: Rows

    @classmethod
    def of(cls, rows: Rows, tests: frozenset[str], share: float, seed: int) -> Parts:
        """The parts of rows, without those that show one of the videos ``tests``.

        Raises:
            UsageError: a share that cannot be. InputError: no row is left.
        """
        clear = clear_of(rows, tests)
        if not clear:
            raise InputError("All rows show videos of the --test files: none is left to train on.")
        return cls(*hold_out(clear, share, seed))

    @property
    def rows(self) -> Rows:
        """All."""
        return self.train + self.held_out

    @property
    def clips(self) -> Iterator[StepClip]:
        """The clips of all rows, row by row."""
        return (clip for row in self.rows for clip in row.clips)

    def with_clips(self, features: Mapping[str, ClipFeatures]) -> Parts:
        """Without rows that show a clip that is not there."""
        return Parts(_rows_with_features(self.train, features), _rows_with_features(self.held_out, features))

    def plan(self, encoder: str, language: str, options: ProjectorOptions) -> TrainingPlan:
        """What would be done."""
        return TrainingPlan(
            n_rows=dict(Counter(row.file for row in self.train)),
            n_held_out=dict(Counter(row.file for row in self.held_out)),
            n_examples=sum(len(row.examples) for row in self.train),
            n_clips=len({clip.id for clip in self.clips}),
            encoder=encoder,
            language=language,
            options=options,
        )


@dataclass(frozen=True)
class FeatureSource:
    """What describes clips, and by which name it is known.

    Attributes:
        key: see ``ProjectorCard.encoder``.
        clip: the CLIP model, where it is one.
    """

    describe: DescribeClip
    name: EncoderName
    key: str
    clip: str = ""


def fit(
    parts: Parts,
    described: FeatureSource,
    language: Language,
    options: ProjectorOptions,
    folder: Path,
    allow_missing: bool,
    progress: Progress,
) -> ProjectorCard:
    """Train a projector in ``folder``; what a killed run had done is not done again, and the result is the same.

    Raises:
        UsageError: the folder holds a projector of other data or options, or cannot be written.
        InputError: a clip that cannot be used, no row left, or a damaged file in the folder.
        BackendError: no memory is left.
    """
    clips = {clip.id: clip for clip in parts.clips}
    features = describe_clips(list(clips.values()), described.describe, allow_missing, progress)
    parts = parts.with_clips(features)
    examples = [example for row in parts.train for example in row.examples]
    if not examples:
        raise InputError("No row is left to train on: its clips are missing, or all rows are held out (--held-out 0).")
    run = _run_of(examples, parts.held_out, described.key, language.name, options)
    if (folder / CARD).exists():
        return _card_of_run(folder, run)
    training = ProjectorTraining(examples, features.__getitem__, language, options)
    with language.report_out_of_memory():
        loss = train_resumably(training, folder / STATE, run, progress)
        progress("scoring", 0, 0)
        scores = scores_of(training.model, parts.held_out, features, options.seed)
    _write_held_out(folder / HELD_OUT, parts.held_out)
    projector = training.model.projector
    card = ProjectorCard(
        encoder=described.key,
        encoder_name=described.name,
        clip=described.clip,
        language=language.name,
        language_source=language.source,
        n_patches=projector.n_patches,
        n_features=projector.n_features,
        n_words=projector.n_words,
        options=options,
        data_hash=run,
        n_examples=len(examples),
        n_held_out=len(parts.held_out),
        loss=loss,
        scores=scores,
        versions=versions(),
    )
    card = save_projector(folder, card, projector)
    (folder / STATE).unlink(missing_ok=True)
    return card


def _card_of_run(folder: Path, run: str) -> ProjectorCard:
    """The card of a projector that was trained before."""
    card = load_card(folder)
    if card.data_hash != run:
        raise UsageError(f"{str(folder)!r} holds a projector of other data or options: name another folder (--out).")
    return card


def _rows_with_features(rows: Rows, features: Mapping[str, ClipFeatures]) -> Rows:
    return tuple(row for row in rows if all(clip.id in features for clip in row.clips))


def _run_of(examples: Sequence[Example], held_out: Rows, encoder: str, language: str, options: ProjectorOptions) -> str:
    """The hash of all that decides the result."""
    total = hashlib.sha256(json.dumps([encoder, language, options.model_dump()]).encode())
    for example in examples:
        total.update(json.dumps([list(example.chat), example.answer], sort_keys=True).encode() + b"\n")
    for row in held_out:
        total.update(row.line + b"\n")
    return total.hexdigest()


def _write_held_out(folder: Path, rows: Sequence[TrainingRow]) -> None:
    for name in dict.fromkeys(row.file for row in rows):
        folder.mkdir(exist_ok=True)
        with document(folder / name) as temporary:
            temporary.write_bytes(b"".join(row.line.strip() + b"\n" for row in rows if row.file == name))
