"""All methods by name. Their modules, which need dspy or torch, are imported when one is started."""

from __future__ import annotations

from functools import partial

import numpy as np

from viddiff.eval.stepdiff.items import N_OPTIONS, Item, Task, key_of
from viddiff.eval.stepdiff.methods.estimates import no_calls, of_descriptions, of_pairs
from viddiff.eval.stepdiff.methods.registry import AnswerItem, ItemAnswer, StepMethodContext, Videos, method

_CHOSEN: tuple[Task, ...] = ("diffmcq", "diffrank")


@method("contrast", "Both orders", of_pairs(contrast=True))
def contrast(context: StepMethodContext) -> AnswerItem:
    """Both clips in one request; pairs in both orders, candidates compared with each other."""
    from viddiff.eval.stepdiff.methods.programs import ProgramMethod

    return ProgramMethod(context, contrast=True)


@method("direct", "One order", of_pairs(contrast=False))
def direct(context: StepMethodContext) -> AnswerItem:
    """Both clips in one request; each pair and each candidate once."""
    from viddiff.eval.stepdiff.methods.programs import ProgramMethod

    return ProgramMethod(context, contrast=False)


# Where the model tells no likelihood it asks what contrast asks, which is the most.
@method("interleaved", "Interleaved", of_pairs(contrast=True))
def interleaved(context: StepMethodContext) -> AnswerItem:
    """Both clips in one request; scores are likelihoods, as in the paper."""
    from viddiff.eval.stepdiff.methods.likely import Interleaved

    return Interleaved(context)


@method("vclm", "Single-clip VCLM", of_descriptions("category", "vision"))
def vclm(context: StepMethodContext) -> AnswerItem:
    """The vision model is asked about each clip alone in the category, and then given both of its answers."""
    from viddiff.eval.stepdiff.methods.descriptions import DescriptionMethod

    return DescriptionMethod(context, "category", "vision")


@method("socratic", "Socratic", of_descriptions("whole", "text"), roles=("vision", "text"))
def socratic(context: StepMethodContext) -> AnswerItem:
    """The vision model describes each clip, the text model reads two descriptions."""
    from viddiff.eval.stepdiff.methods.descriptions import DescriptionMethod

    return DescriptionMethod(context, "whole", "text")


def vlembed(variant: str, context: StepMethodContext) -> AnswerItem:
    """Cosines of CLIP vectors; no LM, and no captions."""
    from viddiff.eval.stepdiff.methods.vlembed import VLEmbed

    return VLEmbed(context, variant)


method("vlembed", "VLEmbed", no_calls, tasks=_CHOSEN, roles=(), embeds=True)(partial(vlembed, "mean"))
# A ranking knows no pair: its score is the cosine of candidate and reference, whatever the vector of a pair.
for _variant in ("reference", "candidate", "difference"):
    method(f"vlembed-{_variant}", f"VLEmbed, {_variant}", no_calls, tasks=("diffmcq",), roles=(), embeds=True)(
        partial(vlembed, _variant)
    )


@method("projector", "Projector", no_calls, roles=(), trained=True)
def projector(context: StepMethodContext) -> AnswerItem:
    """The trained projector: captions word by word, choices and ranks by likelihood, as in the paper."""
    from viddiff.eval.stepdiff.methods.projector import ProjectorMethod

    return ProjectorMethod(context)


@method("text-only", "No clip", of_descriptions("nothing", "text"), tasks=("diffcap",), roles=("text",))
def text_only(context: StepMethodContext) -> AnswerItem:
    """Control: captions from the category alone; a choice or a rank would be the same for every pair."""
    from viddiff.eval.stepdiff.methods.descriptions import DescriptionMethod

    return DescriptionMethod(context, "nothing", "text")


@method("random", "Chance", no_calls, tasks=_CHOSEN, roles=())
def by_chance(context: StepMethodContext) -> AnswerItem:
    """Control: scores from 0 to 1 by the item's key and the seed."""

    def answer(item: Item, videos: Videos) -> ItemAnswer:
        rng = np.random.default_rng((context.settings.seed, int(key_of(item), 16)))
        return ItemAnswer(prediction=tuple(rng.random(N_OPTIONS).tolist()), route="chance")

    return answer
