"""What rows and pairs share: checked fields."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from viddiff.core.errors import InputError
from viddiff.eval.json_lines import load_json
from viddiff.eval.rows import RowModel, fault
from viddiff.eval.viddiffbench.data.facts import OPEN_SHARE
from viddiff.eval.viddiffbench.data.videos import fault_in_path
from viddiff.eval.viddiffbench.dataset import Sample, VideoRef
from viddiff.programs.statements import unfit_reason

T = TypeVar("T")
#: Frame numbers above this are no frames: a day at 1000 fps.
_MAX_FRAME = 86_400_000


def _decode(value: Any) -> Any:
    # The hub's rows hold JSON as text; JSON files may hold it as it is.
    if not isinstance(value, (str, bytes)):
        return value
    try:
        return load_json(value)
    except ValueError as error:
        raise ValueError(f"invalid JSON ({error})") from None


def _fit(value: str) -> str:
    fault = unfit_reason(value)
    if fault:
        raise ValueError(f"the text {fault}")
    return value


def _check_path(value: str) -> str:
    fault = fault_in_path(value)
    if fault:
        raise ValueError(f"the path {fault}; name videos relative to their root")
    return value


#: A column that holds JSON, as text or decoded.
Decoded = Annotated[T, BeforeValidator(_decode)]
#: A text that may be shown to a model.
Text = Annotated[str, AfterValidator(_fit)]
Name = Annotated[str, Field(max_length=200), AfterValidator(_fit)]
#: A text that may be absent.
Maybe = Annotated[str, AfterValidator(lambda text: text and _fit(text))]


class VideoRow(RowModel):
    """A video as rows and pairs name it."""

    path: Annotated[str, AfterValidator(_check_path)]
    fps_original: Annotated[float, Field(gt=0, le=1000)] | None = None
    frames_trim: Annotated[list[int | None], Field(max_length=3)] | None = None

    def ref(self, where: str, field: str) -> VideoRef:
        """The reference.

        Raises:
            InputError: the frames are no part of a video that can be told without opening it.
        """
        try:
            trim = self._trim()
        except ValueError as error:
            raise fault(where, field, f"cannot be used: {error}") from None
        return VideoRef(path=self.path, fps_original=self.fps_original, frames_trim=trim)

    def _trim(self) -> tuple[int, int, int | None] | None:
        trim = self.frames_trim or []
        # As slice(*given) reads it: one number is the stop.
        start, stop, step = [None, *trim, None] if len(trim) == 1 else [*trim, None, None, None][:3]
        if start in (None, 0) and stop is None and step in (None, 1):
            return None
        begin, end = start or 0, _MAX_FRAME if stop is None else stop
        if not (0 <= begin < end <= _MAX_FRAME and (step is None or step >= 1)):
            raise ValueError(
                f"frames_trim {trim!r} is not [start, stop, step] with 0 <= start < stop and a step of at least 1"
            )
        if self.fps_original is None:
            raise ValueError("frames_trim needs fps_original, the frame rate that it counts in")
        return begin, end, step


def n_open(n_labels: int) -> int:
    """N_diff of a pair with so many labelled differences."""
    return math.ceil(OPEN_SHARE * n_labels)


def key_of(row: Any, name: str) -> str:
    """For messages: the row's own key, where it has one."""
    key = row.get(name) if isinstance(row, Mapping) else None
    return f" ({key!r})" if isinstance(key, (str, int)) else ""


def check_keys(samples: Iterable[Sample], name: str) -> None:
    """Raise InputError where two samples have one key."""
    seen: set[str] = set()
    for number, sample in enumerate(samples, 1):
        if sample.key in seen:
            raise InputError(f"{name}, row {number}: the key {sample.key!r} is given twice: give each sample its own.")
        seen.add(sample.key)
