"""The ranker: which candidate comes closest to a reference in one category (paper, section 3.4, DiffRank).

The paper ranks by the likelihood of "YES", which hosted models do not tell. Here each candidate is graded alone, and
those whose grades lie near each other are compared in both orders.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

import dspy

from viddiff.core.notices import WithNotices
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import EffortName
from viddiff.core.types import Progress, silent
from viddiff.lms import Failure, LMs
from viddiff.lms.retry import Retry
from viddiff.lms.roles import limits_in_force
from viddiff.lms.throttle import Throttle
from viddiff.programs.caller import Caller
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.stepdiff.clips import FRAMES, clips_of
from viddiff.programs.stepdiff.results import RankedCandidate
from viddiff.programs.stepdiff.strengths import strengths
from viddiff.signatures.clip import Clip
from viddiff.signatures.stepdiff.ranks import CompareToReference, GradeSimilarity
from viddiff.video.loaded import LoadedVideo

#: With how many candidates, next in the order of the grades, each is compared: with all of them where there are four.
NEIGHBOURS = 3
#: What the first of two candidates gets by which is closer.
SHARES: Mapping[str, float] = {"first": 1.0, "second": 0.0, "equal": 0.5}
T = TypeVar("T")


class SimilarityGrader(AsyncModule):
    """Grades one candidate alone; the part of a ranker that can be compiled.

    Asks the LM in force (``dspy.settings.lm``), which must see images.

    Args:
        attempts: asks until the answer parses and the grade is one.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.grade = Retry(ClipPredict(GradeSimilarity), attempts, out_of_range)

    def forward(self, reference: Clip, candidate: Clip, category: str, step: str = "") -> dspy.Prediction:
        """``similarity``, 0 to 100 unless the last attempt had a flaw, and ``reason``.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        return self.grade(reference=reference, candidate=candidate, step=step, category=category)


class CandidateComparer(AsyncModule):
    """Tells which of two candidates is closer; the other part of a ranker that can be compiled.

    Asks the LM in force (``dspy.settings.lm``), which must see images.

    Args:
        attempts: asks until the answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.compare = Retry(ClipPredict(CompareToReference), attempts)

    def forward(self, reference: Clip, first: Clip, second: Clip, category: str, step: str = "") -> dspy.Prediction:
        """``closer``: "first", "second" or "equal", and ``reason``.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        return self.compare(reference=reference, first=first, second=second, step=step, category=category)


class StepRanker(AsyncModule):
    """Ranks candidates by how close they come to a reference.

    Args:
        lms: models by role; None asks ``dspy.settings.lm``. Only the vision model is asked.
        grader, comparer: the modules that grade and compare, e.g. compiled ones; None: the defaults.
        effort: how many frames of a clip are shown, see ``clips.FRAMES``.
        compares: whether candidates are compared with each other; else their grades alone decide.
        attempts: asks until an answer parses.
        threads: calls in flight at once, at the most.
        progress: called with how many calls are done.
    """

    def __init__(
        self,
        lms: LMs | None = None,
        *,
        grader: SimilarityGrader | None = None,
        comparer: CandidateComparer | None = None,
        effort: EffortName = "medium",
        compares: bool = True,
        attempts: int = 3,
        threads: int = 8,
        progress: Progress = silent,
    ) -> None:
        super().__init__()
        self.grader = grader or SimilarityGrader(attempts)
        self.comparer = comparer or CandidateComparer(attempts)
        self.lms, self.compares, self.n_frames = lms, compares, FRAMES[effort]
        self.throttle, self.progress = Throttle(threads), progress

    def forward(
        self, reference: LoadedVideo, candidates: Sequence[LoadedVideo], category: str, step: str = ""
    ) -> dspy.Prediction:
        """``ranked``: a RankedCandidate for each, the closest first, those without a grade last; ``notices``.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        asking = _Ranking(self, reference, candidates, {"category": category, "step": step})
        graded = asking.grade_all()
        order = sorted(
            (one.index for one in graded if one.grade is not None), key=lambda i: (-(graded[i].grade or 0.0), i)
        )
        wins, notices = asking.compare_pairs(neighbours(order)) if self.compares else ({}, ())
        place = {index: k for k, index in enumerate(order)}
        values = strengths(
            [graded[i].grade or 0.0 for i in order], {(place[i], place[j]): n for (i, j), n in wins.items()}
        )
        ranked = [
            one if one.index not in place else one.model_copy(update={"similarity": float(values[place[one.index]])})
            for one in graded
        ]
        ranked.sort(key=lambda one: (one.failed, -(one.similarity or 0.0), one.index))
        return dspy.Prediction(ranked=tuple(ranked), notices=notices)


