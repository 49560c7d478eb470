"""From tokens to a clause, read from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from viddiff.motion.grammar.clause import Clause, MomentName
from viddiff.motion.grammar.movements import MOVEMENTS
from viddiff.motion.grammar.tokens import RefusedError, Token

_BARS = {
    "than": "compares two things within one video",
    "and": "joins two statements: ask each of them on its own",
    "ordinal": "names one of several repetitions, which is not measured here",
    "angle": "asks for closeness to an angle or a line, which is not measured",
    "spine": "asks for the curve of the spine, which has no landmarks",
}


def parse_clause(tokens: Sequence[Token]) -> Clause:
    """The clause of a statement.

    Raises:
        RefusedError: what stands there does not make one.
    """
    return _Parser(tokens).clause()


class _Parser:
    """Reads tokens from left to right, each once."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.found = Clause()

    def clause(self) -> Clause:
        while self.position < len(self.tokens):
            token = self.next()
            reader = getattr(self, f"on_{token.kind}", None)
            if reader is None:
                raise RefusedError(f"'{token.text}' does not fit into the rest of the statement.")
            reader(token)
        if self.found.side is not None and self.found.part is None:
            raise RefusedError(f"'{self.found.side.text}' is not followed by a part of the body.")
        return self.found

    def next(self) -> Token:
        self.position += 1
        return self.tokens[self.position - 1]

    def peek(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def peek_kind(self) -> str:
        """The kind of the next token that is no filler; fillers before it are passed over."""
        while (token := self.peek()) is not None and token.kind in ("filler", "each"):
            self.found.each |= token.kind == "each"
            self.position += 1
        return token.kind if token else ""

    def on_filler(self, token: Token) -> None:
        pass

    def on_agent(self, token: Token) -> None:
        self.found.agent = True

    def on_each(self, token: Token) -> None:
        self.found.each = True

    def on_not(self, token: Token) -> None:
        self.found.negations += 1

    def on_bar(self, token: Token) -> None:
        raise RefusedError(f"'{token.text}' {_BARS[token.value]}.")

    def on_goal(self, token: Token) -> None:
        """ "Faces the camera": towards it."""
        if token.value != "camera" or not any(earlier.value == "facing" for earlier in self.found.properties):
            raise RefusedError(f"'{token.text}' does not fit into the rest of the statement.")
        self.found.goals.append(("to", "camera"))

    def on_verb(self, token: Token) -> None:
        self.found.verbs.add(token.value)

    def on_degree(self, token: Token) -> None:
        self.found.degrees.append(token)

    def on_property(self, token: Token) -> None:
        self.found.properties.append(token)

    def on_side(self, token: Token) -> None:
        if self.found.side is not None:
            raise RefusedError(f"Two sides are named: '{self.found.side.text}' and '{token.text}'.")
        self.found.side = token

    def on_part(self, token: Token) -> None:
        if self.found.part is not None:
            raise RefusedError(f"Two parts of the body are named: '{self.found.part.text}' and '{token.text}'.")
        self.found.part = token

    def on_movement(self, token: Token) -> None:
        if self.found.movement is not None:
            raise RefusedError(f"Two movements are named: '{self.found.movement.text}' and '{token.text}'.")
        if self.found.part is not None:
            raise RefusedError(f"A part of the body and a movement: '{self.found.part.text}', '{token.text}'.")
        if self.peek_kind() == "part":
            # "the squat stance": which stance.
            self.found.when.append(MomentName("during", token.value))
        else:
            self.found.movement = token

    def on_place(self, token: Token) -> None:
        self.found.bare_moment = True
        self.moment(token.value)

    on_phase = on_place

    def on_preposition(self, token: Token) -> None:
        kind = self.peek_kind()
        after = self.peek()
        if token.value == "with":
            self.on_manner(token)
        elif after is None:
            raise RefusedError(f"Nothing follows '{token.text}'.")
        elif kind in ("place", "phase"):
            self.next()
            self.moment(after.value)
        elif kind in ("movement", "stage"):
            self.next()
            self.movement_after(token, after)
        elif kind in ("part", "side"):
            self.part_after(token)
        elif kind == "goal":
            self.next()
            self.found.goals.append((token.value, after.value))
        elif kind == "bar":
            self.on_bar(after)
        elif kind == "property" and token.value == "during" and after.text in ("lift", "lifting"):
            self.next()
            self.moment("ascent")
        elif not self.manner_follows(token):
            raise RefusedError(f"'{token.text} {after.text}' is not understood.")

    def manner_follows(self, preposition: Token) -> bool:
        """Whether the preposition opens no place: "at a faster pace", "to more different heights"."""
        next_values = {token.value for token in self.tokens[self.position : self.position + 2]}
        if preposition.text == "through":
            return "range" in next_values
        return preposition.text in ("at", "in", "to", "up to") and bool(next_values & {"speed", "even"})

    def moment(self, name: str, of: str = "") -> None:
        """Take up a moment, and the movement that it belongs to ("of the squat")."""
        if self.found.when and self.found.when[-1] != MomentName(name, of):
            raise RefusedError("Two moments are named.")
        self.found.when.append(MomentName(name, of))
        token = self.peek()
        if token is not None and token.kind == "preposition" and token.value == "of":
            back = self.position
            self.next()
            if self.peek_kind() == "movement":
                self.next()
            else:
                self.position = back

    def movement_after(self, preposition: Token, movement: Token) -> None:
        of = self.peek()
        if movement.kind == "stage":
            self.moment("stage", movement.value)
        elif of is not None and of.kind in ("place", "phase"):
            # "during the squat descent".
            self.next()
            self.moment(of.value)
        elif preposition.text.startswith("between") and (movement.plural or movement.value in MOVEMENTS):
            self.moment("between", movement.value)
        elif preposition.value == "of" and self.found.movement is None and self.found.part is None:
            self.found.movement = movement
        elif preposition.value in ("at", "during"):
            self.moment("during" if preposition.value == "during" else "at", movement.value)
        else:
            raise RefusedError(f"'{preposition.text} {movement.text}' is not understood.")

    def part_after(self, preposition: Token) -> None:
        """The part that is spoken of ("the angle of the knees", "bends at the hips"), or a goal ("to the head")."""
        side = None
        token = self.next()
        if token.kind == "side":
            side, kind = token, self.peek_kind()
            if kind != "part":
                raise RefusedError(f"'{token.text}' is not followed by a part of the body.")
            token = self.next()
        body = self.found.part is None or self.found.part.value in ("body", "trunk")
        if (preposition.value == "of" and self.found.part is None) or (preposition.text in ("at", "in") and body):
            self.found.part, self.found.side = token, side or self.found.side
        elif side is None:
            self.found.goals.append((preposition.value, token.value))
        else:
            raise RefusedError(f"'{preposition.text} the {side.text} {token.text}' is not measured.")

    def on_link(self, token: Token) -> None:
        """A clause of time: while standing, when the weight is at the top, before the lift."""
        if token.value == "after":
            raise RefusedError(f"'{token.text}' does not lead to a known moment.")
        self.peek_kind()
        after = self.peek()
        if after is not None and after.text == "standing" and token.value == "while":
            self.next()
            self.moment("standing")
            self.standing_between()
        elif after is not None and after.kind == "verb" and after.value in ("start", "end") and token.value == "while":
            self.next()
            self.moment(after.value)
            if self.peek_kind() == "movement":
                self.next()
        elif token.value == "before":
            self.on_before(token)
        elif after is not None and after.kind in ("movement", "stage", "phase"):
            self.next()
            name = {"movement": "during", "stage": "stage"}.get(after.kind, after.value)
            self.moment(name, "" if after.kind == "phase" else after.value)
        elif after is not None and (
            after.kind == "agent" or (after.kind == "part" and after.value in ("load", "body"))
        ):
            self.next()
            self.place_after(token)
        elif after is not None and after.kind == "part" and token.value == "while":
            self.state_after(token)
        else:
            raise RefusedError(f"'{token.text}' begins a part of the statement that is not understood.")

    def state_after(self, link: Token) -> None:
        """While the arms are up: a part of the body and how it then is, to the end of the statement."""
        state = tuple(
            token for token in self.tokens[self.position :] if token.kind != "filler" and token.value != "keep"
        )
        plain = all(token.kind == "property" and token.form == "state" for token in state[1:])
        if len(state) < 2 or not plain or self.found.when:
            raise RefusedError(f"'{link.text}' begins a part of the statement that is not understood.")
        self.found.when.append(MomentName("state", state=state))
        self.position = len(self.tokens)

    def place_after(self, link: Token) -> None:
        """What must follow "while the weight is": at the top."""
        self.peek_kind()
        rest = self.tokens[self.position :]
        places = [token for token in rest if token.kind in ("place", "phase")]
        known = all(token.kind in ("filler", "preposition", "place", "phase", "movement") for token in rest)
        if len(places) != 1 or not known:
            raise RefusedError(f"'{link.text}' begins a part of the statement that is not understood.")
        self.moment(places[0].value)
        self.position = len(self.tokens)

    def standing_between(self) -> None:
        token = self.peek()
        if token is not None and token.kind == "preposition" and token.text.startswith("between"):
            self.next()
            if self.peek_kind() != "movement":
                raise RefusedError("'between' is not followed by repetitions.")
            self.next()

    def on_before(self, link: Token) -> None:
        """Before the lift, before the weight is lifted, before jumping."""
        self.peek_kind()
        rest = [token for token in self.tokens[self.position :] if token.kind not in ("filler", "agent")]
        if rest and rest[0].kind == "part" and rest[0].value == "load":
            rest = rest[1:]
        if len(rest) == 1 and rest[0].kind == "movement":
            self.moment("before", rest[0].value)
        elif len(rest) == 1 and rest[0].text in ("lift", "lifted", "lifting", "raised"):
            self.moment("before lift")
        elif len(rest) == 1 and rest[0].kind == "phase":
            # Before coming up it is at the bottom.
            self.moment({"ascent": "bottom", "descent": "top"}.get(rest[0].value, "telling"))
        else:
            raise RefusedError(f"'{link.text}' begins a part of the statement that is not understood.")
        self.position = len(self.tokens)

    def on_manner(self, preposition: Token) -> None:
        """How something is done otherwise ("with the arms straight"), or what is compared ("with wider feet")."""
        rest = self.tokens[self.position :]
        compares = any(token.kind == "degree" or token.form == "comparative" for token in rest)
        has_content = bool(self.found.part or self.found.properties or self.found.degrees)
        if compares and has_content:
            raise RefusedError(f"'{preposition.text}' joins two statements: ask each of them on its own.")
        if not compares and has_content:
            if any(token.kind not in ("filler", "part", "property", "side") for token in rest):
                raise RefusedError(f"'{preposition.text}' begins a part of the statement that is not understood.")
            self.position = len(self.tokens)
        elif self.found.movement is not None:
            self.found.when.append(MomentName("during", self.found.movement.value))
            self.found.movement = None
