"""The components of the programs that compare two videos, as compiling knows them."""

from __future__ import annotations

from functools import partial
from typing import Any

import dspy

from viddiff.optimize.components import COMPILABLE, Compilable
from viddiff.optimize.request import Request
from viddiff.optimize.student import Student
from viddiff.optimize.viddiff import estimates, sources, students
from viddiff.optimize.viddiff.feedback import judge_feedback
from viddiff.optimize.viddiff.scoring import score_accuracy
from viddiff.optimize.viddiff.vision_examples import finder_feedback, judge_together_feedback


def differencer_card(request: Request, score: str) -> dict[str, Any]:
    """What a differencer learned by, and which frames it was shown."""
    orders = "both orders" if request.swap_feedback else "one order"
    return {"metric": f"{score}, {orders}", "frames": request.frames}


def proposer_card(request: Request, score: str) -> dict[str, Any]:
    """What a proposer learned by."""
    cues = " and cue separation" if "cues" in score else ""
    return {"metric": f"recall of the taxonomy ({request.judge} judge){cues}"}


def with_taxonomy(example: dspy.Example) -> dspy.Example:
    """A proposer's example with its labelled differences as the answer to what is to be proposed."""
    proposed = [
        {"name": " ".join(statement.split()[:5]), "statement": statement} for statement in example.taxonomy.values()
    ]
    return example.copy(differences=proposed)


COMPILABLE.add(
    "differencer",
    Compilable(
        role="vision",
        inputs=("action", "video_a", "video_b", "statement", "measurements"),
        label="answer",
        optional={"measurements": []},
        source=partial(sources.source_of_pairs, sources.DifferencerPairs),
        student=students.both_orders,
        metric=lambda *_: judge_feedback,
        score="closed accuracy",
        scoring=score_accuracy,
        card=differencer_card,
        demo=lambda example: example,
        estimate=estimates.differencer_estimate,
    ),
)
COMPILABLE.add(
    "proposer",
    Compilable(
        role="text",
        inputs=("action", "n_differences"),
        label="taxonomy",
        source=partial(sources.source_of_pairs, sources.ProposerPairs),
        student=lambda program, role, swap: Student(program, role, students.ask_proposer, ("proposal",)),
        metric=sources.proposer_metric,
        score="recall",
        card=proposer_card,
        demo=with_taxonomy,
        estimate=estimates.proposer_estimate,
    ),
)
COMPILABLE.add(
    "planner",
    Compilable(
        role="text",
        inputs=("action", "differences", "stages"),
        label="answers",
        optional={"stages": ()},
        source=partial(sources.source_of_pairs, sources.PlannerPairs),
        student=lambda program, role, swap: Student(program, role, students.ask_planner, ("plans", "failures")),
        score="measured rightly",
        estimate=estimates.planner_estimate,
    ),
)
COMPILABLE.add(
    "finder",
    Compilable(
        role="vision",
        inputs=("action", "video_a", "video_b", "statements"),
        label="wanted",
        source=partial(sources.source_of_pairs, sources.FinderPairs),
        student=lambda program, role, swap: Student(program, role, students.ask_finder),
        metric=lambda *_: finder_feedback,
        score="moments named",
        estimate=estimates.finder_estimate,
    ),
)
COMPILABLE.add(
    "judge",
    Compilable(
        role="vision",
        inputs=("action", "video_a", "video_b", "statements", "measurements"),
        label="answers",
        optional={"measurements": []},
        source=partial(sources.source_of_pairs, sources.JudgePairs),
        student=lambda program, role, swap: Student(program, role, students.ask_judge),
        metric=lambda *_: judge_together_feedback,
        score="right of a, b and c",
        estimate=estimates.judge_estimate,
    ),
)
