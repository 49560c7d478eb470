"""DSPy's optimizers by name."""

from __future__ import annotations

from typing import Any

import dspy

from viddiff.optimize.components import COMPILABLE
from viddiff.optimize.feedback import Feedback
from viddiff.optimize.metrics import as_bootstrap, as_gepa, as_number
from viddiff.optimize.registry import Job, Workload, budget_steps, of_budgets, optimizer
from viddiff.programs.compiled.registry import component_of

#: The score from which an answer makes a demo.
THRESHOLD = 0.5
#: Failures are counted by the monitor; dspy's own limit would end a compilation without a word on why.
NO_LIMIT = 1_000_000


def _calls_of_gepa(work: Workload) -> int:
    if "max_metric_calls" in work.arguments:
        return int(work.arguments["max_metric_calls"])
    if "max_full_evals" in work.arguments:
        return int(work.arguments["max_full_evals"]) * (work.n_train + work.n_val)
    # What dspy.GEPA makes of its "auto" budgets: 6, 12 or 18 candidates.
    n_candidates = {"light": 6, "medium": 12, "heavy": 18}[work.arguments["auto"]]
    gepa = dspy.GEPA(metric=as_gepa(lambda gold, pred: Feedback(score=0, text="")), auto="light", reflection_lm=0)
    return int(gepa.auto_budget(num_preds=work.n_predictors, num_candidates=n_candidates, valset_size=work.n_val))


