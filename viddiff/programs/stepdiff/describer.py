"""One clip at a time in words: what all that never sees both clips starts from (paper, sections 3.2 and 4)."""

from __future__ import annotations

from collections.abc import Sequence

import dspy

from viddiff.core.record import Record
from viddiff.lms.retry import Retry
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.signatures.clip import Clip
from viddiff.signatures.stepdiff.descriptions import DescribeCategory, DescribeStep


class StepDescription(Record):
    """The description of one clip."""

    ingredients: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    technique: tuple[str, ...] = ()
    visuals: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it, a line for each kind.

        >>> StepDescription(tools=("a whisk",), actions=("whisks", "pours")).text
        'tools: a whisk\\nactions: whisks; pours'
        """
        return "\n".join(f"{name}: {'; '.join(texts)}" for name, texts in self if texts)


class StepDescriber(AsyncModule):
    """Describes a clip; what the model is not sure of is left out.

    Asks the LM in force (``dspy.settings.lm``), which must see images.

    Args:
        attempts: asks until an answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.describe = Retry(ClipPredict(DescribeStep), attempts)

    def forward(self, clip: Clip, step: str = "", narration: str = "", objects: Sequence[str] = ()) -> dspy.Prediction:
        """``text``: the description.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        answer = self.describe(clip=clip, step=step, narration=narration, objects=list(objects))
        description = StepDescription(**{name: tuple(answer[name]) for name in StepDescription.model_fields})
        return dspy.Prediction(text=description.text)


class CategoryDescriber(AsyncModule):
    """Describes a clip in one category; arguments and errors as of ``StepDescriber``."""

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.describe = Retry(ClipPredict(DescribeCategory), attempts)

    def forward(self, clip: Clip, category: str, step: str = "") -> dspy.Prediction:
        """``text``: the description; raises as ``StepDescriber``."""
        return dspy.Prediction(text=self.describe(clip=clip, step=step, category=category).description.strip())
