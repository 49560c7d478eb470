"""Reports of single pairs of a run: one file for each pair that its page speaks of, beside the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from viddiff.core.comparison import ComparisonRecord
from viddiff.core.errors import UsageError
from viddiff.core.types import Outcome
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.results import RunResult
from viddiff.report.media import Media
from viddiff.report.player_clips import ClipChoice
from viddiff.report.runs.cases import unanswered_cases, wrong_answers
from viddiff.report.viddiff.page import write_report

#: The folder of the pairs' reports, in that of the run.
PAIRS = "pairs"


def write_pair_reports(
    result: RunResult,
    outcomes: Mapping[str, Outcome],
    samples: Sequence[Sample],
    comparisons: Mapping[str, ComparisonRecord],
    folder: Path,
    media: Media,
) -> dict[str, str]:
    """Write the reports of all pairs that the page of a run shows or names; sample key -> address in ``folder``.

    Pages of a run are many, so they have the frames that were looked at but no clips.

    Raises:
        UsageError: a file cannot be written there.
    """
    keys = {miss.sample.key for miss in wrong_answers(result.manifest, samples, outcomes).worst}
    keys |= {sample.key for sample, _ in unanswered_cases(samples, outcomes).first}
    try:
        (folder / PAIRS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{str(folder / PAIRS)!r} cannot be created ({error.strerror}): free some space.") from None
    links = {}
    for number, sample in enumerate(samples, 1):
        if sample.key in keys and sample.key in comparisons:
            # Numbers, because keys come from the data.
            links[sample.key] = f"{PAIRS}/{number:05d}.html"
            write_report(comparisons[sample.key], folder / links[sample.key], media, ClipChoice(clips=False))
    return links