class _Ranking:
    """The calls of one ranking."""

    def __init__(
        self, ranker: StepRanker, reference: LoadedVideo, candidates: Sequence[LoadedVideo], inputs: Mapping[str, str]
    ) -> None:
        self.ranker, self.reference, self.candidates, self.inputs = ranker, reference, candidates, inputs
        self.call = Caller(ranker.lms, ranker.throttle)
        self.max_images = limits_in_force(ranker.lms).max_images

    def grade_all(self) -> list[RankedCandidate]:
        """Every candidate alone, in the order given."""
        jobs = [functools.partial(self.grade, index) for index in range(len(self.candidates))]
        return self.run("grading", jobs)

    def grade(self, index: int) -> RankedCandidate:
        """One candidate alone."""
        clips = self.clips_with(self.candidates[index])
        answer = self.call(self.ranker.grader, "vision", reference=clips[0], candidate=clips[1], **self.inputs)
        if isinstance(answer, Failure):
            return RankedCandidate(index=index, error=answer.message, fault=answer.kind)
        flaw = out_of_range(answer)
        if flaw:
            return RankedCandidate(index=index, error=flaw, fault="garbled")
        return RankedCandidate(index=index, grade=answer.similarity / 100, reason=answer.reason.strip())

    def compare_pairs(self, pairs: Sequence[tuple[int, int]]) -> WithNotices[dict[tuple[int, int], float]]:
        """(i, j) -> how often i was found closer than j, each pair asked in both orders; and what failed."""
        orders = [order for i, j in pairs for order in ((i, j), (j, i))]
        shares = self.run("comparing", [functools.partial(self.closer_share, *order) for order in orders])
        wins: dict[tuple[int, int], float] = {}
        for (i, j), share in zip(orders, shares, strict=True):
            if not isinstance(share, Failure):
                wins[i, j] = wins.get((i, j), 0.0) + share
                wins[j, i] = wins.get((j, i), 0.0) + 1 - share
        failed = [one for one in shares if isinstance(one, Failure)]
        notice = (
            f"{len(failed)} of {len(shares)} comparisons of candidates failed: {failed[0].message}" if failed else ""
        )
        return WithNotices(wins, (notice,) if notice else ())

    def closer_share(self, first: int, second: int) -> float | Failure:
        """1: the first is closer, 0: the second, .5: equal."""
        clips = self.clips_with(self.candidates[first], self.candidates[second])
        answer = self.call(
            self.ranker.comparer, "vision", reference=clips[0], first=clips[1], second=clips[2], **self.inputs
        )
        return answer if isinstance(answer, Failure) else SHARES[answer.closer]

    def clips_with(self, *videos: LoadedVideo) -> tuple[Clip, ...]:
        """The reference and these."""
        return clips_of((self.reference, *videos), self.ranker.n_frames, self.max_images)

    def run(self, task: str, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """What the jobs return."""
        return in_parallel(
            jobs, self.ranker.throttle.most, lambda done: self.ranker.progress(task, done, len(jobs)), wait=False
        )


def neighbours(order: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs of candidates that are at most ``NEIGHBOURS`` places apart.

    >>> neighbours([2, 0, 1])
    [(2, 0), (2, 1), (0, 1)]
    """
    return [(order[i], order[j]) for i, j in combinations(range(len(order)), 2) if j - i <= NEIGHBOURS]


def n_comparisons(n_candidates: int) -> int:
    """Calls that compare candidates, both orders counted."""
    return 2 * len(neighbours(range(n_candidates)))


def out_of_range(prediction: dspy.Prediction) -> str | None:
    """What is wrong with a grade."""
    return None if 0 <= prediction.similarity <= 100 else "The model gave a similarity that is not from 0 to 100."
