"""The baselines and controls on rendered step pairs, and where their scores come from."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.likelihoods import LikelyServer
from tests.support.scripted import Asked, scripted_lm
from tests.support.step_truth import TruthfulModel, clips_in
from tests.support.tiny_clip import tiny_clip
from tests.support.tiny_vlm import make_vlm
from viddiff.core.errors import BudgetError, UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import silent
from viddiff.eval.stepdiff.items import StepData, key_of
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.methods import METHODS
from viddiff.eval.stepdiff.options import RunOptions
from viddiff.eval.stepdiff.predictions import read_predictions
from viddiff.eval.stepdiff.run import PREDICTIONS, run
from viddiff.eval.stepdiff.scores import StepScores
from viddiff.lms import LMs
from viddiff.lms.likelihood import yes_share
from viddiff.localizer.clip.encoder import ClipEncoder
from viddiff.localizer.clip.store import EmbeddingStore
from viddiff.localizer.clip.video_embedder import VideoEmbedder
from viddiff.synthetic.steps.bench import VIDEOS
from viddiff.video.loaded import LoadedVideo

pytestmark = pytest.mark.usefixtures("read_once")
N = 3
TASKS = ("diffcap", "diffmcq", "diffrank")


@pytest.fixture(scope="module")
def videos(steps: Path) -> dict[str, LoadedVideo]:
    """The clips by name."""
    return clips_in(steps / VIDEOS)


@pytest.fixture(scope="module")
def vlm(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The model string of a tiny model in this process."""
    return f"local/{make_vlm(tmp_path_factory.mktemp('vlm'), max_positions=65536)}"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny CLIP."""
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def evaluate(
    steps: Path, data: StepData, method: str, out: Path, lms: LMs | None, clip: str | None = None, **wanted: Any
) -> StepScores:
    """The scores of a run."""
    settings = Settings(cache_dir=out.parent / "cache", attempts=1, threads=2, clip=clip)
    options = RunOptions(**{"limit": N, **wanted})
    return run(data, steps / VIDEOS, METHODS[method], options, settings, out, silent, lms)


def routes(scores: StepScores) -> dict[str, int]:
    """Where the scores of a run come from."""
    assert scores.run is not None
    return scores.run.routes


@pytest.mark.parametrize("method", ["socratic", "vclm"])
@pytest.mark.parametrize(("task", "least"), [("diffcap", 0.99), ("diffmcq", 1.0), ("diffrank", 0.9)])
def test_models_that_never_see_both_clips_answer_all_three_tasks(
    steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path, method: str, task: str, least: float
) -> None:
    data = load_items(steps / f"{task}.jsonl")
    lm = scripted_lm(TruthfulModel(videos, data.items))
    scores = evaluate(steps, data, method, tmp_path / "run", LMs(lm))
    assert scores.n_missing == 0
    assert scores.scores[0].strict >= least
    # No request shows two clips, and none shows the same clip for the same purpose a second time.
    shown = [asked for asked in lm.engine.asked if asked.images]
    assert all("Video A" in asked.prompt and "Video B" not in asked.prompt for asked in shown)
    assert set(Counter((asked.system, asked.prompt, *asked.images) for asked in shown).values()) == {1}


@pytest.mark.parametrize("task", ["diffmcq", "diffrank"])
def test_a_model_in_this_process_is_asked_how_likely_a_whole_answer_is(
    steps: Path, tmp_path: Path, task: str, vlm: str
) -> None:
    data = load_items(steps / f"{task}.jsonl")
    lms = LMs(vlm, device="cpu")
    scores = evaluate(steps, data, "interleaved", tmp_path / "run", lms, limit=1)
    assert (scores.n_missing, routes(scores)) == (0, {"likelihood": 1})
    said = read_predictions(tmp_path / "run" / PREDICTIONS, data)[0]
    assert isinstance(said, tuple)
    assert len(set(said)) == 4
    assert all(value < 0 for value in said) if task == "diffmcq" else all(0 < value < 1 for value in said)
    (usage,) = lms.usage
    assert (usage.calls, usage.images) == (4, 64)


def test_descriptions_are_kept_when_a_run_is_cut(steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path) -> None:
    data = load_items(steps / "diffrank.jsonl")
    model = TruthfulModel(videos, data.items)
    whole = scripted_lm(model)
    scores = evaluate(steps, data, "socratic", tmp_path / "whole", LMs(whole))
    asked = []
    for n_calls in (3, 5, 100):
        lm = scripted_lm(model)
        if n_calls < 100:
            with pytest.raises(BudgetError):
                evaluate(steps, data, "socratic", tmp_path / "cut", LMs(lm, max_calls=n_calls))
        else:
            assert evaluate(steps, data, "socratic", tmp_path / "cut", LMs(lm)) == scores
        asked += lm.engine.asked
    described = [one for one in asked if one.images]
    assert len(described) == sum(bool(one.images) for one in whole.engine.asked)
    predictions = [(tmp_path / name / PREDICTIONS).read_bytes() for name in ("whole", "cut")]
    assert predictions[0] == predictions[1]


@pytest.mark.parametrize(("task", "least"), [("diffmcq", 1.0), ("diffrank", 0.9)])
def test_the_likelihood_of_yes_ranks_and_chooses_where_the_model_tells_it(
    steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path, task: str, least: float
) -> None:
    data = load_items(steps / f"{task}.jsonl")
    model = TruthfulModel(videos, data.items)
    with LikelyServer(model.share, model) as server:
        lms = LMs("openai/x", api_base=server.url, cache=False)
        scores = evaluate(steps, data, "interleaved", tmp_path / "run", lms)
        assert routes(scores) == {"word": N}
        assert scores.scores[0].strict >= least
        assert len(server.requests) == 4 * N
        assert all(request.body["logprobs"] is True for request in server.requests)
    first = read_predictions(tmp_path / "run" / PREDICTIONS, data)[0]
    # The shares are those that the model holds, its spellings summed.
    if task == "diffmcq":
        assert first is not None
        assert sorted(map(float, first)) == pytest.approx([0.1, 0.1, 0.1, 0.8], abs=1e-6)


def test_without_log_probabilities_both_orders_are_asked_and_the_result_says_so(
    steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path
) -> None:
    data = load_items(steps / "diffmcq.jsonl")
    model = TruthfulModel(videos, data.items)
    lm = scripted_lm(model)
    scores = evaluate(steps, data, "interleaved", tmp_path / "a", LMs(lm))
    assert (routes(scores), scores.scores[0].strict, len(lm.engine.asked)) == ({"contrast": N}, 1.0, 8 * N)
    # A server that passes over the wish, which dspy cannot know.
    with LikelyServer(model.share, model, silent=True) as server:
        lms = LMs("openai/x", api_base=server.url, cache=False)
        scores = evaluate(steps, data, "interleaved", tmp_path / "b", lms)
    assert (routes(scores), scores.scores[0].strict) == ({"contrast": N}, 1.0)


def token(text: str, logprob: float = 0.0, **others: float) -> dict[str, Any]:
    """A token in OpenAI's form."""
    return {
        "token": text,
        "logprob": logprob,
        "top_logprobs": [{"token": word.replace("_", " "), "logprob": value} for word, value in others.items()],
    }


