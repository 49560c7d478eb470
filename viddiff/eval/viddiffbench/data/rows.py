"""Rows of the layout that VidDiffBench has on the hub, in both releases, as samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from viddiff.core.notices import Notice, WithNotices, with_code
from viddiff.core.types import Answer, Difference, NumFrames
from viddiff.eval.rows import RowModel, fault, parse_row
from viddiff.eval.viddiffbench.data.facts import DOMAINS, MAX_SWAPPED, SPLIT_OF_ACTION, SPLITS
from viddiff.eval.viddiffbench.data.fields import (
    Decoded,
    Maybe,
    Name,
    Text,
    VideoRow,
    key_of,
    n_open,
)
from viddiff.eval.viddiffbench.dataset import Sample, VideoRef

#: Read from tables; the rest (thumbnails) stays on disk.
COLUMNS = (
    "sample_key",
    "action",
    "action_name",
    "action_description",
    "domain",
    "source_dataset",
    "split",
    "videos",
    "differences_annotated",
    "differences_gt",
    "retrieval_frames",
    "n_differences_open_prediction",
)
Release = Literal["557", "549", "synthetic", "other"]
_SUSPECT = Notice(
    "suspect_key_moments",
    "Key moments lie beyond the end of their clip: videos A and B were probably swapped, so none is used.",
)
_UNKNOWN = Notice("unknown_key_moments", "The key moments (retrieval_frames) have an unknown layout: none is used.")


class _Annotated(RowModel):
    name: Name
    description: Text
    query_string: Maybe = ""
    num_frames: NumFrames = "gt_1"


class _Row(RowModel):
    sample_key: Name
    action: Name
    action_name: Name
    action_description: Text
    domain: Name | None = None
    source_dataset: str | None = None
    split: Name
    videos: Decoded[tuple[VideoRow, VideoRow]]
    differences_annotated: Decoded[dict[str, _Annotated | None]]
    differences_gt: Decoded[dict[str, Answer | None]]
    retrieval_frames: Decoded[Any] = None
    n_differences_open_prediction: Annotated[int, Field(ge=0)] | None = None


class ReadRows(NamedTuple):
    """Official rows as they are used."""

    samples: tuple[Sample, ...]
    release: Release
    notices: tuple[str, ...]


def samples_of_rows(rows: Sequence[Any], name: str) -> ReadRows:
    """Official rows as samples.

    Raises:
        InputError: a row that cannot be used; the sentence names row and field.
    """
    samples, release_keys = [], []
    for number, row in enumerate(rows, 1):
        where = f"{name}, row {number}{key_of(row, 'sample_key')}"
        release_keys.append(parse_row(_Row, row, where, "docs/data.md"))
        samples.append(_sample(release_keys[-1], where))
    release = _release(release_keys)
    return ReadRows(tuple(samples), release, _notices(samples, release))


def _release(rows: Sequence[_Row]) -> Release:
    if all(row.source_dataset == "synthetic" for row in rows):
        return "synthetic"
    if not all(row.action in SPLIT_OF_ACTION for row in rows):
        return "other"
    # The camera-ready release added the column; the first one has the domain where the split is now.
    return "549" if all(row.domain is not None for row in rows) else "557"


def _sample(row: _Row, where: str) -> Sample:
    domain, split = _place(row, where)
    videos = [video.ref(where, f"videos.{index}") for index, video in enumerate(row.videos)]
    labels = {key: label for key, label in row.differences_gt.items() if label is not None}
    for key in labels:
        if row.differences_annotated.get(key) is None:
            raise fault(where, f"differences_annotated.{key}", "is missing, though the difference has a label")
    differences = tuple(
        Difference(
            key=key,
            name=annotated.name,
            statement=annotated.description,
            num_frames=annotated.num_frames,
            query_string=annotated.query_string,
        )
        for key, annotated in row.differences_annotated.items()
        if annotated is not None and key in labels
    )
    times, notices = _key_moments(row.retrieval_frames, videos, set(labels))
    n_given = row.n_differences_open_prediction
    return Sample(
        key=row.sample_key,
        action_key=row.action,
        action_name=row.action_name,
        action=row.action_description,
        domain=domain,
        split=split,
        video_a=videos[0],
        video_b=videos[1],
        differences=differences,
        labels={difference.key: labels[difference.key] for difference in differences},
        key_times_a=times[0],
        key_times_b=times[1],
        n_differences_open=n_open(len(labels)) if n_given is None else n_given,
        notices=notices,
    )


class _Place(NamedTuple):
    domain: str
    split: str


def _place(row: _Row, where: str) -> _Place:
    """Where a sample stands in the benchmark."""
    if row.action not in SPLIT_OF_ACTION:
        return _Place(row.domain or row.split, row.split)
    domain = row.domain or row.action.rsplit("_", 1)[0]
    if row.split in SPLITS:
        return _Place(domain, row.split)
    if row.split in DOMAINS:
        return _Place(domain, SPLIT_OF_ACTION[row.action])
    raise fault(where, "split", f"is {row.split!r}, which is none of {', '.join((*SPLITS, *DOMAINS))}")


def _key_moments(
    column: Any, videos: Sequence[VideoRef], labelled: set[str]
) -> WithNotices[Sequence[dict[str, tuple[float, ...]]]]:
    """Moments of A and B in seconds of the clip, and notices.

    ``retrieval_frames`` is a list of two objects {difference key: [frame, ...] or null}; a frame counts in the clip,
    after trimming, at the source's frame rate. It serves only the oracle, so that an odd layout costs no sample.
    """
    none: Sequence[dict[str, tuple[float, ...]]] = ({}, {})
    if column is None:
        return WithNotices(none, ())
    if not isinstance(column, list) or len(column) != 2 or not all(isinstance(side, dict) for side in column):
        return WithNotices(none, (_UNKNOWN,))
    frames = [{key: _frames(value) for key, value in side.items() if key in labelled} for side in column]
    if any(numbers is None for side in frames for numbers in side.values()):
        return WithNotices(none, (_UNKNOWN,))
    sides = [{key: numbers for key, numbers in side.items() if numbers} for side in frames]
    if any(side and video.fps_original is None for side, video in zip(sides, videos, strict=True)):
        return WithNotices(none, (_UNKNOWN,))
    if any(_is_outside(side, video) for side, video in zip(sides, videos, strict=True)):
        return WithNotices(none, (_SUSPECT,))
    return WithNotices([_seconds(side, video) for side, video in zip(sides, videos, strict=True)], ())


def _frames(value: Any) -> tuple[int, ...] | None:
    """Frame numbers in order, or None where they are none."""
    numbers = [number for number in (value if isinstance(value, list) else [value]) if number is not None]
    if all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers):
        return tuple(sorted(set(numbers)))
    return None


def _is_outside(side: dict[str, tuple[int, ...]], video: VideoRef) -> bool:
    """Whether a frame is not one of the clip's."""
    if video.frames_trim is None:
        return False
    start, stop, step = video.frames_trim
    return any(number >= len(range(start, stop, step or 1)) for numbers in side.values() for number in numbers)


def _seconds(side: dict[str, tuple[int, ...]], video: VideoRef) -> dict[str, tuple[float, ...]]:
    step = (video.frames_trim[2] if video.frames_trim else None) or 1
    return {key: tuple(number * step / (video.fps_original or 1.0) for number in side[key]) for key in side}


def _notices(samples: Sequence[Sample], release: Release) -> tuple[str, ...]:
    notices = [
        f"{count} of {len(samples)} samples: {notice}"
        for notice in (_SUSPECT, _UNKNOWN)
        if (count := sum(bool(with_code(sample.notices, notice.code)) for sample in samples))
    ]
    easy = sum(sample.split == "easy" for sample in samples)
    if release == "549" and easy:
        notices.append(
            f"Up to {MAX_SWAPPED} of the {easy} easy pairs of this release have their videos and labels swapped, "
            "but not their key moments: interpret localization scores on the easy split with care."
        )
    return tuple(notices)
