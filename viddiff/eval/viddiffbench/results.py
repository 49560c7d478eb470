"""The result of a run, computed from its journal alone: computed again it has the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from viddiff.core.comparison import ComparisonRecord
from viddiff.core.files import write_document
from viddiff.core.record import Record
from viddiff.core.types import Outcome, Progress
from viddiff.core.usage import cost_of
from viddiff.eval.session import RunUsage
from viddiff.eval.viddiffbench.control_pairs import relabel
from viddiff.eval.viddiffbench.controls import (
    LocalizationError,
    LocatedDifference,
    Rate,
    false_alarms,
    localization_error,
    locate_key_moments,
)
from viddiff.eval.viddiffbench.dataset import AnswerRow, Sample
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.matchers import StatementMatcher, make_matcher
from viddiff.eval.viddiffbench.matching import Matching, match_all
from viddiff.eval.viddiffbench.methods import METHODS, Method
from viddiff.eval.viddiffbench.methods.viddiff import ORACLE
from viddiff.eval.viddiffbench.metrics import ClosedScores, OpenScores, closed_scores, open_scores

RESULT, ANSWERS, PREDICTIONS, USAGE = "result.json", "answers.json", "predictions.json", "usage.json"


class RunResult(Record):
    """What a finished run came to. Nothing in it depends on when or how often it was interrupted."""

    schema_version: Literal[1] = 1
    """Version of the form of this document."""
    manifest: Manifest
    """What the run was."""
    n_samples: int
    """Pairs."""
    missing: tuple[str, ...]
    """Samples whose videos could not be read (--allow-missing); they count as missing answers."""
    scores: ClosedScores | OpenScores
    """What it came to."""
    false_alarms: Rate | None
    """Closed mode with --same-video: how often a difference is seen between a video and itself."""
    localization: LocalizationError | None
    """How far the stages are from the key moments of the data; None for methods that locate nothing."""


class RunAnswers(Record):
    """Every answer of a run beside its label, for comparing runs question by question."""

    rows: tuple[AnswerRow, ...]
    """One row for each question."""


def result_of(
    manifest: Manifest,
    samples: Sequence[Sample],
    records: Iterable[dict[str, Any]],
    matcher: StatementMatcher | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    keep: Callable[[Matching], None] | None = None,
    method: Method | None = None,
) -> RunResult:
    """The result of a finished run.

    Args:
        manifest: of the run.
        samples: of the run, in order.
        records: of its journal.
        matcher: matches the statements of open mode to the labels; closed mode needs none.
        threads: pairs matched at once.
        progress: called with how many are matched.
        keep: takes every new matching, so that no pair is matched twice; one that failed is matched again.
        method: of the run; None: the registered one of its name.
    """
    method = method or METHODS[manifest.method]
    records = list(records)
    outcomes, missing = outcomes_of(records)
    relabelled = [relabel(sample, manifest.control) for sample in samples]
    rows = answers_of(manifest, samples, outcomes).rows
    scores: ClosedScores | OpenScores
    if manifest.mode == "closed":
        scores = closed_scores(relabelled, rows)
    else:
        matchings = matchings_of(records)
        new = [sample for sample in relabelled if sample.key not in matchings]
        unmatched = [row for row in rows if row.sample_key not in matchings]
        officially = method.checks_opposites
        matcher = matcher or make_matcher("none")
        unpredicted = {key for key, outcome in outcomes.items() if outcome.fault is not None}
        for matching in match_all(new, unmatched, matcher, officially, threads, progress, unpredicted):
            matchings[matching.sample_key] = matching
            if keep and matching.error is None:
                keep(matching)
        scores = open_scores(relabelled, [matchings[sample.key] for sample in relabelled])
    # The oracle is given the moments.
    locates = method.localizes and manifest.localizer != ORACLE
    return RunResult(
        manifest=manifest,
        n_samples=len(samples),
        missing=tuple(sample.key for sample in samples if sample.key in missing),
        scores=scores,
        false_alarms=false_alarms(rows) if manifest.control == "same-video" and manifest.mode == "closed" else None,
        localization=localization_of(relabelled, outcomes, clips_of(records)) if locates else None,
    )


def matchings_of(records: Iterable[dict[str, Any]]) -> dict[str, Matching]:
    """The matchings of a journal by sample key; one of answers that were given again since counts no more."""
    matchings: dict[str, Matching] = {}
    for record in records:
        if record["type"] == "sample":
            matchings.pop(record["sample"], None)
        elif record["type"] == "matching":
            matchings[record["sample"]] = Matching.model_validate(record["matching"])
    return matchings


def answers_of(manifest: Manifest, samples: Sequence[Sample], outcomes: Mapping[str, Outcome]) -> RunAnswers:
    """All answers of a run, in the order of the data, beside the labels that are right under its control."""
    relabelled = (relabel(sample, manifest.control) for sample in samples if sample.key in outcomes)
    return RunAnswers(rows=tuple(row for sample in relabelled for row in rows_of(sample, outcomes[sample.key])))


def clips_of(records: Iterable[dict[str, Any]]) -> dict[str, tuple[tuple[float, float], tuple[float, float]]]:
    """``[start_s, stop_s)`` of both clips of each sample, in seconds of their files."""
    sample_records = (record for record in records if record["type"] == "sample")
    return {record["sample"]: (tuple(record["clips_s"][0]), tuple(record["clips_s"][1])) for record in sample_records}


def localization_of(
    samples: Sequence[Sample],
    outcomes: Mapping[str, Outcome],
    clips_s: Mapping[str, tuple[tuple[float, float], tuple[float, float]]],
) -> LocalizationError | None:
    """How far the stages of both videos are from the key moments; None where the data have none."""
    located: list[LocatedDifference] = []
    for sample in samples:
        if sample.key in outcomes:
            outcome = outcomes[sample.key]
            links, (clip_a, clip_b) = outcome.proposal.links, clips_s[sample.key]
            located.extend(locate_key_moments(outcome.localization_a, links, sample.key_times_a, clip_a))
            located.extend(locate_key_moments(outcome.localization_b, links, sample.key_times_b, clip_b))
    return localization_error(located) if located else None


class RunOutcomes(NamedTuple):
    """Outcome by sample key; keys of samples without videos."""

    outcomes: dict[str, Outcome]
    missing: set[str]


def outcomes_of(records: Iterable[dict[str, Any]]) -> RunOutcomes:
    """The outcomes in the records of a journal; the last one of a sample counts."""
    outcomes: dict[str, Outcome] = {}
    missing: set[str] = set()
    for record in records:
        if record["type"] == "sample":
            outcomes[record["sample"]] = Outcome.model_validate(record["outcome"])
        elif record["type"] == "missing":
            missing.add(record["sample"])
    return RunOutcomes(outcomes, missing)


def comparisons_of(manifest: Manifest, records: Iterable[dict[str, Any]]) -> dict[str, ComparisonRecord]:
    """What each pair came to as a comparison of its own, by sample key; what was spent stands with the run.

    Records of earlier versions, which do not tell the videos, are left out.
    """
    return {
        record["sample"]: ComparisonRecord.model_validate(
            {
                **record["outcome"],
                "created": record["created"],
                "action": record["action"],
                "mode": manifest.mode,
                "program": manifest.method,
                "programs": {component: digest[:12] for component, digest in manifest.programs.items()},
                "video_a": record["videos"][0],
                "video_b": record["videos"][1],
                "settings": manifest.settings,
                "versions": manifest.versions,
            }
        )
        for record in records
        if record["type"] == "sample" and "videos" in record
    }


def rows_of(sample: Sample, outcome: Outcome) -> list[AnswerRow]:
    """The answers of one sample beside its labels."""
    return [
        AnswerRow(
            sample_key=sample.key,
            action_key=sample.action_key,
            domain=sample.domain,
            split=sample.split,
            difference_key=finding.difference.key,
            statement=finding.difference.statement,
            label=sample.labels.get(finding.difference.key),
            answer=finding.verdict.answer,
            status=finding.verdict.status,
            confidence=finding.verdict.confidence,
        )
        for finding in outcome.differences
    ]


def effort_of(usage: RunUsage, n_pairs: int) -> str:
    """What a pair asked on average, over all sessions; calls that a cache answered count, their tokens do not."""
    counts = {
        name: sum(getattr(role, name) for role in usage.usage) / n_pairs
        for name in ("calls", "images", "input_tokens", "output_tokens")
    }
    paid = cost_of(usage.usage)
    return (
        f"{counts['calls']:,.1f} calls, {counts['images']:,.1f} images, {counts['input_tokens']:,.0f} tokens in, "
        f"{counts['output_tokens']:,.0f} out, "
        f"{'no price known' if paid is None else f'${paid / n_pairs:.4f}'}, {usage.seconds / n_pairs:,.1f} s"
    )


def write(folder: Path, name: str, document: Record) -> None:
    """Write a document into a run folder, whole or not at all."""
    write_document(folder / name, document.model_dump_json(indent=2) + "\n")