@optimizer(
    "gepa",
    metric="gepa",
    instructions=True,
    demos=False,
    budgets=of_budgets({"auto": "light"}, {"auto": "medium"}, {"auto": "heavy"}),
    options=frozenset(
        {"max_full_evals", "max_metric_calls", "reflection_minibatch_size", "use_merge", "skip_perfect_score"}
    ),
    min_train=3,
    min_val=1,
    reflects=True,
    goes_on=True,
    calls=_calls_of_gepa,
    # Each reflection follows a minibatch, which is asked again with what was written.
    reflections=lambda work, n: max(1, (n - work.n_val) // (2 * work.arguments.get("reflection_minibatch_size", 3))),
)
def gepa(job: Job, options: dict[str, Any]) -> Any:
    """GEPA: instructions by reflection on feedback; goes on from what is kept in its log_dir."""
    from viddiff.optimize.checkpoint import Checkpoint
    from viddiff.optimize.reflect import proposer_of

    checkpoint = Checkpoint(job.log_dir, job.monitor)

    budget = {key: options.pop(key) for key in ("auto", "max_full_evals", "max_metric_calls") if key in options}
    limits = {key: budget[key] for key in budget if key in job.options} or budget
    optimizer = dspy.GEPA(
        metric=as_gepa(job.metric),
        reflection_lm=dspy.settings.lm,
        instruction_proposer=proposer_of(job.reflect_with_images),
        num_threads=job.n_threads,
        seed=job.seed,
        log_dir=None if job.log_dir is None else str(job.log_dir),
        gepa_kwargs={"use_cloudpickle": True, "stop_callbacks": [job.monitor.should_stop], "callbacks": [checkpoint]},
        **limits,
        **options,
    )
    with checkpoint:
        return optimizer.compile(job.student, trainset=job.train, valset=job.val)


@optimizer(
    "mipro",
    metric="number",
    instructions=True,
    demos=True,
    budgets=of_budgets(
        {"num_candidates": 4, "num_trials": 6},
        {"num_candidates": 8, "num_trials": 16},
        {"num_candidates": 12, "num_trials": 30},
    ),
    options=frozenset({"max_bootstrapped_demos", "init_temperature"}),
    min_train=2,
    min_val=1,
    reflects=True,
    needs="optuna",
    calls=lambda work: work.n_train * work.arguments["num_candidates"] + work.n_val * work.arguments["num_trials"],
    # Six calls for a summary of the data and the program, then candidates.
    reflections=lambda work, n: 6 + work.arguments["num_candidates"] * work.n_predictors,
)
def mipro(job: Job, options: dict[str, Any]) -> Any:
    """MIPROv2: instructions and demos, searched together."""
    n_trials = options.pop("num_trials")
    optimizer = dspy.MIPROv2(
        metric=as_number(job.metric),
        prompt_model=dspy.settings.lm,
        task_model=dspy.settings.lm,
        auto=None,
        num_threads=job.n_threads,
        max_errors=NO_LIMIT,
        seed=job.seed,
        metric_threshold=THRESHOLD,
        max_labeled_demos=0,
        **options,
    )
    return optimizer.compile(
        job.student, trainset=job.train, valset=job.val, num_trials=n_trials, minibatch=False, seed=job.seed
    )


@optimizer(
    "bootstrap",
    metric="bootstrap",
    instructions=False,
    demos=True,
    budgets=budget_steps("max_bootstrapped_demos", 2, 4, 8),
    options=frozenset({"max_rounds"}),
    calls=lambda work: work.n_train,
)
def bootstrap(job: Job, options: dict[str, Any]) -> Any:
    """BootstrapFewShot: answers that were right become demos."""
    metric = as_bootstrap(job.metric, THRESHOLD)
    optimizer = dspy.BootstrapFewShot(metric=metric, max_errors=NO_LIMIT, max_labeled_demos=0, **options)
    return optimizer.compile(job.student, trainset=job.train)


@optimizer(
    "bootstrap-random",
    metric="number",
    instructions=False,
    demos=True,
    budgets=budget_steps("num_candidate_programs", 4, 8, 16),
    options=frozenset({"max_bootstrapped_demos", "max_rounds"}),
    min_train=2,
    min_val=1,
    calls=lambda work: (work.arguments["num_candidate_programs"] + 3) * work.n_val + work.n_train,
)
def bootstrap_random(job: Job, options: dict[str, Any]) -> Any:
    """BootstrapFewShotWithRandomSearch: the best of several sets of demos."""
    optimizer = dspy.BootstrapFewShotWithRandomSearch(
        metric=as_number(job.metric),
        metric_threshold=THRESHOLD,
        max_errors=NO_LIMIT,
        max_labeled_demos=0,
        num_threads=job.n_threads,
        **options,
    )
    return optimizer.compile(job.student, trainset=job.train, valset=job.val)


@optimizer(
    "simba",
    metric="number",
    instructions=True,
    demos=True,
    budgets=budget_steps("max_steps", 2, 4, 8, num_candidates=4),
    options=frozenset({"bsize", "max_demos"}),
    min_train=4,
    reflects=True,
    calls=lambda work: 2 * work.arguments["max_steps"] * work.arguments["num_candidates"] * min(32, work.n_train),
    reflections=lambda work, n: work.arguments["max_steps"] * work.arguments["num_candidates"],
)
def simba(job: Job, options: dict[str, Any]) -> Any:
    """SIMBA: rules and demos from the examples whose answers vary most."""
    options["bsize"] = min(options.get("bsize", 32), len(job.train))
    optimizer = dspy.SIMBA(
        metric=as_number(job.metric), prompt_model=dspy.settings.lm, num_threads=job.n_threads, **options
    )
    # It sets copies of the LM in force, warmer ones, on the predictors, where they win over that of the role.
    with job.student.role():
        return optimizer.compile(job.student, trainset=job.train, seed=job.seed)


@optimizer(
    "copro",
    metric="number",
    instructions=True,
    demos=False,
    budgets=budget_steps("depth", 1, 2, 3, breadth=4),
    options=frozenset({"init_temperature"}),
    reflects=True,
    calls=lambda work: work.arguments["breadth"] * work.arguments["depth"] * work.n_train * work.n_predictors,
    reflections=lambda work, n: work.arguments["depth"] * work.n_predictors,
)
def copro(job: Job, options: dict[str, Any]) -> Any:
    """COPRO: instructions by rewriting."""
    optimizer = dspy.COPRO(metric=as_number(job.metric), prompt_model=dspy.settings.lm, **options)
    return optimizer.compile(job.student, trainset=job.train, eval_kwargs={"num_threads": job.n_threads})


@optimizer("labeled", metric="none", instructions=False, demos=True, budgets=budget_steps("k", 2, 4, 8))
def labeled_few_shot(job: Job, options: dict[str, Any]) -> Any:
    """LabeledFewShot: examples as they are become demos; for a proposer, the differences that experts named."""
    to_demo = COMPILABLE[component_of(job.student.program)].demo
    train = [to_demo(example) for example in job.train] if to_demo else job.train
    return dspy.LabeledFewShot(**options).compile(job.student, trainset=train)


@optimizer(
    "knn",
    metric="bootstrap",
    instructions=False,
    demos=True,
    budgets=budget_steps("k", 2, 4, 8),
    options=frozenset({"max_bootstrapped_demos"}),
    min_train=2,
    saved=False,
)
def knn(job: Job, options: dict[str, Any]) -> Any:
    """KNNFewShot: demos from the nearest examples, found again for each question."""
    from viddiff.optimize.knn import vectors

    optimizer = dspy.KNNFewShot(
        trainset=job.train,
        vectorizer=dspy.Embedder(vectors, caching=False),
        metric=as_bootstrap(job.metric, THRESHOLD),
        max_labeled_demos=0,
        **options,
    )
    return optimizer.compile(job.student)
