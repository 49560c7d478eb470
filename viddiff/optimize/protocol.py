"""The protocol of compiling: score on val and test, compile on train with val, score again, and say what it brought.

Test pairs are read and asked by the scoring before and after alone; what an optimizer is given holds none of them.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import dspy
from pydantic import Field, ValidationError
from pydantic_core import to_jsonable_python

from viddiff.errors import BudgetError, InputError, UsageError
from viddiff.eval.evaluate import located
from viddiff.eval.judges import JudgeName, judge_named
from viddiff.eval.manifest import prompts_hash
from viddiff.eval.types import DataSet, Sample
from viddiff.eval.viddiffbench import split_data
from viddiff.lms import LMs
from viddiff.lms.limits import check_vision
from viddiff.optimize.cues import CueMeter, cue_meter
from viddiff.optimize.examples import (
    Labels,
    ReadPair,
    action_clips,
    differencer_examples,
    localized_questions,
    oracle_questions,
    pair_reader,
    proposer_examples,
    teachable,
)
from viddiff.optimize.feedback import Metric, judge_feedback, propose_metric
from viddiff.optimize.guard import Guard
from viddiff.optimize.optimizers import Budget, Job, Optimizer, check, run
from viddiff.optimize.scoring import Asking, Scored, check_any, judged, part_score, proposed
from viddiff.optimize.students import BothOrders, Proposing
from viddiff.programs.artifact import Artifact, artifact_of, fresh
from viddiff.programs.card import Card, PartScore, StageName
from viddiff.programs.compare import versions
from viddiff.programs.differencer import Differencer
from viddiff.programs.state import Program
from viddiff.settings import Settings
from viddiff.signatures.clip import saving_references
from viddiff.types import Progress, Record, Usage, cost_of
from viddiff.video import FrameStore

PARTS: tuple[Literal["train", "val", "test"], ...] = ("train", "val", "test")
#: What is kept back for scoring afterwards, as a multiple of what scoring before has cost; each example that the
#: compiled program may show costs about as much as a question more.
RESERVE, MOST_EXAMPLES = 1.25, 4


class Request(Record):
    """What is to be compiled, and how."""

    stage: StageName
    optimizer: str = "gepa"
    by: Literal["pair", "action"] = "action"
    budget: Budget = "light"
    options: dict[str, Any] = Field(default_factory=dict)
    #: Of the differencer: the key points of the data, or the frames that the localizer finds.
    frames: Literal["oracle", "localized"] = "oracle"
    labels: Labels = "ab"
    #: Whether the differencer is asked in both orders, to teach against following the order.
    swap_feedback: bool = True
    reflect_with_images: bool = False
    #: Who matches a proposer's statements to labels.
    judge: JudgeName = "lm"
    train_limit: int | None = None
    seed: int = 0


def requested(**fields: Any) -> Request:
    """A request.

    Raises:
        UsageError: a field that there is not, or a value that cannot be.
    """
    try:
        return Request(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise UsageError(f"{name!r} cannot be {first['input']!r}: {first['msg']}.") from None


@dataclass(frozen=True)
class Compiled:
    """What came of it; ``budget_reached``: the spending limit ended it early."""

    artifact: Artifact
    budget_reached: bool


@dataclass(frozen=True)
class Examples:
    """Examples of the three parts, and who judges predictions on them."""

    train: list[dspy.Example]
    val: list[dspy.Example]
    test: list[dspy.Example]
    metric: Metric
    notices: tuple[str, ...]
    meter: CueMeter | None = None


class Compilation:
    """One compilation.

    Args:
        request: what and how.
        dataset: labelled pairs.
        root: where video paths start from.
        settings: how videos are read, how many questions are in flight, where things are kept.
        lms: models by role.
        progress: hears what is being done.

    Raises:
        UsageError, InputError: what cannot be, before anything is read or asked.
    """

    def __init__(
        self, request: Request, dataset: DataSet, root: Path, settings: Settings, lms: LMs, progress: Progress
    ) -> None:
        self.request, self.dataset, self.root = request, dataset, root
        self.settings, self.lms, self.progress = settings, lms, progress
        self.splits = split_data(dataset, request.by, request.seed)
        self.samples = {part: self.splits.select(dataset, part) for part in PARTS}
        self.samples["train"] = self.samples["train"][: request.train_limit]
        self.counts = {part: self.count(self.samples[part]) for part in PARTS}
        self.optimizer: Optimizer = check(request.optimizer, self.counts["train"], self.counts["val"], request.options)
        if not self.optimizer.saved:
            raise UsageError(
                f"Optimizer {request.optimizer!r} looks its examples up at each question and makes no program that "
                "could be saved: choose another --optimizer."
            )
        if not self.counts["test"]:
            raise InputError(f"The test part of {dataset.name!r} has no labelled difference: give more data.")
        if request.stage == "differencer":
            check_vision(lms.lms["vision"].model, lms.limits["vision"])

    def count(self, samples: Sequence[Sample]) -> int:
        """How many examples there will be."""
        if self.request.stage == "proposer":
            return len(proposer_examples(samples))
        return sum(len(sample.labels) for sample in teachable(samples, self.request.labels)[0])

    def run(self) -> Compiled:
        """Score, compile, score again.

        Raises:
            BackendError: a model cannot be had, or nothing was answered. BudgetError: the budget was spent before
                anything was compiled. InputError: a video cannot be read.
        """
        began_s = time.monotonic()
        store = FrameStore(self.settings.cache_dir if self.settings.cache else None)
        examples = self.read(store)
        default = fresh(self.request.stage, self.settings.attempts)
        before = {part: self.score(part, default, examples) for part in ("val", "test")}
        check_any([*before["val"], *before["test"]])
        compiled, notices = self.compile(default, examples)
        after, unscored = self.score_again(compiled, examples)
        budget_reached = bool(notices) or bool(unscored)
        scores = tuple(
            part_score(part, self.metric_name(examples), before[part], after.get(part, []), self.request.seed)
            for part in ("val", "test")
        )
        if examples.meter is not None and examples.meter.why:
            notices += (f"How well cues separate stages was not measured: {examples.meter.why}",)
        card = self.card(scores, (*examples.notices, *notices, *unscored, *worse(scores)), time.monotonic() - began_s)
        del store  # held open until here: examples hold references only
        return Compiled(artifact_of(compiled, card), budget_reached)

    def metric_name(self, examples: Examples) -> str:
        """What the scores are, once the examples were scored: cues are named only where they were measured."""
        if self.request.stage == "differencer":
            return "closed accuracy"
        return "recall and cues" if examples.meter is not None and examples.meter.measured else "recall"

    def read(self, store: FrameStore) -> Examples:
        """The examples of all parts."""
        read = pair_reader(self.settings, functools.partial(located, self.root), store)
        notices = tuple(
            dict.fromkeys(
                (
                    *self.splits.notices,
                    *(notice for part in PARTS for notice in teachable(self.samples[part], self.request.labels)[1]),
                )
            )
        )
        if self.request.stage == "proposer":
            return self.read_for_proposer(read, notices)
        if self.request.frames == "oracle":
            questions_of = oracle_questions(self.settings)
        else:
            questions_of = localized_questions(self.settings, self.lms, self.dataset.samples)
        train, val, test = (
            differencer_examples(
                self.samples[part], read, questions_of, self.request.labels if part == "train" else "ab", self.progress
            )
            for part in PARTS
        )
        return Examples(train, val, test, judge_feedback, notices)

    def read_for_proposer(self, read: ReadPair, notices: tuple[str, ...]) -> Examples:
        """One example for each action; a pair of clips of each for its cues."""
        everything = [sample for part in PARTS for sample in self.samples[part]]
        meter = cue_meter(self.settings, {})
        if meter.why is None:
            meter = cue_meter(self.settings, action_clips(everything, read, progress=self.progress))
        judge = judge_named(self.request.judge, self.lms, self.settings.attempts, self.settings.adapter)
        train, val, test = (proposer_examples(self.samples[part]) for part in PARTS)
        return Examples(train, val, test, propose_metric(judge, meter), notices, meter)

    def score(self, part: Literal["val", "test"], program: Program, examples: Examples) -> list[Scored]:
        """What a program scores on one part; the differencer is asked in the straight order, as in evaluation."""
        guard = Guard()
        asked = examples.val if part == "val" else examples.test
        asking = Asking(self.settings.adapter, self.settings.threads, self.progress)
        predictions = asking.all(f"scoring on {part}", self.student(program, guard, swap=False), asked)
        if self.request.stage == "differencer":
            return judged(asked, predictions)
        return proposed(asked, predictions, examples.metric)

    def student(
        self, program: Program, guard: Guard, swap: bool, tell: Callable[[int], None] = lambda done: None
    ) -> BothOrders | Proposing:
        """The program with the model of its role in force."""
        role = guard.guarded(
            functools.partial(self.lms.role, "vision" if isinstance(program, Differencer) else "text"), tell
        )
        if isinstance(program, Differencer):
            return BothOrders(program, role, swap, guard.hear)
        return Proposing(program, role, guard.hear)

    def compile(self, default: Program, examples: Examples) -> tuple[Program, tuple[str, ...]]:
        """(the compiled program, notices that say that the budget ended it)."""
        guard = Guard()
        spent_usd, usage = self.lms.spent_usd, self.lms.usage
        guard.watch(lambda: self.out_of_money(self.reserve * (spent_usd + self.replayed_usd(usage))))
        job = Job(
            student=self.student(default, guard, self.request.swap_feedback, self.told_of_calls),
            train=examples.train,
            val=examples.val,
            metric=examples.metric,
            lms=self.lms,
            guard=guard,
            budget=self.request.budget,
            options=self.request.options,
            n_threads=self.settings.threads,
            seed=self.request.seed,
            reflect_with_images=self.request.reflect_with_images,
            log_dir=self.log_dir(examples),
        )
        self.told_of_calls(0)
        try:
            student = run(self.request.optimizer, job)
        except BudgetError as error:
            return default, (f"{error} Nothing was finished by then: this is the default program.",)
        program: Program = student.differencer if isinstance(student, BothOrders) else student.proposer
        return program, (f"{guard.reason} This is the best found so far.",) if guard.reason else ()

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

    def told_of_calls(self, done: int) -> None:
        """How many calls compiling has made; how many there will be is for the optimizer to know."""
        self.progress(f"compiling with {self.request.optimizer}, calls", done, 0)

    def out_of_money(self, reserve_usd: float) -> str | None:
        """Why the optimizer has to stop, or None: what scoring afterwards will cost is kept back."""
        if self.lms.budget_usd is None or self.lms.spent_usd + reserve_usd < self.lms.budget_usd:
            return None
        return f"The budget of ${self.lms.budget_usd:g} was reached while compiling (${self.lms.spent_usd:.4f} spent)."

    def score_again(self, program: Program, examples: Examples) -> tuple[dict[str, list[Scored]], tuple[str, ...]]:
        """(scores by part, a notice where the money ran out)."""
        after: dict[str, list[Scored]] = {}
        try:
            after["val"] = self.score("val", program, examples)
            after["test"] = self.score("test", program, examples)
        except BudgetError as error:
            return after, (f"Not everything was scored again: {error}",)
        return after, ()

    def log_dir(self, examples: Examples) -> Path | None:
        """Where GEPA keeps what it goes on from; its name is a hash of everything that decides the result.

        That includes the frames shown: other videos or another localizer under the same data give other scores.

        It holds pickles, so it is in the user's own cache, never beside the program.
        """
        if self.request.optimizer != "gepa" or not self.settings.cache:
            return None
        with saving_references():
            shown = to_jsonable_python([dict(example.items()) for example in (*examples.train, *examples.val)])
        decides = [
            shown,
            len(examples.train),
            self.request.model_dump(mode="json"),
            self.dataset.content_hash,
            {role: lm.model for role, lm in self.lms.lms.items()},
            prompts_hash(),
            versions(),
            self.settings.model_dump(
                mode="json", include={"api_base", "attempts", "max_side", "fps", "clip", "measurements"}
            ),
        ]
        name = hashlib.sha256(json.dumps(decides, sort_keys=True, default=str).encode()).hexdigest()
        folder = self.settings.cache_dir / "compile" / name[:32]
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def card(self, scores: tuple[PartScore, ...], notices: tuple[str, ...], seconds: float) -> Card:
        """The papers."""
        usage = self.lms.usage
        orders = "both orders" if self.request.swap_feedback else "one order"
        cues = " and cue separation" if any("cues" in score.name for score in scores) else ""
        judge = f"recall of the taxonomy ({self.request.judge} judge){cues}"
        return Card(
            stage=self.request.stage,
            optimizer=self.request.optimizer,
            options=self.optimizer.arguments(self.request.budget, self.request.options),
            metric=f"closed accuracy, {orders}" if self.request.stage == "differencer" else judge,
            # Compiled with the chat adapter, which leaves the failures that are worth reflecting on in the trace.
            adapter="chat",
            frames=self.request.frames if self.request.stage == "differencer" else None,
            models={entry.role: entry.model for entry in usage},
            data=self.dataset.name,
            data_hash=self.dataset.content_hash,
            release=self.dataset.release,
            split=self.splits.name,
            n_train=len(self.samples["train"]),
            n_val=len(self.samples["val"]),
            n_test=len(self.samples["test"]),
            scores=scores,
            calls=sum(entry.calls for entry in usage),
            cost_usd=cost_of(usage),
            seconds=round(seconds, 1),
            seed=self.request.seed,
            created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            notices=tuple(dict.fromkeys(notices)),
        )


def worse(scores: Sequence[PartScore]) -> tuple[str, ...]:
    """A notice where compiling brought nothing on val."""
    val = next((score for score in scores if score.part == "val"), None)
    if val is None or val.before is None or val.after is None or val.after > val.before:
        return ()
    return (
        f"On val it is no better than the default ({100 * val.before:.1f} % before, {100 * val.after:.1f} % after).",
    )
