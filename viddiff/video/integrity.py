"""What a damaged video has lost: a notice where it is little, an error where it is more than half."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import InputError

Spans = list[tuple[float, float]]


def lost_spans(
    times_s: NDArray[np.float64], indices: NDArray[np.intp], arrived: NDArray[np.bool_], stop_s: float
) -> Spans:
    """The times ``[start_s, stop_s)`` of which no frame could be decoded, joined where they touch.

    Args:
        times_s: (N,) times of all frames.
        indices: (K,) positions of those that were asked for.
        arrived: (K,) whether they came.
        stop_s: the end of the part that was read.
    """
    starts = times_s[indices]
    stops = np.append(starts[1:], max(stop_s, float(starts[-1])))
    joined: Spans = []
    for start, stop, came in zip(starts.tolist(), stops.tolist(), arrived.tolist(), strict=True):
        if came:
            continue
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def check_lost(lost: Spans, missing_s: float, length_s: float, name: str) -> None:
    """Refuse a part of ``length_s`` (and ``missing_s`` cut off behind it) of which more than half is lost.

    Raises:
        InputError: it is.
    """
    lost_s, whole_s = missing_s + _total_s(lost), length_s + missing_s
    if lost_s > whole_s / 2:
        raise InputError(
            f"{name!r} is damaged: {lost_s:.1f} of {whole_s:.1f} s cannot be decoded: copy or record it again."
        )


def integrity_notices(
    lost: Spans, damaged_s: NDArray[np.float64], times_s: NDArray[np.float64], start_s: float, stop_s: float
) -> list[str]:
    """Tell what is lost of ``[start_s, stop_s)``, what is damaged, and where the file has no frames for long.

    Args:
        lost: the times of which no frame could be decoded.
        damaged_s: times of frames whose data are damaged, whether or not they were asked for.
        times_s: (N,) times of all frames.
        start_s, stop_s: the part that was read.
    """
    notices = []
    if lost:
        notices.append(
            f"{_total_s(lost):.2f} s of the pictures are damaged and left out ({_format_spans(lost)}); "
            "those that follow may be smeared."
        )
    shown_s = [time_s for time_s in damaged_s.tolist() if not any(start <= time_s < stop for start, stop in lost)]
    if shown_s:
        first = ", ".join(f"{time_s:.2f} s" for time_s in shown_s[:3])
        notices.append(
            f"The data of {len(shown_s)} {'frame is' if len(shown_s) == 1 else 'frames are'} damaged (near {first}"
            f"{f' and {len(shown_s) - 3} more' if len(shown_s) > 3 else ''}): pictures from there on may be smeared."
        )
    edges = np.append(times_s, max(stop_s, float(times_s[-1])))
    inside = (edges[1:] > start_s) & (edges[:-1] < stop_s)
    long = np.diff(edges) > max(1.0, 4 * float(np.median(np.diff(times_s))))
    gaps = [(float(edges[i]), float(edges[i + 1])) for i in np.flatnonzero(inside & long)]
    if gaps:
        notices.append(f"The picture stands still where the file has no frames ({_format_spans(gaps)}).")
    return notices


def _total_s(pairs: Spans) -> float:
    return sum(stop - start for start, stop in pairs)


def _format_spans(pairs: Spans) -> str:
    text = ", ".join(f"{start:.2f}-{stop:.2f} s" for start, stop in pairs[:3])
    return text + (f" and {len(pairs) - 3} more" if len(pairs) > 3 else "")
