"""Programs that compare two videos: two looks, the published method, the measured one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from viddiff.build.methods import METHODS, ComparisonSetup, comparison_method
from viddiff.build.shared import localizer
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Progress, silent
from viddiff.programs.viddiff.estimate import estimate_questions, estimate_two_looks

if TYPE_CHECKING:
    import dspy

    from viddiff.build.compiled import Compiled
    from viddiff.lms import LMs
    from viddiff.localizer.localizer import Localizer
    from viddiff.motion.pose.reader import PoseReader
    from viddiff.programs.viddiff.calibration import OpinionWeights
    from viddiff.programs.viddiff.measured import MeasuredProgram
    from viddiff.programs.viddiff.plans import Plans
    from viddiff.programs.viddiff.program import VidDiff
    from viddiff.programs.viddiff.two_looks import TwoLooks

#: The most that a question shows of both videos.
IMAGES_OF_A_QUESTION = 12


def plans(settings: Settings, lms: LMs | None = None, compiled: Compiled = ()) -> Plans:
    """Who says what is measured for a statement; a compiled planner where there is one.

    Raises:
        UsageError: a model is to say it, and there is none. InputError: a file that holds no plans.
    """
    from viddiff.programs.viddiff.plans import GrammarPlans, WrittenPlans

    if settings.plans == "grammar":
        return GrammarPlans()
    if settings.plans != "model":
        return WrittenPlans.read(Path(settings.plans))
    if lms is None:
        raise UsageError("--plans model needs a text model: give --lm or --text-lm.")
    from viddiff.programs.compiled.registry import new_program, program_of_kind
    from viddiff.programs.viddiff.planner import MeasurementPlanner, ModelPlans

    planner = program_of_kind(MeasurementPlanner, compiled) or new_program("planner", settings.attempts)
    assert isinstance(planner, MeasurementPlanner)
    return ModelPlans(planner, lms)


def measured_program(poses: PoseReader | None, plans: Plans | None = None) -> MeasuredProgram:
    """The measured program."""
    from viddiff.programs.viddiff.measured import MeasuredProgram

    return MeasuredProgram(poses, plans)


def viddiff_program(
    settings: Settings,
    lms: LMs | None,
    compiled: Compiled,
    localizer: Localizer,
    poses: PoseReader | None = None,
    plans: Plans | None = None,
    progress: Progress = silent,
) -> VidDiff:
    """The VidDiff program of the settings."""
    from viddiff.programs.compiled.registry import program_of_kind
    from viddiff.programs.differencer import Differencer
    from viddiff.programs.viddiff.program import VidDiff
    from viddiff.programs.viddiff.proposer import Proposer

    return VidDiff(
        lms,
        proposer=program_of_kind(Proposer, compiled)
        or Proposer(settings.attempts, published=settings.preset == "paper"),
        differencer=program_of_kind(Differencer, compiled) or Differencer(settings.attempts),
        localizer=localizer,
        frames=settings.frames,
        measure=settings.measurements,
        poses=poses,
        plans=plans,
        swap=settings.swap,
        batch=settings.batch_questions,
        threads=settings.threads,
        progress=progress,
    )


def two_looks(
    settings: Settings,
    lms: LMs | None,
    compiled: Compiled = (),
    poses: PoseReader | None = None,
    plans: Plans | None = None,
    progress: Progress = silent,
) -> TwoLooks:
    """The program that looks twice, of the settings."""
    from viddiff.programs.compiled.registry import program_of_kind
    from viddiff.programs.viddiff.finder import Finder
    from viddiff.programs.viddiff.judge import Judge
    from viddiff.programs.viddiff.overview_proposer import OverviewProposer
    from viddiff.programs.viddiff.proposer import Proposer
    from viddiff.programs.viddiff.two_looks import TwoLooks

    return TwoLooks(
        lms,
        finder=program_of_kind(Finder, compiled) or Finder(settings.attempts),
        judge=program_of_kind(Judge, compiled) or Judge(settings.attempts),
        proposer=OverviewProposer(settings.attempts),
        text_proposer=Proposer(settings.attempts),
        proposes=settings.proposer,
        weights=weights(settings),
        effort=settings.effort,
        without=settings.without,
        measure=settings.measurements,
        poses=poses,
        plans=plans,
        threads=settings.threads,
        progress=progress,
    )


def weights(settings: Settings) -> OpinionWeights | None:
    """The weights of the settings; None: those of the program.

    Raises:
        InputError: a file that holds none.
    """
    from viddiff.programs.viddiff.weights import read_weights

    return read_weights(settings.opinion_weights) if settings.opinion_weights else None


def check_weights(method: str, settings: Settings) -> None:
    """Whether the weights of the settings can be used, before a video is read.

    Raises:
        UsageError: the method has none. InputError: a file that holds none.
    """
    if settings.opinion_weights is not None and not (method in METHODS and METHODS[method].has_weights):
        raise UsageError(
            f"The method {method} has no opinion weights: leave --opinion-weights out, or give --method two_looks."
        )
    weights(settings)


def comparison_program(name: str, setup: ComparisonSetup) -> dspy.Module:
    """The program of a method, which takes action, video_a, video_b, differences and n_differences.

    Raises:
        UsageError: there is no such method.
    """
    return METHODS[name].make(setup)


@comparison_method(
    "two_looks",
    confidence="Confidence is combined from how sure the model says it is in each look and from what was measured; "
    "it is not a measured probability of being right.",
    estimate=estimate_two_looks,
    components={"finder", "judge"},
    has_weights=True,
)
def _two_looks(setup: ComparisonSetup) -> TwoLooks:
    return two_looks(setup.settings, setup.lms, setup.compiled, setup.poses, setup.plans, setup.progress)


@comparison_method(
    "viddiff",
    confidence="Confidence is how sure the model says it is; it is not a measured probability of being right.",
    estimate=estimate_questions,
    components={"proposer", "differencer"},
    localizes=True,
)
def _viddiff(setup: ComparisonSetup) -> VidDiff:
    places = localizer(setup.settings, setup.poses)
    return viddiff_program(setup.settings, setup.lms, setup.compiled, places, setup.poses, setup.plans, setup.progress)


@comparison_method(
    "measured",
    confidence="Confidence is how often a measured difference of this size, against what counts, is right on rendered "
    "clips; real clips may be harder.",
)
def _measured_method(setup: ComparisonSetup) -> MeasuredProgram:
    setup.progress("measuring", 0, 0)
    return measured_program(setup.poses, setup.plans)
