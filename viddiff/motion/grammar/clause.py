"""A clause: of what a statement speaks, what it says of it, where, and when."""

from __future__ import annotations

from dataclasses import dataclass, field

from viddiff.motion.grammar.tokens import Token


@dataclass(frozen=True)
class MomentName:
    """A moment by its name: a place, a phase, "standing", "before lift", "between", "during" or "stage"."""

    name: str
    #: For "during": the movement; for "stage": the stage.
    of: str = ""
    #: For "state": a part of the body and how it then is.
    state: tuple[Token, ...] = ()


@dataclass
class Clause:
    """What stands in a statement, by its part in the sentence."""

    part: Token | None = None
    side: Token | None = None
    movement: Token | None = None
    each: bool = False
    properties: list[Token] = field(default_factory=list)
    degrees: list[Token] = field(default_factory=list)
    verbs: set[str] = field(default_factory=set)
    #: (preposition, goal).
    goals: list[tuple[str, str]] = field(default_factory=list)
    when: list[MomentName] = field(default_factory=list)
    #: Whether a moment stands as the thing that is spoken of ("the descent is slower", "holds the bottom position").
    bare_moment: bool = False
    negations: int = 0
    agent: bool = False
    #: Whether the action goes on and on, so that its length is no pace.
    ongoing: bool = False