def test_the_share_of_yes_is_read_after_the_header_and_over_all_spellings() -> None:
    half = float(np.log(0.25))
    head = [token("Reason: NO"), token("[[ ##"), token(" answer ## ]]"), token("\n")]
    assert yes_share([*head, token("YES", half, Yes=half, _no=half)]) == pytest.approx(2 / 3)
    assert yes_share([token('{"answer"'), token(': "'), token("NO", half, Y=half)]) == pytest.approx(0.5)
    assert yes_share([*head, token("maybe")]) is None
    assert yes_share([token("YES")]) is None


@pytest.mark.parametrize(
    ("method", "task"),
    [(name, task) for name, one in METHODS.items() if one.embeds for task in TASKS if task in one.tasks],
)
def test_vlembed_scores_by_cosines_of_clips_and_captions(
    steps: Path, tmp_path: Path, clip: str, method: str, task: Any
) -> None:
    data = load_items(steps / f"{task}.jsonl")
    scores = evaluate(steps, data, method, tmp_path / "run", None, clip)
    assert (scores.n_missing, routes(scores)) == (0, {"embedding": N})
    again = evaluate(steps, data, method, tmp_path / "again", None, clip)
    assert again == scores


def test_variants_of_a_pair_are_what_they_are_called(
    steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path, clip: str
) -> None:
    data = load_items(steps / "diffmcq.jsonl")
    embedder = VideoEmbedder(ClipEncoder(clip), EmbeddingStore(None))
    pair = data.items[0].options[0]  # type: ignore[union-attr]
    r, c = (embedder.embed_video(videos[one.video].sequence) for one in (pair.reference, pair.candidate))
    text = embedder.embed_text(data.items[0].difference)  # type: ignore[union-attr]
    wanted = {
        "vlembed": (r + c) / np.linalg.norm(r + c),
        "vlembed-reference": r,
        "vlembed-candidate": c,
        "vlembed-difference": (c - r) / np.linalg.norm(c - r),
    }
    for method, vector in wanted.items():
        evaluate(steps, data, method, tmp_path / method, None, clip, limit=1)
        said = read_predictions(tmp_path / method / PREDICTIONS, data)[0]
        assert said is not None
        # Two embeddings of one picture differ in the last digits.
        assert float(said[0]) == pytest.approx(float(vector @ text), abs=1e-4)


