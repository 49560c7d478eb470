"""Labelled pairs as the examples that dspy's optimizers learn from.

Only references to frames travel in an example; the caller keeps the frame store open for as long as they
are asked. Whatever must not reach a prompt is left out here, for examples are shown to models in more ways than one.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence

import dspy

from viddiff.core.notices import WithNotices
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings
from viddiff.core.types import Progress, Proposal, Sides, Stage, silent
from viddiff.eval.viddiffbench.data.videos import Locate, read_video
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.methods import MethodContext, labelled_differences
from viddiff.eval.viddiffbench.methods.registry import VIDDIFF_FPS
from viddiff.eval.viddiffbench.methods.viddiff import VidDiffMethod, differences_by_action, key_moments
from viddiff.lms import LMs, adapter_of
from viddiff.localizer.localizer import Localizer
from viddiff.motion.pose.reader import PoseReader
from viddiff.optimize.request import Labels
from viddiff.programs.questions import Question
from viddiff.programs.statements import fault_in, unfit_reason
from viddiff.programs.viddiff.program import VidDiff
from viddiff.signatures.clip import Clip
from viddiff.video import FrameStore
from viddiff.video.loaded import FrameSequence, LoadedVideo

#: Both videos of a pair, read.
ReadPair = Callable[[Sample], Sides[LoadedVideo]]
#: What is asked of a pair, with the frames and measurements that are shown.
QuestionsOf = Callable[[Sample, LoadedVideo, LoadedVideo], Sequence[Question]]


def differencer_examples(
    samples: Sequence[Sample],
    read: ReadPair,
    questions_of: QuestionsOf,
    labels: Labels = "ab",
    progress: Progress = silent,
) -> list[dspy.Example]:
    """One example for each labelled difference, in the order of the data.

    Inputs are those of the differencer: action, video_a, video_b (Clip), statement, measurements (list of Measurement,
    each with a number for both videos). Beside them stand answer (the label), sample_key, action_key, domain, split,
    difference_key, and frames_wanted_a_s and frames_wanted_b_s: the data's key moments in seconds of the file, or
    empty.

    Args:
        samples: labelled pairs; what ``labelled_samples`` leaves out of them is left out.
        read: gives the videos of a pair, see ``pair_reader``.
        questions_of: what is shown, see ``oracle_questions`` and ``localized_questions``.
        labels: which labels are taken.
        progress: called with how many pairs are read.

    Raises:
        InputError: a video cannot be read. BackendError, BudgetError: as ``questions_of``.
    """
    usable, _ = labelled_samples(samples, labels)
    examples: list[dspy.Example] = []
    for number, sample in enumerate(usable):
        progress("reading pairs", number, len(usable))
        a, b = read(sample)
        wanted_s = key_moments(sample, a, b)
        examples.extend(
            example_of(sample, question, wanted_s.get(question.key, ((), ())))
            for question in questions_of(sample, a, b)
        )
    progress("reading pairs", len(usable), len(usable))
    return examples


def example_of(
    sample: Sample, question: Question, wanted_s: tuple[tuple[float, ...], tuple[float, ...]]
) -> dspy.Example:
    """A question with its label and the moments in A and B where it is best seen."""
    return dspy.Example(
        action=sample.action,
        video_a=Clip.of("A", question.frames_a),
        video_b=Clip.of("B", question.frames_b),
        statement=question.statement,
        # Records, not their words: with the videos swapped they are told the other way round.
        measurements=[one for one in question.measurements if one.a is not None and one.b is not None],
        answer=sample.labels[question.key],
        sample_key=sample.key,
        action_key=sample.action_key,
        domain=sample.domain,
        split=sample.split,
        difference_key=question.key,
        frames_wanted_a_s=wanted_s[0],
        frames_wanted_b_s=wanted_s[1],
    ).with_inputs("action", "video_a", "video_b", "statement", "measurements")


def proposer_examples(samples: Sequence[Sample]) -> list[dspy.Example]:
    """One example for each action, by key.

    Inputs are those of the proposer: action and n_differences (N_diff, the greatest of its pairs). Beside them stand
    action_key and taxonomy: difference key -> statement, the union of what is labelled in its pairs.
    """
    usable, _ = labelled_samples(samples, "abc")
    of_action = {action: [sample for sample in usable if sample.action_key == action] for action in _actions(usable)}
    return [
        dspy.Example(
            action=of_action[action][0].action,
            n_differences=max(sample.n_differences_open for sample in of_action[action]),
            action_key=action,
            taxonomy={key: difference.statement for key, difference in differences.items()},
        ).with_inputs("action", "n_differences")
        for action, differences in sorted(differences_by_action(usable).items())
    ]


def action_clips(
    samples: Sequence[Sample], read: ReadPair, progress: Progress = silent
) -> dict[str, tuple[FrameSequence, ...]]:
    """Both videos of the first pair of each action, for ``viddiff.optimize.viddiff.cues.CueMeter``.

    Raises:
        InputError: a video cannot be read.
    """
    usable, _ = labelled_samples(samples, "abc")
    samples_to_read = [next(sample for sample in usable if sample.action_key == action) for action in _actions(usable)]
    clips: dict[str, tuple[FrameSequence, ...]] = {}
    for number, sample in enumerate(samples_to_read):
        progress("reading pairs", number, len(samples_to_read))
        clips[sample.action_key] = tuple(video.sequence for video in read(sample))
    progress("reading pairs", len(samples_to_read), len(samples_to_read))
    return clips


def labelled_samples(samples: Sequence[Sample], labels: Labels) -> WithNotices[tuple[Sample, ...]]:
    """(samples with only the differences that are labelled so and can be asked, a notice for each that cannot).

    Samples of which nothing is left are left out; so are those whose action must not reach a prompt.
    """
    usable, notices = [], []
    for sample in samples:
        fault = unfit_reason(sample.action)
        if fault:
            notices.append(f"Pair {sample.key!r} was left out: its action {sample.action[:60]!r} {fault}.")
            continue
        labels_left = {}
        for difference in labelled_differences(sample, "closed") or ():
            fault = fault_in(difference.statement)
            if fault:
                name = f"{difference.key!r} of pair {sample.key!r}"
                notices.append(f"Difference {name} was left out: {difference.statement[:60]!r} {fault}.")
            elif sample.labels[difference.key] in labels:
                labels_left[difference.key] = sample.labels[difference.key]
        if labels_left:
            usable.append(sample.model_copy(update={"labels": labels_left}))
    return WithNotices(tuple(usable), tuple(notices))


def pair_reader(settings: Settings, locate: Locate, store: FrameStore, poses: PoseReader | None = None) -> ReadPair:
    """Reads both videos of a pair at the same time, as ``viddiff eval`` reads them; frames are kept in ``store``.

    The reader raises InputError where a video is not there or cannot be read.
    """

    def read(sample: Sample) -> Sides[LoadedVideo]:
        jobs = [
            functools.partial(read_video, sample, side, locate, settings, VIDDIFF_FPS, store, poses)
            for side in ("a", "b")
        ]
        return Sides(*in_parallel(jobs, 2))

    return read


def oracle_questions(settings: Settings, poses: PoseReader | None = None) -> QuestionsOf:
    """Frames at the key moments of the data, or spread over the clip where there are none. Asks no model."""
    program = VidDiff(
        localizer=Localizer("uniform"), frames=settings.frames, measure=settings.measurements, poses=poses
    )

    def questions(sample: Sample, a: LoadedVideo, b: LoadedVideo) -> Sequence[Question]:
        return program.prepare(sample.action, whole_clip_proposal(sample), a, b, key_moments(sample, a, b)).questions

    return questions


def whole_clip_proposal(sample: Sample) -> Proposal:
    """The labelled differences of a sample, each in the one stage that there is."""
    differences = labelled_differences(sample, "closed") or ()
    stage = Stage(name="whole action", description=sample.action)
    return Proposal(
        differences=differences,
        stages=(stage,),
        links={difference.key: (stage.name,) for difference in differences},
    )


def localized_questions(
    settings: Settings, lms: LMs, samples: Sequence[Sample], poses: PoseReader | None = None
) -> QuestionsOf:
    """Frames of the stages that the localizer of the settings finds, as closed evaluation shows them.

    The text model is asked once for each action for its stages; ``samples`` tells what all pairs of an action ask.
    What is returned raises BackendError where a model or CLIP's weights are not available, and BudgetError.
    """
    usable, _ = labelled_samples(samples, "abc")
    method = VidDiffMethod(MethodContext("closed", settings, usable, _Proposals(), lms, settings.localizer, poses))
    adapter = adapter_of(settings.adapter)

    def questions(sample: Sample, a: LoadedVideo, b: LoadedVideo) -> Sequence[Question]:
        with dspy.context(adapter=adapter, trace=[], disable_history=True):
            proposal = method.proposal(sample)
        return method.program.prepare(sample.action, proposal, a, b, {}).questions

    return questions


class _Proposals:
    """Proposals by name, kept for as long as examples are made."""

    def __init__(self) -> None:
        self._made: dict[str, Proposal] = {}
        self._lock = threading.Lock()

    def get(self, name: str, make: Callable[[], Proposal]) -> Proposal:
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]


def _actions(samples: Sequence[Sample]) -> list[str]:
    """The keys of the actions, in the order of the data."""
    return list(dict.fromkeys(sample.action_key for sample in samples))
