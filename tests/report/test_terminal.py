"""Terminal views: whatever a file or a model is called, its name is text there, as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from rich.console import RenderableType
from rich.text import Text

from tests.report.run_sample import random_run
from tests.report.sample import sample, video_info
from tests.report.step_sample import ANSWER, COMPARISON, RANKING
from viddiff.core.cache_folder import CacheKind
from viddiff.core.types import Difference
from viddiff.eval.viddiffbench.backends import Backend, Backends
from viddiff.eval.viddiffbench.table import HEAD, TableRow
from viddiff.motion.measurement.spec import NotMeasurable
from viddiff.programs.skilldiff.documents import ScoredPart, SkillScore
from viddiff.programs.viddiff.calibration import OpinionWeights
from viddiff.programs.viddiff.weights import WeightsFile
from viddiff.report.runs.terminal_backends import backends_view
from viddiff.report.runs.terminal_runs import runs_view
from viddiff.report.runs.terminal_scores import run_view
from viddiff.report.skilldiff.terminal_distance import skill_view
from viddiff.report.stepdiff.terminal_documents import document_view
from viddiff.report.terminal.cache import cache_view
from viddiff.report.terminal.view import print_view, table
from viddiff.report.viddiff.terminal_comparison import comparison_view
from viddiff.report.viddiff.terminal_plans import plans_view
from viddiff.report.viddiff.terminal_weights import weights_view

NAME = "[red]x[/red] :car: [link=x]y"
SOURCES = Path(__file__).parents[2] / "viddiff"
#: The helper, and progress on standard error.
MAKERS = {"report/terminal/view.py", "cli/progress.py"}


def test_only_the_helper_makes_consoles_and_tables() -> None:
    """So markup is off in every view, those that no case below has included."""
    texts = {path.relative_to(SOURCES).as_posix(): path.read_text("utf-8") for path in SOURCES.rglob("*.py")}
    made = {name for name, text in texts.items() if "from rich" in text and re.search(r"\b(Console|Table)\(", text)}
    assert made <= MAKERS


def plans() -> Iterable[RenderableType]:
    differences = [Difference(key="k", name="n", statement=NAME)]
    return plans_view(differences, {"k": NotMeasurable(why=NAME)})


def score() -> Iterable[RenderableType]:
    part = ScoredPart(name=NAME, start_s=0.0, stop_s=1.0, deduction=1.0, spread=None)
    return skill_view(
        SkillScore(
            name=NAME, query=video_info(NAME, "a" * 64), activity=NAME, score=9.0, best=10.0, error_95=None,
            spread=None, references=(), parts=(part,),
        )
    )  # fmt: skip


def compared() -> Iterable[RenderableType]:
    comparison = sample().comparison
    found = comparison.differences[0]
    renamed = found.model_copy(update={"difference": found.difference.model_copy(update={"statement": NAME})})
    return comparison_view(comparison.model_copy(update={"differences": (renamed,), "notices": (NAME,)}))


def ran() -> Iterable[RenderableType]:
    run = random_run(6, data=NAME)
    return run_view(run.result, run.usage)


def of_steps() -> Iterable[RenderableType]:
    yield from document_view(COMPARISON.model_copy(update={"notices": (NAME,)}))
    yield from document_view(ANSWER.model_copy(update={"answer": ANSWER.answer.model_copy(update={"answer": NAME})}))
    ranked = tuple(one.model_copy(update={"reason": NAME}) for one in RANKING.ranked)
    yield from document_view(RANKING.model_copy(update={"ranked": ranked}))


VIEWS: dict[str, Callable[[], Iterable[RenderableType]]] = {
    "backends": lambda: backends_view(
        Backends(data=NAME, n_pairs=1, text_lm=NAME, rows=(Backend(model=NAME, folder="x", fault=NAME),))
    ),
    "cache": lambda: cache_view([CacheKind(name=NAME, what=NAME, n_files=1, n_bytes=1, oldest_use_s=None)]),
    "comparison": compared,
    "plans": plans,
    "run": ran,
    "runs": lambda: runs_view([TableRow(cells=(NAME,) * len(HEAD))]),
    "score": score,
    "steps": of_steps,
    "weights": lambda: weights_view(WeightsFile(weights=OpinionWeights()), Path(NAME)),
}


@pytest.mark.parametrize("name", VIEWS)
def test_names_are_printed_as_they_are(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "3000")
    print_view(VIEWS[name]())
    printed = capsys.readouterr().out
    assert NAME in printed
    assert "\x1b" not in printed


def test_a_table_cuts_nothing_and_acts_on_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    grid = table("[b]name", "#n", title="[i]title")
    grid.add_row("w" * 60, "1\x1b[2J")
    grid.add_row(Text("styled", style="bold"), None)
    print_view(["[b]line\u202e", grid])
    printed = capsys.readouterr().out
    assert printed.count("w") == 60
    assert "\x1b" not in printed
    for text in ("[b]line\n", "[b]name", "[i]title", "1[2J", "styled"):
        assert text in printed
