"""What a batch says beside its comparisons: pairs that failed, and people who are in it on several days."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from viddiff.batch.rows import Row
from viddiff.core.files import parse_json
from viddiff.view.trends import MIN_DAYS, DatedClip, dated_clips

#: Longest text of a document in its summary, in characters; texts are untrusted, and so is their length.
MAX_TEXT = 300


@dataclass(frozen=True)
class FailedPair:
    """A pair of a batch that could not be compared; its folder is the one that it would have."""

    folder: Path
    action: str
    videos: tuple[str, str]
    reason: str


@dataclass(frozen=True)
class PersonItem:
    """A person of a batch and the clips of that person, by day, of two days at least; ``folder`` is the batch's."""

    folder: Path
    person: str
    clips: tuple[DatedClip, ...]

    @property
    def n_days(self) -> int:
        """On how many days there is a clip."""
        return len({clip.day for clip in self.clips})


def items_of_journal(folder: Path, data: bytes) -> list[FailedPair | PersonItem]:
    """The items of the journal of the batch in ``folder``; the last row of a pair counts."""
    rows: dict[str, Row] = {}
    for line in data.splitlines():
        # A line that is still being written, or damaged, says nothing.
        with contextlib.suppress(ValueError, KeyError, TypeError):
            record = parse_json(line)
            if record["type"] == "pair":
                row = Row.model_validate(record["row"])
                rows[row.key] = row
    failed = [
        FailedPair(
            folder / row.key,
            row.action[:MAX_TEXT],
            (Path(row.video_a).name[:MAX_TEXT], Path(row.video_b).name[:MAX_TEXT]),
            row.error[:MAX_TEXT],
        )
        for row in rows.values()
        if row.status == "failed"
    ]
    grouped = groupby(dated_clips(rows.values(), folder), key=lambda clip: clip.person)
    people = [PersonItem(folder, person, tuple(clips)) for person, clips in grouped]
    return [*failed, *(person for person in people if person.n_days >= MIN_DAYS)]
