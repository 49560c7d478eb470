"""Where examples come from: labelled pairs, or a list of examples that the caller has made."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import dspy
from pydantic_core import to_jsonable_python

from viddiff import build
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.eval.viddiffbench.data import split_data
from viddiff.eval.viddiffbench.data.videos import locate_clip
from viddiff.eval.viddiffbench.dataset import DataSet, Sample
from viddiff.eval.viddiffbench.matchers import make_matcher
from viddiff.lms import LMs
from viddiff.motion.pose.reader import PoseReader
from viddiff.optimize.cues import CueMeter, cue_meter
from viddiff.optimize.examples import (
    ReadPair,
    action_clips,
    differencer_examples,
    labelled_samples,
    localized_questions,
    oracle_questions,
    pair_reader,
    proposer_examples,
)
from viddiff.optimize.feedback import Metric, judge_feedback, propose_metric
from viddiff.optimize.looking import finder_feedback, judge_together_feedback, looking_examples
from viddiff.optimize.planning import plan_metric, planner_examples, read_pairs
from viddiff.optimize.request import Request
from viddiff.signatures.clip import saving_references
from viddiff.video import FrameStore

Part = Literal["train", "val", "test"]
#: How the components of two looks are judged.
LOOKING: dict[str, Metric] = {"finder": finder_feedback, "judge": judge_together_feedback}
PARTS: tuple[Part, ...] = ("train", "val", "test")
#: Of the groups of given examples, for train and val; the rest is for test.
TRAIN_SHARE, VAL_SHARE = 0.5, 0.2
#: What each component is asked.
_INPUTS = {
    "differencer": ("action", "video_a", "video_b", "statement", "measurements"),
    "proposer": ("action", "n_differences"),
    "planner": ("action", "differences", "stages"),
    "finder": ("action", "video_a", "video_b", "statements"),
    "judge": ("action", "video_a", "video_b", "statements", "measurements"),
}
_LABEL = {"differencer": "answer", "proposer": "taxonomy", "planner": "answers", "finder": "wanted", "judge": "answers"}
#: Inputs that an example may leave out, and what then stands for them.
_EMPTY: dict[str, Any] = {"measurements": [], "stages": ()}


@dataclass(frozen=True)
class Examples:
    """Examples of the three parts, and who judges predictions on them. ``store``: holds the frames that they name."""

    train: list[dspy.Example]
    val: list[dspy.Example]
    test: list[dspy.Example]
    metric: Metric
    notices: tuple[str, ...] = ()
    meter: CueMeter | None = None
    store: FrameStore | None = field(default=None, repr=False)


class ExampleSource(Protocol):
    """Examples in three parts, and what a card says of them; ``n_pairs`` and ``counts`` are by part."""

    name: str
    content_hash: str
    release: str
    split: str
    n_pairs: dict[Part, int]
    counts: dict[Part, int]

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples; their frames are kept in ``store``."""


