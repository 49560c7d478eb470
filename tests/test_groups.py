"""Tests are given to processes as ``tests.groups`` says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import folder_of_run
from tests.groups import GROUPS, group_of, rank


@pytest.mark.parametrize("number", range(12))
def test_the_tests_of_a_file_run_in_one_process(number: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A scheduler that gives them to whoever is free makes every fixture in every process, and nothing says so."""
    seen = folder_of_run(tmp_path_factory) / "processes"
    with seen.open("a") as file:
        file.write(f"{os.getpid()}\n")
    assert set(seen.read_text().split()) == {str(os.getpid())}


def test_every_file_that_is_in_a_group_exists() -> None:
    assert [file for file in GROUPS if not (Path(__file__).parents[1] / file).is_file()] == []


def test_a_file_outside_all_groups_is_its_own_and_comes_last() -> None:
    assert group_of("tests/batch/test_ray.py::test_one[a::b]") == "Ray cluster"
    assert group_of("tests/test_groups.py::test_one") == "tests/test_groups.py"
    assert rank("tests/batch/test_ray.py::test_one") == 0
    assert rank("tests/report/test_html.py::test_one") < rank("tests/test_groups.py::test_one")
