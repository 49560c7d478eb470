"""OpinionWeights of two looks, learned from labels for a model, as a file that a comparison runs with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.eval.runs import make_pairs
from tests.programs.test_two_looks import keys_of
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff import api, build
from viddiff.cli import main
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import ModelLimits, Settings
from viddiff.eval.viddiffbench.data import load_data
from viddiff.lms import LMs
from viddiff.optimize.viddiff.weights import WeightsLearner
from viddiff.programs.viddiff.calibration import OpinionWeights
from viddiff.programs.viddiff.effort import EFFORTS
from viddiff.programs.viddiff.estimate_looks import PairSize, looks, overviews
from viddiff.programs.viddiff.weights import WeightsFile, read_weights, write_weights

SETTINGS = Settings(lm="openai/x", measurements=False, pose="none", cache=False, threads=1)


def sure_of_a(asked: Asked) -> str:
    """Is sure that video A shows more of everything, in both orders, where a third of the labels say so."""
    shown_first = asked.asks_for("found")
    entry = {"reason": "seen", "size": "large", "answer": "a" if shown_first else "b", "confidence": 0.97}
    entries = [{"key": key, "moments_a": [0.5], "moments_b": [0.5], **entry} for key in keys_of(asked)]
    return chat_reply(found=entries) if shown_first else chat_reply(verdicts=entries)


def models() -> LMs:
    return LMs(scripted_lm(sure_of_a, "openai/gpt-4o"))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"), 16)


@pytest.fixture(scope="module")
def learned(pairs: Path) -> WeightsFile:
    return WeightsLearner(load_data(str(pairs)), pairs.parent, SETTINGS, models(), by="pair").run()


def test_a_model_that_is_too_sure_learns_to_be_less_so(learned: WeightsFile) -> None:
    card = learned.card
    assert card is not None
    assert card.kept
    for default, own in (card.val, card.test):
        assert own.log_loss < 0.7 * default.log_loss
        assert own.calibration_error < default.calibration_error
    assert learned.weights.verdict < OpinionWeights().verdict


def test_a_comparison_runs_with_the_file(learned: WeightsFile, pairs: Path, tmp_path: Path) -> None:
    path = write_weights(learned, tmp_path / "weights.json")
    assert read_weights(path) == learned.weights
    confidences = []
    for weights in (None, path):
        settings = SETTINGS.model_copy(update={"opinion_weights": weights})
        a, b = pairs.parent / "0a.mp4", pairs.parent / "0b.mp4"
        made = api.compare(a, b, action="squat", differences=["it is deeper"], lm=models(), settings=settings)
        confidences.append(made.differences[0].verdict.confidence or 0.0)
        assert str(path) not in made.model_dump_json()
    assert confidences[1] < confidences[0] - 0.2


def test_too_few_answers_teach_nothing(pairs: Path) -> None:
    dataset = load_data(str(pairs))
    few = dataset.model_copy(update={"samples": dataset.samples[:6]})
    with pytest.raises(InputError, match="statements of train were answered, and weights need 10"):
        WeightsLearner(few, pairs.parent, SETTINGS, models(), by="pair").run()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "at 'the file'"),
        ('{"weights": {"verdict": 9}}', "at 'weights.verdict'"),
        ('{"weights": {"verdict": NaN}}', "is not a file of opinion weights"),
        ('{"weights": {"tact": 1}}', "at 'weights.tact'"),
        ("[]", "is not a file of opinion weights"),
        ("", "is not a file of opinion weights"),
    ],
)
def test_a_file_without_weights_is_told_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "weights.json"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as raised:
        build.check_weights("two_looks", Settings(opinion_weights=path))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_and_a_method_without_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        build.check_weights("two_looks", Settings(opinion_weights=tmp_path / "none.json"))
    with pytest.raises(UsageError, match="The method viddiff has no opinion weights"):
        build.check_weights("viddiff", Settings(opinion_weights=tmp_path / "none.json"))


def test_the_command_tells_what_it_would_ask(pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--split-by", "pair", "--out", "w", "--lm", "openai/gpt-4o", "--dry-run", "--json"]
    with pytest.raises(SystemExit) as left:
        main(["compile", "opinion-weights", "--data", str(pairs), *flags])
    assert left.value.code == 0
    (role,) = json.loads(capsys.readouterr().out)["roles"]
    pair, effort = PairSize(n_statements=4), EFFORTS["medium"]
    steps = [*overviews(pair, effort, ModelLimits()), *looks(pair, effort, ModelLimits())]
    n_calls = sum(step.calls for step in steps)
    assert (role["role"], role["calls"]) == ("vision", 16 * n_calls)
    assert not Path("w.json").exists()
