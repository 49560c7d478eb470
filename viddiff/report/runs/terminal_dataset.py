"""What the ``data`` commands show: tables and lines for a terminal, free of what a terminal would obey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType

from viddiff.core.formatting import NO_VALUE, one_line
from viddiff.eval.subsets import SUBSETS
from viddiff.eval.viddiffbench.data.check import ActionSummary, DatasetReport, SplitSummary
from viddiff.eval.viddiffbench.data.facts import SOURCES
from viddiff.eval.viddiffbench.data.get import DomainDownload, DownloadResult
from viddiff.eval.viddiffbench.dataset import DataSet
from viddiff.eval.viddiffbench.splits import Splits
from viddiff.report.terminal.view import TextTable, table

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Missing videos that are named; the JSON document names all.
_SHOWN = 10
_RELEASES = {"557": "VidDiffBench, first release (557 pairs)", "549": "VidDiffBench, camera ready (549 pairs)"}


def data_view(report: DatasetReport) -> Iterator[RenderableType]:
    """The state of a data set."""
    n_ready = sum(split.n_ready for split in report.splits)
    release = _RELEASES.get(report.release, report.release)
    yield f"{one_line(report.name)}: {release}, content {report.content_hash[:12]}"
    yield (
        f"{report.n_samples} pairs ({n_ready} ready), {report.n_videos} videos, {report.n_labels:,} labelled "
        f"differences, {report.n_key_points:,} key moments"
    )
    yield _splits_table(report.splits)
    yield _actions_table(report.actions)
    if report.published_totals:
        pairs, labels = report.published_totals
        yield f"Published for this release: {pairs} pairs, {labels:,} labels; by split only for the 557 pairs (above)."
    for notice in report.notices:
        yield f"! {one_line(notice)}"
    if report.missing:
        yield f"✗ {len(report.missing)} videos are missing (viddiff data get tells where they come from):"
        yield from (f"    {one_line(path)}" for path in report.missing[:_SHOWN])
        if len(report.missing) > _SHOWN:
            yield f"    and {len(report.missing) - _SHOWN} more (--json names all)"
    for video in report.unreadable:
        yield f"✗ {one_line(video.path)}: {one_line(video.reason)}"
    if report.complete:
        yield "✓ Every video is there and can be read."


def download_view(fetched: DownloadResult) -> Iterator[RenderableType]:
    """What was fetched, and what a person has to do for the rest."""
    grid = table("domain", "from", "#videos", "#unpacked", "#missing", "terms", lines=True)
    for domain in fetched.domains:
        source = SOURCES.get(domain.domain)
        grid.add_row(
            one_line(domain.domain),
            source.name if source else NO_VALUE,
            str(domain.n_videos),
            str(domain.unpacked.n_written) if domain.unpacked else NO_VALUE,
            str(len(domain.missing)),
            source.licence if source else NO_VALUE,
        )
    yield grid
    yield from (_advice(domain) for domain in fetched.domains if domain.missing)


def splits_view(splits: Splits, dataset: DataSet) -> Iterator[RenderableType]:
    """How many samples of each action are in each subset."""
    subsets = {subset: splits.select(dataset, subset) for subset in SUBSETS}
    counts = Counter((sample.split, sample.action_key, subset) for subset in SUBSETS for sample in subsets[subset])
    grid = table("split", "action", *(f"#{subset}" for subset in SUBSETS), lines=True)
    for split, action in sorted({(sample.split, sample.action_key) for sample in dataset.samples}):
        grid.add_row(
            one_line(split), one_line(action), *(str(counts[split, action, subset] or NO_VALUE) for subset in SUBSETS)
        )
    grid.add_section()
    grid.add_row("all", "pairs", *(str(len(subsets[subset])) for subset in SUBSETS))
    grid.add_row("", "labels", *(str(sum(len(sample.labels) for sample in subsets[subset])) for subset in SUBSETS))
    yield f"{splits.name} of {one_line(dataset.name)}, content {splits.content_hash[:12]}"
    yield grid
    yield from (f"! {notice}" for notice in splits.notices)


def _splits_table(splits: tuple[SplitSummary, ...]) -> TextTable:
    published = any(split.published for split in splits)
    columns = ["split", "#pairs", "#ready", "#a/b/c", "#mean s"]
    grid = table(*columns, *(["#published pairs", "#a/b/c", "#mean s"] if published else []), lines=True)
    for split in splits:
        row = [one_line(split.split), str(split.n_samples), str(split.n_ready)]
        row += [_labels(split.labels), _seconds(split.mean_s)]
        if split.published:
            row += [str(split.published.n_samples), _labels(split.published.labels), _seconds(split.published.mean_s)]
        grid.add_row(*row)
    return grid


def _actions_table(actions: tuple[ActionSummary, ...]) -> TextTable:
    """One row an action; columns that would say nothing are left out."""
    named = any(action.name != action.action_key for action in actions)
    placed = len({(action.domain, action.split) for action in actions}) > 1
    columns = ["action", *(["name"] if named else []), *(["domain", "split"] if placed else [])]
    grid = table(*columns, "#pairs", "#differences", "#a/b/c", "#mean s", lines=True)
    for action in actions:
        texts = [action.action_key, *([action.name] if named else [])]
        texts += [action.domain, action.split] if placed else []
        numbers = (str(action.n_samples), str(action.n_differences), _labels(action.labels), _seconds(action.mean_s))
        grid.add_row(*map(one_line, texts), *numbers)
    return grid


def _advice(domain: DomainDownload) -> str:
    source, start = SOURCES.get(domain.domain), f"✗ {one_line(domain.domain)}, {len(domain.missing)} missing"
    if source is None:
        return f"{start}: no source is known, e.g. of {one_line(domain.missing[0])}."
    if domain.problem:
        return f"{start}: {domain.problem}"
    if source.archive:
        return f"{start}: not in {source.archive}, e.g. {one_line(domain.missing[0])}."
    return f"{start}: {source.how} ({source.url})."


def _labels(counts: dict[str, int]) -> str:
    return "/".join(str(counts[label]) for label in ("a", "b", "c"))


def _seconds(mean_s: float | None) -> str:
    return NO_VALUE if mean_s is None else f"{mean_s:.1f}"
