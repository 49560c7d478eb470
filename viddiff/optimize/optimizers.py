"""DSPy's optimizers by name, behind one factory."""

from __future__ import annotations

import contextlib
import inspect
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import dspy

from viddiff.core.errors import BackendError, UsageError, VidDiffError
from viddiff.lms import LMs, failure_of
from viddiff.lms.adapters import adapter_of
from viddiff.optimize.feedback import Feedback, Metric, as_bootstrap, as_gepa, as_number
from viddiff.optimize.monitor import Guard
from viddiff.optimize.students import BothOrders, Proposing

Budget = Literal["light", "medium", "heavy"]
Student = BothOrders | Proposing
#: The score from which an answer makes a demo.
THRESHOLD = 0.5
#: Failures are counted by the guard; dspy's own limit would end a compilation without a word on why.
_NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class Job:
    """What is compiled, on what.

    Attributes:
        train, val: examples; those of the test split have no place here.
        options: arguments of the optimizer, by name, over those of the budget.
        log_dir: where GEPA keeps what it needs to go on after a kill. Holds pickles: a folder of the user's alone.
    """

    student: Student
    train: list[dspy.Example]
    val: list[dspy.Example]
    metric: Metric
    lms: LMs
    guard: Guard
    budget: Budget = "light"
    options: Mapping[str, Any] = field(default_factory=dict)
    n_threads: int = 1
    seed: int = 0
    reflect_with_images: bool = False
    log_dir: Path | None = None


@dataclass(frozen=True)
class Optimizer:
    """One optimizer.

    Attributes:
        metric: the form it calls the metric in.
        instructions, demos: whether it writes instructions, picks examples.
        min_train, min_val: the smallest splits it can work with.
        reflects: whether it asks the reflection model.
        budgets: the arguments that a budget stands for.
        options: the further arguments that may be given.
        saved: whether what it makes can be written to a file.
    """

    run: Callable[[Job, dict[str, Any]], Any]
    metric: Literal["gepa", "number", "bootstrap", "none"]
    instructions: bool
    demos: bool
    budgets: Mapping[Budget, Mapping[str, Any]]
    options: frozenset[str] = frozenset()
    min_train: int = 1
    min_val: int = 0
    reflects: bool = False
    saved: bool = True

    def arguments(self, budget: Budget, options: Mapping[str, Any]) -> dict[str, Any]:
        """The budget's arguments under the given ones."""
        return {**self.budgets[budget], **options}


def gepa(job: Job, options: dict[str, Any]) -> Any:
    """GEPA: instructions by reflection on feedback; goes on from what is kept in its log_dir."""
    from viddiff.optimize.checkpoint import Checkpoint
    from viddiff.optimize.reflect import proposer_of

    checkpoint = Checkpoint(job.log_dir, job.guard)

    budget = {key: options.pop(key) for key in ("auto", "max_full_evals", "max_metric_calls") if key in options}
    given = {key: budget[key] for key in budget if key in job.options} or budget
    optimizer = dspy.GEPA(
        metric=as_gepa(job.metric),
        reflection_lm=dspy.settings.lm,
        instruction_proposer=proposer_of(job.reflect_with_images),
        num_threads=job.n_threads,
        seed=job.seed,
        log_dir=None if job.log_dir is None else str(job.log_dir),
        gepa_kwargs={"use_cloudpickle": True, "stop_callbacks": [job.guard.stopped], "callbacks": [checkpoint]},
        **given,
        **options,
    )
    with checkpoint:
        return optimizer.compile(job.student, trainset=job.train, valset=job.val)


def mipro(job: Job, options: dict[str, Any]) -> Any:
    """MIPROv2: instructions and demos, searched together."""
    n_trials = options.pop("num_trials")
    optimizer = dspy.MIPROv2(
        metric=as_number(job.metric),
        prompt_model=dspy.settings.lm,
        task_model=dspy.settings.lm,
        auto=None,
        num_threads=job.n_threads,
        max_errors=_NO_LIMIT,
        seed=job.seed,
        metric_threshold=THRESHOLD,
        max_labeled_demos=0,
        **options,
    )
    return optimizer.compile(
        job.student, trainset=job.train, valset=job.val, num_trials=n_trials, minibatch=False, seed=job.seed
    )


def bootstrap(job: Job, options: dict[str, Any]) -> Any:
    """BootstrapFewShot: answers that were right become demos."""
    metric = as_bootstrap(job.metric, THRESHOLD)
    optimizer = dspy.BootstrapFewShot(metric=metric, max_errors=_NO_LIMIT, max_labeled_demos=0, **options)
    return optimizer.compile(job.student, trainset=job.train)


def bootstrap_random(job: Job, options: dict[str, Any]) -> Any:
    """BootstrapFewShotWithRandomSearch: the best of several sets of demos."""
    optimizer = dspy.BootstrapFewShotWithRandomSearch(
        metric=as_number(job.metric),
        metric_threshold=THRESHOLD,
        max_errors=_NO_LIMIT,
        max_labeled_demos=0,
        num_threads=job.n_threads,
        **options,
    )
    return optimizer.compile(job.student, trainset=job.train, valset=job.val)


