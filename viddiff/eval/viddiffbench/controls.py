"""What the controls of a run tell, two runs side by side, and how far the localizer is off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from viddiff.core.errors import InputError
from viddiff.core.record import Record, Share
from viddiff.core.types import SWAPPED, Localization
from viddiff.eval import statistics
from viddiff.eval.statistics import Interval
from viddiff.eval.viddiffbench.dataset import AnswerRow
from viddiff.eval.viddiffbench.scored_items import ScoredItem


class Rate(Record):
    """How often something happened among the rows that have an answer."""

    n: int
    """Rows that are counted."""
    n_hits: int
    """Rows in which it happened."""
    share: Share | None
    """``n_hits`` of ``n``; None: no rows."""
    interval: Interval | None
    """Its 95 % interval; None where there are too few pairs."""
    n_unanswered: int
    """Rows that cannot tell, because an answer is lacking."""


class PairedTest(Record):
    """The same rows answered by two runs. ``difference`` is the first's accuracy minus the second's."""

    name: str
    """Of which rows."""
    n: int
    """Rows that are counted."""
    n_pairs: int
    """Pairs that the rows come from."""
    first: Share
    """Accuracy of the first run."""
    second: Share
    """Accuracy of the second run."""
    difference: float
    """First minus second."""
    interval: Interval | None
    """Its 95 % interval; None where there are too few pairs."""
    p_value: Share | None
    """Sign-flip test over pairs of videos; None where there are fewer than two."""
    n_only_first: int
    """Rows that only the first run has right."""
    n_only_second: int
    """Rows that only the second has right."""
    mcnemar_p_value: Share | None
    """Of the exact McNemar test on these, which takes rows for independent."""


class LocalizationError(Record):
    """How far localized stages are from labelled key moments, over differences of one or many videos."""

    n: int
    """Rows that are counted."""
    mean_error_s: float | None
    """From the middle of a difference's stages to its nearest key moment."""
    median_error_s: float | None
    """The median of the same distances; None: no rows."""
    mean_error_share: float | None
    """The same as a share of the clip's length."""
    hit_rate: Share | None
    """Share of the differences with a key moment inside their stages."""


class LocatedDifference(Record):
    """One labelled difference in one video."""

    difference_key: str
    """Key of the difference."""
    error_s: float
    """Seconds from the middle of its stages to the nearest key moment."""
    error_share: float
    """The same as a share of the clip."""
    hit: bool
    """Whether a key moment lies inside its stages."""


def swap_consistency(rows: Sequence[AnswerRow], swapped: Sequence[AnswerRow]) -> Rate:
    """How often a method answers for the same video when the two are swapped.

    Args:
        rows: of a run.
        swapped: of the same run with ``--swap-videos``; its "a" is the video shown first, so that its labels and, for
            a consistent method, its answers are turned round.

    Raises:
        InputError: the second run is not the first with its videos swapped.
    """
    others = {(row.sample_key, row.difference_key): row for row in swapped}
    clusters, hits, n_unanswered = [], [], 0
    for row in rows:
        other = others.get((row.sample_key, row.difference_key))
        if other is not None and row.label is not None and other.label != SWAPPED[row.label]:
            raise InputError(
                f"Difference {row.difference_key!r} of pair {row.sample_key!r} is labelled {row.label!r} and "
                f"{other.label!r}: compare a run with the same run under --swap-videos."
            )
        if other is None or row.answer is None or other.answer is None:
            n_unanswered += 1
            continue
        clusters.append(row.sample_key)
        hits.append(row.answer == SWAPPED[other.answer])
    return rate(clusters, hits, n_unanswered)


def false_alarms(rows: Sequence[AnswerRow]) -> Rate:
    """How often a method sees a difference (a or b) between a video and itself; rows of a ``--same-video`` run."""
    answered = [row for row in rows if row.answer is not None]
    return rate(
        [row.sample_key for row in answered], [row.answer != "c" for row in answered], len(rows) - len(answered)
    )


def rate(clusters: Sequence[str], hits: Sequence[bool], n_unanswered: int) -> Rate:
    """A share of rows with its interval over pairs."""
    strata = [statistics.cluster_sums(clusters, [(hit, 1) for hit in hits])] if hits else []
    return Rate(
        n=len(hits),
        n_hits=sum(hits),
        share=sum(hits) / len(hits) if hits else None,
        interval=statistics.interval(strata),
        n_unanswered=n_unanswered,
    )


