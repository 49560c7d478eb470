"""Flag > environment > viddiff.toml > default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from viddiff.cli.options import METHOD_OPTIONS, MODEL_OPTIONS, POSE_OPTIONS, VIDEO_OPTIONS
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings, current_settings, load_settings


def test_each_layer_wins_over_those_below(own_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().fps == 4.0
    (own_place / "viddiff.toml").write_text('fps = 5.0\nlm = "openai/gpt-4o"\n')
    assert load_settings().fps == 5.0
    monkeypatch.setenv("VIDDIFF_FPS", "6")
    assert load_settings().fps == 6.0
    assert load_settings(fps=7.0).fps == 7.0
    assert load_settings(fps=None).fps == 6.0
    assert load_settings().lm == "openai/gpt-4o"
    assert load_settings().has_lm


def test_the_paper_preset_sets_the_published_method_but_not_over_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = load_settings(preset="paper")
    assert (paper.localizer, paper.clip) == ("viterbi", "ViT-bigG-14/laion2b_s39b_b160k")
    assert (paper.frames, paper.measurements, paper.swap, paper.fps) == ("paper", False, False, 8.0)
    monkeypatch.setenv("VIDDIFF_FPS", "5")
    chosen = load_settings(preset="paper", clip="ViT-B-32/openai")
    assert (chosen.fps, chosen.clip) == (5.0, "ViT-B-32/openai")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"fps": 0}, "Setting 'fps' cannot be 0"),
        ({"fps": "often"}, "Setting 'fps' cannot be 'often'"),
        ({"n_differences": 0}, "'n_differences'"),
        ({"start_a": 3.0, "stop_a": 2.0}, "--start-a 3 is not before --stop-a 2"),
        ({"text_lm": "openai/x"}, "no model looks at frames"),
        ({"vision_lm": "openai/x"}, "no model proposes"),
        ({"no_such": 1}, "'no_such'"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_place(flags: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        load_settings(**flags)


def test_a_bad_file_or_variable_is_named(own_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_place / "viddiff.toml").write_text("fps = [")
    with pytest.raises(UsageError, match=r"viddiff\.toml cannot be read"):
        load_settings()
    (own_place / "viddiff.toml").write_text("frames_per_second = 3")
    with pytest.raises(UsageError, match="'frames_per_second'"):
        load_settings()
    (own_place / "viddiff.toml").unlink()
    monkeypatch.setenv("VIDDIFF_MAX_SIDE", "big")
    with pytest.raises(UsageError, match="VIDDIFF_MAX_SIDE"):
        load_settings()


OPTIONS = {
    name.split("/")[0].removeprefix("--").replace("-", "_"): str(keywords.get("help", ""))
    for name, keywords in (*MODEL_OPTIONS, *METHOD_OPTIONS, *POSE_OPTIONS, *VIDEO_OPTIONS)
}
#: Tables, which no flag can hold: they stand in viddiff.toml.
TABLES = {"models"}


def test_every_setting_is_a_flag_and_every_flag_a_setting() -> None:
    assert set(OPTIONS) == set(Settings.model_fields) - TABLES


def test_defaults_shown_in_the_help_are_the_defaults() -> None:
    words = {True: "on", False: "off", None: "viterbi"}
    for name, text in OPTIONS.items():
        shown = re.search(r"  \[([^;\]]+)", text)
        if shown:
            default = Settings.model_fields[name].default
            named = isinstance(default, bool) or default is None
            plain = f"{default:g}" if isinstance(default, float) else str(default)
            assert shown[1] == (words[default] if named else plain), name


def test_a_setting_is_known_by_its_former_name(own_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_place / "viddiff.toml").write_text('weights = "file.json"')
    assert load_settings().opinion_weights == Path("file.json")
    monkeypatch.setenv("VIDDIFF_WEIGHTS", "variable.json")
    assert load_settings().opinion_weights == Path("variable.json")
    assert load_settings(opinion_weights="flag.json").opinion_weights == Path("flag.json")
    assert Settings.model_validate({"weights": "python.json"}).opinion_weights == Path("python.json")


def test_the_default_preset_is_known_by_its_first_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDDIFF_PRESET", "viddiff")
    assert load_settings().preset == "default"
    # A run that was begun before resumes: its manifest says the same.
    assert current_settings({"preset": "viddiff", "fps": 4.0}) == {"preset": "default", "fps": 4.0}
