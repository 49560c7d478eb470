"""Paired questions and answers: what is kept, what is dropped and why, what a run that was cut writes."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.scripted import Asked, chat_reply, scripted_lm
from tests.support.step_truth import TruthfulModel, clips_in
from viddiff.core.errors import BudgetError, InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import silent
from viddiff.eval.stepdiff.items import StepData
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.qa.make import DATA, DROPPED, REPORT, QAInputs, QAOptions, QAReport, make, qa_options_of
from viddiff.eval.stepdiff.qa.sources import ClipSource, read_sources
from viddiff.eval.stepdiff.qa.text_similarity import cosines, pairs_of
from viddiff.eval.stepdiff.rows import item_of
from viddiff.lms import LMs
from viddiff.synthetic.steps.bench import VIDEOS

TOOLS, SHAPES, HEATS = ("whisk", "spoon", "spatula"), ("rings", "cubes", "strips"), ("low", "high")
STEPS = ("fry the onions", "boil the eggs")


def source(index: int, video: str = "") -> ClipSource:
    """A clip whose description follows from its number."""
    told = f"stirs with a {TOOLS[index % 3]}; cuts into {SHAPES[index // 3 % 3]}; cooks on a {HEATS[index % 2]} flame"
    return ClipSource.model_validate(
        {
            "clip": f"{video or f'video{index:06d}'}_0.0_5.0",
            "keystep": STEPS[index % 2],
            "captions": [{"text": told, "score": 0.9}, {"text": "juggles knives", "score": 0.1}],
            "objects": [{"name": "bowl", "score": 0.2}],
        }
    )


SOURCES = [source(index) for index in range(24)]


class Writer:
    """Makes one item for each of three attributes; of every ten three are not supported by any description.

    What it is asked to check it reads off the descriptions; of one clip alone it cannot tell.
    """

    def __init__(self) -> None:
        self.n_made, self.invented, self.sound = 0, set[str](), set[str]()

    def __call__(self, asked: Asked) -> str:
        text = {name: field(asked, name) for name in ("description_reference", "description_candidate", "answer")}
        if asked.asks_for("summary"):
            return chat_reply(summary="They differ.", items=self.items(text))
        if asked.asks_for("supported"):
            known = text["description_reference"] + text["description_candidate"]
            supported = all(word in known for word in re.findall(r"\b(?:uses|of) (\w+)", text["answer"]))
            return chat_reply(reason="read", answerable_from="both", supported=supported)
        return chat_reply(answer="")

    def items(self, text: dict[str, str]) -> list[dict[str, str]]:
        """Three questions."""
        found = []
        for name, values in (("tool", TOOLS), ("shape", SHAPES), ("flame", HEATS)):
            there, here = (
                next(value for value in values if value in text[f"description_{side}"])
                for side in ("reference", "candidate")
            )
            self.n_made += 1
            invents = self.n_made % 10 in (1, 4, 7)
            answer = f"The second uses {'saffron' if invents else here} in place of {there} as its {name}."
            (self.invented if invents else self.sound).add(answer)
            found.append({"question": f"Which {name} does each use?", "answer": answer, "kind": "difference"})
        return found


def field(asked: Asked, name: str) -> str:
    """An input field of a request."""
    return asked.prompt.rpartition(f"[[ ## {name} ## ]]")[2].partition("[[ ##")[0].strip()


def run(
    out: Path, model: Any, sources: Any = SOURCES, tests: Any = (), root: Path | None = None, **options: Any
) -> QAReport:
    """The report of a run."""
    lms = LMs(scripted_lm(model), max_calls=options.pop("max_calls", None))
    setting = Settings(cache_dir=out.parent / "cache", attempts=1, threads=1)
    return make(QAInputs(sources, tests, root), QAOptions(**options), setting, out, silent, lms)


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_filter_keeps_what_is_sound_and_each_dropped_row_has_its_reason(tmp_path: Path) -> None:
    model = Writer()
    report = run(tmp_path / "out", model, pairs_per_clip=2)
    kept, dropped = rows(tmp_path / "out" / DATA), rows(tmp_path / "out" / DROPPED)
    assert report == QAReport.model_validate_json((tmp_path / "out" / REPORT).read_text())
    assert (len(kept), len(kept) + len(dropped)) == (report.n_kept, report.n_made)
    assert report.n_made > 60
    assert Counter(row["reason"] for row in dropped) == report.dropped
    answers = [row["messages"][2]["content"] for row in kept]
    assert (
        0.25
        <= sum(row["answer"] in model.invented for row in (*dropped, *map(as_dropped, kept))) / report.n_made
        <= 0.35
    )
    assert sum(answer in model.invented for answer in answers) <= 0.03 * len(model.invented)
    n_sound = report.n_made - sum("saffron" in row["answer"] for row in dropped)
    assert len(answers) >= 0.9 * n_sound
    assert len({row["id"] for row in kept}) == len(kept)


def as_dropped(row: dict[str, Any]) -> dict[str, Any]:
    """A kept row in the form of a dropped one."""
    return {"answer": row["messages"][2]["content"]}


def test_a_row_is_a_chat_with_a_place_for_each_video(tmp_path: Path) -> None:
    run(tmp_path / "out", Writer(), SOURCES[:6])
    row = rows(tmp_path / "out" / DATA)[0]
    system, user, assistant = row["messages"]
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
    assert "pair of videos" in system["content"]
    videos = [part["video"] for part in user["content"] if part["type"] == "video"]
    assert videos == [row["reference"], row["candidate"]]
    assert user["content"][0]["text"].startswith("Here is the first video")
    assert assistant["content"].endswith(".")


@pytest.mark.parametrize("cuts", [(1,), (5, 9), (20, 1, 20)])
def test_a_run_that_is_cut_goes_on_to_the_same_bytes_and_pays_for_nothing_twice(tmp_path: Path, cuts: Any) -> None:
    sources = SOURCES[:8]
    whole = Counting(Writer())
    run(tmp_path / "whole", whole, sources)
    model = Counting(Writer())
    for n_calls in cuts:
        # Each session has models, and so a limit, of its own.
        with pytest.raises(BudgetError):
            run(tmp_path / "cut", model, sources, max_calls=n_calls)
    run(tmp_path / "cut", model, sources)
    for name in (DATA, DROPPED, REPORT):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "cut" / name).read_bytes()
    assert model.n_asked == whole.n_asked
    run(tmp_path / "cut", model, sources)
    assert model.n_asked == whole.n_asked
    with pytest.raises(UsageError, match="questions"):
        run(tmp_path / "cut", model, sources, questions=2)


class Counting:
    """A model, and how often it was asked."""

    def __init__(self, model: Any) -> None:
        self.model, self.n_asked = model, 0

    def __call__(self, asked: Asked) -> str:
        self.n_asked += 1
        return str(self.model(asked))


@settings(max_examples=8, deadline=None)
@given(st.sets(st.integers(0, 7), max_size=6))
def test_no_video_of_a_test_item_is_trained_on(tmp_path_factory: pytest.TempPathFactory, tested: set[int]) -> None:
    # Test items show other parts of the same videos.
    items = tuple(
        item_of({"reference": f"video{i:06d}_7_9", "candidate": "other_0_1", "category": "x", "text": ["y"]}, "diffcap")
        for i in sorted(tested)
    )
    tests = [StepData(name="test", task="diffcap", items=items)]
    out = tmp_path_factory.mktemp("leak") / "out"
    report = run(out, Writer(), SOURCES[:8], tests, questions=1)
    guarded = {f"video{i:06d}" for i in tested}
    named = [row[side].rsplit("_", 2)[0] for row in rows(out / DATA) for side in ("reference", "candidate")]
    assert not guarded & set(named)
    assert report.clips_dropped.get("test_video", 0) == len(tested)
    assert all(video not in (out / name).read_text() for video in guarded for name in (DATA, DROPPED))


def test_pairs_are_alike_and_not_the_same_from_two_videos_and_few_of_a_clip() -> None:
    texts = {
        name: f"stirs with a {tool} on a low flame"
        for name, tool in zip("abcd", ("whisk", "whisk", "spoon", "fork"), strict=True)
    }
    texts["e"] = "peels potatoes"
    videos = {**{name: name for name in texts}, "d": "c"}
    pairs = pairs_of(texts, videos, (0.3, 0.95), 2, seed=0)
    assert {frozenset(pair) for pair in pairs} <= {frozenset(pair) for pair in ("ac", "ad", "bc", "bd")}
    assert max(Counter(name for pair in pairs for name in pair).values()) <= 2
    assert pairs == pairs_of(dict(reversed(texts.items())), videos, (0.3, 0.95), 2, seed=0)
    assert cosines(["", "x"]).tolist() == [[0.0, 0.0], [0.0, 1.0]]


REASONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "names_source": ({"answer": "Frame 3 shows a whisk."}, {}),
    "one_clip": ({}, {"answerable_from": "candidate"}),
    "not_answerable": ({}, {"answerable_from": "neither"}),
    "unsupported": ({}, {"supported": False}),
    "same_from_one": ({}, {"alone": "The second uses a whisk."}),
    "unfit": ({"answer": ""}, {}),
}


@pytest.mark.parametrize("reason", REASONS)
def test_every_check_drops_what_it_is_for(tmp_path: Path, reason: str) -> None:
    made, said = REASONS[reason]
    item = {"question": "Which tool does each use?", "answer": "The second uses a whisk.", "kind": "difference", **made}

    def model(asked: Asked) -> str:
        if asked.asks_for("summary"):
            return chat_reply(summary="", items=[item])
        if asked.asks_for("supported"):
            return chat_reply(**{"reason": "", "answerable_from": "both", "supported": True, **said})
        return chat_reply(answer=said.get("alone", ""))

    report = run(tmp_path / "out", model, SOURCES[:6])
    assert report.dropped == {reason: report.n_made}
    assert report.n_made > 0


def test_duplicates_of_a_pair_are_dropped_but_the_first(tmp_path: Path) -> None:
    item = {"question": "Which tool?", "answer": "A whisk in place of a spoon.", "kind": "difference"}

    def model(asked: Asked) -> str:
        if asked.asks_for("summary"):
            return chat_reply(summary="", items=[item, {**item, "answer": "a whisk, in place of a spoon"}])
        if asked.asks_for("supported"):
            return chat_reply(reason="", answerable_from="both", supported=True)
        return chat_reply(answer="")

    report = run(tmp_path / "out", model, SOURCES[:6])
    assert report.dropped == {"duplicate": report.n_made // 2}


def test_frames_alone_are_described_and_answers_looked_at(steps: Path, tmp_path: Path) -> None:
    data = load_items(steps / "diffcap.jsonl")
    clips = {clip.id: clip for item in data.items for clip in item.clips}
    sources = [ClipSource.model_validate({"clip": name, "keystep": "squat"}) for name in list(clips)[:3]]
    videos = clips_in(steps / VIDEOS)
    seen = TruthfulModel(videos, data.items)

    def model(asked: Asked) -> str:
        if asked.asks_for("summary"):
            item = {
                "question": "Which is deeper?",
                "answer": "The second is deeper than the first.",
                "kind": "difference",
            }
            return chat_reply(summary="", items=[item])
        if asked.asks_for("supported"):
            return chat_reply(reason="", answerable_from="both", supported=True)
        return chat_reply(answer="") if asked.asks_for("answer") else seen(asked)

    report = run(tmp_path / "out", model, sources, root=steps / VIDEOS, min_similarity=0.0)
    assert report.n_pairs > 0
    # The model that knows the truth has not seen that answer to be true of any pair.
    assert report.dropped == {"not_seen": report.n_made}
    assert run(tmp_path / "blind", model, sources).clips_dropped == {"nothing_known": 3}


def test_bad_input_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "clips.jsonl"
    for text, said in {
        "": "holds no clip",
        '{"clip": "x", "keystep": "y"}': "line 1: the field 'clip'",
        '{"clip": "video_0_1"}': "line 1: the field 'keystep' is missing",
        '{"clip": "v_0_1", "keystep": "y", "objects": [{"name": "a", "score": 2}]}': "the field 'objects.0.score'",
        '{"clip": "v_0_1", "keystep": "y"}\n{"clip": "v_0_1", "keystep": "y"}': "line 2: the clip 'v_0_1'",
    }.items():
        path.write_text(text)
        with pytest.raises(InputError, match=re.escape(said)):
            read_sources(path)
    with pytest.raises(UsageError, match="--min-object"):
        qa_options_of({"min_object": 3})
    with pytest.raises(UsageError, match="swap them"):
        qa_options_of({"least_alike": 0.9, "most_alike": 0.1})