class LabelledPairs:
    """Examples of a data set.

    Args:
        request: what is compiled.
        dataset: labelled pairs.
        root: where video paths start from.
        settings: how videos are read.
        lms: models by role, for ``frames="localized"`` and for the judge.

    Raises:
        InputError: fewer than three groups to divide.
    """

    def __init__(self, request: Request, dataset: DataSet, root: Path, settings: Settings, lms: LMs) -> None:
        self.request, self.dataset, self.root = request, dataset, root
        self.settings, self.lms = settings, lms
        self.splits = split_data(dataset, request.by, request.seed)
        self.samples: dict[Part, Sequence[Sample]] = {part: self.splits.select(dataset, part) for part in PARTS}
        self.samples["train"] = self.samples["train"][: request.train_limit]
        self.name, self.content_hash = dataset.name, dataset.content_hash
        self.release: str = dataset.release
        self.split = self.splits.name
        self.n_pairs = {part: len(samples) for part, samples in self.samples.items()}
        self.counts = {part: self.count(samples) for part, samples in self.samples.items()}

    def count(self, samples: Sequence[Sample]) -> int:
        """How many examples there will be."""
        if self.request.component == "proposer":
            return len(proposer_examples(samples))
        if self.request.component == "planner":
            return len(planner_examples(samples, self.request.labels))
        if self.request.component in LOOKING:
            return len(self.samples_to_learn(samples))
        return sum(len(sample.labels) for sample in labelled_samples(samples, self.request.labels)[0])

    def samples_to_learn(self, samples: Sequence[Sample]) -> list[Sample]:
        """The samples that a finder or a judge learns from: a finder needs key times."""
        usable = labelled_samples(samples, "abc")[0]
        if self.request.component == "judge":
            return list(usable)
        return [one for one in usable if any(one.key_times_a.get(key) and key in one.key_times_b for key in one.labels)]

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples of all parts; raises InputError where a video cannot be read."""
        poses = build.poses(self.settings) if self.request.component != "proposer" else None
        read = pair_reader(self.settings, functools.partial(locate_clip, self.root), store, poses)
        left_out = (notice for part in PARTS for notice in labelled_samples(self.samples[part], self.request.labels)[1])
        notices = tuple(dict.fromkeys((*self.splits.notices, *left_out)))
        if self.request.component == "proposer":
            return self.read_for_proposer(read, notices, progress)
        if self.request.component == "planner":
            build.check_pose(self.settings)
            return self.read_for_planner(read, poses or build.poses(self.settings), notices, progress)
        if self.request.component in LOOKING:
            component: Literal["finder", "judge"] = "finder" if self.request.component == "finder" else "judge"
            train, val, test = (
                looking_examples(
                    component, self.samples_to_learn(self.samples[part]), read, self.settings, poses, progress
                )
                for part in PARTS
            )
            return Examples(train, val, test, LOOKING[self.request.component], notices, store=store)
        if self.request.frames == "oracle":
            questions_of = oracle_questions(self.settings, poses)
        else:
            questions_of = localized_questions(self.settings, self.lms, self.dataset.samples, poses)
        train, val, test = (
            differencer_examples(
                self.samples[part], read, questions_of, self.request.labels if part == "train" else "ab", progress
            )
            for part in PARTS
        )
        return Examples(train, val, test, judge_feedback, notices, store=store)

    def read_for_proposer(self, read: ReadPair, notices: tuple[str, ...], progress: Progress) -> Examples:
        """One example for each action; a pair of clips of each for its cues."""
        everything = [sample for part in PARTS for sample in self.samples[part]]
        meter = cue_meter(self.settings, {})
        if meter.why is None:
            meter = cue_meter(self.settings, action_clips(everything, read, progress=progress))
        judge = make_matcher(self.request.judge, self.lms, self.settings.attempts, self.settings.adapter)
        train, val, test = (proposer_examples(self.samples[part]) for part in PARTS)
        return Examples(train, val, test, propose_metric(judge, meter), notices, meter)

    def read_for_planner(
        self, read: ReadPair, poses: PoseReader, notices: tuple[str, ...], progress: Progress
    ) -> Examples:
        """One example for each action; the clips of all its pairs are measured."""
        labels = {part: self.request.labels if part == "train" else "ab" for part in PARTS}
        samples = [sample for part in PARTS for sample in labelled_samples(self.samples[part], labels[part])[0]]
        pairs, pair_notices = read_pairs(samples, read, poses, progress)
        train, val, test = (planner_examples(self.samples[part], labels[part]) for part in PARTS)
        return Examples(train, val, test, plan_metric(pairs), (*notices, *pair_notices))


class UserExamples:
    """Examples that the caller has made, e.g. with ``viddiff.optimize.load_examples``, and keeps the frames of.

    Args:
        request: what is compiled.
        examples: the examples of each part; or all of them, which are then divided by action or by pair, as the request
            says (a pair is known by ``sample_key``, or else by the frames of its clips).
        settings, lms: for the judge of a proposer.

    Raises:
        UsageError: an example without an input or a label. InputError: fewer than three groups to divide.
    """

    def __init__(
        self,
        request: Request,
        examples: Sequence[dspy.Example] | Mapping[str, Sequence[dspy.Example]],
        settings: Settings,
        lms: LMs,
    ) -> None:
        self.request, self.settings, self.lms = request, settings, lms
        parts: Mapping[Any, Sequence[dspy.Example]] = (
            examples if isinstance(examples, Mapping) else divide(examples, request)
        )
        self.parts = {part: [complete_example(one, request, part) for one in parts.get(part, ())] for part in PARTS}
        self.parts["train"] = self.parts["train"][: request.train_limit]
        with saving_references():
            content = to_jsonable_python({part: [dict(one.items()) for one in self.parts[part]] for part in PARTS})
        self.content_hash = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
        self.name, self.release = "examples", "given"
        self.split = "given" if isinstance(examples, Mapping) else f"by-{request.by}-{request.seed}"
        self.counts = {part: len(self.parts[part]) for part in PARTS}
        self.n_pairs = {part: len({one.sample_key for one in self.parts[part]}) for part in PARTS}

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples as they were given; a planner's are judged by a metric of the caller's."""
        metric: Metric = LOOKING.get(self.request.component, judge_feedback)
        if self.request.component == "proposer":
            judge = make_matcher(self.request.judge, self.lms, self.settings.attempts, self.settings.adapter)
            metric = propose_metric(judge, None)
        return Examples(self.parts["train"], self.parts["val"], self.parts["test"], metric)