def compare_items(
    first: Sequence[ScoredItem], second: Sequence[ScoredItem], n_resamples: int = statistics.N_RESAMPLES, seed: int = 0
) -> tuple[PairedTest, ...]:
    """Two runs on the same rows, over everything and split by split; rows with label a or b count.

    Args:
        first, second: items of two runs on the same data (``closed_items`` or ``open_items``).

    Raises:
        InputError: the runs have different rows or labels.
    """
    one, other = ({item.name: item for item in items if item.label != "c"} for items in (first, second))
    if {name: item.label for name, item in one.items()} != {name: item.label for name, item in other.items()}:
        raise InputError("The two runs do not answer the same questions: compare runs on the same data and split.")
    splits: dict[str, list[tuple[ScoredItem, ScoredItem]]] = {}
    for name, item in one.items():
        splits.setdefault(item.split, []).append((item, other[name]))
    groups = {"all": splits} | ({name: {name: group} for name, group in splits.items()} if len(splits) > 1 else {})
    return tuple(_compare_splits(name, group, n_resamples, seed) for name, group in groups.items() if group)


def _compare_splits(
    name: str, splits: Mapping[str, Sequence[tuple[ScoredItem, ScoredItem]]], n_resamples: int, seed: int
) -> PairedTest:
    """Two runs on the rows of some splits, which are resampled split by split."""
    strata, right = [], []
    for rows in splits.values():
        correct = np.array([[item.outcome == "correct" for item in pair] for pair in rows], dtype=np.float64)
        gain = np.column_stack([correct[:, 0] - correct[:, 1], np.ones(len(rows))])
        strata.append(statistics.cluster_sums([item.sample_key for item, _ in rows], gain))
        right.append(correct)
    both = np.concatenate(right)
    only_first, only_second = int(np.sum(both[:, 0] > both[:, 1])), int(np.sum(both[:, 0] < both[:, 1]))
    return PairedTest(
        name=name,
        n=len(both),
        n_pairs=sum(map(len, strata)),
        first=float(both[:, 0].mean()),
        second=float(both[:, 1].mean()),
        difference=float(both[:, 0].mean() - both[:, 1].mean()),
        interval=statistics.interval(strata, statistics.micro_average, n_resamples, seed, bounds=(-1.0, 1.0)),
        p_value=statistics.sign_flip_p_value(np.concatenate(strata)[:, 0], n_resamples, seed),
        n_only_first=only_first,
        n_only_second=only_second,
        mcnemar_p_value=statistics.mcnemar_p_value(only_first, only_second),
    )


def locate_key_moments(
    localization: Localization,
    links: Mapping[str, Sequence[str]],
    key_moments: Mapping[str, Sequence[float]],
    clip_s: tuple[float, float],
) -> tuple[LocatedDifference, ...]:
    """Where one video's stages lie beside its key moments; differences without key moments or stages are left out.

    Args:
        localization: segments in seconds of the file; argmax and random leave gaps and keep no order.
        links: difference key -> names of its stages.
        key_moments: difference key -> moments in seconds of the clip.
        clip_s: ``[start_s, stop_s)`` of the clip in seconds of the file.
    """
    segments = {segment.stage: segment for segment in localization.segments}
    start_s, stop_s = clip_s
    located = []
    for key, times in key_moments.items():
        spans = [segments[stage] for stage in links.get(key, ()) if stage in segments]
        if not spans or not times:
            continue
        low, high = min(span.start_s for span in spans) - start_s, max(span.stop_s for span in spans) - start_s
        error_s = min(abs((low + high) / 2 - time) for time in times)
        located.append(
            LocatedDifference(
                difference_key=key,
                error_s=error_s,
                error_share=error_s / (stop_s - start_s),
                hit=any(low <= time < high for time in times),
            )
        )
    return tuple(located)


def localization_error(located: Sequence[LocatedDifference]) -> LocalizationError:
    """The error over differences of one or many videos."""
    errors_s = [one.error_s for one in located]
    return LocalizationError(
        n=len(located),
        mean_error_s=float(np.mean(errors_s)) if located else None,
        median_error_s=float(np.median(errors_s)) if located else None,
        mean_error_share=float(np.mean([one.error_share for one in located])) if located else None,
        hit_rate=sum(one.hit for one in located) / len(located) if located else None,
    )
