"""Who is seen in a clip, and on which day: as a table says, else as the name of the file has it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

#: A day, 2026-03-14 or 20260314, that is no part of a longer number.
_DAY = re.compile(r"(?<!\d)(\d{4})(-?)(\d\d)\2(\d\d)(?!\d)")
_ENDS = " ._-"
#: The number of a take, which follows the name where the day comes first.
_TAKE = re.compile(r"[ ._-]+\d{1,3}$")
MAX_NAME = 100


class PersonAndDay(NamedTuple):
    """Who is seen, and the day as YYYY-MM-DD; empty: unknown."""

    person: str
    day: str


def person_and_day(video: str) -> PersonAndDay:
    """Person and day of a file that is named after both.

    The person is what stands before the day, else what stands after it, else the folder.

    >>> person_and_day("anna_2026-03-14_2.mp4")
    PersonAndDay(person='anna', day='2026-03-14')
    >>> person_and_day("20260314 bob.mp4").person, person_and_day("carla/2026-03-14.mp4").person
    ('bob', 'carla')
    >>> person_and_day("squat.mp4")
    PersonAndDay(person='', day='')
    """
    path = Path(video)
    for match in _DAY.finditer(path.stem):
        try:
            day = datetime.date(int(match[1]), int(match[3]), int(match[4])).isoformat()
        except ValueError:
            # A number such as 20261399.
            continue
        before, after = path.stem[: match.start()].strip(_ENDS), path.stem[match.end() :].strip(_ENDS)
        after = "" if after.isdigit() else _TAKE.sub("", after)
        person = (before or after or path.parent.name)[:MAX_NAME]
        return PersonAndDay(person, day) if person else PersonAndDay("", "")
    return PersonAndDay("", "")


def day_of(cell: Any) -> str:
    """A day of a table, as YYYY-MM-DD; what follows it, such as an hour, is left out; empty: unknown.

    Raises:
        ValueError: it is not a date.
    """
    if isinstance(cell, datetime.date):
        return cell.isoformat()[:10]
    text = str(cell or "").strip()
    try:
        return datetime.date.fromisoformat(text[:10]).isoformat() if text else ""
    except ValueError:
        raise ValueError("not a date (e.g. 2026-03-14)") from None


def people_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """Person and day of both sides, from the fields of a pair, and where one is empty from the names of its videos."""
    people = {}
    for side in ("a", "b"):
        person, day = person_and_day(fields[f"video_{side}"])
        people[f"person_{side}"] = fields.get(f"person_{side}") or person
        people[f"date_{side}"] = fields.get(f"date_{side}") or day
    return people
