"""The protocol of compiling: score on val and test, compile on train with val, score again, and say what it brought.

Test pairs are read and asked by the scoring before and after alone; what an optimizer is given holds none of them.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic_core import to_jsonable_python

from viddiff.build import frame_store
from viddiff.core.errors import BudgetError, InputError, UsageError
from viddiff.core.notices import WithNotices
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.core.usage import Usage
from viddiff.core.versions import versions
from viddiff.eval.manifest import all_prompts_hash
from viddiff.lms import LMs
from viddiff.lms.limits import check_vision
from viddiff.optimize.compile_cost import CompileCost, CostRecord, record_cost
from viddiff.optimize.components import COMPILABLE
from viddiff.optimize.examples import Examples, ExampleSource
from viddiff.optimize.feedback import Metric
from viddiff.optimize.monitor import FailureMonitor
from viddiff.optimize.optimizer_runner import check, run
from viddiff.optimize.registry import OPTIMIZERS, Job, Optimizer
from viddiff.optimize.request import Request
from viddiff.optimize.scoring import (
    ExampleRunner,
    ScoredExample,
    check_any,
    has_improved,
    part_score,
    score_metric,
)
from viddiff.optimize.student import Student
from viddiff.programs.compiled.artifact import Artifact, artifact_of
from viddiff.programs.compiled.program_card import PartScore, ProgramCard, current_time
from viddiff.programs.compiled.registry import new_program
from viddiff.programs.predict import AsyncModule
from viddiff.signatures.clip import open_stores, saving_references

#: What is kept back for scoring afterwards, as a multiple of what scoring before has cost; each example that the
#: compiled program may show costs about as much as a question more.
RESERVE, MOST_EXAMPLES = 1.25, 4
#: Settings that decide what comes of a compilation.
_DECIDE = {"api_base", "attempts", "max_side", "fps", "clip", "measurements", "pose", "pose_fps", "effort"}


@dataclass(frozen=True)
class Compiled:
    """What came of it; ``budget_reached``: the spending limit ended it early."""

    artifact: Artifact
    budget_reached: bool


class Compilation:
    """One compilation.

    Args:
        request: what and how.
        source: where examples come from.
        settings: how videos are read, how many questions are in flight, where things are kept.
        lms: models by role.
        progress: called with (task, done, total).
        optimizer, metric: those of the caller, instead of what the request names and the component has.

    Attributes:
        default: the module as it is before compiling.
        store: where the frames of examples are kept.

    Raises:
        UsageError, InputError: what cannot be, before anything is read or asked.
    """

    def __init__(
        self,
        request: Request,
        source: ExampleSource,
        settings: Settings,
        lms: LMs,
        progress: Progress,
        optimizer: Optimizer | None = None,
        metric: Metric | None = None,
    ) -> None:
        self.request, self.source, self.component = request, source, COMPILABLE[request.component]
        self.settings, self.lms, self.progress = settings, lms, progress
        self.default = new_program(request.component, settings.attempts)
        self.store = frame_store(settings)
        self.metric, self.is_own_optimizer = metric, optimizer is not None
        counts = source.counts
        self.optimizer = optimizer or OPTIMIZERS[request.optimizer]
        check(request.optimizer, self.optimizer, counts["train"], counts["val"], request.options)
        if not self.optimizer.saved:
            raise UsageError(
                f"Optimizer {request.optimizer!r} looks up its examples at each question, so there is no program "
                "to save: choose another --optimizer."
            )
        if not counts["test"]:
            raise InputError(f"The test part of {source.name!r} has no labelled difference: give more data.")
        if request.optimizer == "labeled" and self.component.demo is None:
            raise UsageError(
                f"The data have no answers of a {request.component} to show as examples: choose another --optimizer."
            )
        if self.component.role == "vision":
            check_vision(lms.lms["vision"].model, lms.limits["vision"])

    def run(self) -> Compiled:
        """Score, compile, score again.

        Raises:
            BackendError: a model is not available, or nothing was answered. BudgetError: the budget was spent before
                anything was compiled. InputError: a video cannot be read.
        """
        examples = self.source.read(self.store, self.progress)
        if self.metric is not None:
            examples = replace(examples, metric=self.metric)
        folder = self.folder(examples)
        cost = CostRecord(folder, self.lms)
        self.progress = record_cost(cost, self.progress)
        try:
            with open_stores(self.store):
                return self.score_and_compile(examples, folder, cost)
        finally:
            cost.keep(at_once=True)

    def score_and_compile(self, examples: Examples, folder: Path | None, cost: CostRecord) -> Compiled:
        """All that is asked."""
        before = {part: self.score(part, self.default, examples) for part in ("val", "test")}
        check_any([*before["val"], *before["test"]])
        compiled, notices = self.compile(examples, folder)
        after, unscored = self.score_again(compiled, before["val"], examples)
        budget_reached = bool(notices) or bool(unscored)
        keep_compiled = self.is_kept(before["val"], after.get("val", []))
        scores = tuple(
            part_score(part, self.metric_name(examples), before[part], after.get(part, []), self.request.seed)
            for part in ("val", "test")
        )
        all_notices = (*examples.notices, *notices, *examples.late_notices(), *unscored)
        card = self.card(scores, keep_compiled, all_notices, cost.total)
        return Compiled(artifact_of(compiled if keep_compiled else self.default, card), budget_reached)

    def is_kept(self, before: Sequence[ScoredExample], after: Sequence[ScoredExample]) -> bool:
        """Whether the compiled program is kept, by its scores on val."""
        return self.request.keep_anyway or has_improved(before, after)

    def metric_name(self, examples: Examples) -> str:
        """What the scores are called, once the examples were scored."""
        if self.metric is not None:
            return getattr(self.metric, "__name__", type(self.metric).__name__)
        return examples.score() if examples.score else self.component.score

    def score(self, part: Literal["val", "test"], program: AsyncModule, examples: Examples) -> list[ScoredExample]:
        """What a program scores on one part; the differencer is asked in the straight order, as in evaluation."""
        part_examples = examples.val if part == "val" else examples.test
        monitor = FailureMonitor()
        asking = ExampleRunner(self.settings.adapter, self.settings.threads, self.progress)
        with monitor.listen():
            predictions = asking.all(f"scoring on {part}", self.student(program, monitor, swap=False), part_examples)
            scoring = self.component.scoring if self.metric is None else None
            scored = (scoring or score_metric)(part_examples, predictions, examples.metric)
        monitor.check_end(len(part_examples))
        return scored

    def student(
        self,
        program: AsyncModule,
        monitor: FailureMonitor,
        swap: bool,
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> Student:
        """The program with the model of its role in force."""
        role = monitor.with_check(functools.partial(self.lms.role, self.component.role), on_progress)
        return self.component.student(program, role, swap)

    def compile(self, examples: Examples, folder: Path | None) -> WithNotices[AsyncModule]:
        """(the compiled program, notices that say that the budget ended it)."""
        monitor = FailureMonitor()
        spent_usd, usage = self.lms.spent_usd, self.lms.usage
        monitor.stop_when(lambda: self.out_of_money(self.reserve * (spent_usd + self.replayed_usd(usage))))
        job = Job(
            student=self.student(self.default, monitor, self.request.swap_feedback, self.report_calls),
            train=examples.train,
            val=examples.val,
            metric=examples.metric,
            lms=self.lms,
            monitor=monitor,
            budget=self.request.budget,
            options=self.request.options,
            n_threads=self.settings.threads,
            seed=self.request.seed,
            reflect_with_images=self.request.reflect_with_images,
            log_dir=folder if self.optimizer.goes_on else None,
        )
        self.report_calls(0)
        try:
            student = run(self.request.optimizer, job, self.optimizer)
        except BudgetError as error:
            return WithNotices(self.default, (f"{error} Nothing was finished by then.",))
        return WithNotices(
            student.program, (f"{monitor.reason} This is the best found so far.",) if monitor.reason else ()
        )

    @property
    def reserve(self) -> float:
        """What is kept back, as a multiple of what scoring before has cost."""
        arguments = self.optimizer.arguments(self.request.budget, self.request.options)
        n_examples = arguments.get("max_bootstrapped_demos", arguments.get("k", MOST_EXAMPLES))
        return RESERVE * (1 + n_examples) if self.optimizer.demos else RESERVE

    def replayed_usd(self, usage: Sequence[Usage]) -> float:
        """What the answers in ``usage`` that came from the cache would have cost, by what calls have cost by now.

        Of a run that goes on, scoring before is replayed for nothing; scoring afterwards is not.
        """
        n_replayed = {entry.role: entry.cached_calls for entry in usage}
        return sum(
            n_replayed.get(entry.role, 0) * (entry.cost_usd or 0.0) / (entry.calls - entry.cached_calls)
            for entry in self.lms.usage
            if entry.calls > entry.cached_calls
        )

    def report_calls(self, done: int) -> None:
        """How many calls compiling has made; how many there will be is for the optimizer to know."""
        self.progress(f"compiling with {self.request.optimizer}, calls", done, 0)

    def out_of_money(self, reserve_usd: float) -> str | None:
        """Why the optimizer has to stop, or None: what scoring afterwards will cost is kept back."""
        if self.lms.budget_usd is None or self.lms.spent_usd + reserve_usd < self.lms.budget_usd:
            return None
        return f"The budget of ${self.lms.budget_usd:g} was reached while compiling (${self.lms.spent_usd:.4f} spent)."

    def score_again(
        self, program: AsyncModule, before: Sequence[ScoredExample], examples: Examples
    ) -> WithNotices[dict[str, list[ScoredExample]]]:
        """(scores by part, a notice where the money ran out); a program that is not kept is not asked about test."""
        after: dict[str, list[ScoredExample]] = {}
        try:
            after["val"] = self.score("val", program, examples)
            if self.is_kept(before, after["val"]):
                after["test"] = self.score("test", program, examples)
        except BudgetError as error:
            return WithNotices(after, (f"Not everything was scored again: {error}",))
        return WithNotices(after, ())

    def folder(self, examples: Examples) -> Path | None:
        """Where what the same command goes on from is kept, GEPA's notes among it.

        Its name is a hash of everything that decides the result, the frames shown among it: other videos or another
        localizer under the same data give other scores.

        It holds pickles, so it is in the user's own cache, never beside the program.
        """
        if self.is_own_optimizer or self.metric or not self.settings.cache:
            # What an object of the caller's does, no name tells.
            return None
        with saving_references():
            content = to_jsonable_python([dict(example.items()) for example in (*examples.train, *examples.val)])
        decides = [
            content,
            len(examples.train),
            self.request.model_dump(mode="json", exclude={"keep_anyway"}),
            self.source.content_hash,
            {role: lm.model for role, lm in self.lms.lms.items()},
            all_prompts_hash(),
            versions(),
            self.settings.model_dump(mode="json", include=_DECIDE),
            # GEPA's state names them.
            [name for name, _ in self.student(self.default, FailureMonitor(), False).named_predictors()],
        ]
        name = hashlib.sha256(json.dumps(decides, sort_keys=True, default=str).encode()).hexdigest()
        folder = self.settings.cache_dir / "compile" / name[:32]
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def card(
        self, scores: tuple[PartScore, ...], keep_compiled: bool, notices: tuple[str, ...], cost: CompileCost
    ) -> ProgramCard:
        """What stands beside the program in its file."""
        usage = self.lms.usage
        own = {} if self.metric is None else {"metric": scores[0].name}
        card = ProgramCard(
            **{**self.component.card(self.request, scores[0].name), **own},
            component=self.request.component,
            optimizer=self.request.optimizer,
            options=self.optimizer.arguments(self.request.budget, self.request.options),
            # Compiled with the chat adapter, which leaves the failures that are worth reflecting on in the trace.
            adapter="chat",
            models={entry.role: entry.model for entry in usage},
            data=self.source.name,
            data_hash=self.source.content_hash,
            release=self.source.release,
            split=self.source.split,
            n_train=self.source.n_pairs["train"],
            n_val=self.source.n_pairs["val"],
            n_test=self.source.n_pairs["test"],
            scores=scores,
            kept="compiled" if keep_compiled else "default",
            **dict(cost),
            seed=self.request.seed,
            created=current_time(),
        )
        all_notices = (*notices, *((card.caution,) if card.caution else ()))
        return card.model_copy(update={"notices": tuple(dict.fromkeys(all_notices))})
