"""Examples of labelled pairs for each component, by parts of a data set."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dspy

from viddiff import build
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.eval.subsets import SUBSETS, Subset
from viddiff.eval.viddiffbench.data import load_data, split_data, videos_root
from viddiff.eval.viddiffbench.data.videos import locate_clip
from viddiff.eval.viddiffbench.dataset import DataSet, Sample
from viddiff.eval.viddiffbench.matchers import make_matcher
from viddiff.lms import LMs
from viddiff.motion.pose.reader import PoseReader
from viddiff.optimize.examples import Examples, ExampleSource
from viddiff.optimize.feedback import Metric
from viddiff.optimize.request import Labels, Request
from viddiff.optimize.sources import UserExamples
from viddiff.optimize.viddiff.cues import CueMeter, cue_meter
from viddiff.optimize.viddiff.examples import (
    ReadPair,
    action_clips,
    differencer_examples,
    labelled_samples,
    localized_questions,
    oracle_questions,
    pair_reader,
    proposer_examples,
)
from viddiff.optimize.viddiff.feedback import judge_feedback, propose_metric
from viddiff.optimize.viddiff.planner_examples import plan_metric, planner_examples, read_pairs
from viddiff.optimize.viddiff.vision_examples import (
    finder_examples,
    finder_feedback,
    judge_examples,
    judge_together_feedback,
)
from viddiff.video import FrameStore

if TYPE_CHECKING:
    from viddiff.optimize.request import Data


class LabelledPairs:
    """Examples of a data set; what they are of, the classes below say for each component.

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
        self.samples: dict[Subset, Sequence[Sample]] = {part: self.splits.select(dataset, part) for part in SUBSETS}
        self.samples["train"] = self.samples["train"][: request.train_limit]
        self.name, self.content_hash = dataset.name, dataset.content_hash
        self.release: str = dataset.release
        self.split = self.splits.name
        self.n_pairs = {part: len(samples) for part, samples in self.samples.items()}
        self.counts = {part: self.count(samples) for part, samples in self.samples.items()}

    def count(self, samples: Sequence[Sample]) -> int:
        """How many examples there will be."""
        raise NotImplementedError

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples of all parts; raises InputError where a video cannot be read."""
        raise NotImplementedError

    def reader(self, store: FrameStore, poses: PoseReader | None = None) -> ReadPair:
        """Reads the videos of a pair, and their poses."""
        return pair_reader(self.settings, functools.partial(locate_clip, self.root), store, poses)

    def labels(self, part: Subset) -> Labels:
        """The labels that are learned from, or scored."""
        return self.request.labels if part == "train" else "ab"

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user should know of the data."""
        left_out = (
            notice for part in SUBSETS for notice in labelled_samples(self.samples[part], self.request.labels)[1]
        )
        return tuple(dict.fromkeys((*self.splits.notices, *left_out)))


class DifferencerPairs(LabelledPairs):
    """One example for each labelled difference."""

    def count(self, samples: Sequence[Sample]) -> int:
        """How many examples there will be."""
        return sum(len(sample.labels) for sample in labelled_samples(samples, self.request.labels)[0])

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples of all parts; raises InputError where a video cannot be read."""
        poses = build.poses(self.settings)
        read = self.reader(store, poses)
        if self.request.frames == "oracle":
            questions_of = oracle_questions(self.settings, poses)
        else:
            questions_of = localized_questions(self.settings, self.lms, self.dataset.samples, poses)
        train, val, test = (
            differencer_examples(self.samples[part], read, questions_of, self.labels(part), progress)
            for part in SUBSETS
        )
        return Examples(train, val, test, judge_feedback, self.notices, store=store)


class ProposerPairs(LabelledPairs):
    """One example for each action; a pair of clips of each tells how well cues separate its stages."""

    def count(self, samples: Sequence[Sample]) -> int:
        """How many examples there will be."""
        return len(proposer_examples(samples))

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples of all parts; raises InputError where a video cannot be read."""
        everything = [sample for part in SUBSETS for sample in self.samples[part]]
        meter = cue_meter(self.settings, {})
        if meter.why is None:
            meter = cue_meter(self.settings, action_clips(everything, self.reader(store), progress=progress))
        train, val, test = (proposer_examples(self.samples[part]) for part in SUBSETS)
        metric = proposer_metric(self.request, self.settings, self.lms, meter)
        return Examples(
            *(train, val, test, metric, self.notices),
            # Cues are named only where they were measured.
            score=lambda: "recall and cues" if meter.measured else "recall",
            late_notices=lambda: (f"How well cues separate stages was not measured: {meter.why}",) if meter.why else (),
        )