def simba(job: Job, options: dict[str, Any]) -> Any:
    """SIMBA: rules and demos from the examples whose answers vary most."""
    options["bsize"] = min(options.get("bsize", 32), len(job.train))
    optimizer = dspy.SIMBA(
        metric=as_number(job.metric), prompt_model=dspy.settings.lm, num_threads=job.n_threads, **options
    )
    # It sets copies of the LM in force, warmer ones, on the predictors, where they win over that of the role.
    with job.student.role():
        return optimizer.compile(job.student, trainset=job.train, seed=job.seed)


def copro(job: Job, options: dict[str, Any]) -> Any:
    """COPRO: instructions by rewriting."""
    optimizer = dspy.COPRO(metric=as_number(job.metric), prompt_model=dspy.settings.lm, **options)
    return optimizer.compile(job.student, trainset=job.train, eval_kwargs={"num_threads": job.n_threads})


def labeled(job: Job, options: dict[str, Any]) -> Any:
    """LabeledFewShot: examples as they are become demos; for a proposer, the differences that experts named."""
    train = job.train if isinstance(job.student, BothOrders) else [with_taxonomy(example) for example in job.train]
    return dspy.LabeledFewShot(**options).compile(job.student, trainset=train)


def with_taxonomy(example: dspy.Example) -> dspy.Example:
    """A proposer's example with its labelled differences as the answer to what is to be proposed."""
    proposed = [
        {"name": " ".join(statement.split()[:5]), "statement": statement} for statement in example.taxonomy.values()
    ]
    return example.copy(differences=proposed)


def knn(job: Job, options: dict[str, Any]) -> Any:
    """KNNFewShot: demos from the nearest examples, found anew for each question."""
    from viddiff.optimize.knn import vectors

    optimizer = dspy.KNNFewShot(
        trainset=job.train,
        vectorizer=dspy.Embedder(vectors, caching=False),
        metric=as_bootstrap(job.metric, THRESHOLD),
        max_labeled_demos=0,
        **options,
    )
    return optimizer.compile(job.student)


def _budgets(light: dict[str, Any], medium: dict[str, Any], heavy: dict[str, Any]) -> Mapping[Budget, dict[str, Any]]:
    return {"light": light, "medium": medium, "heavy": heavy}


def _steps(name: str, *numbers: int, **others: int) -> Mapping[Budget, dict[str, Any]]:
    light, medium, heavy = ({name: number, **others} for number in numbers)
    return _budgets(light, medium, heavy)


OPTIMIZERS: dict[str, Optimizer] = {
    "gepa": Optimizer(
        gepa,
        "gepa",
        True,
        False,
        _budgets({"auto": "light"}, {"auto": "medium"}, {"auto": "heavy"}),
        frozenset(
            {"max_full_evals", "max_metric_calls", "reflection_minibatch_size", "use_merge", "skip_perfect_score"}
        ),
        min_train=3,
        min_val=1,
        reflects=True,
    ),
    "mipro": Optimizer(
        mipro,
        "number",
        True,
        True,
        _budgets(
            {"num_candidates": 4, "num_trials": 6},
            {"num_candidates": 8, "num_trials": 16},
            {"num_candidates": 12, "num_trials": 30},
        ),
        frozenset({"max_bootstrapped_demos", "init_temperature"}),
        min_train=2,
        min_val=1,
        reflects=True,
    ),
    "bootstrap": Optimizer(
        bootstrap, "bootstrap", False, True, _steps("max_bootstrapped_demos", 2, 4, 8), frozenset({"max_rounds"})
    ),
    "bootstrap-random": Optimizer(
        bootstrap_random,
        "number",
        False,
        True,
        _steps("num_candidate_programs", 4, 8, 16),
        frozenset({"max_bootstrapped_demos", "max_rounds"}),
        min_train=2,
        min_val=1,
    ),
    "simba": Optimizer(
        simba,
        "number",
        True,
        True,
        _steps("max_steps", 2, 4, 8, num_candidates=4),
        frozenset({"bsize", "max_demos"}),
        min_train=4,
        reflects=True,
    ),
    "copro": Optimizer(
        copro,
        "number",
        True,
        False,
        _steps("depth", 1, 2, 3, breadth=4),
        frozenset({"init_temperature"}),
        reflects=True,
    ),
    "labeled": Optimizer(labeled, "none", False, True, _steps("k", 2, 4, 8)),
    "knn": Optimizer(
        knn,
        "bootstrap",
        False,
        True,
        _steps("k", 2, 4, 8),
        frozenset({"max_bootstrapped_demos"}),
        min_train=2,
        saved=False,
    ),
}


def optimizer_named(name: str) -> Optimizer:
    """Raises: UsageError: there is none of that name."""
    if name not in OPTIMIZERS:
        raise UsageError(f"There is no optimizer {name!r}; choose one of: {', '.join(OPTIMIZERS)}.")
    return OPTIMIZERS[name]


