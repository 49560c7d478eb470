from __future__ import annotations

import shlex
from typing import Any

import pytest

from tests.report.run_sample import manifest
from tests.report.test_hostile import HOSTILE
from viddiff.cli.eval import evaluate
from viddiff.core.settings import Settings, load_settings
from viddiff.eval.viddiffbench.dataset import DataSet
from viddiff.eval.viddiffbench.identity import manifest_of
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.options import EvalOptions, method_of
from viddiff.view.command import SETTINGS, eval_command

DATA = DataSet(name="owner/name", release="549", content_hash="d" * 64, samples=())


def wanted(options: EvalOptions, settings: Settings) -> Manifest:
    return manifest_of(DATA, options, settings, method_of(options, settings))


def line(*asked: Any) -> str:
    return " ".join(eval_command(*asked))


def parsed(command: str) -> tuple[EvalOptions, Any]:
    """A command as ``viddiff eval`` reads it."""
    context = evaluate.make_context("eval", shlex.split(command)[2:])
    flags = {name: value for name, value in context.params.items() if name not in ("out", "dry_run", "as_json")}
    flags |= {"localizer": flags.pop("strategy"), "control": flags["control"] or "none"}
    given = {name: value for name in EvalOptions.model_fields if (value := flags.pop(name)) is not None}
    options = EvalOptions.model_validate(given)
    return options, load_settings(**flags)


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ({}, {"lm": "openai/gpt-4o"}),
        ({"method": "measured"}, {}),
        ({"method": "baseline", "control": "first-frame"}, {"text_lm": "x/text", "vision_lm": "x/vision's"}),
        (
            {"mode": "open", "split": "easy", "judge": "lexical", "shard": (2, 4), "limit": 9, "per_action": 1},
            {"lm": "openai/gpt-4o", "preset": "paper", "seed": 3, "batch_questions": True},
        ),
        ({"allow_missing": True, "localizer": "oracle"}, {"lm": "a/b", "measurements": False, "fps": 2.5}),
    ],
)
def test_the_command_of_a_manifest_is_the_same_run(options: dict[str, Any], settings: dict[str, Any]) -> None:
    run = wanted(EvalOptions(data=DATA.name, **options), load_settings(**settings))
    command = line(run, "runs/it's here")
    again = wanted(*parsed(command))
    assert again == run
    assert shlex.split(command)[-2:] == ["--out", "runs/it's here"]


def test_what_a_manifest_does_not_tell_stands_in_capitals() -> None:
    words = shlex.split(line(manifest(data="rows.jsonl", programs={"propose": "0"}), "FOLDER/x"))
    assert words[words.index("--data") + 1] == "DATA/rows.jsonl"
    assert words[words.index("--program") + 1] == "PROGRAM"


@pytest.mark.parametrize("text", [*HOSTILE, "$(touch x)", "`x`", "a;b", "a\nb", "--lm", "'", "x" * 301])
def test_a_hostile_manifest_gives_one_harmless_word_or_no_command(text: str) -> None:
    harmless = shlex.split(line(manifest(split="SPLIT"), "runs/x"))
    command = line(manifest(split=text), "runs/x")
    if text in ("a\nb", "--lm", "x" * 301):
        assert command == ""
    if command:
        assert "\n" not in command
        assert shlex.split(command) == [text if word == "SPLIT" else word for word in harmless]


def test_a_manifest_cannot_name_a_server_or_a_folder() -> None:
    settings = {"api_base": "http://evil", "mlflow": "http://evil", "cache_dir": "/evil", "program": "evil", "seed": 5}
    command = line(manifest(settings=settings), "runs/x")
    assert "--seed 5" in command
    assert "evil" not in command


def test_a_plans_file_is_to_be_filled_in() -> None:
    assert "--plans PLANS" in line(manifest(settings={"plans": "0" * 64}), "runs/x")
    assert "--plans model" in line(manifest(settings={"plans": "model"}), "runs/x")


def test_all_settings_that_decide_are_told_or_cannot_be() -> None:
    run = wanted(EvalOptions(data=DATA.name, method="measured"), load_settings())
    # Limits of models stand in viddiff.toml and are no flag.
    assert run.settings.keys() - {"models"} == SETTINGS
