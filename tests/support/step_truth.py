"""A scripted model that knows the truth of rendered step pairs: it recognizes each clip by its pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.programs.stepdiff.answers import given, names_by_picture, pictures_of
from tests.support.scripted import Asked, chat_reply
from tests.support.servers import OpenAIServer, WireRequest
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, Item, RankItem
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.loaded import LoadedVideo


def clips_in(folder: Path) -> dict[str, LoadedVideo]:
    """The videos of a folder by name, sampled as the settings sample by default."""
    return {path.stem: load(path, Sampling(threads=1), FrameStore(None)) for path in sorted(folder.glob("*.mp4"))}


class TruthfulModel:
    """Answers from the labels of items; ``yes_bias`` is added to every probability."""

    def __init__(self, videos: dict[str, LoadedVideo], items: Iterable[Item], yes_bias: float = 0.0) -> None:
        self.owners, self.yes_bias = pictures_of(videos), yes_bias
        self.captions: dict[tuple[str, str, str], str] = {}
        self.true: set[tuple[str, str, str]] = set()
        self.scores: dict[tuple[str, str, str], int] = {}
        for item in items:
            self.take(item)

    def take(self, item: Item) -> None:
        """Learn the labels of one item."""
        if isinstance(item, CaptionItem):
            reference, candidate = item.pair.reference.video, item.pair.candidate.video
            self.captions[reference, candidate, item.category] = item.captions[0]
        elif isinstance(item, ChoiceItem):
            right = item.options[item.answer]
            self.true.add((right.reference.video, right.candidate.video, item.difference))
        elif isinstance(item, RankItem):
            for clip, score in zip(item.candidates, item.scores, strict=True):
                self.scores[item.reference.video, clip.video, item.category] = score

    def __call__(self, asked: Asked) -> str:
        if asked.asks_for("ingredients"):
            kinds = ("ingredients", "actions", "technique", "visuals", "unsure")
            return chat_reply(tools=names_by_picture(asked, self.owners), **{kind: [] for kind in kinds})
        if asked.asks_for("description"):
            return chat_reply(description=f"tools: {names_by_picture(asked, self.owners)[0]}")
        if "its description alone" in asked.system:
            return self.read(asked)
        if asked.asks_for("covered"):
            return judge_by_words(given(asked, "captions"), given(asked, "caption"))
        shown = names_by_picture(asked, self.owners)
        if asked.asks_for("entries"):
            return chat_reply(entries=[self.entry(shown, *one) for one in given(asked, "categories").items()])
        if asked.asks_for("checks"):
            return chat_reply(checks=[self.check(shown, *one) for one in given(asked, "differences").items()])
        category = given(asked, "category")
        grades = [self.scores[shown[0], name, category] for name in shown[1:]]
        if asked.asks_for("similarity"):
            return chat_reply(reason="seen", similarity=20 * grades[0])
        closer = "equal" if grades[0] == grades[1] else ("first" if grades[0] > grades[1] else "second")
        return chat_reply(reason="seen", closer=closer)

    def read(self, asked: Asked) -> str:
        """An answer from two descriptions, which name the clips."""
        shown = [given(asked, f"description_{side}").removeprefix("tools: ") for side in ("reference", "candidate")]
        if asked.asks_for("difference"):
            return chat_reply(difference=self.captions.get((*shown, given(asked, "category")), ""))
        if asked.asks_for("probability"):
            return chat_reply(
                reason="read", probability=self.check(shown, "", given(asked, "difference"))["probability"]
            )
        return chat_reply(reason="read", similarity=20 * self.scores[shown[0], shown[1], given(asked, "category")])

    def share(self, asked: Asked) -> float:
        """How likely YES is the answer."""
        shown = names_by_picture(asked, self.owners)
        if "`difference`" in asked.system:
            return float(self.check(shown, "", given(asked, "difference"))["probability"])
        return self.scores[shown[0], shown[1], given(asked, "category")] / 6 + 0.05

    def entry(self, shown: list[str], key: str, category: str) -> dict[str, Any]:
        """The difference in one category."""
        caption = self.captions.get((shown[0], shown[1], category))
        return {"key": key, "differences": [{"difference": caption, "severity": 2}] if caption else []}

    def check(self, shown: list[str], key: str, difference: str) -> dict[str, Any]:
        """Whether a caption is true."""
        sure = 0.8 if (shown[0], shown[1], difference) in self.true else 0.1
        return {"key": key, "reason": "seen", "probability": min(1.0, sure + self.yes_bias)}


def judge_by_words(captions: dict[str, str], caption: str) -> str:
    """A judge that goes by the wording: what is in no labelled caption is invented."""
    covered = [key for key, text in captions.items() if text == caption]
    return chat_reply(reason="read", covered=covered, invented=not covered)


def serve(answer: Callable[[Asked], str]) -> OpenAIServer:
    """A server whose model answers so."""

    def reply(request: WireRequest) -> str:
        system = str(request.parts[0][1])
        return answer(Asked(request.body["model"], system, request.parts[1:], (), None, None, None))

    return OpenAIServer(reply)
