"""Every example in a docstring of the package gives what it prints, and what users call has one that runs."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import pkgutil
from pathlib import Path
from typing import Any

import dspy
import pytest

import viddiff
from tests.support.doc_files import lay_out, reply
from tests.support.scripted import scripted_lm
from viddiff import skill, steps

WITH_EXAMPLES = sorted(
    module.name
    for module in pkgutil.walk_packages([str(Path(viddiff.__file__).parent)], "viddiff.")
    if (spec := importlib.util.find_spec(module.name))
    and spec.origin
    and ">>> " in Path(spec.origin).read_text("utf-8")
)
#: Those that train, or take rows of StepDiff: the commands of docs/skilldiff.md and docs/stepdiff.md, which have tests,
#: run them.
TESTED_ELSEWHERE = (skill.train, skill.score, steps.train, steps.evaluate, steps.score, steps.StepEvaluation)
PUBLIC = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in (viddiff, steps, skill)
    for name in module.__all__
    if name not in ("optimize", "skill", "steps") and getattr(module, name) not in TESTED_ELSEWHERE
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clips are read once for all examples."""
    return tmp_path_factory.mktemp("cache-of-examples")


@pytest.fixture
def files(own_place: Path, squats: list[Path], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What examples name is there, and every model string names a scripted model."""
    lay_out(own_place, squats)
    monkeypatch.setenv("VIDDIFF_CACHE_DIR", str(cache))
    lm = scripted_lm(reply, "openai/gpt-4o")
    monkeypatch.setattr(dspy, "LM", lambda *_, **__: lm)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
@pytest.mark.usefixtures("files")
def test_the_examples_of_a_module_give_what_they_print(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "viddiff":
            raise
        pytest.skip(f"{error.name} is not installed")
    result = doctest.testmod(module)
    assert result.attempted, "no example was found: it stands outside a docstring"
    assert not result.failed


@pytest.mark.parametrize("name", PUBLIC)
def test_what_users_call_has_an_example_that_runs(name: str) -> None:
    found = doctest.DocTestFinder(recurse=False).find(PUBLIC[name], name, globs={})
    assert [example.source for one in found for example in one.examples if does_something(example)]


def does_something(example: doctest.Example) -> bool:
    """Whether an example runs, and is more than imports."""
    statements: list[Any] = ast.parse(example.source).body
    is_import = all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in statements)
    return not is_import and doctest.SKIP not in example.options
