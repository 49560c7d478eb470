"""A scripted model for pairs of clips: it recognizes a clip by its pictures and answers what the test says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support.scripted import Asked, chat_reply, labels_of
from viddiff.video.loaded import LoadedVideo


def given(asked: Asked, field: str) -> Any:
    """The value of an input field of a request."""
    text = asked.prompt.rpartition(f"[[ ## {field} ## ]]")[2].strip().splitlines()[0]
    return json.loads(text) if text.startswith("{") else text


def names_shown(asked: Asked, videos: Mapping[str, LoadedVideo]) -> list[str]:
    """The names of the clips of a request, in the order in which they are shown."""
    return names_by_picture(asked, pictures_of(videos))


def pictures_of(videos: Mapping[str, LoadedVideo]) -> dict[bytes, str]:
    """The JPEG bytes of every frame -> the name of its clip."""
    return {video.sequence.store.read(ref): name for name, video in videos.items() for ref in video.sequence.refs}


def names_by_picture(asked: Asked, owners: Mapping[bytes, str]) -> list[str]:
    """As ``names_shown``, with the pictures of all clips at hand."""
    first: dict[str, str] = {}
    for label, image in zip(labels_of(asked), asked.images, strict=True):
        first.setdefault(label.split(",")[0], owners[image])
    return list(first.values())


class StepReader:
    """Sees one difference in Technique, which is true of ``candidate`` compared with ``reference`` alone.

    Args:
        videos: by name, "reference" and "candidate" among them.
        left_out: category that it gives no entry for.
        agrees: says of every sentence that it is true.
    """

    DIFFERENCE = "The squat is deeper instead of shallow."

    def __init__(self, videos: Mapping[str, LoadedVideo], left_out: str = "", agrees: bool = False) -> None:
        self.videos, self.left_out, self.agrees = videos, left_out, agrees

    def __call__(self, asked: Asked) -> str:
        if asked.asks_for("entries"):
            return chat_reply(entries=[*map(self.entry, self.wanted(asked).items())])
        if asked.asks_for("checks"):
            right = names_shown(asked, self.videos) == ["reference", "candidate"]
            probability = 0.9 if right or self.agrees else 0.1
            keys = given(asked, "differences")
            return chat_reply(checks=[{"key": key, "reason": "seen", "probability": probability} for key in keys])
        raise AssertionError(f"not asked for: {asked.system}")

    def wanted(self, asked: Asked) -> dict[str, str]:
        """The categories that it tells of."""
        return {key: name for key, name in given(asked, "categories").items() if name != self.left_out}

    def entry(self, category: tuple[str, str]) -> dict[str, Any]:
        """What it tells of one category."""
        seen = {"difference": self.DIFFERENCE, "severity": 2, "frames_reference": [1], "frames_candidate": [2, 99]}
        return {"key": category[0], "differences": [seen] if category[1] == "Technique" else []}
