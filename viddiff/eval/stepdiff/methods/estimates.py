"""What each class of methods would ask, at the most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from viddiff.core.settings import Settings
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, Item
from viddiff.programs.estimate import CostEstimate

if TYPE_CHECKING:
    from viddiff.lms.roles import Role
    from viddiff.programs.stepdiff.estimate import Calls

#: What a description covers: all of it, what shows in the category of the item, or nothing.
View = Literal["whole", "category", "nothing"]
#: An estimate from items and settings.
EstimateItems = Callable[[Sequence[Item], Settings], CostEstimate]


def no_calls(items: Sequence[Item], settings: Settings) -> CostEstimate:
    """Of a method that asks no model."""
    return CostEstimate(program="numbers", roles=())


def of_pairs(contrast: bool) -> EstimateItems:
    """A caption in one call; four pairs, and four candidates, in one order or in both."""
    return partial(_of_pairs, contrast)


def _of_pairs(contrast: bool, items: Sequence[Item], settings: Settings) -> CostEstimate:
    from viddiff.programs.stepdiff.estimate import ANSWER, CHECK_ANSWER, GRADE_ANSWER, Calls, estimate_calls
    from viddiff.programs.stepdiff.ranker import n_comparisons

    calls = []
    for item in items:
        if isinstance(item, CaptionItem):
            calls.append(Calls(1, 2, ANSWER))
        elif isinstance(item, ChoiceItem):
            calls.append(Calls(len(item.options) * (2 if contrast else 1), 2, CHECK_ANSWER))
        else:
            calls.append(Calls(len(item.candidates), 2, GRADE_ANSWER))
            calls.append(Calls(n_comparisons(len(item.candidates)) if contrast else 0, 3, GRADE_ANSWER))
    return estimate_calls("contrast" if contrast else "direct", calls, settings)


def of_descriptions(view: View, role: Role) -> EstimateItems:
    """Each clip (in each category) once, then two descriptions compared by the model of a role."""
    return partial(_of_descriptions, view, role)


def _of_descriptions(view: View, role: Role, items: Sequence[Item], settings: Settings) -> CostEstimate:
    from viddiff.programs.stepdiff.estimate import ANSWER, Calls, estimate_descriptions

    described = {(clip.id, item.category if view == "category" else "") for item in items for clip in item.clips}
    describe_calls = Calls(0 if view == "nothing" else len(described), 1, ANSWER)
    return estimate_descriptions(describe_calls, [_comparisons(item) for item in items], role, settings)


def _comparisons(item: Item) -> Calls:
    from viddiff.programs.stepdiff.estimate import ANSWER, CHECK_ANSWER, GRADE_ANSWER, Calls

    if isinstance(item, CaptionItem):
        return Calls(1, 0, ANSWER)
    if isinstance(item, ChoiceItem):
        return Calls(2 * len(item.options), 0, CHECK_ANSWER)
    return Calls(len(item.candidates), 0, GRADE_ANSWER)
