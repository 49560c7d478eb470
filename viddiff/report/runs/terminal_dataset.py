"""What the ``data`` commands show: tables and lines for a terminal, free of what a terminal would obey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table

from viddiff.eval.dataset import DataSet
from viddiff.eval.splits import PARTS, Splits
from viddiff.eval.viddiffbench.data.check import ActionState, Report, SplitState
from viddiff.eval.viddiffbench.data.facts import SOURCES
from viddiff.eval.viddiffbench.data.get import Domain, DownloadResult

#: Missing videos that are named; the JSON document names all.
_SHOWN = 10
_RELEASES = {"557": "VidDiffBench, first release (557 pairs)", "549": "VidDiffBench, camera ready (549 pairs)"}


def of_report(report: Report) -> Iterator[RenderableType]:
    """The state of a data set."""
    n_ready = sum(split.n_ready for split in report.splits)
    release = _RELEASES.get(report.release, report.release)
    yield f"{_plain(report.name)}: {release}, content {report.content_hash[:12]}"
    yield (
        f"{report.n_samples} pairs ({n_ready} ready), {report.n_videos} videos, {report.n_labels:,} labelled "
        f"differences, {report.n_key_points:,} key points"
    )
    yield _splits_table(report.splits)
    yield _actions_table(report.actions)
    if report.published_totals:
        pairs, labels = report.published_totals
        yield f"Published for this release: {pairs} pairs, {labels:,} labels; by split only for the 557 pairs (above)."
    for notice in report.notices:
        yield f"! {_plain(notice)}"
    if report.missing:
        yield f"✗ {len(report.missing)} videos are missing (viddiff data get tells where they come from):"
        yield from (f"    {_plain(path)}" for path in report.missing[:_SHOWN])
        if len(report.missing) > _SHOWN:
            yield f"    and {len(report.missing) - _SHOWN} more (--json names all)"
    for video in report.unreadable:
        yield f"✗ {_plain(video.path)}: {_plain(video.reason)}"
    if report.complete:
        yield "✓ Every video is there and can be read."


def of_download(fetched: DownloadResult) -> Iterator[RenderableType]:
    """What was fetched, and what a person has to do for the rest."""
    table = _table("domain", "from", "#videos", "#unpacked", "#missing", "terms")
    for domain in fetched.domains:
        source = SOURCES.get(domain.domain)
        table.add_row(
            _plain(domain.domain),
            source.name if source else "-",
            str(domain.n_videos),
            str(domain.unpacked.n_written) if domain.unpacked else "-",
            str(len(domain.missing)),
            source.licence if source else "-",
        )
    yield table
    yield from (_advice(domain) for domain in fetched.domains if domain.missing)


def of_splits(splits: Splits, dataset: DataSet) -> Iterator[RenderableType]:
    """How many samples of each action are in each part."""
    parts = {part: splits.select(dataset, part) for part in PARTS}
    counts = Counter((sample.split, sample.action_key, part) for part in PARTS for sample in parts[part])
    table = _table("split", "action", *(f"#{part}" for part in PARTS))
    for split, action in sorted({(sample.split, sample.action_key) for sample in dataset.samples}):
        table.add_row(_plain(split), _plain(action), *(str(counts[split, action, part] or "-") for part in PARTS))
    table.add_section()
    table.add_row("all", "pairs", *(str(len(parts[part])) for part in PARTS))
    table.add_row("", "labels", *(str(sum(len(sample.labels) for sample in parts[part])) for part in PARTS))
    yield f"{splits.name} of {_plain(dataset.name)}, content {splits.content_hash[:12]}"
    yield table
    yield from (f"! {notice}" for notice in splits.notices)


def _splits_table(splits: tuple[SplitState, ...]) -> Table:
    published = any(split.published for split in splits)
    columns = ["split", "#pairs", "#ready", "#a/b/c", "#mean s"]
    table = _table(*columns, *(["#published pairs", "#a/b/c", "#mean s"] if published else []))
    for split in splits:
        row = [_plain(split.split), str(split.n_samples), str(split.n_ready)]
        row += [_labels(split.labels), _seconds(split.mean_s)]
        if split.published:
            row += [str(split.published.n_samples), _labels(split.published.labels), _seconds(split.published.mean_s)]
        table.add_row(*row)
    return table


def _actions_table(actions: tuple[ActionState, ...]) -> Table:
    """One row an action; columns that would say nothing are left out."""
    named = any(action.name != action.action_key for action in actions)
    placed = len({(action.domain, action.split) for action in actions}) > 1
    columns = ["action", *(["name"] if named else []), *(["domain", "split"] if placed else [])]
    table = _table(*columns, "#pairs", "#differences", "#a/b/c", "#mean s")
    for action in actions:
        texts = [action.action_key, *([action.name] if named else [])]
        texts += [action.domain, action.split] if placed else []
        numbers = (str(action.n_samples), str(action.n_differences), _labels(action.labels), _seconds(action.mean_s))
        table.add_row(*map(_plain, texts), *numbers)
    return table


def _advice(domain: Domain) -> str:
    source, start = SOURCES.get(domain.domain), f"✗ {_plain(domain.domain)}, {len(domain.missing)} missing"
    if source is None:
        return f"{start}: no source is known, e.g. of {_plain(domain.missing[0])}."
    if domain.problem:
        return f"{start}: {domain.problem}"
    if source.archive:
        return f"{start}: not in {source.archive}, e.g. {_plain(domain.missing[0])}."
    return f"{start}: {source.how} ({source.url})."


def _table(*columns: str) -> Table:
    """An empty table; the names of columns of numbers start with #."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in columns:
        table.add_column(name.lstrip("#"), justify="right" if name.startswith("#") else "left")
    return table


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _labels(counts: dict[str, int]) -> str:
    return "/".join(str(counts[label]) for label in ("a", "b", "c"))


def _seconds(mean_s: float | None) -> str:
    return "-" if mean_s is None else f"{mean_s:.1f}"
