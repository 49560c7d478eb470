"""Clips of one step of an instruction, or whole videos of it, in, a document out: differences, an answer, an order.

>>> from viddiff import steps
>>> found = steps.compare("reference.mp4", "mine.mp4", step="fry the onions", lm="openai/gpt-4o")  # doctest: +SKIP
>>> found.categories[2].differences[0].difference  # doctest: +SKIP
'The onions are stirred all the time instead of now and then.'
>>> found.report("found.html")  # doctest: +SKIP
"""

from viddiff.steps.clips import ask, compare, rank
from viddiff.steps.documents import InstructionComparison, StepAnswer, StepComparison, StepRanking
from viddiff.steps.evaluation import StepEvaluation, evaluate, score
from viddiff.steps.training import train
from viddiff.steps.videos import compare_videos

__all__ = [
    "InstructionComparison",
    "StepAnswer",
    "StepComparison",
    "StepEvaluation",
    "StepRanking",
    "ask",
    "compare",
    "compare_videos",
    "evaluate",
    "rank",
    "score",
    "train",
]
