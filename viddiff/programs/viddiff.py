"""VidDiff: proposer, localizer, differencer (the method of the paper as one DSPy program)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import dspy

from viddiff.errors import BackendError
from viddiff.lms import LMs, fault_of
from viddiff.localizer.localize import Localizer
from viddiff.localizer.select import FramesPolicy, select_frames
from viddiff.programs.differencer import Differencer
from viddiff.programs.proposer import Proposer
from viddiff.programs.questions import Asker, Question, agreed
from viddiff.types import (
    Difference,
    Finding,
    FrameRef,
    Localization,
    Measurement,
    Outcome,
    Progress,
    Proposal,
    Verdict,
)
from viddiff.video.footage import Footage


def silent(task: str, done: int, total: int) -> None:
    """Progress that nobody hears."""


class VidDiff(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """Compares two videos of the same action.

    Args:
        lms: models by role; None asks ``dspy.settings.lm`` for everything.
        proposer, differencer: compiled ones, or the defaults.
        localizer: finds stages; shared by all copies of the program.
        frames: which frames of a stage are looked at, see ``viddiff.localizer.select``.
        measure: whether measurements are taken and told to the differencer.
        swap: ask every question in both orders and answer only where they agree.
        threads: questions in flight at once.
        progress: hears what is being done.
    """

    def __init__(
        self,
        lms: LMs | None = None,
        *,
        proposer: Proposer | None = None,
        differencer: Differencer | None = None,
        localizer: Localizer | None = None,
        frames: FramesPolicy = "span",
        measure: bool = True,
        swap: bool = False,
        threads: int = 8,
        progress: Progress = silent,
    ) -> None:
        super().__init__()
        self.proposer = proposer or Proposer()
        self.differencer = differencer or Differencer()
        self.lms = lms
        self.localizer = localizer or Localizer()
        self.frames: FramesPolicy = frames
        self.measure = measure
        self.swap = swap
        self.threads = threads
        self.progress = progress

    def forward(
        self,
        action: str,
        video_a: Footage,
        video_b: Footage,
        differences: Sequence[Difference] | None = None,
        n_differences: int = 10,
    ) -> dspy.Prediction:
        """A prediction whose ``outcome`` is an Outcome.

        Args:
            action: what is done in both videos.
            video_a, video_b: read videos.
            differences: given differences (closed mode), or None to propose ``n_differences`` (open mode).

        Raises:
            BackendError: a model or the CLIP weights cannot be had. BudgetError: the budget was spent before a stage.
        """
        proposal = self.propose(action, differences, n_differences)
        if not proposal.differences:
            raise BackendError("The model proposed no difference that can be asked: name some with --difference.")
        located = [self.locate(proposal, footage, side) for footage, side in ((video_a, "a"), (video_b, "b"))]
        measurements = self.measured(video_a, video_b, located) if self.measure else ()
        findings, disagreement = self.judge(action, proposal, video_a, video_b, located, measurements)
        return dspy.Prediction(
            outcome=Outcome(
                proposal=proposal,
                localization_a=located[0],
                localization_b=located[1],
                measurements=measurements,
                differences=findings,
                order_disagreement=disagreement,
                notices=tuple(dict.fromkeys((*proposal.notices, *located[0].notices, *located[1].notices))),
            )
        )

    def propose(self, action: str, differences: Sequence[Difference] | None, n_differences: int) -> Proposal:
        """What to look for; a proposer that fails ends the comparison, for there is nothing to ask."""
        self.progress("proposing", 0, 0)
        try:
            with self.lms.role("text") if self.lms else contextlib.nullcontext():
                prediction = self.proposer(action=action, n_differences=n_differences, differences=differences)
        except (dspy.AdapterParseError, dspy.utils.exceptions.LMError) as error:
            fault = fault_of(error)
            if fault is None:
                raise
            raise BackendError(f"Nothing could be proposed. {fault.message}") from error
        proposal: Proposal = prediction.proposal
        return proposal

    def locate(self, proposal: Proposal, footage: Footage, side: str) -> Localization:
        """Where the stages lie in one video."""
        total = len(footage.sequence)
        task = f"locating stages in {side.upper()}"
        self.progress(task, 0, total)
        return self.localizer(
            proposal.stages,
            footage,
            "a" if side == "a" else "b",
            lambda done: self.progress(task, done, total),
        )

    @staticmethod
    def measured(video_a: Footage, video_b: Footage, located: Sequence[Localization]) -> tuple[Measurement, ...]:
        """What can be computed need not be asked."""
        from viddiff.localizer.figure import track_figure
        from viddiff.localizer.measure import measure

        tracks = track_figure(video_a.track), track_figure(video_b.track)
        return measure(*tracks, located[0].segments, located[1].segments)

    def judge(
        self,
        action: str,
        proposal: Proposal,
        video_a: Footage,
        video_b: Footage,
        located: Sequence[Localization],
        measurements: tuple[Measurement, ...],
    ) -> tuple[tuple[Finding, ...], float | None]:
        """(a finding for each difference, share of questions whose two orders disagreed or None)."""
        questions = [
            Question(
                statement=difference.statement,
                frames_a=self.looked_at(video_a, located[0], proposal.links[difference.key], difference),
                frames_b=self.looked_at(video_b, located[1], proposal.links[difference.key], difference),
                measurements=measurements,
            )
            for difference in proposal.differences
        ]
        asked = [*questions, *(question.turned() for question in questions)] if self.swap else questions
        self.progress("asking", 0, len(asked))
        asker = Asker(self.differencer, self.lms, self.threads, lambda done: self.progress("asking", done, len(asked)))
        verdicts = asker.ask_all(action, asked)
        straight, exchanged = verdicts[: len(questions)], verdicts[len(questions) :]
        if self.swap:
            straight = [agreed(first, second) for first, second in zip(straight, exchanged, strict=True)]
        findings = tuple(
            Finding(
                difference=difference,
                stages=proposal.links[difference.key],
                frames_a=question.frames_a,
                frames_b=question.frames_b,
                measurements=question.measurements,
                verdict=verdict,
            )
            for difference, question, verdict in zip(proposal.differences, questions, straight, strict=True)
        )
        return findings, disagreement(straight) if self.swap else None

    def looked_at(
        self, footage: Footage, localization: Localization, stages: Sequence[str], difference: Difference
    ) -> tuple[FrameRef, ...]:
        """The frames of one video on which a difference is judged."""
        sequence = footage.sequence
        chosen = select_frames(sequence.times_s, localization, stages, difference.num_frames, self.frames)
        return tuple(sequence.frame(index) for index in chosen)


def disagreement(verdicts: Sequence[Verdict]) -> float | None:
    """Share of the questions answered in both orders whose answers differ."""
    both = [verdict for verdict in verdicts if verdict.swapped_answer is not None]
    return sum(verdict.status == "unsure" for verdict in both) / len(both) if both else None
