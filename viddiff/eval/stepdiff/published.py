"""Published figures: Step Differences in Instructional Video, CVPR 2024 (arXiv 2404.16222), tables 1 and 2.

Shares; CIDEr with its factor of 10. What the paper prints as BLEU is BLEU-1: its evaluator takes the first of four.
"""

from __future__ import annotations

from viddiff.core.record import Record


class PublishedScores(Record):
    """One row of the paper's tables; None: the method was not scored on it."""

    name: str
    bleu_1: float | None
    cider: float | None
    rouge_l: float | None
    accuracy: float
    tau: float


def _row(
    name: str, bleu_1: float | None, cider: float | None, rouge_l: float | None, accuracy: float, tau: float
) -> PublishedScores:
    return PublishedScores(name=name, bleu_1=bleu_1, cider=cider, rouge_l=rouge_l, accuracy=accuracy, tau=tau)


PUBLISHED = (
    _row("VLEmbed (CLIP)", None, None, None, 0.396, 0.127),
    _row("VLEmbed (InternVideo)", None, None, None, 0.451, 0.170),
    _row("Socratic (BLIP-2)", 0.159, 0.036, 0.169, 0.335, 0.022),
    _row("Socratic (LLaVA)", 0.151, 0.031, 0.166, 0.332, 0.004),
    _row("Socratic (step desc.)", 0.141, 0.020, 0.172, 0.392, 0.013),
    _row("VCLM (LLaVA)", 0.211, 0.069, 0.199, 0.381, 0.019),
    _row("VCLM (AnyMAL)", 0.209, 0.115, 0.196, 0.471, 0.032),
    _row("Interleaved (IDEFICS)", 0.217, 0.080, 0.210, 0.376, 0.081),
    _row("Interleaved (AnyMAL)", 0.207, 0.102, 0.198, 0.497, 0.014),
    _row("StepDiff", 0.223, 0.104, 0.215, 0.541, 0.181),
    _row("StepDiff w/o interleaved data", 0.214, 0.094, 0.210, 0.499, 0.185),
    _row("StepDiff w/o QA filtering", 0.222, 0.096, 0.212, 0.516, 0.120),
    _row("StepDiff with a 13B LM", 0.216, 0.124, 0.205, 0.527, 0.175),
)
