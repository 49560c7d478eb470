"""The methods that are compared, each a function of one labelled pair with the same result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from viddiff import build
from viddiff.core.settings import Settings
from viddiff.core.types import EXCHANGED, Difference, Outcome, Proposal
from viddiff.eval.dataset import Sample
from viddiff.eval.manifest import Control, Mode
from viddiff.lms import LMs
from viddiff.programs.viddiff.questions import VerdictStore
from viddiff.video.loaded import LoadedVideo

if TYPE_CHECKING:
    from viddiff.motion.pose.reader import PoseReader
    from viddiff.programs.viddiff.measured import Measured
    from viddiff.programs.viddiff.program import KeyTimes

#: The localizer that looks at the key points of the data (the upper bound of the paper's ablation).
ORACLE = "oracle"
#: Frames a second by domain: paper, appendix (VidDiff; the baseline sees music and surgery twice as densely).
VIDDIFF_FPS: Mapping[str, float] = {"fitness": 8, "ballsports": 5, "diving": 6, "music": 1, "surgery": 1}
BASELINE_FPS: Mapping[str, float] = {"fitness": 4, "ballsports": 5, "diving": 6, "music": 2, "surgery": 2}


class Method(Protocol):
    """Answers one pair."""

    def __call__(self, sample: Sample, a: LoadedVideo, b: LoadedVideo, answers: VerdictStore) -> Outcome:
        """The outcome of one pair; ``answers`` are kept as they come."""


def given(sample: Sample, mode: Mode) -> tuple[Difference, ...] | None:
    """What is asked of a method: the labelled differences, or None where it has to find them."""
    labelled = tuple(difference for difference in sample.differences if difference.key in sample.labels)
    return labelled if mode == "closed" else None


@dataclass(frozen=True)
class MeasuredMethod:
    """The measured program."""

    mode: Mode
    program: Measured

    def __call__(self, sample: Sample, a: LoadedVideo, b: LoadedVideo, answers: VerdictStore) -> Outcome:
        """Measure one pair; the action's name tells the nouns that its statements use ("the squat is slower")."""
        outcome: Outcome = self.program(
            action=sample.action_name or sample.action,
            video_a=a,
            video_b=b,
            differences=given(sample, self.mode),
            n_differences=sample.n_differences_open,
        ).outcome
        return outcome


class BaselineMethod:
    """One call with all frames."""

    def __init__(self, mode: Mode, lms: LMs, settings: Settings) -> None:
        from viddiff.programs.viddiff.baseline import Baseline

        self.mode = mode
        self.program = Baseline(lms, settings.attempts)

    def __call__(self, sample: Sample, a: LoadedVideo, b: LoadedVideo, answers: VerdictStore) -> Outcome:
        """Ask about one pair."""
        outcome: Outcome = self.program(
            action=sample.action,
            video_a=a,
            video_b=b,
            differences=given(sample, self.mode),
            n_differences=sample.n_differences_open,
        ).outcome
        return outcome


class VidDiffMethod:
    """The VidDiff program. In closed mode the stages and links of an action are proposed once and shared by its pairs.

    Args:
        mode: closed or open.
        lms: models by role.
        settings: method settings; ``localizer`` is overridden by the argument.
        localizer: a strategy, or "oracle" for the key points of the data.
        samples: all samples of the run, for what their actions ask in closed mode.
        proposals: proposals made before, by name; new ones are added through ``keep_proposal``.
        poses: what was estimated, for measurements that are told to the model.
    """

    def __init__(
        self,
        mode: Mode,
        lms: LMs,
        settings: Settings,
        localizer: str | None,
        samples: Sequence[Sample],
        proposals: ProposalStore,
        poses: PoseReader | None = None,
    ) -> None:
        oracle = localizer == ORACLE
        self.mode, self.oracle = mode, oracle
        chosen = settings.model_copy(update={"localizer": "uniform" if oracle else localizer or settings.localizer})
        compiled = build.compiled_programs(settings, has_lm=True)
        self.program = build.program(settings, lms, compiled, build.localizer(chosen), poses)
        self.asked_of = differences_by_action(samples)
        self.proposals = proposals

    def __call__(self, sample: Sample, a: LoadedVideo, b: LoadedVideo, answers: VerdictStore) -> Outcome:
        """Propose once, locate, ask."""
        outcome: Outcome = self.program(
            action=sample.action,
            video_a=a,
            video_b=b,
            proposal=self.proposal(sample),
            key_times=key_times(sample, a, b) if self.oracle else None,
            answers=answers,
        ).outcome
        return outcome

    def proposal(self, sample: Sample) -> Proposal:
        """What to look for in one pair."""
        if self.mode == "open":
            name = f"open/{sample.action_key}/{sample.n_differences_open}"
            return self.proposals.get(
                name, lambda: self.program.propose(sample.action, None, sample.n_differences_open)
            )
        everything = self.asked_of[sample.action_key]
        whole = self.proposals.get(
            f"closed/{sample.action_key}",
            lambda: self.program.propose(sample.action, tuple(everything.values()), len(everything)),
        )
        return part_of(whole, given(sample, "closed") or ())