def own(optimizer: Any) -> Optimizer:
    """An optimizer of dspy's, or of the caller's, that was made elsewhere; it has its metric and options by itself.

    Raises:
        UsageError: it has no ``compile``.
    """
    if not callable(getattr(optimizer, "compile", None)):
        raise UsageError(f"optimizer cannot be {type(optimizer).__name__}: give a name or a dspy optimizer.")
    takes_val = "valset" in inspect.signature(optimizer.compile).parameters

    def compiled(job: Job, options: dict[str, Any]) -> Any:
        # dspy.settings.lm is the model that is compiled for, as everywhere in dspy.
        with job.student.role():
            return optimizer.compile(job.student, trainset=job.train, **({"valset": job.val} if takes_val else {}))

    return Optimizer(compiled, "none", True, True, _budgets({}, {}, {}))


def check(name: str, optimizer: Optimizer, n_train: int, n_val: int, options: Mapping[str, Any]) -> None:
    """Whether an optimizer can work with so many examples and these options; before any call.

    Raises:
        UsageError: it cannot.
    """
    allowed = optimizer.options.union(*optimizer.budgets.values())
    for option in options:
        if option not in allowed:
            raise UsageError(f"Optimizer {name!r} has no option {option!r}; it takes: {', '.join(sorted(allowed))}.")
    for split, n, least in (("train", n_train, optimizer.min_train), ("val", n_val, optimizer.min_val)):
        if n < least:
            raise UsageError(
                f"Optimizer {name!r} needs {least} {split} examples or more; there are {n}: "
                "give more data, another --split-by, or another --optimizer."
            )
    if name == "mipro" and find_spec("optuna") is None:
        raise UsageError("Optimizer 'mipro' needs optuna: pip install 'viddiff[compile]'.")


def metric_calls(name: str, n_train: int, n_val: int, arguments: Mapping[str, Any], n_predictors: int) -> int:
    """About how many examples an optimizer asks, for a plan; each is a call of the differencer in each order."""
    if name == "gepa":
        if "max_metric_calls" in arguments:
            return int(arguments["max_metric_calls"])
        if "max_full_evals" in arguments:
            return int(arguments["max_full_evals"]) * (n_train + n_val)
        # What dspy.GEPA makes of its "auto" budgets: 6, 12 or 18 candidates.
        n_candidates = {"light": 6, "medium": 12, "heavy": 18}[arguments["auto"]]
        gepa = dspy.GEPA(metric=as_gepa(lambda gold, pred: Feedback(score=0, text="")), auto="light", reflection_lm=0)
        return int(gepa.auto_budget(num_preds=n_predictors, num_candidates=n_candidates, valset_size=n_val))
    plans: dict[str, Callable[[], int]] = {
        "mipro": lambda: n_train * arguments["num_candidates"] + n_val * arguments["num_trials"],
        "bootstrap": lambda: n_train,
        "bootstrap-random": lambda: (arguments["num_candidate_programs"] + 3) * n_val + n_train,
        "simba": lambda: 2 * arguments["max_steps"] * arguments["num_candidates"] * min(32, n_train),
        "copro": lambda: arguments["breadth"] * arguments["depth"] * n_train * n_predictors,
    }
    return plans[name]() if name in plans else 0


def run(name: str, job: Job, optimizer: Optimizer | None = None) -> Student:
    """The compiled student; what optimizers print is not shown.

    Raises:
        UsageError: as ``check``.
        BackendError: a fault that every call would meet, or the optimizer itself failed.
        BudgetError: the guard stopped an optimizer that had nothing finished.
    """
    optimizer = optimizer or optimizer_named(name)
    check(name, optimizer, len(job.train), len(job.val), job.options)
    try:
        with (
            # Optimizers print, and draw bars of their own.
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            job.guard.listening(),
            job.lms.role("reflection"),
            dspy.context(
                adapter=adapter_of("chat"), max_errors=_NO_LIMIT, num_threads=job.n_threads, disable_history=True
            ),
        ):
            compiled: Student = optimizer.run(job, optimizer.arguments(job.budget, job.options))
    except VidDiffError:
        job.guard.check_fatal()
        raise
    except Exception as error:
        # The border to optimizers, which raise whatever they like, bare Exception among it.
        job.guard.check()
        fault = failure_of(error)
        said = fault.message if fault else f"{type(error).__name__}: {error}"
        raise BackendError(f"Optimizer {name!r} failed. {said}") from error
    job.guard.check_fatal()
    return settled(compiled)


def settled(student: Student) -> Student:
    """With demos cut down to the fields of their signatures, and open to saving and to compiling again."""
    for predictor in student.predictors():
        predictor.lm = None
        fields, outputs = set(predictor.signature.fields), set(predictor.signature.output_fields)
        # What answers nothing of this predictor shows nothing: raw examples go to every predictor of a program.
        predictor.demos = [
            dspy.Example({name: value for name, value in demo.items() if name in fields})
            for demo in predictor.demos
            if outputs & set(demo.keys())
        ]
    for _, module in student.named_sub_modules(dspy.Module):
        module._compiled = False
    return student
