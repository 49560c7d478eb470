"""Which program asks the models: two_looks unless something chooses the published one, in compare, plans and runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.eval.runs import make_pairs, settled
from tests.support.loaded import noise_footage
from tests.support.scripted import scripted_lm
from viddiff import build
from viddiff.api import compare
from viddiff.core.errors import UsageError
from viddiff.core.settings import ModelLimits, Settings, load_settings
from viddiff.core.types import Difference
from viddiff.lms import LMs
from viddiff.programs.differencer import Differencer

GIVEN = tuple(Difference(key=str(i), name="d", statement=f"statement {i} is true", num_frames="1") for i in range(8))


@pytest.mark.parametrize(
    ("chosen", "method"),
    [
        ({}, "two_looks"),
        ({"preset": "paper"}, "viddiff"),
        ({"localizer": "motion"}, "viddiff"),
        ({"swap": True}, "viddiff"),
        ({"localizer": "motion", "method": "two_looks"}, "two_looks"),
        ({"method": "viddiff"}, "viddiff"),
    ],
)
def test_the_published_method_is_chosen_by_its_preset_and_its_own_settings(chosen: dict[str, Any], method: str) -> None:
    assert load_settings(**chosen).chosen_method == method


def test_a_compiled_stage_of_the_published_method_chooses_it_and_no_other_runs_it() -> None:
    assert build.method_name(Settings(), ()) == "two_looks"
    assert build.method_name(Settings(), (Differencer(),)) == "viddiff"
    with pytest.raises(
        UsageError, match="cannot run a compiled differencer: leave --program out, or give --method viddiff"
    ):
        build.method_name(Settings(method="two_looks"), (Differencer(),))


@pytest.mark.parametrize("differences", [None, ["the squat is deeper", "the arms are higher"]])
def test_a_comparison_with_a_model_looks_twice(tmp_path: Path, differences: list[str] | None) -> None:
    make_pairs(tmp_path, 1)
    lm = scripted_lm(settled)
    settings = Settings(cache_dir=tmp_path / "cache", pose="none")
    videos = tmp_path / "0a.mp4", tmp_path / "0b.mp4"
    comparison = compare(*videos, action="squat", differences=differences, lm=lm, settings=settings)
    assert comparison.program == "two_looks"
    assert comparison.settings["effort"] == "medium"
    assert len(comparison.differences) == (2 if differences else 3)
    assert all(one.asks_for("found") or one.asks_for("differences") for one in lm.engine.asked[:1])
    page = comparison.report(tmp_path / "report.html").read_text()
    assert all(finding.difference.statement in page for finding in comparison.differences)


@pytest.mark.parametrize("max_images", [None, 8])
@pytest.mark.parametrize("lengths", [(12, 12), (40, 20), (240, 200)])
def test_a_plan_is_the_most_that_is_asked(lengths: tuple[int, int], max_images: int | None) -> None:
    a, b = (noise_footage(n, seed=seed) for seed, n in enumerate(lengths))
    table = {"*": ModelLimits(max_images=max_images)}
    settings = Settings(lm="scripted/x", models=table)
    (role,) = build.estimate_comparison(settings, a, b, GIVEN).roles
    lm = scripted_lm(settled)
    program = build.two_looks(settings, LMs(lm, table=table))
    program(action="squat", video_a=a, video_b=b, differences=GIVEN)
    asked = lm.engine.asked
    assert 0 < len(asked) <= role.calls
    assert sum(len(one.images) for one in asked) <= role.images
