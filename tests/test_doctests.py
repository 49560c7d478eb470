"""Every example in a docstring of the package gives what it prints."""

from __future__ import annotations

import doctest
import importlib.util
import pkgutil
from pathlib import Path

import pytest

import viddiff

WITH_EXAMPLES = sorted(
    module.name
    for module in pkgutil.walk_packages([str(Path(viddiff.__file__).parent)], "viddiff.")
    if (spec := importlib.util.find_spec(module.name))
    and spec.origin
    and ">>> " in Path(spec.origin).read_text("utf-8")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_give_what_they_print(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "viddiff":
            raise
        pytest.skip(f"{error.name} is not installed")
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(module)
    assert result.attempted, "no example was found: it stands outside a docstring"
    assert not result.failed
