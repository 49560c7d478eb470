"""What the grammar makes of the difference types of the benchmark, as docs/statements.md tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.statements import difference_types, tables
from viddiff.motion.measurement.spec import MeasurementSpec

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".." / "shared" / "viddiffbench"

needs_taxonomy = pytest.mark.skipif(not FOLDER.is_dir(), reason="shared/viddiffbench is not here")


@needs_taxonomy
def test_the_page_tells_what_the_command_prints() -> None:
    page = (ROOT / "docs" / "statements.md").read_text(encoding="utf-8")
    assert "\n".join(tables(difference_types(FOLDER))) in page


@needs_taxonomy
def test_nothing_is_planned_where_no_body_is_spoken_of() -> None:
    planned = [one for one in difference_types(FOLDER) if isinstance(one.plan, MeasurementSpec)]
    assert len(planned) == 49
    assert {one.action for one in planned if one.action.startswith(("music", "diving"))} == set()
    assert [(one.key, one.plan) for one in planned if one.action.startswith("surgery")] == [
        ("1", MeasurementSpec(quantity="action_time", more="lower"))
    ]


@pytest.mark.parametrize("action", ["A person doing a thing", ""])
def test_a_row_of_the_table_is_made_of_its_facts(tmp_path: Path, action: str) -> None:
    (tmp_path / "actions.csv").write_text(f"action,action_description\nx,{action}\n", encoding="utf-8")
    (tmp_path / "difference_taxonomy.csv").write_text(
        "action,diff_key,name,description\nx,0,bend,the left knee bends more\nx,1,ball,the ball is higher\n",
        encoding="utf-8",
    )
    lines = list(tables(difference_types(tmp_path)))
    assert lines[0] == "Of 2 difference types the grammar plans 1 and refuses 1."
    assert "| x | 0 | bend | knee_angle (left), lower, where knee_angle (left) is at its min |" in lines
    assert "| x | 1 | ball | The grammar does not know 'ball'. |" in lines
