"""The VidDiff program. In closed mode the stages and links of an action are proposed once and shared by its pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from viddiff import build
from viddiff.core.settings import Settings
from viddiff.core.types import Difference, Outcome, Proposal
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.manifest import Mode
from viddiff.eval.viddiffbench.methods.registry import MethodContext, labelled_differences, method
from viddiff.localizer.frame_selection import PAPER_FRAMES, SPAN_FRAMES
from viddiff.programs.estimate import RoleEstimate, add_roles, estimate_role, image_tokens
from viddiff.programs.viddiff.estimate import least, localizer_asks
from viddiff.programs.viddiff.tokens import PROPOSER_ANSWER, PROPOSER_TOKENS, QUESTION_ANSWER, QUESTION_TOKENS

if TYPE_CHECKING:
    from viddiff.programs.questions import VerdictStore
    from viddiff.programs.viddiff.pair_questions import KeyMoments
    from viddiff.video.loaded import LoadedVideo

#: The localizer that looks at the key moments of the data (the upper bound of the paper's ablation).
ORACLE = "oracle"


def estimate(samples: Sequence[Sample], mode: Mode, settings: Settings) -> list[RoleEstimate]:
    """Proposals once for each action, and a question for each statement of each pair."""
    text, vision = settings.model_names
    if mode == "closed":
        statements = [len(labelled_differences(sample, "closed") or ()) for sample in samples]
        n_proposals = 3 * len({sample.action_key for sample in samples})
    else:
        statements = [sample.n_differences_open for sample in samples]
        n_proposals = 4 * len({(sample.action_key, sample.n_differences_open) for sample in samples})
    of_pairs = [n * (2 if settings.swap else 1) for n in statements]
    n_questions = sum(of_pairs)
    n_frames = 2 * (PAPER_FRAMES if settings.frames == "paper" else SPAN_FRAMES)
    n_images, tokens_of_image = n_questions * n_frames, image_tokens(settings)
    proposing = (n_proposals * PROPOSER_TOKENS, n_proposals * PROPOSER_ANSWER)
    asking = (n_questions * QUESTION_TOKENS + n_images * tokens_of_image, n_questions * QUESTION_ANSWER)
    vision_role = estimate_role("vision", vision, n_questions, n_images, asking, settings)
    if settings.batch_questions:
        at_least = least(settings, of_pairs, n_frames, n_frames * tokens_of_image)
        vision_role = vision_role.model_copy(update={"least": at_least})
    if localizer_asks(settings):
        from viddiff.programs.viddiff.estimate_looks import PairSize, estimate_finder

        vision_role = add_roles(vision_role, estimate_finder([PairSize(n_statements=n) for n in statements], settings))
    return [estimate_role("text", text, n_proposals, 0, proposing, settings), vision_role]


@method(
    "viddiff",
    "VidDiff",
    localizes=True,
    checks_opposites=False,
    measures=lambda settings: settings.measurements,
    estimate=estimate,
)
class VidDiffMethod:
    """Proposes once, locates, asks."""

    def __init__(self, context: MethodContext) -> None:
        settings, oracle = context.settings, context.localizer == ORACLE
        self.mode, self.oracle = context.mode, oracle
        localizer_settings = settings.model_copy(update={"localizer": "uniform" if oracle else context.localizer})
        compiled = build.compiled_programs(settings, has_lm=True)
        localizer = build.localizer(localizer_settings, context.poses or build.poses(settings))
        self.program = build.viddiff_program(settings, context.lms, compiled, localizer, context.poses, context.plans)
        self.asked_of = differences_by_action(context.samples)
        self.proposals = context.proposals

    def __call__(self, sample: Sample, a: LoadedVideo, b: LoadedVideo, answers: VerdictStore) -> Outcome:
        """Propose once, locate, ask."""
        outcome: Outcome = self.program(
            action=sample.action,
            video_a=a,
            video_b=b,
            proposal=self.proposal(sample),
            key_moments=key_moments(sample, a, b) if self.oracle else None,
            verdicts=answers,
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
        for_action = self.proposals.get(
            f"closed/{sample.action_key}",
            lambda: self.program.propose(sample.action, tuple(everything.values()), len(everything)),
        )
        return part_of(for_action, labelled_differences(sample, "closed") or ())


def differences_by_action(samples: Sequence[Sample]) -> Mapping[str, Mapping[str, Difference]]:
    """For each action the union of what its pairs ask, in a fixed order."""
    differences: dict[str, dict[str, Difference]] = {}
    for sample in samples:
        for difference in labelled_differences(sample, "closed") or ():
            differences.setdefault(sample.action_key, {}).setdefault(difference.key, difference)
    return {action: dict(sorted(by_key.items())) for action, by_key in differences.items()}


def part_of(proposal: Proposal, differences: Sequence[Difference]) -> Proposal:
    """A proposal for some of its differences, with the same stages and links."""
    links = {difference.key: proposal.links[difference.key] for difference in differences}
    return proposal.model_copy(update={"differences": tuple(differences), "links": links})


def key_moments(sample: Sample, a: LoadedVideo, b: LoadedVideo) -> KeyMoments:
    """The key moments of a sample, in seconds of the files; differences without any are looked at in their stages."""
    keys = sample.key_times_a.keys() & sample.key_times_b.keys()
    return {key: (in_file(sample.key_times_a[key], a), in_file(sample.key_times_b[key], b)) for key in keys}


def in_file(times_s: Sequence[float], video: LoadedVideo) -> tuple[float, ...]:
    """Moments of the clip as moments of the file that it is a part of."""
    return tuple(video.info.start_s + time_s for time_s in times_s)
