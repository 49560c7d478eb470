"""From several opinions on one statement to an answer, a probability and whether it is worth another look.

Each opinion (the finder's first impression, the judge's verdict, a second look, a measurement) is a distribution over
a, b and c. They are combined by a logarithmic opinion pool: the weighted sum of their logarithms, plus a prior on c
(Genest and Zidek, 1986, "Combining probability distributions"). The weights are few, have defaults, and can be learned
from labels by maximum likelihood (``fit``).

A model that sees two videos favours one place, so one opinion is not enough: "a" or "b" is answered only where two
independent sources name it, of what was seen with A first, what was seen with B first, and what was measured. Else it
is "c".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from viddiff.core.record import Record, Share
from viddiff.core.types import SWAPPED, Answer
from viddiff.signatures.viddiff.judge import Size

ANSWERS: tuple[Answer, ...] = ("a", "b", "c")
SOURCES = ("impression", "swapped_impression", "verdict", "second_look", "swapped_second_look", "measured")
#: An opinion is never taken as certain.
_FLOOR = 0.02
#: Of an opinion that names a video, the part of its doubt that goes to "c"; the rest goes to the other video.
_DOUBT_TO_C: Mapping[Size | None, float] = {None: 0.6, "none": 0.9, "slight": 0.8, "clear": 0.5, "large": 0.35}
#: From this confidence on a "c" with B first, or by measurement, stands, though a video is named with A first.
SURE_C = 0.7
#: What is taken for the confidence of an opinion that gives none.
_UNSTATED = 0.7


class Opinion(Record):
    """What one source says of a statement, in terms of the true A and B."""

    answer: Answer
    confidence: Share | None = None
    size: Size | None = None

    def swap_sides(self) -> Opinion:
        """The same, where the videos were shown in the other order."""
        return self.model_copy(update={"answer": SWAPPED[self.answer]})

    def distribution(self) -> NDArray[np.float64]:
        """(3,) probabilities of a, b and c."""
        stated = _UNSTATED if self.confidence is None else self.confidence
        sure = min(max(stated, 0.34), 1 - 2 * _FLOOR)
        doubt = 1 - sure
        if self.answer == "c":
            return np.array([doubt / 2, doubt / 2, sure])
        to_c = doubt * _DOUBT_TO_C[self.size]
        other = doubt - to_c
        return np.array([sure, other, to_c] if self.answer == "a" else [other, sure, to_c])


class Opinions(Record):
    """All that was said of one statement."""

    impression: Opinion | None = None
    """The finder's, from an overview, with A first."""
    swapped_impression: Opinion | None = Field(None, validation_alias="exchanged")
    """That of an overview with B first, which open mode has."""
    verdict: Opinion | None = None
    """The judge's, from close frames, with B first."""
    second_look: Opinion | None = Field(None, validation_alias="second")
    """That of a second look, with A first."""
    swapped_second_look: Opinion | None = Field(None, validation_alias="third")
    """That of a second look, with B first."""
    measured: Opinion | None = None
    """What follows from a measurement."""

    @property
    def with_a_first(self) -> tuple[Opinion | None, ...]:
        """What was seen with A first."""
        return self.impression, self.second_look

    @property
    def with_b_first(self) -> tuple[Opinion | None, ...]:
        """What was seen with B first."""
        return self.swapped_impression, self.verdict, self.swapped_second_look

    @property
    def independent_sources(self) -> tuple[frozenset[Answer], ...]:
        """What was said of the videos with A first, with B first, and by measurement; who said nothing is left out."""
        each = (self.with_a_first, self.with_b_first, (self.measured,))
        given = (frozenset(opinion.answer for opinion in group if opinion is not None) for group in each)
        return tuple(answers for answers in given if answers)

    def is_confirmed(self, answer: Answer) -> bool:
        """Whether two independent sources, or the only one, give that answer."""
        return sum(answer in answers for answers in self.independent_sources) >= min(2, len(self.independent_sources))

    @property
    def has_confirmed_video(self) -> bool:
        """Whether a video is named by two independent sources, or by the only one."""
        return self.is_confirmed("a") or self.is_confirmed("b")


class OpinionWeights(Record):
    """How much each source counts; learned from labels by ``fit``, or these defaults.

    A source that is as good as it says has weight 1. The defaults were learned from rendered pairs, of a real model and
    of the simulated one (docs/answers.md, ``python -m benchmarks.weights``): labels of the own model are better. A
    measurement counts little by itself, for the judge has been told of it. Files and manifests of before have the names
    that are given as aliases.
    """

    impression: float = Field(0.8, ge=0, le=5)
    """Of the opinion that the overview gives."""
    swapped_impression: float = Field(
        0.5,
        ge=0,
        le=5,
        validation_alias="exchanged",
        serialization_alias="exchanged",
    )
    """Of the opinion that an overview with the videos swapped gives."""
    verdict: float = Field(1.0, ge=0, le=5)
    """Of the first look."""
    second_look: float = Field(0.8, ge=0, le=5, validation_alias="second", serialization_alias="second")
    """Of the second look."""
    swapped_second_look: float = Field(0.75, ge=0, le=5, validation_alias="third", serialization_alias="third")
    """Of the second look with the videos swapped."""
    measured: float = Field(0.4, ge=0, le=5)
    """Of the measurement."""
    prior_c: float = Field(1.25, ge=-3, le=3, description="added to the logarithm of c")
    prior_c_unconfirmed: float = Field(
        0.75,
        ge=0,
        le=3,
        validation_alias="torn",
        serialization_alias="torn",
        description="added to the logarithm of c where no two independent sources name the same video",
    )


