"""An expert and a query with one known fault, and a scripted coach that knows it by the look of the rooms."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.poses import KnownPoses
from tests.support.scripted import Asked, chat_reply
from viddiff.motion.pose.landmarks import Pose
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.pairs import plan_pair
from viddiff.video.encode import write_video

#: A squat of the rendered benchmark with seed 0 is the expert; the query is the same squat, shallower, by another one.
PAIR = plan_pair(0, seed=0)
EXPERT = PAIR.a
SHALLOW = dataclasses.replace(
    PAIR.b, performance=dataclasses.replace(EXPERT.performance, depth=0.28), camera=EXPERT.camera
)


def render(path: Path, clip: SyntheticClip[Any]) -> Path:
    """The clip as a video."""
    write_video(path, clip.frames(), clip.performance.fps, clip.camera.width_px, clip.camera.height_px)
    return path


def known_poses() -> KnownPoses:
    """Of the query, ``shallow.mp4``, and of the clips of the first pair of ``viddiff synth``."""
    return KnownPoses(_known())


@cache
def _known() -> dict[str, Pose]:
    clips = {"shallow.mp4": SHALLOW, "squat_0000_a.mp4": EXPERT, "squat_0000_b.mp4": PAIR.b}
    return KnownPoses.of_clips(clips).known


class Coach:
    """A scripted model: proposes faults, knows which clip is the query, and advises.

    Args:
        true: statements that are more true of the query; of all others it says "c".
        first: statements of which it says that they are more true of whichever clip is shown first.
        proposed: what it proposes for each part.
        advice: what it advises, as (text, keys of findings).
        clips: query and expert.
    """

    def __init__(
        self,
        true: Sequence[str] = (),
        first: Sequence[str] = (),
        proposed: Sequence[str] = (),
        advice: Sequence[tuple[str, Sequence[Any]]] = (),
        clips: tuple[SyntheticClip[Any], SyntheticClip[Any]] = (SHALLOW, EXPERT),
    ) -> None:
        self.true, self.first, self.proposed, self.advice = true, first, proposed, advice
        self._rooms = [_colour(next(clip.frames())) for clip in clips]

    def __call__(self, asked: Asked) -> str:
        if asked.asks_for("faults"):
            return chat_reply(faults=list(self.proposed))
        if asked.asks_for("advice"):
            return chat_reply(advice=[{"advice": text, "findings": list(keys)} for text, keys in self.advice])
        statement = re.findall(r"## statement ## ]]\n(.*)", asked.prompt)[-1]
        answer = "c"
        if statement in self.first:
            answer = "a"
        elif statement in self.true:
            answer = "a" if self.shows_query(asked.images[0]) else "b"
        return chat_reply(reason="seen", answer=answer, confidence=0.9, frames_a=[2], frames_b=[2])

    def shows_query(self, jpeg: bytes) -> bool:
        """Whether a picture is of the query's room."""
        colour = _colour(np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")))
        return bool(np.abs(colour - self._rooms[0]).sum() < np.abs(colour - self._rooms[1]).sum())


def _colour(picture: Any) -> Any:
    return np.asarray(picture, dtype=np.float64).mean(axis=(0, 1))
