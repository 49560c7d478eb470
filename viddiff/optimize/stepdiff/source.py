"""Rows of StepDiff as examples for optimizers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import dspy

from viddiff import build
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, Item, StepData, StepPair, Task, key_of
from viddiff.eval.stepdiff.load import load_items, videos_root
from viddiff.eval.stepdiff.videos import ClipReader
from viddiff.eval.subsets import SUBSETS, Subset
from viddiff.lms import LMs
from viddiff.optimize.components import COMPILABLE
from viddiff.optimize.examples import Examples
from viddiff.optimize.request import Request
from viddiff.optimize.sources import parts_of
from viddiff.optimize.stepdiff.judge import JudgeMetric
from viddiff.programs.stepdiff.clips import clips_of
from viddiff.video import FrameStore

if TYPE_CHECKING:
    from viddiff.optimize.request import Data


class LabelledSteps:
    """Examples of a file of StepDiff; rows of one step, or of one reference clip, stay together: see ``groups_of``.

    Args:
        request: what is compiled.
        data: the rows.
        root: where the videos are.
        settings: how they are read, and how many frames are shown.
        lms: tells how many images the vision model takes.
        task: of the rows that the component learns from.
        n_clips: clips that one of its requests shows.

    Raises:
        InputError: rows of another task, or of fewer than three reference clips.
    """

    def __init__(
        self, request: Request, data: StepData, root: Path, settings: Settings, lms: LMs, task: Task, n_clips: int
    ) -> None:
        if data.task != task:
            raise InputError(f"The {request.component} learns from rows of {task}; {data.name!r} holds {data.task}.")
        self.request, self.data, self.root, self.lms = request, data, root, lms
        most = lms.limits["vision"].max_images
        self.settings = build.fit_to_model(settings, lms, n_clips * build.step_frames(settings))
        # Of two clips of a request that shows more.
        self.max_images = most and 2 * most // n_clips
        by, groups = groups_of(data.items)
        part_of = parts_of(groups, request.seed, f"{by}s")
        self.items: dict[Subset, Sequence[Item]] = {
            part: [item for item, group in zip(data.items, groups, strict=True) if part_of[group] == part]
            for part in SUBSETS
        }
        self.items["train"] = self.items["train"][: request.train_limit]
        self.name, self.content_hash = data.name, data.content_hash
        self.release, self.split = "StepDiff", f"by-{by.replace(' ', '-')}-{request.seed}"
        self.n_pairs = {part: len(items) for part, items in self.items.items()}
        self.counts = dict(self.n_pairs)

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples of all parts; raises InputError where a video cannot be read."""
        make_metric = COMPILABLE[self.request.component].metric
        assert make_metric is not None
        metric = make_metric(self.request, self.settings, self.lms)
        reader, done, total = ClipReader(self.root, self.settings, store), 0, sum(self.counts.values())
        examples: dict[Subset, list[dspy.Example]] = {part: [] for part in SUBSETS}
        for part in SUBSETS:
            for item in self.items[part]:
                progress("reading clips", done, total)
                examples[part].append(self.example(item, reader))
                done += 1
        progress("reading clips", done, total)
        return Examples(
            examples["train"],
            examples["val"],
            examples["test"],
            metric=metric,
            score=(lambda: JudgeMetric.score) if isinstance(metric, JudgeMetric) else None,
            store=store,
        )

    def example(self, item: Item, reader: ClipReader) -> dspy.Example:
        """One row: inputs are those of ``students``, beside them stand the label and where it is from."""
        inputs: dict[str, Any] = {
            "step": item.step or "",
            "pairs": tuple(self.show_pair(pair, reader) for pair in pairs_of(item)),
        }
        label: dict[str, Any]
        if isinstance(item, CaptionItem):
            label = {"captions": item.captions}
            inputs["category"] = item.category
        elif isinstance(item, ChoiceItem):
            label = {"answer": item.answer}
            inputs["difference"] = item.difference
        else:
            label = {"scores": item.scores}
            inputs["category"] = item.category
        about = {"sample_key": item.reference.id, "action_key": item.category, "row": key_of(item)}
        return dspy.Example(**inputs, **label, **about).with_inputs(*inputs)

    def show_pair(self, pair: StepPair, reader: ClipReader) -> tuple[Any, ...]:
        """Reference and candidate, as programs show them."""
        videos = [reader.read(clip) for clip in (pair.reference, pair.candidate)]
        return clips_of(videos, build.step_frames(self.settings), self.max_images)


def source_of_rows(
    task: Task, n_clips: int, request: Request, data: Data, videos: Path | None, settings: Settings, lms: LMs
) -> LabelledSteps:
    """The rows of a file.

    Args:
        task: of the rows that the component learns from.
        n_clips: clips that one of its requests shows.
        request: what is compiled.
        data: path of the file.
        videos: where the videos are; None: where they lie by default.
        settings, lms: as of ``LabelledSteps``.

    Raises:
        UsageError: something else than a path. InputError: as ``load_items`` and ``LabelledSteps``.
    """
    if not isinstance(data, (str, Path)):
        raise UsageError(f"A {request.component} learns from a file of StepDiff: give its path.")
    rows = load_items(Path(data))
    return LabelledSteps(request, rows, videos or videos_root(Path(data), rows.clips), settings, lms, task, n_clips)


class Groups(NamedTuple):
    """What rows stay together by, and the group of each row."""

    by: str
    of_row: list[str]


def groups_of(items: Sequence[Item]) -> Groups:
    """Rows by step where all rows name theirs and three differ, else by reference clip."""
    steps = [item.step for item in items if item.step is not None]
    if len(steps) == len(items) and len(set(steps)) >= len(SUBSETS):
        return Groups("step", steps)
    return Groups("reference clip", [item.reference.id for item in items])


def pairs_of(item: Item) -> tuple[StepPair, ...]:
    """The pairs of clips that a row asks about."""
    if isinstance(item, CaptionItem):
        return (item.pair,)
    if isinstance(item, ChoiceItem):
        return item.options
    return tuple(StepPair(reference=item.reference, candidate=clip) for clip in item.candidates)
