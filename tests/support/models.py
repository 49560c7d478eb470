"""Scripted models that play proposer and differencer, for tests."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.scripted import Asked, chat_reply

STAGES = ("set up", "lower", "hold", "rise")


def stage_fields(names: tuple[str, ...] = STAGES) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "description": f"the {name} part",
            "cues": [f"A photo of a person, {name} {i}" for i in range(5)],
        }
        for name in names
    ]


def proposer_reply(asked: Asked, n_differences: int = 3) -> str:
    """Sensible replies to the four questions of the proposer."""
    if asked.asks_for("differences"):
        statements = ["the squat is deeper", "the stance is wider", "the arms are higher", "the pause is longer"]
        proposed = [
            {
                "name": f"difference {i}",
                "statement": statements[i % 4] + ("" if i < 4 else f" {i}"),
                "num_frames": "gt_1",
            }
            for i in range(n_differences)
        ]
        return chat_reply(differences=proposed)
    if asked.asks_for("stages"):
        return chat_reply(stages=stage_fields())
    if asked.asks_for("refined"):
        return chat_reply(refined=stage_fields())
    keys = [str(i) for i in range(50) if f'"{i}":' in asked.prompt]
    return chat_reply(links=[{"key": key, "stages": [STAGES[int(key) % len(STAGES)]]} for key in keys])


def judge_reply(answer: str = "a", confidence: float = 0.8, reason: str = "It is seen in the second frame.") -> str:
    return chat_reply(reason=reason, answer=answer, confidence=confidence, frames_a=[1], frames_b=[1])


def both(judge: Callable[[Asked], str], n_differences: int = 3) -> Callable[[Asked], str]:
    """One model for both roles: the proposer's questions are answered sensibly, the others by ``judge``."""

    def answer(asked: Asked) -> str:
        return judge(asked) if asked.asks_for("answer") else proposer_reply(asked, n_differences)

    return answer
