"""The paper's way to choose and to rank, by the likelihood of an answer; where a model tells none, both orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from viddiff.core.parallel import in_parallel
from viddiff.eval.stepdiff.items import ChoiceItem, RankItem, StepClip, StepPair
from viddiff.eval.stepdiff.methods.programs import ProgramMethod
from viddiff.eval.stepdiff.methods.registry import ItemAnswer, StepMethodContext, Videos
from viddiff.lms import Failure
from viddiff.lms.likelihood import gives_logprobs, likelihoods_of
from viddiff.programs.caller import Caller
from viddiff.programs.stepdiff.likelihoods import LikelihoodScorer
from viddiff.programs.stepdiff.yes_no import YesNo


class Interleaved(ProgramMethod):
    """Both clips in one request; scores are likelihoods, or where the model tells none those of ``contrast``.

    Of a whole answer for a model in this process, of the word YES for one that tells log-probabilities.
    """

    def __init__(self, context: StepMethodContext) -> None:
        super().__init__(context, contrast=True)
        self.yes_no = YesNo(self.n_frames, context.settings.attempts)
        self.whole = LikelihoodScorer(self.n_frames) if likelihoods_of(self.lms.lms["vision"]) else None
        self.tells = gives_logprobs(self.lms.lms["vision"], self.lms.limits["vision"])

    def choose(self, item: ChoiceItem, videos: Videos) -> ItemAnswer:
        """DiffMCQ: the log-likelihood of the caption for a pair, else p(YES) that it is true of it."""

        def ask(pair: StepPair) -> float | Failure | None:
            clips, call = self.show(pair, videos), Caller(self.lms, self.throttle)
            if self.whole:
                return self.whole.caption(call, clips, item.category, item.difference)
            return self.yes_no.p_true(call, clips, item.difference)

        return self.likely([partial(ask, pair) for pair in item.options]) or super().choose(item, videos)

    def rank(self, item: RankItem, videos: Videos) -> ItemAnswer:
        """DiffRank: p(YES) that a candidate shows the same."""

        def ask(candidate: StepClip) -> float | Failure | None:
            clips = self.show(StepPair(reference=item.reference, candidate=candidate), videos)
            call = Caller(self.lms, self.throttle)
            if self.whole:
                return self.whole.p_same(call, clips, item.category)
            return self.yes_no.p_same(call, clips, item.category)

        return self.likely([partial(ask, clip) for clip in item.candidates]) or super().rank(item, videos)

    def likely(self, jobs: Sequence[Callable[[], float | Failure | None]]) -> ItemAnswer | None:
        """The scores; None where the model tells no likelihood, or refuses requests that want one."""
        answers = in_parallel(jobs, 2) if self.tells or self.whole else [None]
        refuses = any(isinstance(answer, Failure) and answer.kind == "request" for answer in answers)
        if None in answers or refuses:
            return None
        failed = next((answer for answer in answers if isinstance(answer, Failure)), None)
        if failed:
            return ItemAnswer(error=failed.message, fault=failed.kind)
        scores = tuple(float(answer) for answer in answers)  # type: ignore[arg-type]
        return ItemAnswer(prediction=scores, route="likelihood" if self.whole else "word")
