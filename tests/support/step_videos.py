"""Whole videos whose steps are plain colours, and a scripted model that reads what is done from them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from tests.programs.stepdiff.answers import given
from tests.support.loaded import Frame, footage_of
from tests.support.scripted import Asked, chat_reply, labels_of
from viddiff.video.loaded import LoadedVideo

#: What is done and its colour; "talk" is not a step.
COLOURS = {
    "talk": (90, 90, 90),
    "chop": (200, 30, 30),
    "fry": (220, 200, 30),
    "season": (30, 60, 200),
    "serve": (30, 180, 60),
    "garnish": (200, 60, 200),
}
SIZE = (48, 64)
#: A video is a list of (what is done, seconds).
Script = Sequence[tuple[str, float]]
REFERENCE: Script = [("talk", 6), ("chop", 12), ("fry", 18), ("season", 6), ("serve", 12)]
CANDIDATE: Script = [("chop", 12), ("fry", 12), ("garnish", 6), ("serve", 12), ("talk", 6)]


def frames_of(script: Script, fps: int) -> list[Frame]:
    """The frames of a video, each a little different."""
    made: list[Frame] = []
    for name, seconds in script:
        for _ in range(round(seconds * fps)):
            frame = np.full((*SIZE, 3), COLOURS[name], dtype=np.uint8)
            frame[: 8 + len(made) % 32, :4] = 255
            made.append(frame)
    return made


def footage(script: Script) -> LoadedVideo:
    """The video as it was read."""
    return footage_of(frames_of(script, 4), name=f"{len(script)}-{script[0][0]}.mp4")


def action_in(image: bytes) -> str:
    """What a frame shows."""
    with Image.open(io.BytesIO(image)) as picture:
        colour = np.asarray(picture.convert("RGB"))[:, 16:].mean(axis=(0, 1))
    return min(COLOURS, key=lambda name: float(np.abs(colour - np.array(COLOURS[name])).sum()))


class Cook:
    """Sees what is done, divides lines where that changes, matches steps by name, and sees one difference in each.

    Attributes:
        compared: the steps whose differences it was asked for, with what each clip showed.
    """

    DIFFERENCE = "It is done faster instead of slowly."

    def __init__(self) -> None:
        self.compared: list[tuple[str, set[str], set[str]]] = []

    def __call__(self, asked: Asked) -> str:
        if asked.asks_for("doing"):
            shown = [action_in(image) for image in asked.images]
            return chat_reply(doing=f"{max(set(shown), key=shown.count)} is what is done.")
        if asked.asks_for("steps"):
            return chat_reply(task="a dish", steps=self.divide(given(asked, "lines")))
        if asked.asks_for("matches"):
            return chat_reply(matches=self.match_steps(given(asked, "reference"), given(asked, "candidate")))
        if asked.asks_for("entries"):
            return chat_reply(entries=self.entries(asked))
        keys = given(asked, "differences")
        return chat_reply(checks=[{"key": key, "reason": "seen", "probability": 0.9} for key in keys])

    def divide(self, lines: dict[str, str]) -> list[dict[str, Any]]:
        """Neighbouring lines of which the same is said."""
        steps: list[dict[str, Any]] = []
        for number, line in lines.items():
            name = next(name for name in COLOURS if name in line)
            if steps and steps[-1]["name"] == name:
                steps[-1]["last_line"] = int(number)
            else:
                steps.append({"name": name, "first_line": int(number), "last_line": int(number)})
        return [step for step in steps if step["name"] != "talk"]

    def match_steps(self, reference: dict[str, str], candidate: dict[str, str]) -> list[dict[str, Any]]:
        """Steps of one name."""
        keys = {name: key for key, name in candidate.items()}
        return [
            {"key": key, "candidate": keys.get(name, ""), "similarity": 90 if name in keys else 0}
            for key, name in reference.items()
        ]

    def entries(self, asked: Asked) -> list[dict[str, Any]]:
        """A difference in Technique, none elsewhere."""
        shown: dict[str, set[str]] = {}
        for label, image in zip(labels_of(asked), asked.images, strict=True):
            shown.setdefault(label.split(",")[0], set()).add(action_in(image))
        reference, candidate = shown.values()
        self.compared.append((given(asked, "step"), reference, candidate))
        seen = {"difference": self.DIFFERENCE, "severity": 3, "frames_reference": [1], "frames_candidate": [2]}
        return [
            {"key": key, "differences": [seen] if name == "Technique" else []}
            for key, name in given(asked, "categories").items()
        ]
