"""A small data set of rendered noise, and a model whose answer is a function of the question alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.support.models import judge_reply, proposer_reply
from tests.support.scripted import Asked, chat_reply
from tests.support.servers import OpenAIServer, WireRequest
from viddiff.video.encode import write_video

STATEMENTS = ("the squat is deeper", "the stance is wider", "the arms are higher", "the pause is longer")


def make_pairs(folder: Path, n_pairs: int = 4) -> Path:
    """``pairs.json`` and its videos: every pair is labelled with each of a, b and c."""
    pairs = []
    for index in range(n_pairs):
        names = []
        for side in "ab":
            rng = np.random.default_rng(2 * index + (side == "b"))
            frames = [
                np.kron(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8))
                for _ in range(12)
            ]
            names.append(write_video(folder / f"{index}{side}.mp4", frames, 8, 64, 48).name)
        differences = {
            str(key): {
                "name": statement,
                "description": statement,
                "label": "abc"[(index + key) % 3],
                "frames_a": [0.5],
                "frames_b": [1.0],
            }
            for key, statement in enumerate(STATEMENTS)
        }
        action = f"action {index % 2}"
        pairs.append(
            {
                "key": f"pair{index}",
                "action": action,
                "action_description": f"a person does {action}",
                "video_a": names[0],
                "video_b": names[1],
                "differences": differences,
            }
        )
    path = folder / "pairs.json"
    path.write_text(json.dumps(pairs))
    return path


def settled(asked: Asked) -> str:
    """A reply that depends on nothing but the request, so that every order of asking gives the same run."""
    if asked.asks_for("answer"):
        digest = hashlib.sha256(b"".join(asked.images) + asked.texts[-1].encode()).digest()
        return judge_reply("abc"[digest[0] % 3], digest[1] / 255)
    if asked.asks_for("verdicts") or asked.asks_for("found"):
        statements = asked.prompt.rpartition("[[ ## statements ## ]]")[2].strip().splitlines()[0]
        entry = {"answer": "abc"[len(asked.images) % 3], "reason": "seen", "size": "clear", "confidence": 0.9}
        entries = [{"key": key, **entry} for key in json.loads(statements)]
        return chat_reply(found=entries) if asked.asks_for("found") else chat_reply(verdicts=entries)
    if asked.asks_for("matches"):
        return chat_reply(matches=[{"reference": str(key), "prediction": str(key)} for key in range(3)])
    if asked.asks_for("relations"):
        return chat_reply(relations=[{"key": str(key), "relation": "same"} for key in range(3)])
    if asked.asks_for("differences") and asked.images:
        found = [{"statement": statement, "answer": "a"} for statement in STATEMENTS[:3]]
        return chat_reply(differences=found)
    return proposer_reply(asked, 4)


def serving(reply: Callable[[Asked], str] = settled, faults: object = ()) -> OpenAIServer:
    """A server whose model answers so."""

    def answer(request: WireRequest) -> str:
        system = str(request.parts[0][1])
        return reply(Asked("x", system, request.parts[1:], (), request.body.get("temperature"), None, None))

    return OpenAIServer(answer, faults)  # type: ignore[arg-type]
