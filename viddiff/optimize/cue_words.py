"""What the words of stages and cues show by themselves, where no image model is at hand to measure them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from viddiff.core.types import Proposal, Stage
from viddiff.eval.viddiffbench.matchers import overlap, words_of
from viddiff.signatures.viddiff.stages import MIN_CUES

#: Two cues say nearly the same from this overlap of their words on (Jaccard).
NEARLY_SAME = 0.6
#: Reported of one kind, at the most.
MOST_TOLD = 3
#: The words that every cue has.
_FRAME = frozenset({"photo", "picture", "image", "person", "someone"})
#: What a single frame cannot show.
_IN_TIME = frozenset(
    """
    then before after while during begins beginning starts starting finishes finishing slowly quickly fast faster slow
    slower gradually suddenly moving moves movement transition transitioning next finally
    """.split()  # noqa: SIM905  # a list of words reads best as words
)


def on_stages(proposal: Proposal) -> list[str]:
    """What is to be said of how an action was split: few cues, and stages that no difference needs."""
    needed = {name for names in proposal.links.values() for name in names}
    lines = [f"{len(proposal.stages)} stages were proposed: {', '.join(repr(s.name) for s in proposal.stages)}."]
    lines += [
        f"Stage {stage.name!r} has {len(stage.cues)} cues where {MIN_CUES} were asked for."
        for stage in proposal.stages
        if len(stage.cues) < MIN_CUES
    ]
    idle = [repr(stage.name) for stage in proposal.stages if stage.name not in needed]
    if idle:
        lines.append(f"No difference shows in {', '.join(idle)}: split the action where differences show.")
    return lines


def word_feedback(stages: Sequence[Stage]) -> list[str]:
    """What is to be said of the cues: those that fit two stages by their words, and those that no frame can show."""
    lines = [
        f"The cue {first!r} of stage {one.name!r} says nearly the same as {second!r} of stage {other.name!r}: "
        "it tells neither from the other."
        for one, other in itertools.combinations(stages, 2)
        for first, second in itertools.product(one.cues, other.cues)
        if overlap(words_of(first) - _FRAME, words_of(second) - _FRAME) >= NEARLY_SAME
    ][:MOST_TOLD]
    lines += [
        f"The cue {cue!r} of stage {stage.name!r} speaks of movement or time, which a single frame cannot show."
        for stage in stages
        for cue in stage.cues
        if words_of(cue) & _IN_TIME
    ][:MOST_TOLD]
    return lines or ["By their words the cues tell the stages apart."]
