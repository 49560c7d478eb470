"""The card of a compiled program: what was compiled, on what, with what, and what it brought."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from viddiff.types import Record, Share

StageName = Literal["proposer", "differencer"]


class PartScore(Record):
    """One score on one part of the data, before and after compiling; shares of 1.

    Intervals are 95 %, bootstrapped over pairs; ``p_value`` is of the sign-flip test of after against before over pairs
    (proposer: actions), never below 2 / 2**n of n pairs.
    """

    part: Literal["val", "test"]
    #: E.g. "closed accuracy".
    name: str
    #: Questions (differencer) or actions (proposer) that were scored.
    n: int
    before: Share | None
    after: Share | None
    before_interval: tuple[float, float] | None = None
    after_interval: tuple[float, float] | None = None
    #: Of after minus before.
    difference_interval: tuple[float, float] | None = None
    p_value: Share | None = None
    #: Questions without an answer, which count as not correct.
    failed_before: int = 0
    failed_after: int = 0


class Card(Record):
    """What stands in a compiled program beside its state. Holds no key, no address and no path of a machine."""

    stage: StageName
    optimizer: str
    options: dict[str, Any] = Field(default_factory=dict)
    metric: str
    adapter: Literal["chat", "json"]
    #: Which frames the differencer was compiled on; None for the proposer.
    frames: Literal["oracle", "localized"] | None = None
    #: Model strings by role, as they were given.
    models: dict[str, str]
    data: str
    data_hash: str
    release: str
    #: Name of the split, e.g. "by-action-0".
    split: str
    #: Pairs in each part.
    n_train: int
    n_val: int
    n_test: int
    scores: tuple[PartScore, ...] = ()
    calls: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0
    seed: int = 0
    created: str
    notices: tuple[str, ...] = ()