def proposer_metric(request: Request, settings: Settings, lms: LMs, meter: CueMeter | None = None) -> Metric:
    """How the proposals of an action are judged."""
    return propose_metric(make_matcher(request.judge, lms, settings.attempts, settings.adapter), meter)


class PlannerPairs(LabelledPairs):
    """One example for each action; the clips of all its pairs are measured."""

    def count(self, samples: Sequence[Sample]) -> int:
        """How many examples there will be."""
        return len(planner_examples(samples, self.request.labels))

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples of all parts; raises InputError where a video cannot be read."""
        build.check_pose(self.settings)
        poses = build.poses(self.settings)
        samples = [sample for part in SUBSETS for sample in labelled_samples(self.samples[part], self.labels(part))[0]]
        pairs, pair_notices = read_pairs(samples, self.reader(store, poses), poses, progress)
        train, val, test = (planner_examples(self.samples[part], self.labels(part)) for part in SUBSETS)
        return Examples(train, val, test, plan_metric(pairs), (*self.notices, *pair_notices))


class JudgePairs(LabelledPairs):
    """One example for each pair, with close frames of all its statements."""

    metric: Metric = staticmethod(judge_together_feedback)

    def count(self, samples: Sequence[Sample]) -> int:
        """How many examples there will be."""
        return len(self.usable_samples(samples))

    def usable_samples(self, samples: Sequence[Sample]) -> list[Sample]:
        """The samples that are learned from."""
        return list(labelled_samples(samples, "abc")[0])

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples of all parts; raises InputError where a video cannot be read."""
        poses = build.poses(self.settings)
        read = self.reader(store, poses)
        train, val, test = (
            self.examples(self.usable_samples(self.samples[part]), read, poses, progress) for part in SUBSETS
        )
        return Examples(train, val, test, self.metric, self.notices, store=store)

    def examples(
        self, samples: Sequence[Sample], read: ReadPair, poses: PoseReader, progress: Progress
    ) -> list[dspy.Example]:
        """One for each of these samples."""
        return judge_examples(samples, read, self.settings, poses, progress)


class FinderPairs(JudgePairs):
    """One example for each pair that has key moments, with an overview of both videos."""

    metric: Metric = staticmethod(finder_feedback)

    def usable_samples(self, samples: Sequence[Sample]) -> list[Sample]:
        """The samples that are learned from: a finder needs key moments."""
        return [
            one
            for one in super().usable_samples(samples)
            if any(one.key_times_a.get(key) and key in one.key_times_b for key in one.labels)
        ]

    def examples(
        self, samples: Sequence[Sample], read: ReadPair, poses: PoseReader, progress: Progress
    ) -> list[dspy.Example]:
        """One for each of these samples."""
        return finder_examples(samples, read, self.settings, progress)


def source_of_pairs(
    pairs: type[LabelledPairs], request: Request, data: Data, videos: Path | None, settings: Settings, lms: LMs
) -> ExampleSource:
    """Examples of a data set, of what ``viddiff eval --data`` takes, or those that the caller has made.

    Raises:
        UsageError, InputError: data that the component cannot learn from.
    """
    if isinstance(data, DataSet):
        return pairs(request, data, videos or Path(), settings, lms)
    if isinstance(data, (str, Path)):
        return pairs(request, load_data(str(data), videos), videos_root(str(data), videos), settings, lms)
    return UserExamples(request, data, settings, lms)