class ProposalStore(Protocol):
    """Proposals by name, made once."""

    def get(self, name: str, make: ProposalMaker) -> Proposal:
        """The proposal under ``name``, made and kept when it is not there."""


class ProposalMaker(Protocol):
    """Makes a proposal."""

    def __call__(self) -> Proposal:
        """Make it."""


def differences_by_action(samples: Sequence[Sample]) -> dict[str, dict[str, Difference]]:
    """For each action the union of what its pairs ask, in a fixed order."""
    asked: dict[str, dict[str, Difference]] = {}
    for sample in samples:
        for difference in given(sample, "closed") or ():
            asked.setdefault(sample.action_key, {}).setdefault(difference.key, difference)
    return {action: dict(sorted(found.items())) for action, found in asked.items()}


def part_of(proposal: Proposal, differences: Sequence[Difference]) -> Proposal:
    """A proposal for some of its differences, with the same stages and links."""
    links = {difference.key: proposal.links[difference.key] for difference in differences}
    return proposal.model_copy(update={"differences": tuple(differences), "links": links})


def key_times(sample: Sample, a: LoadedVideo, b: LoadedVideo) -> KeyTimes:
    """The key points of a sample, in seconds of the files; differences without any are looked at in their stages."""
    keys = sample.key_times_a.keys() & sample.key_times_b.keys()
    return {key: (in_file(sample.key_times_a[key], a), in_file(sample.key_times_b[key], b)) for key in keys}


def in_file(times_s: Sequence[float], footage: LoadedVideo) -> tuple[float, ...]:
    """Moments of the clip as moments of the file that it is a part of."""
    return tuple(footage.info.start_s + time_s for time_s in times_s)


def controlled(
    sample: Sample, a: LoadedVideo, b: LoadedVideo, control: Control
) -> tuple[Sample, LoadedVideo, LoadedVideo]:
    """The pair as a control shows it, with the labels that are then right."""
    shown = controlled_labels(sample, control)
    if control == "swap-videos":
        return shown, b, a
    if control == "same-video":
        return shown, a, a
    if control == "first-frame":
        return shown, first_frame(a), first_frame(b)
    return shown, a, b


def controlled_labels(sample: Sample, control: Control) -> Sample:
    """The sample with the labels that are right under a control."""
    if control == "swap-videos":
        return turned(sample)
    if control == "same-video":
        same = {"labels": dict.fromkeys(sample.labels, "c"), "key_times_b": sample.key_times_a}
        return sample.model_copy(update=same)
    return sample


def turned(sample: Sample) -> Sample:
    """The sample with its videos exchanged."""
    return sample.model_copy(
        update={
            "video_a": sample.video_b,
            "video_b": sample.video_a,
            "labels": {key: EXCHANGED[label] for key, label in sample.labels.items()},
            "key_times_a": sample.key_times_b,
            "key_times_b": sample.key_times_a,
        }
    )


def first_frame(footage: LoadedVideo) -> LoadedVideo:
    """The footage with its first sampled frame only."""
    sequence = footage.sequence
    return replace(footage, sequence=replace(sequence, times_s=sequence.times_s[:1], refs=sequence.refs[:1]))
