"""The registry of methods: what it says of each, and that nothing else has to know their names."""

from __future__ import annotations

from typing import Any

import pytest

from viddiff.cli import app
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings, load_settings
from viddiff.eval.stepdiff.methods import METHODS as STEP_METHODS
from viddiff.eval.viddiffbench.methods import METHODS
from viddiff.eval.viddiffbench.options import EvalOptions, method_of


def test_the_default_is_the_first_and_every_method_says_what_it_needs() -> None:
    assert next(iter(METHODS)) == "two_looks"
    assert [name for name in METHODS if METHODS[name].asks_models] == ["two_looks", "viddiff", "baseline"]
    assert [name for name in METHODS if METHODS[name].localizes] == ["viddiff"]
    assert METHODS["measured"].estimate((), "open", Settings()) == []


def test_only_a_method_that_localizes_has_a_localizer() -> None:
    assert METHODS["baseline"].localizer("motion", Settings()) is None
    assert METHODS["viddiff"].localizer("motion", Settings(localizer="uniform")) == "motion"
    assert METHODS["viddiff"].localizer(None, Settings(localizer="uniform")) == "uniform"
    assert METHODS["viddiff"].localizer(None, Settings()) == "viterbi"


def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="no method 'twice': choose one of two_looks, viddiff, baseline, measured"):
        METHODS["twice"]


@pytest.mark.parametrize(
    ("options", "settings", "expected"),
    [
        ({}, {}, "two_looks"),
        ({"localizer": "uniform"}, {}, "viddiff"),
        ({"method": "baseline", "localizer": "uniform"}, {}, "baseline"),
        ({}, {"swap": True}, "viddiff"),
        ({}, {"method": "measured"}, "measured"),
        ({}, {"preset": "paper"}, "viddiff"),
        ({"method": "two_looks"}, {"preset": "paper"}, "two_looks"),
    ],
)
def test_a_run_takes_the_method_of_compare_unless_one_is_named(
    options: dict[str, str], settings: dict[str, Any], expected: str
) -> None:
    assert method_of(EvalOptions(data="x", **options), load_settings(**settings)).name == expected


def test_the_command_offers_what_is_registered(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["eval", "--help"], standalone_mode=False) == 0
    assert f"--method [{'|'.join((*METHODS, *STEP_METHODS))}]" in capsys.readouterr().out
