"""One's own videos and labels: the ``pairs.json`` format (docs/data.md) as samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from viddiff.core.types import Answer, Difference, NumFrames
from viddiff.eval.rows import RowModel, parse_row
from viddiff.eval.viddiffbench.data.fields import Maybe, Name, Text, VideoRow, key_of, n_open
from viddiff.eval.viddiffbench.dataset import Sample

Moment = Annotated[float, Field(ge=0, le=86_400)]
#: A path, or an object with path, fps_original and frames_trim.
Video = Annotated[VideoRow, BeforeValidator(lambda value: {"path": value} if isinstance(value, str) else value)]


class _Labelled(RowModel):
    name: Name | None = None
    description: Text
    label: Answer | None
    num_frames: NumFrames = "gt_1"
    query_string: Maybe = ""
    #: Moments in seconds of the clip where the difference is best seen.
    frames_a: tuple[Moment, ...] = ()
    frames_b: tuple[Moment, ...] = ()


class _Pair(RowModel):
    key: Name
    action: Name
    action_key: Name | None = None
    action_description: Text | None = None
    domain: Name = "own"
    split: Name = "all"
    video_a: Video
    video_b: Video
    differences: dict[str, _Labelled]
    n_differences_open: Annotated[int, Field(ge=0)] | None = None


def samples_of_pairs(rows: Sequence[Any], name: str) -> tuple[Sample, ...]:
    """Samples of a ``pairs.json``.

    Raises:
        InputError: a pair that cannot be used; the sentence names pair and field.
    """
    samples = []
    for number, row in enumerate(rows, 1):
        where = f"{name}, pair {number}{key_of(row, 'key')}"
        samples.append(_sample(parse_row(_Pair, row, where, "docs/data.md"), where))
    return tuple(samples)


def _sample(pair: _Pair, where: str) -> Sample:
    labelled = {key: difference for key, difference in pair.differences.items() if difference.label is not None}
    return Sample(
        key=pair.key,
        action_key=pair.action_key or pair.action,
        action_name=pair.action,
        action=pair.action_description or pair.action,
        domain=pair.domain,
        split=pair.split,
        video_a=pair.video_a.ref(where, "video_a"),
        video_b=pair.video_b.ref(where, "video_b"),
        differences=tuple(
            Difference(
                key=key,
                name=difference.name or difference.description[:60],
                statement=difference.description,
                num_frames=difference.num_frames,
                query_string=difference.query_string,
            )
            for key, difference in labelled.items()
        ),
        labels={key: difference.label for key, difference in labelled.items() if difference.label is not None},
        key_times_a={key: difference.frames_a for key, difference in labelled.items() if difference.frames_a},
        key_times_b={key: difference.frames_b for key, difference in labelled.items() if difference.frames_b},
        n_differences_open=n_open(len(labelled)) if pair.n_differences_open is None else pair.n_differences_open,
    )
