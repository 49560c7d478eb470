"""A fake model whose answers truly depend on what its prompt tells it to look at, and one that writes such prompts.

``Attentive`` knows the truth of a rendered benchmark by the bytes of the frames. It attends to what a statement is
about (time, arms, feet and legs, trunk and head) only when its instructions hold the cue for that, or when an example
on the same subject stands in the prompt; else it answers with the video that is shown first. ``Writing`` plays the
models that optimizers ask for instructions: it gives cues for the statements that it reads in its own prompt, keeps
those that stand there already, and without either tries some, as a writer without evidence does.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Mapping

import dspy

from tests.support.models import judge_reply, proposer_reply
from tests.support.scripted import Asked, chat_reply
from viddiff.core.types import Answer

#: Subject -> (words of a statement on it, the cue that has to be in the instructions). The first that fits counts.
SUBJECTS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "time": (re.compile(r"longer\b(?! step)|earlier|More jumping"), "Compare how long each part takes."),
    "arms": (re.compile(r"arms?\b|hands|elbows"), "Compare where the arms and hands are."),
    "legs": (re.compile(r"feet|foot|leg|heels|hips|knees|step"), "Compare the feet, knees and hips."),
    "trunk": (re.compile(r"trunk|head"), "Compare how far the trunk leans."),
}
_OTHER: dict[Answer, Answer] = {"a": "b", "b": "a", "c": "c"}
_STATEMENT = re.compile(r"\[\[ ## statement ## \]\]\s*(.+)")


def cue_of(statement: str) -> str:
    """What has to be looked at to judge a statement."""
    return next((cue for words, cue in SUBJECTS.values() if words.search(statement)), "Compare everything.")


class Attentive:
    """Plays the vision model.

    Args:
        truth: (SHA-256 of a frame's bytes, statement) -> (side that the frame is of, true answer).
    """

    def __init__(self, truth: Mapping[tuple[str, str], tuple[str, Answer]]) -> None:
        self.truth = truth
        self._luck = itertools.cycle((False, False, True))

    def __call__(self, asked: Asked) -> str:
        """The answer to the last question of a request; at a high temperature it sometimes sees without being told."""
        *examples, statement = [found.strip() for found in _STATEMENT.findall(asked.prompt)]
        cue = cue_of(statement)
        told = cue in " ".join(asked.system.split()) or cue in map(cue_of, examples)
        lucky = (asked.temperature or 0) > 0.5 and next(self._luck)
        return judge_reply(self.right(asked, statement) if told or lucky else "a", 0.9)

    def right(self, asked: Asked, statement: str) -> Answer:
        """The true answer, in terms of the order in which the videos are shown."""
        # The last image is of the video that is shown second.
        key = hashlib.sha256(asked.images[-1]).hexdigest()
        # Of other frames than those it knows nothing is seen.
        side, answer = self.truth.get((key, statement), ("b", "c"))
        return answer if side == "b" else _OTHER[answer]


class Writing:
    """Plays the models that write instructions.

    Args:
        statements: those of the data; which of them it was shown it reads in its prompt.
    """

    def __init__(self, statements: Iterable[str]) -> None:
        self.statements = tuple(statements)
        cues = [cue for _, cue in SUBJECTS.values()]
        self._tries = itertools.cycle(itertools.chain.from_iterable(itertools.combinations(cues, n) for n in (1, 2, 3)))

    def __call__(self, asked: Asked) -> str:
        """Fill every output field with instructions."""
        seen = {cue_of(statement) for statement in self.statements if statement in asked.prompt}
        kept = {cue for _, cue in SUBJECTS.values() if cue in asked.prompt}
        cues = sorted(seen | kept) or list(next(self._tries))
        better = " ".join(["Compare the two videos.", *cues])
        told = asked.system.partition("Your output fields are:")[2].partition("All interactions")[0]
        fields = [line.split("`")[1] for line in told.splitlines() if line.count("`") >= 2]
        answers: dict[str, object] = dict.fromkeys(fields, better)
        if "module_advice" in fields:
            answers["module_advice"] = {"program.judge.predict": better}
        return json.dumps(answers) if "JSON object" in asked.system else chat_reply(**answers)


class Everybody:
    """All roles behind one server: who is asked is told from what is asked for."""

    def __init__(self, vision: Attentive, writing: Writing) -> None:
        self.vision, self.writing = vision, writing

    def __call__(self, asked: Asked) -> str:
        """The reply of the role that the request is for."""
        if asked.asks_for("colour"):
            return chat_reply(colour="red")
        if asked.images:
            return self.vision(asked)
        if asked.asks_for("number"):
            return chat_reply(number=7)
        if asked.asks_for("matches"):
            return chat_reply(matches=[{"reference": f"R{n}", "prediction": f"P{n}"} for n in range(1, 4)])
        if asked.asks_for("relations"):
            return chat_reply(relations=[{"key": f"Q{n}", "relation": "same"} for n in range(1, 4)])
        if any(asked.asks_for(field) for field in ("differences", "stages", "refined", "links")):
            return proposer_reply(asked, 4)
        return self.writing(asked)


def truth_of(examples: Iterable[dspy.Example]) -> dict[tuple[str, str], tuple[str, Answer]]:
    """What is true of examples of the differencer, by frame and statement; a frame's reference is its hash."""
    return {
        (frame.ref, example.statement): (side, example.answer)
        for example in examples
        for side, clip in (("a", example.video_a), ("b", example.video_b))
        for frame in clip.frames
    }
