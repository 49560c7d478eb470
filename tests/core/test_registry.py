"""Entries by name: a mapping that refuses a name that is taken."""

from __future__ import annotations

import pytest

from viddiff.core.errors import UsageError
from viddiff.core.registry import Registry


@pytest.fixture
def shapes() -> Registry[str]:
    registry = Registry[str]("shape")
    registry.add("square", "four sides", aliases=["quadrat"])
    registry.add("circle", "round")
    return registry


def test_it_is_a_mapping_in_the_order_of_adding(shapes: Registry[str]) -> None:
    assert dict(shapes) == {"square": "four sides", "circle": "round"}
    assert [*shapes.items()] == [("square", "four sides"), ("circle", "round")]
    assert shapes.get("circle") == "round"
    assert shapes.get("cube") is None
    assert "cube" not in shapes
    with pytest.raises(UsageError, match="There is no shape 'cube': choose one of square, circle"):
        shapes["cube"]


def test_an_alias_finds_its_entry_and_is_not_listed(shapes: Registry[str]) -> None:
    assert "quadrat" in shapes
    assert shapes["quadrat"] == shapes.get("quadrat") == "four sides"
    assert (shapes.canonical("quadrat"), shapes.canonical("cube")) == ("square", "cube")


@pytest.mark.parametrize(("name", "aliases"), [("square", []), ("quadrat", []), ("cube", ["circle"])])
def test_a_name_that_is_taken_is_refused(shapes: Registry[str], name: str, aliases: list[str]) -> None:
    with pytest.raises(ValueError, match=r"there is a shape '.*' already"):
        shapes.add(name, "another", aliases)
    assert list(shapes) == ["square", "circle"]


def test_what_is_added_for_a_while_is_removed(shapes: Registry[str]) -> None:
    with shapes.temporary():
        shapes.add("cube", "six faces", ["dice"])
        assert "dice" in shapes
    assert list(shapes) == ["square", "circle"]
    assert "dice" not in shapes
