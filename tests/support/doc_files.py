"""What the examples in docstrings find in their folder, and the model that they ask."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.eval.runs import settled
from tests.programs.stepdiff.answers import given
from tests.support.scripted import Asked, chat_reply

STEPS = ("preheat the oven", "fry the onions")
TRANSCRIPT = """WEBVTT

00:00.000 --> 00:01.000
Preheat the oven.

00:01.000 --> 00:02.500
Fry the onions.
"""


def lay_out(folder: Path, clips: Sequence[Path]) -> None:
    """Two clips under the names that examples use, labels of them, and a transcript."""
    names = {"a": 0, "b": 1, "query": 0, "expert": 1, "squat": 0, "reference": 0, "mine": 1, "first": 1, "second": 0}
    for name, number in names.items():
        (folder / f"{name}.mp4").hardlink_to(clips[number])
    statement = "the pause is longer"
    labelled = {"name": "pause", "description": statement, "label": "b", "frames_a": [0.5], "frames_b": [1.0]}
    pair = {
        "key": "squats",
        "action": "squat",
        "action_description": "a person squats",
        "video_a": "a.mp4",
        "video_b": "b.mp4",
        "differences": {"0": labelled},
    }
    (folder / "pairs.json").write_text(json.dumps([pair]))
    (folder / "said.vtt").write_text(TRANSCRIPT)


def reply(asked: Asked) -> str:
    """An answer that any request can be given."""
    if asked.asks_for("doing"):
        return chat_reply(doing="Onions are fried.")
    if asked.asks_for("steps"):
        return chat_reply(task="a dish", steps=steps_in(given(asked, "lines")))
    if asked.asks_for("matches") and "[[ ## candidate ## ]]" in asked.prompt:
        candidate = {name: key for key, name in given(asked, "candidate").items()}
        reference = given(asked, "reference").items()
        found = [{"key": key, "candidate": candidate.get(name, ""), "similarity": 90} for key, name in reference]
        return chat_reply(matches=found)
    if asked.asks_for("entries"):
        seen = {"difference": "The onions are stirred less often.", "severity": 3}
        shown = {name: [seen] if name == "Technique" else [] for name in given(asked, "categories").values()}
        keys = given(asked, "categories").items()
        return chat_reply(entries=[{"key": key, "differences": shown[name]} for key, name in keys])
    if asked.asks_for("checks"):
        keys = given(asked, "differences")
        return chat_reply(checks=[{"key": key, "reason": "seen", "probability": 0.9} for key in keys])
    if asked.asks_for("answerable"):
        seen = {"seen_reference": "brown", "seen_candidate": "pale", "answerable": "yes", "confidence": 0.9}
        return chat_reply(answer="It was fried for less time.", frames_reference=[1], frames_candidate=[1], **seen)
    if asked.asks_for("similarity"):
        return chat_reply(reason="seen", similarity=60)
    if asked.asks_for("closer"):
        return chat_reply(reason="seen", closer="first")
    return settled(asked)


def steps_in(lines: dict[str, str]) -> list[dict[str, object]]:
    """The steps that the numbered lines name; a caption names the second."""
    numbers = [int(number) for number in lines]
    if any("oven" in line for line in lines.values()):
        return [{"name": name, "first_line": line, "last_line": line} for line, name in enumerate(STEPS, 1)]
    return [{"name": STEPS[1], "first_line": min(numbers), "last_line": max(numbers)}]
