"""Examples that the caller has made, and how groups of examples are divided."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import dspy
from pydantic_core import to_jsonable_python

from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.eval.shuffle import shuffle_key
from viddiff.eval.subsets import SUBSETS, Subset
from viddiff.lms import LMs
from viddiff.optimize.components import COMPILABLE
from viddiff.optimize.examples import Examples
from viddiff.optimize.feedback import Feedback
from viddiff.optimize.request import Request
from viddiff.signatures.clip import saving_references
from viddiff.video import FrameStore

#: Of the groups of given examples, for train and val; the rest is for test.
TRAIN_SHARE, VAL_SHARE = 0.5, 0.2


class UserExamples:
    """Examples that the caller has made, e.g. with ``viddiff.optimize.load_examples``, and keeps the frames of.

    Args:
        request: what is compiled.
        examples: the examples of each part; or all of them, which are then divided by action or by pair, as the request
            says (a pair is known by ``sample_key``, or else by the frames of its clips).
        settings, lms: for the judge of a proposer.

    Raises:
        UsageError: an example without an input or a label. InputError: fewer than three groups to divide.
    """

    def __init__(
        self,
        request: Request,
        examples: Sequence[dspy.Example] | Mapping[str, Sequence[dspy.Example]],
        settings: Settings,
        lms: LMs,
    ) -> None:
        self.request, self.settings, self.lms = request, settings, lms
        parts: Mapping[Any, Sequence[dspy.Example]] = (
            examples if isinstance(examples, Mapping) else divide(examples, request)
        )
        self.parts = {part: [complete_example(one, request, part) for one in parts.get(part, ())] for part in SUBSETS}
        self.parts["train"] = self.parts["train"][: request.train_limit]
        with saving_references():
            content = to_jsonable_python({part: [dict(one.items()) for one in self.parts[part]] for part in SUBSETS})
        self.content_hash = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
        self.name, self.release = "examples", "given"
        self.split = "given" if isinstance(examples, Mapping) else f"by-{request.by}-{request.seed}"
        self.counts = {part: len(self.parts[part]) for part in SUBSETS}
        self.n_pairs = {part: len({one.sample_key for one in self.parts[part]}) for part in SUBSETS}

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples as they were given; what only a data set can judge is judged by a metric of the caller's."""
        make = COMPILABLE[self.request.component].metric
        metric = no_metric if make is None else make(self.request, self.settings, self.lms)
        return Examples(self.parts["train"], self.parts["val"], self.parts["test"], metric)


def no_metric(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
    """Stands where the metric of the caller is to stand."""
    raise UsageError("These examples have no metric: give one.")


def complete_example(example: dspy.Example, request: Request, part: Subset) -> dspy.Example:
    """An example with all that scoring reads; what the caller did not say stands for itself.

    Raises:
        UsageError: an input or the label is missing.
    """
    component = COMPILABLE[request.component]
    needed = [name for name in (*component.inputs, component.label) if name not in component.optional]
    lacking = [name for name in needed if name not in example]
    if lacking:
        inputs = ", ".join(component.inputs)
        raise UsageError(f"An example of {part} has no {lacking[0]!r}: the {request.component} needs {inputs}.")
    fields: dict[str, Any] = {
        **component.optional,
        "sample_key": group_of(example, "pair"),
        "action_key": example.get("action", ""),
        "domain": "own",
        "split": "given",
        "difference_key": example.get("statement", ""),
    }
    missing = {name: value for name, value in fields.items() if name not in example}
    return example.copy(**missing).with_inputs(*component.inputs)


def divide(examples: Sequence[dspy.Example], request: Request) -> dict[Subset, list[dspy.Example]]:
    """Examples by part; those of one group stay together, and the same examples and seed give the same parts.

    Raises:
        InputError: fewer than three groups.
    """
    groups = [group_of(example, request.by) for example in examples]
    part_of = parts_of(groups, request.seed, f"{request.by}s")
    return {
        part: [one for one, group in zip(examples, groups, strict=True) if part_of[group] == part] for part in SUBSETS
    }


def parts_of(groups: Sequence[str], seed: int, kind: str) -> dict[str, Subset]:
    """Group -> its part; the same groups and seed give the same parts.

    Raises:
        InputError: fewer than three groups; ``kind`` says what they are.
    """
    ordered = sorted(set(groups), key=lambda group: shuffle_key(group, seed))
    if len(ordered) < len(SUBSETS):
        raise InputError(
            f"The examples are of {len(ordered)} {kind}; three parts need at least three: give more, or say which are "
            'for what: {"train": ..., "val": ..., "test": ...}.'
        )
    n_val = max(1, round(VAL_SHARE * len(ordered)))
    n_train = max(1, min(round(TRAIN_SHARE * len(ordered)), len(ordered) - n_val - 1))
    return {
        group: "train" if i < n_train else "val" if i < n_train + n_val else "test" for i, group in enumerate(ordered)
    }


def group_of(example: dspy.Example, by: str) -> str:
    """The action, or the pair, that an example is of."""
    if by == "action" or "video_a" not in example:
        return str(example.get("action", ""))
    refs = [frame.ref for clip in (example.video_a, example.video_b) for frame in clip.frames]
    return str(example.get("sample_key", hashlib.sha256("".join(refs).encode()).hexdigest()))