class Decision(Record):
    """The answer that the opinions give."""

    answer: Answer
    confidence: Share
    probabilities: tuple[Share, Share, Share]
    """Of a, b and c."""


def decide(opinions: Opinions, weights: OpinionWeights | None = None) -> Decision | None:
    """The likeliest answer that is named by two independent sources, else "c"; None where nobody said anything.

    >>> sure = Opinion(answer="a", confidence=0.9, size="clear")
    >>> decide(Opinions(verdict=sure, impression=sure)).answer
    'a'
    """
    weights = weights or OpinionWeights()
    rows = _rows(opinions)
    if not rows:
        return None
    logits = sum(getattr(weights, name) * np.log(np.clip(row, _FLOOR, 1)) for name, row in rows.items())
    unconfirmed = 0.0 if opinions.has_confirmed_video else weights.prior_c_unconfirmed
    logits = logits + np.array([0.0, 0.0, weights.prior_c + unconfirmed])
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    likeliest = ANSWERS[int(shares.argmax())]
    answer: Answer = likeliest if opinions.is_confirmed(likeliest) else "c"
    a, b, c = (min(1.0, float(share)) for share in shares)
    return Decision(answer=answer, confidence={"a": a, "b": b, "c": c}[answer], probabilities=(a, b, c))


def likelihood(opinions: Opinions, weights: OpinionWeights | None = None) -> float:
    """How likely it is that there is a difference, whichever way it goes; 0 where nobody said anything."""
    decision = decide(opinions, weights)
    return max(decision.probabilities[:2]) if decision else 0.0


def is_doubtful(opinions: Opinions, decision: Decision, threshold: float) -> bool:
    """Whether another look, with A first, may change the answer, and there is a reason to doubt it.

    It may where B first or a measurement names a video: without either, "c" stands whatever is seen with A first. The
    reasons are that the answer is not sure, that two sources name different videos, or that the judge or a measurement
    says otherwise.
    """
    decisive = (opinions.verdict, opinions.measured)
    contradicted = any(opinion is not None and opinion.answer != decision.answer for opinion in decisive)
    answers = {opinion.answer for name in SOURCES if (opinion := getattr(opinions, name)) is not None}
    named = any(opinion is not None and opinion.answer != "c" for opinion in decisive)
    return named and (decision.confidence < threshold or {"a", "b"} <= answers or contradicted)


def is_overruled(opinions: Opinions, decision: Decision) -> bool:
    """Whether another look, with B first, may change a "c": A first alone names a video, and nobody is sure of "c"."""
    named = {opinion.answer for opinion in opinions.with_a_first if opinion is not None} - {"c"}
    others = [opinion for opinion in (*opinions.with_b_first, opinions.measured) if opinion is not None]
    sure = any(opinion.answer == "c" and (opinion.confidence or 0) >= SURE_C for opinion in others)
    return decision.answer == "c" and len(named) == 1 and all(one.answer == "c" for one in others) and not sure


def fit(
    all_opinions: Sequence[Opinions], labels: Sequence[Answer], prior: OpinionWeights | None = None
) -> OpinionWeights:
    """The weights under which the labels are likeliest, held to ``prior`` (default: the defaults) where data are few.

    Args:
        all_opinions, labels: one each for every statement; a statement of which nobody said anything is left out.
        prior: what the weights are drawn to, as if it stood on ten statements.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped,unused-ignore]  # scipy ships no types

    prior = prior or OpinionWeights()
    names = list(OpinionWeights.model_fields)
    start = np.array([getattr(prior, name) for name in names])
    kept = [(e, ANSWERS.index(label)) for e, label in zip(all_opinions, labels, strict=True) if _rows(e)]
    if not kept:
        return prior
    logs = np.zeros((len(kept), len(names), 3))
    for i, (opinions, _) in enumerate(kept):
        for name, row in _rows(opinions).items():
            logs[i, names.index(name)] = np.log(np.clip(row, _FLOOR, 1))
        logs[i, names.index("prior_c"), 2] = 1.0
        logs[i, names.index("prior_c_unconfirmed"), 2] = not opinions.has_confirmed_video
    truth = np.array([label for _, label in kept])

    def loss(values: NDArray[np.float64]) -> float:
        logits = np.einsum("w,nwk->nk", values, logs)
        shifted = logits - logits.max(axis=1, keepdims=True)
        likelihood = shifted[np.arange(len(truth)), truth] - np.log(np.exp(shifted).sum(axis=1))
        return float(-likelihood.sum() + 5.0 * ((values - start) ** 2).sum())

    bounds = [(0.0, 5.0)] * len(SOURCES) + [(-3.0, 3.0), (0.0, 3.0)]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
    return OpinionWeights(**{name: round(float(value), 4) for name, value in zip(names, found, strict=True)})


def _rows(opinions: Opinions) -> dict[str, NDArray[np.float64]]:
    return {name: opinion.distribution() for name in SOURCES if (opinion := getattr(opinions, name)) is not None}
