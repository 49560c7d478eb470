"""The planner's examples, and how its plans are judged: each is read on the clips of labelled pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dspy

from viddiff.core.notices import WithNotices
from viddiff.core.record import Record
from viddiff.core.types import Answer, Difference, Progress, silent
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.methods.viddiff import differences_by_action
from viddiff.motion.measurement.pair import MeasuredPair, spec_words
from viddiff.motion.measurement.spec import NotMeasurable
from viddiff.motion.pairs import pair_of
from viddiff.motion.pose.reader import PoseReader
from viddiff.optimize.feedback import Feedback, Metric, join_sentences
from viddiff.optimize.request import Labels
from viddiff.optimize.viddiff.examples import ReadPair, labelled_samples
from viddiff.optimize.viddiff.feedback import MEANING
from viddiff.programs.evidence import MeasuredStatement, evidence_of
from viddiff.programs.viddiff.plans import MeasurementPlan

#: What a statement without an answer scores. A plan pays where its verdict is right more often than that, so one
#: that is no better than a coin costs.
UNANSWERED = 0.6
#: Pairs of a statement that a feedback names, at the most.
MAX_PAIRS = 2


class PlanCheck(Record):
    """What a plan told of one statement in one pair, and what is labelled."""

    evidence: MeasuredStatement
    label: Answer

    @property
    def score(self) -> float:
        """1 for a right verdict, 0 for a wrong one."""
        answer = self.evidence.verdict.answer
        return UNANSWERED if answer is None else float(answer == self.label)


def planner_examples(samples: Sequence[Sample], labels: Labels = "ab") -> list[dspy.Example]:
    """One example for each action, by key.

    Inputs are those of the planner: action, differences (the union of what is labelled in its pairs) and stages (none:
    data do not name any). Beside them stand action_key and answers: sample key -> difference key -> label.
    """
    usable, _ = labelled_samples(samples, labels)
    first = {sample.action_key: sample for sample in reversed(usable)}
    return [
        dspy.Example(
            action=first[action].action,
            differences=tuple(differences.values()),
            stages=(),
            action_key=action,
            answers={sample.key: dict(sample.labels) for sample in usable if sample.action_key == action},
        ).with_inputs("action", "differences", "stages")
        for action, differences in sorted(differences_by_action(usable).items())
    ]


def read_pairs(
    samples: Sequence[Sample], read: ReadPair, poses: PoseReader, progress: Progress = silent
) -> WithNotices[dict[str, MeasuredPair]]:
    """(sample key -> what numbers of it are read from, what a user should know of it); each pose is estimated once.

    Raises:
        InputError: a video cannot be read.
    """
    pairs: dict[str, MeasuredPair] = {}
    notices: list[str] = []
    for number, sample in enumerate(samples):
        progress("measuring pairs", number, len(samples))
        videos = read(sample)
        pairs[sample.key], pair_notices = pair_of(videos.a, videos.b, poses)
        notices.extend(f"Pair {sample.key!r}: {notice}" for notice in pair_notices)
    progress("measuring pairs", len(samples), len(samples))
    return WithNotices(pairs, tuple(notices))


def plan_metric(pairs: Mapping[str, MeasuredPair]) -> Metric:
    """``plan_feedback`` with the clips that plans are read on."""

    def judge_prediction(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
        return plan_feedback(gold, pred, pairs)

    return judge_prediction


def plan_feedback(gold: dspy.Example, pred: dspy.Prediction, pairs: Mapping[str, MeasuredPair]) -> Feedback:
    """How often what was planned tells what is labelled.

    The score is the mean over all labelled statements of all pairs of the action: 1 for a right verdict, 0 for a wrong
    one or a plan that cannot be used, ``UNANSWERED`` where the numbers tell nothing.

    Args:
        gold: an example of ``planner_examples``.
        pred: a prediction with ``plans`` and ``failures``, see ``students.ask_planner``.
        pairs: sample key -> the clips.
    """
    plans: Mapping[str, MeasurementPlan] | None = getattr(pred, "plans", None)
    if plans is None:
        return Feedback(
            score=0.0, text=join_sentences("Nothing was planned that could be used.", pred.get("error") or "")
        )
    scores: list[float] = []
    lines: list[str] = []
    for difference in gold.differences:
        labelled = {key: labels[difference.key] for key, labels in gold.answers.items() if difference.key in labels}
        if difference.key in pred.failures:
            scores.extend(0.0 for _ in labelled)
            lines.append(f"The plan for {difference.statement!r} failed: {pred.failures[difference.key].message}")
            continue
        checked = [
            PlanCheck(evidence=evidence_of(pairs[key], [difference], plans)[0], label=label)
            for key, label in labelled.items()
        ]
        scores.extend(one.score for one in checked)
        lines.extend(on_statement(difference, plans[difference.key], checked))
    n_right, n_silent = scores.count(1.0), scores.count(UNANSWERED)
    summary = f"Of {len(scores)} labelled statements {n_right} were measured rightly, {n_silent} got no answer."
    return Feedback(score=sum(scores) / len(scores), text=join_sentences(summary, *lines))


def on_statement(difference: Difference, plan: MeasurementPlan, checked: Sequence[PlanCheck]) -> list[str]:
    """What is to be said of the plan of one statement: what it is, and where it told the wrong thing or nothing."""
    if isinstance(plan, NotMeasurable):
        return [f"For {difference.statement!r} nothing was planned: {plan.why}"]
    planned = f"For {difference.statement!r} {spec_words(plan)!r} was measured, more true where it is {plan.more}"
    wrong = [one for one in checked if one.score < 1]
    if not wrong:
        return [f"{planned}: right in {len(checked)} of {len(checked)} pairs."]
    return [
        f"{planned}: right in {len(checked) - len(wrong)} of {len(checked)} pairs.",
        *map(on_pair, sorted(wrong, key=lambda one: one.score)[:MAX_PAIRS]),
    ]


def on_pair(checked: PlanCheck) -> str:
    """What was measured in one pair, what it told, and what is labelled."""
    verdict, numbers = checked.evidence.verdict, checked.evidence.measurement
    measured = f"In one pair {numbers} was measured" if numbers else "In one pair no numbers could be read"
    conclusion = f"which tells {verdict.answer!r}" if verdict.answer else f"which tells nothing ({verdict.reason})"
    return f"{measured}, {conclusion}; right is {checked.label!r}: {MEANING[checked.label]}."
