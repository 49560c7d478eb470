"""The table of docs/design.md: modules and lines by package, before the packages were divided for three tasks and now.

python -m benchmarks.packages
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1] / "viddiff"


@dataclass(frozen=True)
class Group:
    """Packages of one row.

    Attributes:
        label: as in the table.
        packages: below ``viddiff``; "" for the modules at the top.
        before: modules and lines then; None where there were none.
    """

    label: str
    packages: tuple[str, ...]
    before: tuple[int, int] | None = None


GROUPS = (
    Group("top level, `build`, `core`, `doctor`", ("", "build", "core", "doctor"), (10, 1131)),
    Group("`video`", ("video",), (13, 1607)),
    Group("`lms`", ("lms",), (16, 1963)),
    Group("`motion`, before a part of `localizer`", ("motion",)),
    Group("`signatures`", ("signatures",), (9, 436)),
    Group("`localizer`", ("localizer",), (20, 2318)),
    Group("`synthetic`, before a part of `eval`", ("synthetic",), (23, 2706)),
    Group("`programs`", ("programs",), (24, 3111)),
    Group("`eval`", ("eval",), (36, 5085)),
    Group("`optimize`", ("optimize",), (12, 1971)),
    Group("`batch`, `steps`, `skill`", ("batch", "steps", "skill")),
    Group("`report`, `view`, `cli`", ("report", "view", "cli"), (64, 6588)),
)


def count(package: str) -> tuple[int, int]:
    """Modules and lines of a package."""
    paths = [*ROOT.glob("*.py")] if not package else [*(ROOT / package).rglob("*.py")]
    return len(paths), sum(len(path.read_text("utf-8").splitlines()) for path in paths)


def rows() -> list[str]:
    """The rows of the table, and their sum."""
    table, sums = [], [0, 0, 0, 0]
    for group in GROUPS:
        now = [sum(of) for of in zip(*map(count, group.packages), strict=True)]
        numbers = [*(group.before or (0, 0)), *now]
        sums = [one + other for one, other in zip(sums, numbers, strict=True)]
        table.append(row(group.label, numbers))
    return [*table, row("all", sums)]


def row(label: str, numbers: list[int]) -> str:
    """One row; no module is a dash."""
    return f"| {label} | {' | '.join(f'{number:,}' if number else '-' for number in numbers)} |"


if __name__ == "__main__":
    print(*rows(), sep="\n")
