"""``viddiff compile opinion-weights``: learns how much each opinion of two looks counts, for a model and data.

The program answers each pair of train, val and test once. The weights are learned from train; where they give the
labels of val no higher likelihood than the default ones, the default ones are kept. Test is only scored.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from viddiff import build
from viddiff.core.errors import InputError
from viddiff.core.settings import Settings
from viddiff.core.types import Answer, Progress, silent
from viddiff.eval.statistics import reliability
from viddiff.eval.subsets import SUBSETS, Subset
from viddiff.eval.viddiffbench.data import split_data
from viddiff.eval.viddiffbench.data.videos import locate_clip
from viddiff.eval.viddiffbench.dataset import DataSet, Sample
from viddiff.eval.viddiffbench.methods.registry import labelled_differences
from viddiff.lms import LMs
from viddiff.optimize.viddiff.examples import labelled_samples, pair_reader
from viddiff.programs.estimate import CostEstimate
from viddiff.programs.viddiff.calibration import ANSWERS, Opinions, OpinionWeights, decide, fit
from viddiff.programs.viddiff.estimate_looks import PairSize, estimate_looks
from viddiff.programs.viddiff.two_looks import TwoLooks
from viddiff.programs.viddiff.weights import WeightsCard, WeightsFile, WeightsScore

#: Fewer answered statements than this in a part tell nothing.
LEAST_STATEMENTS = 10


@dataclass
class PartAnswers:
    """What was said of labelled statements, one entry of each list for a statement."""

    opinions: list[Opinions]
    labels: list[Answer]


class WeightsLearner:
    """Learns the weights of two looks from labelled pairs.

    Args:
        dataset: labelled pairs.
        root: where video paths start from.
        settings: how videos are read and looked at.
        lms: the models; their answers are kept in the cache, so that the same command asks nothing again.
        progress: called with how many pairs are done.
        by: whether whole actions or videos are held out for val and test.
        train_limit: only the first so many pairs of train; None: all.
        keep_anyway: whether weights are kept that are no better on val than the default ones.

    Raises:
        InputError: fewer than three groups to divide.
    """

    def __init__(
        self,
        dataset: DataSet,
        root: Path,
        settings: Settings,
        lms: LMs,
        progress: Progress = silent,
        *,
        by: Literal["pair", "action"] = "action",
        train_limit: int | None = None,
        keep_anyway: bool = False,
    ) -> None:
        self.dataset, self.root, self.settings, self.lms = dataset, root, settings, lms
        self.progress, self.keep_anyway = progress, keep_anyway
        self.splits = split_data(dataset, by, settings.seed)
        self.samples: dict[Subset, Sequence[Sample]] = {
            part: labelled_samples(self.splits.select(dataset, part), "abc")[0] for part in SUBSETS
        }
        self.samples["train"] = self.samples["train"][:train_limit]

    def estimate(self) -> CostEstimate:
        """What is asked at the most."""
        pairs = [PairSize(n_statements=len(sample.labels)) for part in SUBSETS for sample in self.samples[part]]
        roles = (estimate_looks(pairs, self.settings),)
        return CostEstimate.within_limits("compile", roles, self.settings)

    def run(self) -> WeightsFile:
        """Ask, learn, score.

        Raises:
            InputError: a video cannot be read, or too little was answered. BackendError, BudgetError: a model.
        """
        answers = {part: self.ask_part(part) for part in SUBSETS}
        few = next((part for part in SUBSETS if len(answers[part].labels) < LEAST_STATEMENTS), None)
        if few:
            raise InputError(
                f"{len(answers[few].labels)} statements of {few} were answered, and weights need {LEAST_STATEMENTS}: "
                "give more labelled pairs, or repeat failed questions with the same command."
            )
        default = OpinionWeights()
        learned = fit(answers["train"].opinions, answers["train"].labels, default)
        val, test = ((score(default, answers[part]), score(learned, answers[part])) for part in ("val", "test"))
        keep_learned = val[1].log_loss < val[0].log_loss or self.keep_anyway
        card = WeightsCard(
            model=self.lms.lms["vision"].model,
            data=self.dataset.name,
            data_hash=self.dataset.content_hash,
            split=self.splits.name,
            effort=self.settings.effort,
            n_train=len(answers["train"].labels),
            val=val,
            test=test,
            kept=keep_learned,
        )
        return WeightsFile(weights=learned if keep_learned else default, card=card)

    def ask_part(self, part: Subset) -> PartAnswers:
        """What the program says of the statements of one part; those of which a call failed are left out."""
        poses, answers = build.poses(self.settings), PartAnswers([], [])
        locate = functools.partial(locate_clip, self.root)
        read = pair_reader(self.settings, locate, build.frame_store(self.settings), poses)
        program: TwoLooks = build.two_looks(self.settings, self.lms, (), poses)
        samples = self.samples[part]
        for number, sample in enumerate(samples):
            self.progress(f"pairs of {part}", number, len(samples))
            a, b = read(sample)
            differences = labelled_differences(sample, "closed")
            with build.asking_context(self.settings):
                prediction = program(action=sample.action, video_a=a, video_b=b, differences=differences)
            for finding in prediction.outcome.differences:
                if finding.verdict.answer is not None:
                    answers.opinions.append(prediction.opinions[finding.difference.key])
                    answers.labels.append(sample.labels[finding.difference.key])
        self.progress(f"pairs of {part}", len(samples), len(samples))
        return answers


def score(weights: OpinionWeights, answers: PartAnswers) -> WeightsScore:
    """How well weights decide what was said, against the labels."""
    decisions = [decide(opinions, weights) for opinions in answers.opinions]
    decided = [(one, label) for one, label in zip(decisions, answers.labels, strict=True) if one is not None]
    right = [one.answer == label for one, label in decided]
    given_s = [max(one.probabilities[ANSWERS.index(label)], 1e-6) for one, label in decided]
    calibration = reliability([one.confidence for one, _ in decided], right)
    return WeightsScore(
        n=len(decided),
        accuracy=float(np.mean(right)),
        log_loss=round(float(-np.log(given_s).mean()), 4),
        calibration_error=calibration.ece if calibration else 0.0,
    )
