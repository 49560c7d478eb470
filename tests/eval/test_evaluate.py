"""``viddiff.evaluate``: objects in, scores and rows out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import viddiff
from tests.eval.runs import STATEMENTS, make_pairs, settled
from tests.support.scripted import scripted_lm
from viddiff.core.errors import UsageError
from viddiff.core.types import Answer, Outcome, Verdict
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.dataset import DataSet, Sample
from viddiff.eval.viddiffbench.evaluate import Evaluation
from viddiff.eval.viddiffbench.methods import Method, MethodContext
from viddiff.lms import LMs
from viddiff.programs.viddiff.whole_clip import whole_clip_outcome
from viddiff.video.loaded import LoadedVideo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"), 2).parent


@pytest.fixture(scope="module")
def dataset(folder: Path) -> DataSet:
    return load_data(str(folder))


def telling(answer_of: Callable[[Sample, str], Answer]) -> Method:
    """A method that asks no model and answers by the sample alone."""

    def start(context: MethodContext) -> Callable[..., Outcome]:
        def answer(sample: Sample, a: LoadedVideo, b: LoadedVideo, answers: object) -> Outcome:
            told = {d.key: Verdict(status="answered", answer=answer_of(sample, d.key)) for d in sample.differences}
            return whole_clip_outcome(sample.action, a, b, sample.differences, told)

        return answer

    return Method("telling", start, "Telling", asks_models=False)


def accuracy(made: Evaluation) -> float | None:
    return made.scores.micro.score


def test_a_method_of_ones_own_is_scored_and_nothing_is_kept(folder: Path, dataset: DataSet, own_place: Path) -> None:
    right = telling(lambda sample, key: sample.labels[key])
    wrong = telling(lambda sample, key: {"a": "b", "b": "a", "c": "a"}[sample.labels[key]])  # type: ignore[arg-type, return-value]
    made = viddiff.evaluate(dataset, right, videos=folder)
    assert accuracy(made) == 1
    assert accuracy(viddiff.evaluate(dataset, wrong, videos=folder)) == 0
    assert [row.answer for row in made.rows] == [row.label for row in made.rows]
    assert len(made.rows) == 2 * len(STATEMENTS)
    assert made.result.manifest.method == "telling"
    assert made.result.manifest.models == {}
    assert not list(own_place.glob("*.json"))


def test_models_are_objects_and_a_run_goes_on_in_its_folder(folder: Path, dataset: DataSet, tmp_path: Path) -> None:
    lm = scripted_lm(settled, model="openai/gpt-4o")
    made = viddiff.evaluate(dataset, "baseline", videos=folder, lm=LMs(lm), out=tmp_path / "run", limit=1)
    assert made.result.n_samples == 1
    assert made.result.manifest.models == {"text": "openai/gpt-4o", "vision": "openai/gpt-4o"}
    again = viddiff.evaluate(dataset, "baseline", videos=folder, lm=LMs(lm), out=tmp_path / "run", limit=1)
    assert again.result == made.result
    assert sum(usage.calls for usage in again.usage.usage) == 1


def test_an_option_that_there_is_not_is_named(dataset: DataSet) -> None:
    with pytest.raises(UsageError, match="option 'limits'"):
        viddiff.evaluate(dataset, limits=1)
    with pytest.raises(UsageError, match="no method 'twice'"):
        viddiff.evaluate(dataset, "twice")
