"""What a run of ``viddiff eval`` is asked to do: its options, its method and its pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from viddiff import build
from viddiff.core.errors import UsageError
from viddiff.core.record import Record, parse_options
from viddiff.core.settings import Settings
from viddiff.eval.viddiffbench.dataset import DataSet, Sample
from viddiff.eval.viddiffbench.manifest import Control, Mode
from viddiff.eval.viddiffbench.matchers import MatcherName
from viddiff.eval.viddiffbench.methods import METHODS, Method


class EvalOptions(Record):
    """What ``viddiff eval`` was asked to do, beside the settings."""

    data: str
    """The data set: a hub id, a file or a folder."""
    videos: str | None = None
    """The folder that video paths are relative to; None: where the data lie."""
    mode: Mode = "closed"
    """"closed": labelled statements are judged; "open": differences are found."""
    split: str | None = None
    """Only this split; None: all."""
    method: str | None = None
    """None: what ``compare`` would use, see ``method_of``."""
    localizer: str | None = None
    """Strategy of the localizer for this run; None: that of the settings."""
    control: Control = "none"
    """A check in place of the pairs as they are, e.g. the same video twice."""
    limit: int | None = None
    """Only the first so many pairs."""
    per_action: int | None = None
    """Only the first so many pairs of each action."""
    shard: tuple[int, int] | None = None
    """(i, n): every n-th pair from the i-th on, counted from 1."""
    allow_missing: bool = False
    """Leave out pairs whose videos are not there."""
    judge: MatcherName = "lm"
    """Who matches statements in open mode."""
    engine: Literal["local", "ray"] = "local"
    """Where pairs are compared: in this process, or on a Ray cluster."""
    ray_address: str | None = None
    """Of a running cluster; None: one on this machine."""
    keep_failed: bool = False
    """Score what failed as it stands; else what failed for a reason that passes is asked again."""


def options_of(fields: Mapping[str, Any]) -> EvalOptions:
    """EvalOptions of a run whose data and method are objects.

    Raises:
        UsageError: an option that there is not, or a value that cannot be.
    """
    return parse_options(EvalOptions, {"data": "", **fields})


def method_of(options: EvalOptions, settings: Settings) -> Method:
    """The method that was named; else viddiff where a localizer was, which is a part of it; else that of ``compare``.

    Raises:
        UsageError: there is none of that name, or it does not run the compiled programs of the settings.
        InputError: one of these cannot be used.
    """
    if options.method is not None:
        return METHODS[options.method]
    if options.localizer is not None:
        return METHODS["viddiff"]
    return METHODS[build.method_name(settings, build.compiled_programs(settings, has_lm=True))]


def choose_samples(dataset: DataSet, options: EvalOptions) -> tuple[Sample, ...]:
    """The samples of a run, in the order of the data.

    Raises:
        UsageError: an unknown split, or nothing left.
    """
    splits = list(dict.fromkeys(sample.split for sample in dataset.samples))
    if options.split is not None and options.split not in splits:
        raise UsageError(f"--split {options.split!r} is not in the data: it has {', '.join(splits) or 'none'}.")
    samples = [sample for sample in dataset.samples if options.split in (None, sample.split)]
    if options.per_action is not None:
        samples = first_of_each(samples, options.per_action)
    samples = samples[: options.limit]
    if options.shard is not None:
        index, count = options.shard
        samples = samples[index - 1 :: count]
    if not samples:
        raise UsageError("No pair is selected: change --split, --limit, --per-action or --shard.")
    return tuple(samples)


def first_of_each(samples: Sequence[Sample], per_action: int) -> list[Sample]:
    """The first few samples of each action."""
    counts: dict[str, int] = {}
    chosen = []
    for sample in samples:
        counts[sample.action_key] = counts.get(sample.action_key, 0) + 1
        if counts[sample.action_key] <= per_action:
            chosen.append(sample)
    return chosen
