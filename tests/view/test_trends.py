"""One person's measurements over days: lines with gaps and intervals, from what the clips of a batch measured."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.view.client import Client
from tests.view.test_batch_folder import client  # noqa: F401
from tests.view.test_index import put
from viddiff.batch.rows import Row
from viddiff.core.settings import Settings
from viddiff.core.types import Measurement
from viddiff.view.bundle import write_bundle
from viddiff.view.index import scan
from viddiff.view.items import PersonItem
from viddiff.view.trend_charts import chart_of
from viddiff.view.trends import Trend, TrendPoint

DAYS = ("2026-01-01", "2026-01-11", "2026-01-21", "2026-03-12")
#: Of each day: the angle, None where it was not measurable, and the depth, which hardly changes.
ANGLES, DEPTHS = (120.0, 110.0, None, 90.0), (0.5, 0.51, 0.5, 0.52)


def numbers(angle: float | None, depth: float | None) -> tuple[Measurement, ...]:
    """What the clip of the person, B, was measured with; A is the coach."""
    return (
        Measurement(name="knee angle", unit="deg", a=80.0, b=angle, error_a=2.0, error_b=3.0, quantity="knee_angle"),
        Measurement(name="depth", unit="torso lengths", a=0.6, b=depth, error_b=0.1, quantity="depth"),
    )


def write_batch(folder: Path, **changes: Any) -> None:
    """A batch of the coach against a clip of each day, as ``viddiff batch`` leaves it."""
    rows = []
    for day, angle, depth in zip(DAYS, ANGLES, DEPTHS, strict=True):
        put(folder / day, measurements=numbers(angle, depth))
        names = {"video_a": "coach.mp4", "video_b": f"anna_{day}.mp4", "person_b": "anna <1>", "date_b": day}
        rows.append(Row(key=day, action="squat", status="done", **names).model_copy(update=changes))
    lines = (json.dumps({"type": "pair", "row": row.model_dump(mode="json")}) for row in rows)
    (folder / "journal.jsonl").write_text("".join(line + "\n" for line in lines))
    (folder / "batch.json").write_text("{}")


def person_of(folder: Path) -> PersonItem:
    (found,) = [item for item in scan(folder) if isinstance(item, PersonItem)]
    return found


def test_a_quantity_runs_over_days_and_what_changed_clearly_comes_first(tmp_path: Path) -> None:
    write_batch(tmp_path)
    person = person_of(tmp_path)
    assert (person.person, person.n_days, len(person.clips)) == ("anna <1>", 4, 4)
    angle, depth = person.trends(scan(tmp_path))
    assert [value for _, value in angle.days] == list(ANGLES)
    assert (angle.label, angle.unit, angle.change, angle.changed) == ("knee angle", "deg", -30.0, True)
    assert angle.uncertainty == pytest.approx(3 * 2**0.5)
    assert (depth.label, depth.changed) == ("depth", False)


def test_the_line_is_broken_where_nothing_was_measurable_and_marks_have_their_interval(tmp_path: Path) -> None:
    write_batch(tmp_path)
    chart = chart_of(person_of(tmp_path).trends(scan(tmp_path))[0])
    assert re.sub(r"[\d ]+", "", chart.path) == "MLM"
    assert [mark.point.value for mark in chart.marks] == [120.0, 110.0, 90.0]
    for mark in chart.marks:
        assert mark.upper < mark.top < mark.lower
        assert mark.lower - mark.top == pytest.approx(mark.top - mark.upper)
    lefts = [mark.left for mark in chart.marks]
    # 10 days and 70 days.
    assert (lefts[2] - lefts[0]) / (lefts[1] - lefts[0]) == pytest.approx(7)
    assert [day.isoformat() for _, day in chart.columns][-1] == DAYS[-1]


def test_several_clips_of_a_day_are_dots_and_the_line_takes_their_median() -> None:
    first, second = datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)
    points = (TrendPoint(first, "1", 10.0, 1.0), TrendPoint(first, "2", 14.0, 4.0), TrendPoint(second, "3", 17.0, 3.0))
    trend = Trend("x", "", points)
    assert trend.days == [(first, 12.0), (second, 17.0)]
    assert (trend.uncertainty, trend.changed) == (5.0, False)
    assert len(chart_of(trend).marks) == 3
    assert Trend("x", "", (points[0], TrendPoint(second, "3", 17.0, None))).uncertainty is None


def test_the_list_leads_to_the_page_of_a_person(tmp_path: Path, client: Client) -> None:  # noqa: F811
    write_batch(tmp_path / "in")
    (address,) = set(re.findall(r'href="(person/[0-9a-f]+/)"', client.get("/").text))
    page = client.get(f"/{address}")
    assert page.status_code == 200
    assert "anna &lt;1&gt; over time" in page.text
    assert "a clear change" in page.text
    assert page.text.count("not measurable</td>") == 1
    assert "anna <1>" not in page.text
    assert client.get("/person/0/").status_code == 404
    # Comparisons alone where some are chosen.
    assert "over time" not in client.get("/", params={"status": "done"}).text.casefold()
    assert "anna &lt;1&gt;" in client.get("/", params={"q": "anna over time"}).text


def test_the_site_on_disk_has_the_page_of_a_person(tmp_path: Path) -> None:
    write_batch(tmp_path / "in")
    index = write_bundle(tmp_path / "in", tmp_path / "site", Settings(cache_dir=tmp_path / "cache"))
    (address,) = re.findall(r'href="([0-9]+/person.html)"', index.read_text(encoding="utf-8"))
    assert "knee angle" in (index.parent / address).read_text(encoding="utf-8")


@pytest.mark.parametrize("changes", [{"date_b": ""}, {"date_b": "no day"}, {"person_b": ""}, {"date_b": DAYS[0]}])
def test_without_two_days_there_is_nobody(tmp_path: Path, changes: dict[str, str]) -> None:
    write_batch(tmp_path, **changes)
    assert not [item for item in scan(tmp_path) if isinstance(item, PersonItem)]


def test_a_journal_leads_to_no_document_outside_the_folder(tmp_path: Path) -> None:
    write_batch(tmp_path / "outside")
    (tmp_path / "in").mkdir()
    for name in ("batch.json", "journal.jsonl"):
        text = (tmp_path / "outside" / name).read_text()
        (tmp_path / "in" / name).write_text(text.replace('"key": "', '"key": "../outside/'))
    person = person_of(tmp_path / "in")
    assert person.clips[0].comparisons[0][0].resolve() == tmp_path / "outside" / DAYS[0]
    assert person.trends(scan(tmp_path / "in")) == []
