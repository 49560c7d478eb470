"""The card of a compiled program: what was compiled, on what, with what, and what it brought."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import Field

from viddiff.core.record import Record, Share
from viddiff.programs.compiled.registry import ComponentName


class PartScore(Record):
    """One score on one part of the data, before and after compiling; shares of 1.

    Intervals are 95 %, bootstrapped over pairs; ``p_value`` is of the sign-flip test of after against before over pairs
    (proposer, planner: actions), never below 2 / 2**n of n pairs.
    """

    part: Literal["val", "test"]
    """Which part of the data."""
    name: str
    """E.g. "closed accuracy"."""
    n: int
    """Examples that were scored: questions (differencer), pairs (finder, judge), actions (proposer, planner) or rows
    (captioner, comparer, ranker, verifier)."""
    before: Share | None
    """Of the default program."""
    after: Share | None
    """Of the compiled program."""
    before_interval: tuple[float, float] | None = None
    """Of the default program."""
    after_interval: tuple[float, float] | None = None
    """Of the compiled program."""
    difference_interval: tuple[float, float] | None = None
    """Of after minus before."""
    p_value: Share | None = None
    """None where it cannot be known."""
    failed_before: int = 0
    """Questions without an answer, which count as not correct."""
    failed_after: int = 0
    """The same after compiling."""


class ProgramCard(Record):
    """What stands in a compiled program beside its state. Holds no key, no address and no path of a machine."""

    component: ComponentName = Field(alias="stage")
    """Which part of the program was compiled; "stage" in the file."""
    optimizer: str
    """Its name."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Its arguments."""
    metric: str
    """What it learned by."""
    adapter: Literal["chat", "json"]
    """In which form requests were sent."""
    frames: Literal["oracle", "localized"] | None = None
    """Which frames the differencer was compiled on; None for the other components."""
    models: dict[str, str]
    """Model strings by role, as they were given."""
    data: str
    """What the user named."""
    data_hash: str
    """SHA-256 over the samples."""
    release: str
    """Which release of the data it is."""
    split: str
    """Name of the split, e.g. "by-action-0"."""
    n_train: int
    """Pairs in each part."""
    n_val: int
    """Pairs of val."""
    n_test: int
    """Pairs of test."""
    scores: tuple[PartScore, ...] = ()
    """Of the default program and of the one that was compiled, whichever of them was kept."""
    kept: Literal["compiled", "default"] = "compiled"
    """Which program this is: the compiled one, or the default one, because the compiled one was no better on val."""
    calls: int = 0
    """Calls that a model answered, answers that came from the cache, failed calls, dollars and wall-clock seconds, over
    all sessions of the same command."""
    cached_calls: int = 0
    """Answers that came from the cache."""
    failed_calls: int = 0
    """Calls without an answer."""
    cost_usd: float | None = None
    """US dollars; None where no price is known."""
    seconds: float = 0.0
    """Wall-clock."""
    sessions: int = 1
    """How often the command was started."""
    seed: int = 0
    """Of the split and the optimizer."""
    created: str
    """When it was made, ISO 8601, UTC."""
    notices: tuple[str, ...] = ()
    """What a reader should know, one sentence each."""

    @property
    def effort(self) -> str:
        """What it took, in words."""
        calls = f"{self.calls:,} calls"
        others = [
            f"{n:,} {name}"
            for n, name in ((self.cached_calls, "more from the cache"), (self.failed_calls, "failed"))
            if n
        ]
        cost = "no price known" if self.cost_usd is None else f"${self.cost_usd:.4f}"
        sessions = [f"{self.sessions} sessions"] if self.sessions > 1 else []
        return ", ".join([calls, *others, cost, f"{self.seconds:,.0f} s", *sessions])

    @property
    def caution(self) -> str | None:
        """What everyone who uses the program has to know of its score on val; None where compiling raised it."""
        val = next((score for score in self.scores if score.part == "val"), None)
        if val is None or val.after is None or val.before is None:
            text = f"what {self.optimizer} compiled was not scored on val"
            # A program from elsewhere has no scores, and its card says where it comes from.
            return f"The {self.component} is the default program: {text}." if self.kept == "default" else None
        if self.kept == "compiled" and val.after > val.before:
            return None
        text = f"no better on val ({100 * val.before:.1f} % before, {100 * val.after:.1f} % after)"
        if self.kept == "default":
            return f"The {self.component} is the default program: what {self.optimizer} compiled was {text}."
        return f"The {self.component} was kept although compiling made it {text}."


def card_of(component: ComponentName, optimizer: str, data: str) -> ProgramCard:
    """The card of a program that this package did not compile."""
    return ProgramCard(
        component=component,
        optimizer=optimizer,
        metric="not known",
        adapter="chat",
        models={},
        data=data,
        data_hash="",
        release="",
        split="",
        n_train=0,
        n_val=0,
        n_test=0,
        created=current_time(),
        notices=("Written from a module: viddiff compile has not scored it.",),
    )


def current_time() -> str:
    """The time, as it stands in a card."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