def complete_example(example: dspy.Example, request: Request, part: Part) -> dspy.Example:
    """An example with all that scoring reads; what the caller did not say stands for itself.

    Raises:
        UsageError: an input or the label is missing.
    """
    component = request.component
    lacking = [name for name in (*_INPUTS[component], _LABEL[component]) if name not in example and name not in _EMPTY]
    if lacking:
        raise UsageError(
            f"An example of {part} has no {lacking[0]!r}: the {component} needs {', '.join(_INPUTS[component])}."
        )
    fields: dict[str, Any] = {
        **{name: value for name, value in _EMPTY.items() if name in _INPUTS[component]},
        "sample_key": group_of(example, "pair"),
        "action_key": example.action,
        "domain": "own",
        "split": "given",
        "difference_key": example.get("statement", ""),
    }
    missing = {name: value for name, value in fields.items() if name not in example}
    return example.copy(**missing).with_inputs(*_INPUTS[component])


def divide(examples: Sequence[dspy.Example], request: Request) -> dict[Part, list[dspy.Example]]:
    """Examples by part; those of one group stay together, and the same examples and seed give the same parts.

    Raises:
        InputError: fewer than three groups.
    """
    groups = [group_of(example, request.by) for example in examples]
    part_of = parts_of(groups, request.seed, f"{request.by}s")
    return {
        part: [one for one, group in zip(examples, groups, strict=True) if part_of[group] == part] for part in PARTS
    }


def parts_of(groups: Sequence[str], seed: int, kind: str) -> dict[str, Part]:
    """Group -> its part; the same groups and seed give the same parts.

    Raises:
        InputError: fewer than three groups; ``kind`` says what they are.
    """

    def shuffle_key(group: str) -> str:
        return hashlib.sha256(f"{seed}\n{group}".encode()).hexdigest()

    ordered = sorted(set(groups), key=shuffle_key)
    if len(ordered) < len(PARTS):
        raise InputError(
            f"The examples are of {len(ordered)} {kind}; three parts need at least three: give more, or say which are "
            'for what: {"train": ..., "val": ..., "test": ...}.'
        )
    n_val = max(1, round(VAL_SHARE * len(ordered)))
    n_train = max(1, min(round(TRAIN_SHARE * len(ordered)), len(ordered) - n_val - 1))
    return {
        group: "train" if i < n_train else "val" if i < n_train + n_val else "test" for i, group in enumerate(ordered)
    }


def group_of(example: dspy.Example, by: str) -> str:
    """The action, or the pair, that an example is of."""
    if by == "action" or "video_a" not in example:
        return str(example.get("action", ""))
    refs = [frame.ref for clip in (example.video_a, example.video_b) for frame in clip.frames]
    return str(example.get("sample_key", hashlib.sha256("".join(refs).encode()).hexdigest()))
