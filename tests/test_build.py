"""The factory: everything that is made of settings uses the same cache folder, store and precision."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from pathlib import Path

import dspy
import pytest

import viddiff
from viddiff import build
from viddiff.core.errors import UsageError
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import load_settings
from viddiff.core.shared_store import of_settings
from viddiff.report.viddiff.comparison_text import confidence_meaning


def test_answers_are_kept_where_the_settings_say_and_dspys_cache_is_as_before_afterwards(own_place: Path) -> None:
    before, settings = dspy.cache, load_settings(lm="openai/x", store=str(own_place / "store"))
    with build.answer_cache(settings):
        assert Path(dspy.cache.disk_cache.directory) == settings.cache_dir / "answers" / "hosted"
        assert dspy.cache.shared is of_settings(settings.store)
    assert dspy.cache is before
    with build.answer_cache(settings, is_asked=False):
        assert dspy.cache is before


def test_a_folder_that_cannot_be_written_is_a_warning(own_place: Path, caplog: pytest.LogCaptureFixture) -> None:
    (own_place / "file").touch()
    with build.answer_cache(load_settings(cache_dir=own_place / "file")):
        pass
    assert "answers are not kept" in caplog.text


def test_models_that_a_caller_hands_in_come_with_a_cache_of_their_own() -> None:
    alone, set_up = load_settings(), load_settings(lm="openai/x")
    assert build.is_asked_by_settings("openai/y", alone)
    assert build.is_asked_by_settings(None, set_up)
    assert not build.is_asked_by_settings(None, alone)
    assert not build.is_asked_by_settings(dspy.LM("openai/x"), set_up)


def test_whole_clips_are_embedded_with_the_precision_and_into_the_store_of_the_settings(own_place: Path) -> None:
    settings = load_settings(clip="ViT-B-32", clip_dtype="bfloat16", store=str(own_place / "store"))
    pooled = build.video_embedder(settings)
    assert pooled.encoder.precision == "bfloat16"
    assert pooled.encoder.folder == settings.cache_dir
    assert pooled.encoder.key == build.localizer(settings).encoder.key  # type: ignore[union-attr]


@pytest.fixture
def registry_as_before() -> Iterator[None]:
    """What is registered is registered for the whole process."""
    with build.METHODS.temporary():
        yield


@pytest.mark.usefixtures("registry_as_before")
def test_a_method_of_comparison_is_one_registered_function(squats: list[Path]) -> None:
    asked: list[build.ComparisonSetup] = []

    @build.comparison_method("nothing", confidence="There is none.")
    def nothing(setup: build.ComparisonSetup) -> dspy.Module:
        asked.append(setup)
        return build.METHODS["measured"].make(setup)

    a, b = squats
    comparison = viddiff.compare(a, b, action="squat", differences=["it is slower"], method="nothing", pose="none")
    assert comparison.program == "nothing"
    assert asked[0].settings.method == "nothing"
    assert confidence_meaning(comparison) == "There is none."
    settings = load_settings(method="nothing", lm="openai/gpt-4o", pose="none")
    pair = build.read_pair(a, b, settings, build.frame_store(settings), lambda *_: None)
    assert build.estimate_comparison(settings, pair.a, pair.b, None).roles == ()
    with pytest.raises(UsageError, match="no method 'other': choose one of two_looks, viddiff, measured, nothing"):
        viddiff.compare(a, b, action="squat", method="other")


def test_threads_with_other_settings_keep_their_answers_apart(own_place: Path) -> None:
    """The second context opens while the first is open, and closes after it: each thread keeps its own cache."""
    before, folders, turns = dspy.cache, dict[str, Path](), threading.Barrier(2, timeout=20)

    def ask(name: str) -> None:
        settings = load_settings(lm="openai/x", cache_dir=own_place / name)
        if name == "second":
            turns.wait()
        with build.answer_cache(settings):
            if name == "first":
                turns.wait()
            turns.wait()
            [folders[name]] = in_parallel([lambda: Path(dspy.cache.disk_cache.directory)], 1)
            if name == "second":
                turns.wait()
                assert Path(dspy.cache.disk_cache.directory) == folders[name]
        if name == "first":
            turns.wait()

    in_parallel([functools.partial(ask, name) for name in ("first", "second")], 2)
    assert folders == {name: own_place / name / "answers" / "hosted" for name in ("first", "second")}
    assert dspy.cache is before