def test_random_scores_follow_from_item_and_seed_and_need_no_model(steps: Path, tmp_path: Path) -> None:
    data = load_items(steps / "diffmcq.jsonl")
    scores = evaluate(steps, data, "random", tmp_path / "run", None, limit=None)
    assert routes(scores) == {"chance": len(data.items)}
    said = read_predictions(tmp_path / "run" / PREDICTIONS, data)
    assert len({one for one in said if one}) == len({key_of(item) for item in data.items})
    share, n = scores.scores[0].strict, scores.n
    assert abs(share - 0.25) <= 3 * (0.25 * 0.75 / n) ** 0.5


def test_text_alone_shows_no_clip(steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path) -> None:
    data = load_items(steps / "diffcap.jsonl")
    lm = scripted_lm(TruthfulModel(videos, data.items))
    scores = evaluate(steps, data, "text-only", tmp_path / "run", LMs(lm))
    assert [asked.images for asked in lm.engine.asked] == [[]] * N
    # The truth is not in a category's name: what the model has to say is nothing.
    assert scores.scores[0].strict < 0.01


def test_what_is_told_of_a_clip_beside_itself_is_counted_as_invented(
    steps: Path, videos: dict[str, LoadedVideo], tmp_path: Path
) -> None:
    data = load_items(steps / "diffcap.jsonl")
    model = TruthfulModel(videos, data.items)

    class Inventor(TruthfulModel):
        def entry(self, shown: list[str], key: str, category: str) -> dict[str, Any]:
            return {"key": key, "differences": [{"difference": "The pan is bigger instead of small", "severity": 2}]}

    honest = evaluate(steps, data, "contrast", tmp_path / "a", LMs(scripted_lm(model)), control="same-video")
    inventor = LMs(scripted_lm(Inventor(videos, data.items)))
    invented = evaluate(steps, data, "contrast", tmp_path / "b", inventor, control="same-video")
    assert [scores.run and scores.run.n_invented for scores in (honest, invented)] == [0, N]


@pytest.mark.parametrize(
    ("method", "task", "control", "said"),
    [
        ("vlembed", "diffcap", "none", "cannot answer diffcap"),
        ("text-only", "diffmcq", "none", "cannot answer diffmcq"),
        ("direct", "diffrank", "swap-videos", "no direction"),
        ("direct", "diffmcq", "same-video", "is for DiffCap"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is(
    steps: Path, tmp_path: Path, method: str, task: str, control: Any, said: str
) -> None:
    def never(asked: Asked) -> str:
        raise AssertionError("asked")

    data = load_items(steps / f"{task}.jsonl")
    with pytest.raises(UsageError, match=said):
        evaluate(steps, data, method, tmp_path / "run", LMs(scripted_lm(never)), control=control)
