"""Ask again when an answer cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dspy

from viddiff.lms.adapters import neutralize_texts
from viddiff.lms.attempts import Attempts
from viddiff.lms.meter import current_call_slot

#: What is wrong with a parsed answer, or None.
AnswerCheck = Callable[[dspy.Prediction], str | None]


class Retry(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """A predictor that is asked up to ``attempts`` times until its answer parses and passes ``check``.

    Only an answer that does is kept (``viddiff.lms.attempts``); each further attempt is made at temperature 1.
    (dspy.BestOfN and Refine do not serve: their count of failures runs down over the life of the instance.)

    Args:
        predict: the predictor.
        attempts: at least 1.
        check: what is wrong with a parsed answer, or None; one that is given to a call holds for it alone. After the
            last attempt the answer is returned all the same: an answer with a flaw is worth more than none.
    """

    def __init__(self, predict: dspy.Predict, attempts: int = 3, check: AnswerCheck | None = None) -> None:
        super().__init__()
        self.predict = predict
        self.attempts = attempts
        self.check = check

    def forward(self, check: AnswerCheck | None = None, **inputs: Any) -> dspy.Prediction:
        """The first good answer, else the last one that parsed.

        Raises:
            dspy.AdapterParseError: no answer parsed.
        """
        # The adapters of this package do so too, but modules may be used with another adapter.
        inputs = neutralize_texts(inputs)
        check = check or self.check
        flawed: dspy.Prediction | None = None
        unparsed: dspy.AdapterParseError | None = None
        with Attempts() as attempts:
            for config in attempts.configs(self.attempts):
                try:
                    with current_call_slot():
                        prediction = self.predict(**inputs, config=config)
                except dspy.AdapterParseError as error:
                    unparsed = error
                    continue
                if check is None or check(prediction) is None:
                    attempts.accept()
                    return prediction
                flawed = prediction
        if flawed is not None:
            return flawed
        raise unparsed if unparsed is not None else ValueError("attempts must be at least 1")
