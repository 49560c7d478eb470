"""The page of an evaluation run: everything the run came to is on it, and no text on it is more than text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.eval.runs import make_pairs, settled
from tests.report.page import Page
from tests.report.run_sample import FAILED, Run, made, manifest, outcome, pair, random_run, said
from tests.report.sample import jpeg_of
from tests.support.scripted import scripted_lm
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.eval.session import RunUsage, usage_of
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.evaluate import evaluate
from viddiff.eval.viddiffbench.matchers import make_matcher
from viddiff.eval.viddiffbench.options import EvalOptions
from viddiff.eval.viddiffbench.published import PUBLISHED
from viddiff.eval.viddiffbench.results import outcomes_of
from viddiff.report.formatting import exact_percent
from viddiff.report.media import media_of
from viddiff.report.runs import run_text
from viddiff.report.runs.cases import MAX_CASES, MAX_SHOTS, MAX_UNANSWERED, pick, wrong_answers
from viddiff.report.runs.charts import OUTCOMES, by_rows, groups, outcome_stacks
from viddiff.report.runs.page import write_run_page

HOSTILE = (
    "</style><script>alert(1)</script>",
    '" onmouseover="alert(1)" x="',
    "<img src=x onerror=alert(1)> {{ 7 * 7 }} {% for x in y %}",
    "\x1b[31m\u202egnitirw </title></body> <base href=http://example.org>",
)


@pytest.fixture(scope="module")
def run() -> Run:
    return random_run()


@pytest.fixture(scope="module")
def page(run: Run) -> Page:
    return run.page()


def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: Literal["closed", "open"], **more: Any) -> Run:
    """A run of the real code on rendered noise."""
    from viddiff.lms import roles

    lm = scripted_lm(settled, model="openai/gpt-4o")
    monkeypatch.setattr(roles, "make_lm", lambda model, **options: lm)
    data = make_pairs(tmp_path)
    options = EvalOptions(data=str(data), mode=mode, localizer="uniform", judge="lexical", **more)
    settings = Settings(lm="scripted/x", threads=1, cache_dir=tmp_path / "cache")
    result = evaluate(options, settings, tmp_path / "run", lambda task, done, total: None)
    records = [json.loads(line) for line in (tmp_path / "run" / "journal.jsonl").read_text().splitlines()]
    found = Run(result, outcomes_of(records)[0], load_data(str(data)).samples)
    found.usage = usage_of(records)
    return found


def shown(text: str) -> str:
    """A text as ``Page.words`` has it: a space that keeps a line together is a space."""
    return " ".join(text.split())


def test_a_closed_run_of_the_real_code_shows_its_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = evaluated(tmp_path, monkeypatch, "closed")
    path = tmp_path / "run.html"
    assert (
        write_run_page(run.result, run.usage, run.outcomes, run.samples, path, media_of(Settings()).read_frame) == path
    )
    page = Page(path.read_text("utf-8"))
    wrong = wrong_answers(run.result.manifest, run.samples, run.outcomes)
    assert wrong.n == run.result.scores.micro.outcomes["wrong"] > 0
    assert len(page.having("card")) == min(wrong.n, MAX_CASES)
    assert page.all("image")
    assert "frame not in the store" not in page.words
    assert shown(exact_percent(run.result.scores.micro.score)) in page.words
    assert "openai/gpt-4o" in page.words or "scripted/x" in page.words
    assert run.result.localization is not None
    assert "How far are the stages from the key moments?" in page.words
    assert not list(tmp_path.glob("*.tmp"))


def test_an_open_run_with_another_judge_is_not_comparable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = evaluated(tmp_path, monkeypatch, "open")
    page = run.page()
    assert "Not comparable The judge of this run is “lexical”" in page.words
    assert "open recall@N_diff" in page.words
    assert "surest of" not in page.words
    assert groups(run.result.manifest, run.result.scores)[0].bars[1:] == ()


def test_no_published_figure_stands_beside_what_it_cannot_be_compared_with(run: Run) -> None:
    beside = {
        name: len(group.bars) - 1 for group in groups(run.result.manifest, run.result.scores) for name in [group.name]
    }
    assert beside == dict.fromkeys(("easy", "medium", "hard", "mean of the splits"), len(PUBLISHED))
    for changes in ({"release": "synthetic"}, {"control": "first-frame"}):
        of = run.result.manifest.model_copy(update=changes)
        assert all(len(group.bars) == 1 for group in groups(of, run.result.scores))
    samples = [pair(f"p{i}", "easy", "aabb") for i in range(3)]
    outcomes = {s.key: outcome(s, [said("a")] * 4) for s in samples}
    lexical = made(manifest(mode="open", judge="lexical"), samples, outcomes, make_matcher("lexical"))
    assert all(len(group.bars) == 1 for group in groups(lexical.result.manifest, lexical.result.scores))
    assert "GPT-4o" not in lexical.page().words.replace("openai/gpt-4o", "")


def test_published_figures_are_those_of_the_mode_and_split(run: Run) -> None:
    found = {
        (group.name, lane.name): lane.score
        for group in groups(run.result.manifest, run.result.scores)
        for lane in group.bars
        if lane.published
    }
    for row in PUBLISHED:
        for place, split in enumerate(("easy", "medium", "hard", "mean of the splits")):
            assert found[split, row.name] == row.closed[place] / 100


def test_scores_intervals_and_counts_are_on_the_page(run: Run, page: Page) -> None:
    scores = run.result.scores
    for score in (*scores.splits, *scores.topics, *scores.differences, *scores.actions, *scores.domains, scores.micro):
        assert shown(exact_percent(score.score)) in page.words
        assert shown(run_text.interval_text(score.interval)) in page.words
    assert shown(exact_percent(scores.macro.score)) in page.words
    assert f"{scores.micro.n_correct} of {scores.micro.n} in all" in page.words
    assert shown(exact_percent(scores.official.micro)) in page.words
    for reason in scores.official.differs:
        assert reason in page.words
    assert scores.mode == "closed"
    assert scores.reliability is not None
    assert shown(exact_percent(scores.reliability.ece)) in page.words
    assert "Total cost of 2 sessions: $1.51" in page.words
    assert f"{len(scores.failures)} rows of {scores.micro.n} have no answer" in page.words


def test_the_parts_of_a_stack_are_the_outcomes_and_fill_it(run: Run, page: Page) -> None:
    scores = run.result.scores
    made_of = outcome_stacks(scores)
    assert [stack.name for stack in made_of] == ["easy", "medium", "hard", "all rows"]
    for stack, score in zip(made_of, (*scores.splits, scores.micro), strict=True):
        assert {part.outcome: part.n for part in stack.parts} == {k: n for k, n in score.outcomes.items() if n}
        assert sum(part.n for part in stack.parts) == stack.n
        start = 0.0
        for part in stack.parts:
            assert part.start == pytest.approx(start)
            start += part.share
        assert start == pytest.approx(1)
    drawn = [
        attrs for tag, attrs in page.elements if tag == "rect" and attrs.get("class") == "o-correct" and "x" in attrs
    ]
    expected = [score.n_correct / score.n for score in (*scores.splits, scores.micro)]
    assert [float(rect["width"][:-1]) / 100 for rect in drawn] == pytest.approx(expected, abs=1e-4)


def test_every_outcome_has_words_and_a_colour(page: Page) -> None:
    for name in OUTCOMES:
        assert f".o-{name} " in page.style


def test_types_are_sorted_by_rows_then_score(run: Run) -> None:
    order = [(-score.n, -(score.score or 0)) for score in by_rows(run.result.scores.differences)]
    assert order == sorted(order)
    assert len(order) == len(run.result.scores.differences) == 16


def test_the_surest_wrong_answers_come_first_and_are_all_wrong(run: Run, page: Page) -> None:
    wrong = wrong_answers(run.result.manifest, run.samples, run.outcomes)
    assert wrong.n == run.result.scores.micro.outcomes["wrong"] > MAX_CASES == len(wrong.worst)
    confidences = [miss.finding.verdict.confidence or 0 for miss in wrong.worst]
    assert confidences == sorted(confidences, reverse=True)
    labels = {sample.key: sample.labels for sample in run.samples}
    for miss in wrong.worst:
        label, answer = labels[miss.sample.key][miss.finding.difference.key], miss.finding.verdict.answer
        assert {label, answer} == {"a", "b"}
        assert miss.finding.verdict.reason in page.words
        assert miss.sample.video_a.path in page.words
    assert len(page.having("card")) == MAX_CASES
    assert f"{MAX_CASES} of {wrong.n} answers for the wrong video" in page.words


def test_under_exchanged_videos_labels_and_names_are_turned() -> None:
    sample = pair("p", "easy", "ab")
    turned = made(manifest(control="swap-videos"), [sample], {"p": outcome(sample, [said("a"), said("a")])})
    (miss,) = wrong_answers(turned.result.manifest, turned.samples, turned.outcomes).worst
    assert (miss.finding.difference.key, miss.label) == ("0", "b")
    assert miss.sample.video_a.path == "videos/p_b.mp4"
    assert "The videos are swapped" in turned.page().words


def test_false_alarms_of_a_video_with_itself() -> None:
    samples = [pair(f"p{i}", "easy", "ab") for i in range(3)]
    outcomes = {s.key: outcome(s, [said("a"), said("c")]) for s in samples}
    page = made(manifest(control="same-video"), samples, outcomes).page()
    assert "a difference was seen in 50.0 % of 6 answers" in page.words
    assert "False alarms it was surest of" in page.words
    assert len(page.having("card")) == 3
    assert "_b.mp4" not in page.words


def test_questions_without_an_answer_are_listed_up_to_a_number() -> None:
    samples = [pair(f"p{i}", "easy", "abab") for i in range(8)]
    page = made(manifest(), samples, {s.key: outcome(s, [FAILED] * 4) for s in samples}).page()
    assert page.words.count("The answer could not be read after 2 attempts.") == MAX_UNANSWERED
    assert f"and {32 - MAX_UNANSWERED} more" in page.words
    assert "No question was answered for the wrong video." in page.words
    assert "32 rows of 32 have no answer" in page.words
    assert "right on 0.0 %" in page.words


@pytest.mark.parametrize("mode", ["closed", "open"])
def test_a_run_without_a_row_is_still_a_page(mode: str) -> None:
    samples = [pair("p", "easy", "cc")]
    empty = made(manifest(mode=mode), samples, {})
    empty.usage = RunUsage(sessions=0, seconds=12.5, usage=())
    page = empty.page()
    assert "No labelled difference counts here" in page.words
    assert "No model was asked" in page.words


def test_one_split_has_no_mean_and_one_pair_no_interval() -> None:
    samples = [pair("p", "hard", "ab")]
    run = made(manifest(split="hard"), samples, {"p": outcome(samples[0], [said("a"), said("b")])})
    assert [group.name for group in groups(run.result.manifest, run.result.scores)] == ["hard"]
    assert [stack.name for stack in outcome_stacks(run.result.scores)] == ["hard"]
    words = run.page().words
    assert "Mean of the splits" not in words
    assert "There is no interval" in words
    assert "No interval: it takes two pairs in each split." in words
    assert "1 pair (split hard)" in words


@pytest.mark.parametrize(
    ("n_right", "told"), [(40, "above the 50 %"), (0, "below the 50 %"), (20, "not shown to beat guessing")]
)
def test_the_lead_tells_a_score_from_guessing(n_right: int, told: str) -> None:
    samples = [pair(f"p{i}", "easy", "a") for i in range(40)]
    outcomes = {s.key: outcome(s, [said("a" if i < n_right else "b")]) for i, s in enumerate(samples)}
    lead = run_text.summary_text(made(manifest(), samples, outcomes).result)
    assert told in shown(lead)
    assert f"{n_right} of 40 in all" in lead


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"release": "557"}, "this is the 557-pair one"),
        ({"limit": 5}, "This run covers a part of each split"),
        ({"release": "synthetic"}, "this is other data"),
        ({"control": "first-frame"}, "Only the first frame of each video is shown"),
    ],
)
def test_what_a_reader_has_to_know_is_told(run: Run, changes: dict[str, Any], told: str) -> None:
    of = run.result.manifest.model_copy(update=changes)
    notices = run_text.notices(run.result.model_copy(update={"manifest": of, "missing": ("p1",)}))
    assert any(told in notice for notice in notices)
    assert "The videos of 1 pair could not be read; their rows are missing." in notices
    assert not any(told in notice for notice in run_text.notices(run.result))


def test_an_unknown_price_is_not_a_price_of_nothing(run: Run) -> None:
    roles = [role.model_copy(update={"cost_usd": None}) for role in run.usage.usage]
    priceless = Run(run.result, run.outcomes, run.samples)
    priceless.usage = RunUsage(sessions=1, seconds=12.5, usage=tuple(roles))
    assert "Total cost of 1 session: no price known" in priceless.page().words
    assert "$" not in priceless.page().words


def test_missing_frames_are_placeholders_and_frames_are_embedded_once(run: Run) -> None:
    from PIL import Image

    page = run.page()
    assert page.all("image") == []
    assert page.words.count("frame not in the store") == MAX_CASES * 6
    embedded = run.page(jpeg_of(Image.new("RGB", (48, 64))))
    ids = [image["id"] for image in embedded.all("image")]
    assert len(ids) == len(set(ids)) <= MAX_CASES * 6 == len(embedded.all("use"))
    assert len(embedded.having("portrait")) == 2 * MAX_CASES


def test_a_call_with_many_frames_shows_a_few_of_them() -> None:
    sample = pair("p", "easy", "a")
    verdict = said("b", evidence_a=(17,), evidence_b=(0, 39))
    page = made(manifest(), [sample], {"p": outcome(sample, [verdict], n_frames=40)}).page()
    assert len(page.having("gone")) == 2 * MAX_SHOTS
    assert page.words.count(f"{MAX_SHOTS} of 40 frames looked at") == 2
    assert (len(page.having("shot-a")), len(page.having("shot-b"))) == (1, 2)


@pytest.mark.parametrize(
    ("n", "cited", "kept"),
    [(0, [], []), (4, [2], [0, 1, 2, 3]), (40, [17, 99], [0, 8, 16, 17, 23, 31]), (20, range(20), [0, 1, 2, 3, 4, 5])],
)
def test_picked_frames_hold_the_cited_ones(n: int, cited: Any, kept: list[int]) -> None:
    assert pick(n, cited) == kept


def rewritten(value: Any, change: Any, text: str) -> Any:
    """A dumped document with free texts changed by name of their field."""
    if isinstance(value, dict):
        return {
            key: change(item) if key in text.split() and isinstance(item, str) else rewritten(item, change, text)
            for key, item in value.items()
        }
    return [rewritten(item, change, text) for item in value] if isinstance(value, list) else value


def hostile_page(text: str) -> Page:
    """The page of a run where every free text begins with ``text``."""
    run = random_run(12)
    fields = (
        "action_name action name statement path reason error data judge text vision frames dspy split key sample_key"
    )

    def change(old: str) -> str:
        return f"{text} {old}"

    def changed(document: Any) -> Any:
        return type(document).model_validate(rewritten(document.model_dump(mode="json"), change, fields))

    usage = [role.model_copy(update={"model": change(role.model)}) for role in run.usage.usage]
    other = Run(
        changed(run.result), {change(k): changed(o) for k, o in run.outcomes.items()}, map(changed, run.samples)
    )
    other.samples = tuple(
        sample.model_copy(update={"labels": {change(k): v for k, v in sample.labels.items()}})
        for sample in other.samples
    )
    other.usage = RunUsage(sessions=2, seconds=12.5, usage=tuple(usage))
    return other.page()


@pytest.fixture(scope="module")
def harmless() -> Page:
    return hostile_page("harmless")


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text: str, harmless: Page) -> None:
    page = hostile_page(text)
    assert page.skeleton == harmless.skeleton
    assert page.style == harmless.style
    assert [a.get("href") for _, a in page.elements] == [a.get("href") for _, a in harmless.elements]
    assert [a.get("class") for _, a in page.elements] == [a.get("class") for _, a in harmless.elements]
    assert harmless.words.count("harmless") > 70
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text


def test_the_policy_allows_this_style_sheet_and_nothing_else(page: Page) -> None:
    policies = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policies == [
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "iframe", "object", "embed", "form", "base", "video", "audio", "img"}
    for tag, attrs in page.elements:
        assert not [name for name in attrs if name.startswith("on") or name in ("style", "src", "srcset", "action")]
        allowed = ("data:,",) if tag == "link" else ("#", "data:image/jpeg;base64,")
        assert "href" not in attrs or attrs["href"].startswith(allowed)
    assert not re.search(r"url\(|@import|https?:|expression\(", page.style)


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["aria-labelledby"] for _, attrs in page.elements if "aria-labelledby" in attrs} <= set(ids)
    assert len(page.all("h1")) == 1


def test_a_path_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"run\.html' \(No such file or directory\): name a file"):
        write_run_page(
            run.result, run.usage, run.outcomes, run.samples, tmp_path / "none" / "run.html", lambda ref: None
        )
    assert list(tmp_path.iterdir()) == []
